package importing

import (
	"errors"
	"io"
)

// maxItem is the longest line, or element of an array, in bytes: a hundred times
// what a message can be. What is longer is a quote or a brace that nobody closed.
const maxItem = 1 << 20

// errTooLong says that an item did not end within maxItem bytes.
var errTooLong = errors.New("does not end within 1 MiB")

// window passes a stream on and keeps what was read of the item that is being read:
// a parser can look back at its text, and cannot read on for ever.
type window struct {
	in    io.Reader
	kept  []byte // the stream from start on
	start int64  // offset in the stream
}

// Read is part of io.Reader.
func (w *window) Read(p []byte) (int, error) {
	// A parser reads ahead by a buffer of its own.
	if len(w.kept) > maxItem {
		return 0, errTooLong
	}
	n, err := w.in.Read(p)
	w.kept = append(w.kept, p[:n]...)
	return n, err //nolint:wrapcheck // a reader's errors pass as they are
}

// cut returns the stream up to offset and forgets it. The text is valid until the
// next Read.
func (w *window) cut(offset int64) []byte {
	n := min(max(offset-w.start, 0), int64(len(w.kept)))
	text := w.kept[:n]
	w.start += n
	w.kept = w.kept[n:]
	return text
}
