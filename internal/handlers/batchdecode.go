package handlers

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json/jsontext"

	"auto-message-sender/internal/models"
)

const (
	// maxBatchLines is how many messages a batch may have.
	maxBatchLines = 10_000
	// maxLineLength is the longest line, in bytes, as of a single message.
	maxLineLength = 64 << 10
	// maxArrayAhead is how much of an array may be held at once, in bytes: a line, and
	// what the decoder reads beyond it.
	maxArrayAhead = 4 * maxLineLength
)

// BatchItem is one message of a batch.
type BatchItem struct {
	AcceptRequest
	// A name for this message, 1 to 255 printable ASCII characters: whoever sends it again under the same name stores nothing twice.
	IdempotencyKey string `json:"idempotency_key" validate:"optional" maxLength:"255" example:"campaign-7:42"`
} //	@name	BatchItem

// line is one message of a batch as it was read; err says why it cannot be one.
type line struct {
	number int // from 1, as an editor counts
	item   BatchItem
	err    error
}

// lines reads a batch line by line. Next returns io.EOF at its end; any other error
// means that there is no telling where the next line would begin.
type lines interface {
	Next() (line, error)
}

// BatchCall is a batch that is read as it comes.
type BatchCall struct {
	lines  lines
	key    string // of the header; empty: none
	dryRun bool
}

// BatchBody decodes the head of a batch; its lines are read while they are stored.
func BatchBody(c *gin.Context) (BatchCall, error) {
	dryRun, err := parseDryRun(c.Request.URL.RawQuery)
	if err != nil {
		return BatchCall{}, err
	}
	key, err := IdempotencyKey(c.Request.Header)
	if err != nil {
		return BatchCall{}, err
	}
	if len(key) > maxKeyLength-len(":10000") {
		// Each line's own key is made of it.
		return BatchCall{}, &models.Error{
			Kind: models.KindInvalid, Detail: "the header is not valid",
			Fields: []models.FieldError{{Field: keyHeader, Message: "must have at most 249 characters on a batch"}},
		}
	}
	lines, err := linesOf(c.Request.Header.Get("Content-Type"), c.Request.Body)
	return BatchCall{lines: lines, key: key, dryRun: dryRun}, err
}

// linesOf returns the reader for a content type.
func linesOf(contentType string, body io.Reader) (lines, error) {
	mediaType, parameters, err := mime.ParseMediaType(contentType)
	charset, given := parameters["charset"]
	if err == nil && (!given || strings.EqualFold(charset, "utf-8")) {
		switch mediaType {
		case "application/json":
			return newArrayLines(body), nil
		case "application/x-ndjson":
			return &textLines{reader: bufio.NewReaderSize(body, maxLineLength)}, nil
		}
	}
	return nil, Refuse(http.StatusUnsupportedMediaType,
		"send a JSON array with the header Content-Type: application/json, or a JSON object on each line with application/x-ndjson, in UTF-8")
}

// textLines reads NDJSON. A line that is wrong is that line's fault alone; empty
// ones are passed by, but counted, so that the numbers are those of the file.
type textLines struct {
	reader *bufio.Reader
	number int
}

// Next is part of lines.
func (t *textLines) Next() (line, error) {
	for {
		text, err := t.reader.ReadSlice('\n')
		if len(text) == 0 && errors.Is(err, io.EOF) {
			return line{}, io.EOF
		}
		t.number++
		if errors.Is(err, bufio.ErrBufferFull) {
			if err := t.skipLine(); err != nil && !errors.Is(err, io.EOF) {
				return line{}, err
			}
			return line{number: t.number, err: errLineTooLong()}, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			// Cut off within a line, which must not be taken for a whole one.
			return line{}, readFault(err)
		}
		if text = bytes.Trim(text, " \t\r\n"); len(text) > 0 {
			item, err := unmarshalStrictly[BatchItem](text)
			return line{number: t.number, item: item, err: err}, nil
		}
	}
}

// skipLine reads to the end of a line that is too long to be held.
func (t *textLines) skipLine() error {
	for {
		_, err := t.reader.ReadSlice('\n')
		if err == nil || errors.Is(err, io.EOF) {
			return err //nolint:wrapcheck // nil or io.EOF
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return readFault(err)
		}
	}
}

// arrayLines reads a JSON array; its n-th element is line n. An element that is
// JSON but no message is that line's fault; what is no JSON ends the batch.
type arrayLines struct {
	source  *meteredReader
	decoder *jsontext.Decoder
	number  int
	begun   bool
}

func newArrayLines(body io.Reader) *arrayLines {
	source := &meteredReader{reader: body, allowed: maxArrayAhead}
	// Names that come twice, and text that is no UTF-8, are left to the line's own
	// decoding: here they would end the batch.
	decoder := jsontext.NewDecoder(source, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return &arrayLines{source: source, decoder: decoder}
}

// Next is part of lines.
func (a *arrayLines) Next() (line, error) {
	if !a.begun {
		if a.decoder.PeekKind() != jsontext.KindBeginArray {
			_, err := a.decoder.ReadToken()
			return line{}, a.fault(err, "the body must be a JSON array of messages")
		}
		a.begun = true
		if _, err := a.decoder.ReadToken(); err != nil {
			return line{}, a.fault(err, "the body is not valid JSON")
		}
	}
	if a.decoder.PeekKind() == jsontext.KindEndArray {
		return line{}, a.end()
	}
	a.source.allowed = a.decoder.InputOffset() + maxArrayAhead
	value, err := a.decoder.ReadValue()
	if err != nil {
		return line{}, a.fault(err, "the body is not valid JSON")
	}
	a.number++
	if len(value) > maxLineLength {
		return line{number: a.number, err: errLineTooLong()}, nil
	}
	item, err := unmarshalStrictly[BatchItem](value)
	return line{number: a.number, item: item, err: err}, nil
}

// end reads past the array, and returns io.EOF if that is all there is.
func (a *arrayLines) end() error {
	if _, err := a.decoder.ReadToken(); err != nil {
		return a.fault(err, "the body is not valid JSON")
	}
	a.source.allowed = a.decoder.InputOffset() + maxArrayAhead
	if _, err := a.decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return a.fault(err, "the body has something after the array")
	}
	return io.EOF
}

// fault says why the array cannot be read on; detail where the JSON is to blame.
func (a *arrayLines) fault(err error, detail string) error {
	if a.source.failure != nil {
		return readFault(a.source.failure)
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok && syntactic.ByteOffset > 0 {
		return explain(err, "")
	}
	return invalidBody(detail)
}

// meteredReader ends with an error where more is asked of it than one line may
// need: a decoder keeps all of an element, however long.
type meteredReader struct {
	reader  io.Reader
	read    int64
	allowed int64
	failure error // of the reader, but io.EOF
}

// Read is part of io.Reader.
func (m *meteredReader) Read(into []byte) (int, error) {
	if m.read >= m.allowed {
		m.failure = errLineTooLong()
		return 0, m.failure
	}
	n, err := m.reader.Read(into)
	m.read += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		m.failure = err
	}
	return n, err //nolint:wrapcheck // a reader's own word
}

func errLineTooLong() error { return TooLarge(maxLineLength) }

// readFault returns what to answer when a body cannot be read on.
func readFault(err error) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return TooLarge(tooLarge.Limit)
	}
	if refusal, ok := errors.AsType[*RefusalError](err); ok {
		return refusal
	}
	// The client went away, or framed its body wrongly.
	return Refuse(http.StatusBadRequest, "the body could not be read to its end")
}
