package importing

import (
	"bufio"
	"fmt"
	"os"
	"sync"
)

// Refusals is the file of lines that were refused, made when there is a first one.
// It holds what the file itself holds, recipients and contents: nobody else may read it.
type Refusals struct {
	// Open makes the file. It is called once, if at all.
	Open func() (*os.File, error)

	mu     sync.Mutex
	source Source
	file   *os.File
	out    *bufio.Writer
}

// add writes one line. It may be called from several goroutines.
func (r *Refusals) add(line int64, reason string, raw []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		file, err := r.Open()
		if err != nil {
			return fmt.Errorf("the file of refused lines: %w", err)
		}
		r.file, r.out = file, bufio.NewWriter(file)
		if _, err := r.out.Write(r.source.refusal(0, "", nil)); err != nil {
			return fmt.Errorf("write refused lines: %w", err)
		}
	}
	if _, err := r.out.Write(r.source.refusal(line, reason, raw)); err != nil {
		return fmt.Errorf("write refused lines: %w", err)
	}
	return nil
}

// Close writes what is left. It returns the name of the file, empty where none was
// needed.
func (r *Refusals) Close() (name string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return "", nil
	}
	name = r.file.Name()
	err = r.out.Flush()
	if closed := r.file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return name, fmt.Errorf("write refused lines: %w", err)
	}
	return name, nil
}
