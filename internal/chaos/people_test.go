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

// hands is how many people cancel and erase at the same time.
const hands = 12

// follow does with an accepted message what people will want with it, each in its
// time. tr.people waits for them.
func (tr *traffic) follow(ctx context.Context, order *order) {
	if order.ID == "" {
		return
	}
	for action, after := range order.wishes() {
		if after == 0 {
			continue
		}
		chosen := rand.New(rand.NewPCG(order.dice.Uint64(), 0)) //nolint:gosec // faults, not secrets
		id := order.ID
		tr.people.Go(func() {
			pause(ctx, after)
			tr.hands <- struct{}{}
			defer func() { <-tr.hands }()
			if reference, _ := order.fields["reference"].(string); action == models.ActionCancel && reference != "" {
				tr.cancelAll(ctx, chosen, id, reference)
				return
			}
			tr.ask(ctx, chosen, action, id)
		})
	}
}

// ask makes one change of a message: until there is an answer, and a little longer
// where the message is being sent, it asks again.
func (tr *traffic) ask(ctx context.Context, dice *rand.Rand, action models.Action, id string) {
	wanted := request{method: http.MethodPost, path: "/api/v1/messages/" + id + "/" + string(action)}
	if action == models.ActionErase {
		wanted = request{method: http.MethodDelete, path: "/api/v1/messages/" + id}
	}
	for conflicts := 0; ctx.Err() == nil && conflicts < 3; {
		call := chaos.Change{Action: action, ID: id, Asked: moment()}
		status, _, err := tr.fleet.send(tr.fleet.any(dice), wanted)
		if !errors.Is(err, errNotSent) {
			call.Answered, call.Status = moment(), status
			tr.mu.Lock()
			tr.changes = append(tr.changes, call)
			tr.mu.Unlock()
		}
		switch {
		case status == http.StatusConflict && action == models.ActionErase:
			conflicts++
			pause(ctx, 300*time.Millisecond)
		case status == http.StatusOK, status >= 400 && status < 500:
			return
		default:
			pause(ctx, 20*time.Millisecond)
		}
	}
}

// retry sends again what failed or expired, some of it, until ctx ends.
func (tr *traffic) retry(ctx context.Context, dice *rand.Rand, mean time.Duration) {
	for ctx.Err() == nil {
		pause(ctx, time.Duration(dice.ExpFloat64()*float64(mean)))
		if dice.IntN(8) == 0 {
			tr.retryAll(dice)
		}
		for _, status := range []models.Status{models.StatusFailed, models.StatusExpired} {
			_, answer, err := tr.fleet.call(tr.fleet.any(dice), http.MethodGet, "/api/v1/messages?limit=20&status="+string(status), "")
			messages, _ := answer["messages"].([]any)
			for _, one := range messages {
				message, _ := one.(map[string]any)
				if id, _ := message["id"].(string); err == nil && id != "" && dice.IntN(3) == 0 {
					tr.ask(ctx, dice, models.ActionRetry, id)
				}
			}
		}
	}
}

// setPace asks for another pace once. Nobody may know whether it took place.
func (tr *traffic) setPace(dice *rand.Rand, pace models.Pace, n int) int {
	call := chaos.Switch{Action: models.ActionPace, Reason: fmt.Sprintf("pace %d %x", n, dice.Uint64()), Pace: pace}
	call.Status, _, _ = tr.fleet.call(tr.fleet.any(dice), http.MethodPut, "/api/v1/scheduler/pace", fmt.Sprintf(
		`{"interval":%q,"messages_per_interval":%d,"reason":%q}`, pace.Interval, pace.PerWindow, call.Reason))
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.switches = append(tr.switches, call)
	return call.Status
}

// ensurePace asks for the pace until it is said to hold.
func (tr *traffic) ensurePace(dice *rand.Rand, pace models.Pace) {
	for n := range 1000 {
		if tr.setPace(dice, pace, 10_000+n) == http.StatusOK {
			return
		}
		pause(tr.fleet.t.Context(), 20*time.Millisecond)
	}
}
