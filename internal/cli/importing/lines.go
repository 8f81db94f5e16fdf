package importing

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// lines reads a text line by line, each of at most maxItem bytes.
type lines struct {
	reader *bufio.Reader
	text   []byte
	number int64 // of the line read last
}

func newLines(in io.Reader) *lines { return &lines{reader: bufio.NewReaderSize(in, 64<<10)} }

// next returns the next line without its end, valid until the next call; io.EOF
// after the last. A line that is too long is passed over as a whole: errTooLong
// with its beginning, and the next call goes on behind it.
func (l *lines) next() ([]byte, error) {
	l.text = l.text[:0]
	l.number++
	tooLong := false
	for {
		part, err := l.reader.ReadSlice('\n')
		if len(l.text)+len(part) <= maxItem {
			l.text = append(l.text, part...)
		} else {
			tooLong = true
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(l.text) == 0 && !tooLong:
			return nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("read line %d: %w", l.number, err)
		case tooLong:
			return l.text[:min(len(l.text), 1024)], errTooLong
		}
		return bytes.TrimSuffix(bytes.TrimSuffix(l.text, []byte("\n")), []byte("\r")), nil
	}
}

// tooLong says what most likely makes an item not end.
func tooLong(err error) error {
	if errors.Is(err, errTooLong) {
		return errors.New("it does not end within 1 MiB; a quote or a bracket is not closed")
	}
	return err
}
