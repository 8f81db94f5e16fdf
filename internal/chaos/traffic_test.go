package chaos_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"auto-message-sender/internal/chaos"
	"auto-message-sender/internal/models"
)

// traffic is what clients and operators do during a run, and what they are told.
type traffic struct {
	fleet *fleet

	mu         sync.Mutex
	posted     []chaos.Posted
	unanswered int
	switches   []chaos.Switch
	windows    []chaos.Window
}

// feeders is how many clients post at the same time.
const feeders = 8

// feed posts until n messages were accepted, spread over the time given.
func (tr *traffic) feed(ctx context.Context, seed uint64, n int, over time.Duration) {
	var number atomic.Int64
	var clients sync.WaitGroup
	began := moment()
	for client := range feeders {
		dice := dice(seed, 100+uint64(client))
		clients.Go(func() {
			for ctx.Err() == nil {
				mine := number.Add(1)
				if mine > int64(n) {
					return
				}
				due := began.Add(time.Duration(float64(over) * float64(mine) / float64(n)))
				pause(ctx, due.Sub(moment()))
				tr.post(ctx, dice, mine)
			}
		})
	}
	clients.Wait()
}

// post makes one client's message stored: until an answer of 201 it tries again,
// here and there, each time with another text, so that each is known by its own.
func (tr *traffic) post(ctx context.Context, dice *rand.Rand, number int64) {
	for ctx.Err() == nil && !tr.tryOnce(dice, number) {
		pause(ctx, 5*time.Millisecond)
	}
}

// tryOnce posts to some process, and reports whether that was answered 201.
func (tr *traffic) tryOnce(dice *rand.Rand, number int64) bool {
	posted := chaos.Posted{
		To:      fmt.Sprintf("+90555%07d", number%10_000_000),
		Content: fmt.Sprintf("mesaj %d: \"çğış\" \\ <&> %x", number, dice.Uint64()),
	}
	body, err := json.Marshal(map[string]string{"to": posted.To, "content": posted.Content})
	if err != nil {
		return false // of two strings: it cannot be
	}
	status, answer, err := tr.fleet.call(tr.fleet.any(dice), http.MethodPost, "/api/v1/messages", string(body))
	id, _ := answer["id"].(string)
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if status == http.StatusCreated && id != "" {
		posted.ID = id
		tr.posted = append(tr.posted, posted)
		return true
	}
	if !errors.Is(err, errNotSent) {
		tr.unanswered++
	}
	return false
}

// operate starts and stops the scheduler at random until ctx ends, and leaves it
// running. Its stops are short.
func (tr *traffic) operate(ctx context.Context, dice *rand.Rand, mean time.Duration) {
	for n := 0; ctx.Err() == nil; n++ {
		action := models.ActionStart
		rest := time.Duration(dice.ExpFloat64() * float64(mean))
		if n%2 == 1 {
			action, rest = models.ActionStop, rest/4
		}
		tr.change(dice, action, n)
		if dice.IntN(5) == 0 { // somebody who does not know that it is done
			tr.change(dice, action, -n)
		}
		pause(ctx, rest)
	}
	tr.ensureRunning(dice)
}

// change calls start or stop once. Nobody may know whether it took place.
func (tr *traffic) change(dice *rand.Rand, action models.Action, n int) int {
	reason := fmt.Sprintf("%s %d %x", action, n, dice.Uint64())
	status, _, _ := tr.fleet.call(tr.fleet.any(dice), http.MethodPost, "/api/v1/scheduler/"+string(action),
		`{"reason":"`+reason+`"}`)
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.switches = append(tr.switches, chaos.Switch{Action: action, Reason: reason, Status: status})
	return status
}

// ensureRunning starts the scheduler until it is said to run.
func (tr *traffic) ensureRunning(dice *rand.Rand) {
	for n := range 1000 {
		if status := tr.change(dice, models.ActionStart, 10_000+n); status == http.StatusOK || status == http.StatusConflict {
			return
		}
		pause(tr.fleet.t.Context(), 20*time.Millisecond)
	}
}

// watch looks at the window's number until ctx ends.
func (tr *traffic) watch(ctx context.Context, dice *rand.Rand, every time.Duration) {
	for ctx.Err() == nil {
		asked := moment()
		_, answer, err := tr.fleet.call(tr.fleet.any(dice), http.MethodGet, "/api/v1/scheduler", "")
		window, _ := answer["window"].(map[string]any)
		if seq, ok := window["seq"].(float64); ok && err == nil {
			tr.mu.Lock()
			tr.windows = append(tr.windows, chaos.Window{Asked: asked, Told: moment(), Seq: int64(seq)})
			tr.mu.Unlock()
		}
		pause(ctx, every)
	}
}
