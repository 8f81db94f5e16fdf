package importing

import (
	"bytes"
	"errors"
	"time"

	"github.com/go-json-experiment/json"

	"auto-message-sender/internal/client"
)

// batchBytes is when a batch is large enough, however few lines it has: half of what
// the server takes, so that one more line always fits.
const batchBytes = client.MaxBatchBytes / 2

// batch is a part of the file on its way to the server. Its texts stand one behind
// the other: a million small pieces would cost as much again to look after.
type batch struct {
	lines    []line
	bodies   bytes.Buffer // lines as the server takes them, with their ends
	raws     []byte       // lines as they stand in the file
	read     int          // items, refused and skipped ones with them
	position int64        // in the file, behind its last line
}

// line is one message of a batch: its number, and where its texts stand.
type line struct {
	number    int64
	body, raw span
}

// span is a part of a text.
type span struct{ from, to int }

// add takes a message in, unless the server would not.
func (b *batch) add(item Item, message client.BatchMessage) error {
	from := b.bodies.Len()
	if err := json.MarshalWrite(&b.bodies, message); err != nil {
		b.bodies.Truncate(from)
		return errors.New("cannot be written as JSON") // cannot be: it is valid text
	}
	b.bodies.WriteByte('\n')
	if b.bodies.Len()-from > client.MaxLineBytes {
		b.bodies.Truncate(from)
		return errors.New("is longer than 64 KiB")
	}
	start := len(b.raws)
	b.raws = append(b.raws, item.Raw...)
	b.lines = append(b.lines, line{
		number: item.Line, body: span{from, b.bodies.Len()}, raw: span{start, len(b.raws)},
	})
	return nil
}

// raw returns a line as it stands in the file.
func (b *batch) raw(line line) []byte { return b.raws[line.raw.from:line.raw.to] }

// body returns what to send of some lines, in the order of the batch.
func (b *batch) body(lines []line) []byte {
	all := b.bodies.Bytes()
	first, last := lines[0], lines[len(lines)-1]
	length := 0
	for _, line := range lines {
		length += line.body.to - line.body.from
	}
	if length == last.body.to-first.body.from {
		return all[first.body.from:last.body.to] // none is missing between them
	}
	text := make([]byte, 0, length)
	for _, line := range lines {
		text = append(text, all[line.body.from:line.body.to]...)
	}
	return text
}

// messageOf returns what the server is told. A document's time of expiry becomes
// what is left of its validity now; the key does not depend on that.
func messageOf(row Row, key string, now time.Time) (client.BatchMessage, error) {
	sendAt, validity := row.SendAt, row.Validity
	if !row.ExpiresAt.IsZero() {
		begin := sendAt
		if !sendAt.After(now) {
			// The server counts a validity from send_at, also where that has passed.
			begin, sendAt = now, time.Time{}
		}
		left := row.ExpiresAt.Sub(begin).Truncate(time.Second)
		if left <= 0 {
			return client.BatchMessage{}, errors.New("expires_at has passed")
		}
		validity = left
	}
	return client.BatchMessage{
		NewMessage: client.NewMessage{
			To: row.To, Content: row.Content, Priority: row.Priority, SendAt: sendAt,
			ValidityPeriod: int64(validity / time.Second), Reference: row.Reference,
		},
		IdempotencyKey: key,
	}, nil
}
