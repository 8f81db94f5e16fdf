package cli

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"slices"

	"auto-message-sender/internal/cli/importing"
)

// tellFinal tells, before anything is sent, how many messages of the file are passed over
// because of their status. It returns a reader of all that in has.
func (s *session) tellFinal(in io.Reader, path string, options importing.Options) io.Reader {
	const beginning = 16 << 10 // where the columns are named, or a first line is
	buffered := bufio.NewReaderSize(in, beginning)
	start, _ := buffered.Peek(beginning) // who reads on meets the error again
	if options.Again || !bytes.Contains(bytes.ToLower(start), []byte("status")) {
		return buffered
	}
	if info, err := os.Stat(path); path == "-" || err != nil || !info.Mode().IsRegular() { // it can be read only once
		s.tell("messages with a status other than pending or scheduled are passed over; --again sends them, too")
		return buffered
	}
	file, err := os.Open(path) //nolint:gosec // the person's own choice
	if err != nil {
		return buffered
	}
	defer func() { _ = file.Close() }()
	if final, total, err := importing.CountFinal(file, options); err == nil && final > 0 {
		s.tell("%d of %d messages are passed over: their status is neither pending nor scheduled; --again sends them, too", final, total)
	}
	return buffered
}

// firstRefusals keeps the first lines of a file that were refused: the server's answers
// come later than what is refused here, and not in order. The file of refusals has all.
type firstRefusals []refusal

type refusal struct {
	line   int64
	reason string
}

const shownRefusals = 5

func (f *firstRefusals) add(line int64, reason string) {
	at := slices.IndexFunc(*f, func(other refusal) bool { return other.line > line })
	if at < 0 {
		at = len(*f)
	}
	*f = slices.Insert(*f, at, refusal{line, reason})
	*f = (*f)[:min(len(*f), shownRefusals)]
}

func (f *firstRefusals) tell(s *session) {
	for _, refusal := range *f {
		s.tell("line %d: %s", refusal.line, visible(refusal.reason))
	}
}
