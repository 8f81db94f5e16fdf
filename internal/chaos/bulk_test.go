package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"auto-message-sender/internal/chaos"
	"auto-message-sender/internal/models"
)

// retryAll retries once everything that failed since the run began. Nobody may know
// how much of it took place.
func (tr *traffic) retryAll(dice *rand.Rand) {
	since := tr.began.Add(-time.Second).UTC().Format(time.RFC3339Nano)
	tr.bulk(dice, models.ActionRetry, fmt.Sprintf(`{"status":"failed","failed_after":%q}`, since), "status=failed failed_after="+since)
}

// cancelAll cancels the message by its reference, which no other has, until that is
// answered.
func (tr *traffic) cancelAll(ctx context.Context, dice *rand.Rand, id, reference string) {
	for ctx.Err() == nil {
		call, sent := tr.bulk(dice, models.ActionCancel, fmt.Sprintf(`{"reference":%q}`, reference), "reference="+reference)
		one := chaos.Change{Action: call.Action, ID: id, Asked: call.Asked, Answered: call.Answered, Status: call.Status}
		if call.Status == http.StatusOK && call.Changed == 0 {
			one.Status = http.StatusConflict // what it would have been, asked for by its id
		}
		if sent {
			tr.mu.Lock()
			tr.changes = append(tr.changes, one)
			tr.mu.Unlock()
		}
		if call.Status == http.StatusOK && call.Complete || call.Status >= 400 && call.Status < 500 {
			return
		}
		pause(ctx, 20*time.Millisecond)
	}
}

// bulk makes one call, and reports whether any of it may have arrived.
func (tr *traffic) bulk(dice *rand.Rand, action models.Action, filter, words string) (chaos.Bulk, bool) {
	call := chaos.Bulk{Action: action, Words: words, Asked: moment()}
	status, answer, err := tr.fleet.send(tr.fleet.any(dice), request{
		method: http.MethodPost, path: "/api/v1/messages/" + string(action), body: filter,
	})
	call.Answered, call.Status = moment(), status
	for _, name := range []string{"canceled", "retried"} {
		if changed, counted := answer[name].(float64); counted {
			call.Changed = int(changed)
		}
	}
	call.Complete, _ = answer["complete"].(bool)
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if status >= 400 && status < 500 {
		tr.faults = append(tr.faults, fmt.Sprintf("%s %s: %d %v", action, words, status, answer))
	}
	if errors.Is(err, errNotSent) {
		return call, false
	}
	tr.bulks = append(tr.bulks, call)
	return call, true
}
