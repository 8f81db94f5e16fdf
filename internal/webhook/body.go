package webhook

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/url"
	"sync/atomic"

	"github.com/go-json-experiment/json/jsontext"
)

// maxKeyLength is the longest id sent as it is; see IdempotencyKey.
const maxKeyLength = 255

// errNotBegun ends a request that Request.Begin refused.
var errNotBegun = errors.New("not begun")

// bodyState says how far a request's body was read, which is how far the
// request may have come.
type bodyState int32

const (
	bodyUntouched bodyState = iota // no byte of the request has left
	bodyBegun                      // bytes may have left
	bodyRefused                    // Begin said no; no byte has left
)

// body is the request's body. The transport reads it once the connection
// stands, and for HTTP/1.1 before anything is flushed to it: the last moment to
// ask whether to begin, and the sign that bytes may have left.
type body struct {
	reader  bytes.Reader
	begin   func() bool
	current atomic.Int32
}

func newBody(request Request) *body {
	b := &body{begin: request.Begin}
	b.reader.Reset(appendPayload(make([]byte, 0, len(request.To)+2*len(request.Content)+32), request))
	return b
}

func (b *body) size() int64      { return b.reader.Size() }
func (b *body) state() bodyState { return bodyState(b.current.Load()) }

// Read is called by one goroutine of the transport at a time.
func (b *body) Read(p []byte) (int, error) {
	switch b.state() {
	case bodyRefused:
		return 0, errNotBegun
	case bodyUntouched:
		if b.begin != nil && !b.begin() {
			b.current.Store(int32(bodyRefused))
			return 0, errNotBegun
		}
		b.current.Store(int32(bodyBegun))
	case bodyBegun:
	}
	return b.reader.Read(p) //nolint:wrapcheck // io.EOF must stay itself
}

// Close is part of io.ReadCloser.
func (*body) Close() error { return nil }

var _ io.ReadCloser = (*body)(nil)

// appendPayload appends {"to":"…","content":"…"}: the same bytes at every attempt.
func appendPayload(dst []byte, request Request) []byte {
	dst = append(dst, `{"to":`...)
	dst = appendString(dst, request.To)
	dst = append(dst, `,"content":`...)
	dst = appendString(dst, request.Content)
	return append(dst, '}')
}

// appendString quotes text; bytes that are not UTF-8 become U+FFFD, which is
// the only thing that AppendQuote complains of.
func appendString(dst []byte, text string) []byte {
	dst, _ = jsontext.AppendQuote(dst, text)
	return dst
}

// IdempotencyKey returns the header value that names a message at the receiver:
// its id. An id that cannot be a header value – somebody inserted it by hand –
// is escaped, and one too long for the usual 255 bytes is hashed.
func IdempotencyKey(id string) string {
	if len(id) > maxKeyLength {
		sum := sha256.Sum256([]byte(id))
		return "sha256:" + hex.EncodeToString(sum[:])
	}
	for i := range len(id) {
		if id[i] < '!' || id[i] > '~' {
			return "escaped:" + url.QueryEscape(id)
		}
	}
	return id
}
