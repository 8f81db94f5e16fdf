package handlers

import "io"

// BatchLines is the batch that a body of this content type has.
func BatchLines(contentType string, body io.Reader) (BatchCall, error) {
	lines, err := linesOf(contentType, body)
	return BatchCall{lines: lines}, err
}
