package chaos_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"auto-message-sender/internal/chaos"
	"auto-message-sender/internal/models"
)

// traffic is what clients and operators do during a run, and what they are told.
type traffic struct {
	fleet *fleet
	whims bool // clients use all that there is, and people change their minds
	hands chan struct{}
	began time.Time

	people     sync.WaitGroup // who cancels and erases
	mu         sync.Mutex
	changes    []chaos.Change
	bulks      []chaos.Bulk
	faults     []string // answers that nobody should get
	posted     []chaos.Posted
	unanswered int
	switches   []chaos.Switch
	windows    []chaos.Window
}

// newTraffic returns nobody yet.
func newTraffic(fleet *fleet) *traffic {
	return &traffic{fleet: fleet, hands: make(chan struct{}, hands), began: moment()}
}

// operate starts and stops the scheduler at random until ctx ends, and leaves it
// running, at the first of the paces, where there are any to change between. Its
// stops are short.
func (tr *traffic) operate(ctx context.Context, dice *rand.Rand, mean time.Duration, paces []models.Pace) {
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
		if len(paces) > 0 {
			pause(ctx, rest/2)
			tr.setPace(dice, paces[dice.IntN(len(paces))], n)
			rest /= 2
		}
		pause(ctx, rest)
	}
	if len(paces) > 0 {
		tr.ensurePace(dice, paces[0])
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
