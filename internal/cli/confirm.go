package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
)

// errNo is what a person answers who does not want it.
var errNo = errors.New("nothing was changed")

// confirm asks, and returns an error unless the answer is yes.
func (s *session) confirm(ctx context.Context, question string) error {
	_, _ = fmt.Fprintf(s.Stderr, "%s [y/N] ", question)
	answers := make(chan string, 1)
	go func() {
		// A terminal cannot be told to stop waiting. After Ctrl-C this goroutine
		// ends with the process, which is at once.
		line, _ := bufio.NewReader(s.Stdin).ReadString('\n')
		answers <- line
	}()
	select {
	case answer := <-answers:
		switch strings.ToLower(strings.TrimSpace(answer)) {
		case "y", "yes":
			return nil
		}
		return &Error{Code: ExitFailed, Cause: errNo}
	case <-ctx.Done():
		return interrupted("nothing was changed")
	}
}
