package client

import (
	"context"
	"net/http"
)

// The most that one batch holds.
const (
	MaxBatchLines = 10_000
	MaxBatchBytes = 16 << 20
	MaxLineBytes  = 64<<10 - 1 // one line, with its end
)

// BatchMessage is one line of a batch.
type BatchMessage struct {
	NewMessage

	IdempotencyKey string `json:"idempotency_key,omitempty"`
}

// Batch is what became of the lines of a batch.
type Batch struct {
	Accepted   int           `json:"accepted"`
	Duplicates int           `json:"duplicates"`
	Refused    int           `json:"refused"`
	Failed     int           `json:"failed"`   // could not be stored; see BatchResult.Error
	Complete   bool          `json:"complete"` // false: it was not read to its end
	Results    []BatchResult `json:"results"`
}

// BatchResult is what became of one line.
type BatchResult struct {
	Line      int            `json:"line"` // from 1
	ID        string         `json:"id"`
	Status    string         `json:"status"`
	Duplicate bool           `json:"duplicate"` // it was accepted before
	Errors    []FieldProblem `json:"errors"`    // why it was refused
	// Error: the store failed. Under its own key it may be sent again.
	Error string `json:"error"`
}

// Batch has many messages accepted: lines of JSON, each one BatchMessage. Every line
// needs its IdempotencyKey for the call to be repeated by itself.
func (c *Client) Batch(ctx context.Context, lines []byte) (Answer[Batch], error) {
	return ask[Batch](ctx, c, call{
		method: http.MethodPost, path: messagesPath + "/batch", body: lines, media: "application/x-ndjson", replayable: true,
	})
}
