package sink

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
)

// timestamp is RFC 3339 in UTC with microseconds: lines sort by it as text.
const timestamp = "2006-01-02T15:04:05.000000Z07:00"

// Entry is one line of the ledger: one call.
type Entry struct {
	Time           string `json:"time"` // when its last byte was read; RFC 3339, UTC
	IdempotencyKey string `json:"idempotency_key"`
	To             string `json:"to"`
	Status         int    `json:"status"` // decided; the sender may have been gone before it
	MessageID      string `json:"message_id,omitempty"`
	Attempt        string `json:"attempt,omitempty"` // of the header X-Attempt
	BodySHA256     string `json:"body_sha256"`       // hexadecimal
}

// OpenLedger opens a file to add lines to, and makes it if there is none. Only
// its owner can read it, because it holds the numbers of recipients.
func OpenLedger(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the person at the terminal names it
	if err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	return file, nil
}

// enter writes the call's line. One write for each line, so that lines of several
// sinks on one file, opened by OpenLedger, do not mix.
func (s *Sink) enter(c call) error {
	if s.options.Ledger == nil {
		return nil
	}
	sum := sha256.Sum256(c.body)
	line, err := json.Marshal(Entry{
		Time:           c.at.UTC().Format(timestamp),
		IdempotencyKey: c.key,
		To:             c.to,
		Status:         c.status,
		MessageID:      c.messageID,
		Attempt:        c.attempt,
		BodySHA256:     hex.EncodeToString(sum[:]),
	})
	if err != nil {
		return fmt.Errorf("encode a line of the ledger: %w", err)
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if _, err := s.options.Ledger.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write the ledger: %w", err)
	}
	return nil
}
