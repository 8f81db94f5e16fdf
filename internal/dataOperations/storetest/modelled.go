package storetest

import (
	"flag"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// modelTests compare a store with the model by random sequences of operations,
// each on one of two handles. A sequence that fails is made as short as it goes,
// and printed with its draws and with the flags that repeat it: -rapid.failfile or
// -rapid.seed. More of it: -rapid.checks=2000, and longer: -rapid.steps=100.
func modelTests() []test {
	return []test{{"every answer is the model's", func(s *scene) {
		budget := newModelBudget(s)
		rapid.Check(s.t, func(rt *rapid.T) {
			if budget.spent() {
				return
			}
			defer budget.note(rt)
			newWalk(rt, s).run()
		})
	}}}
}

// modelBudget bounds what the model test takes where nobody has asked for more of
// it. Its checks after the last it affords pass unseen.
type modelBudget struct {
	now     func() time.Time
	until   time.Time
	asked   bool // for a number of checks, or for one that failed
	failing bool // one is being made shorter: it must be run however long that takes
}

func newModelBudget(s *scene) *modelBudget {
	set := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { set[f.Name] = true })
	return &modelBudget{
		now: s.suite.Now, until: s.suite.Now().Add(10 * time.Second),
		asked: set["rapid.checks"] || set["rapid.seed"] || set["rapid.failfile"],
	}
}

func (b *modelBudget) spent() bool {
	return !b.asked && !b.failing && b.now().After(b.until)
}

func (b *modelBudget) note(rt *rapid.T) { b.failing = b.failing || rt.Failed() }

// handle is one store on the data, with a clock that may be wrong.
type handle struct {
	dataoperations.Store
	now func() time.Time
}

// walk does one thing after another to a store and to the model.
type walk struct {
	*model
	rt    *rapid.T
	scene *scene
	data  Data
	clock *Clock

	handles  []handle
	next     int                        // numbers what is made
	outcomes map[string]*models.Outcome // by claim and result: an attempt comes to one thing
	touched  map[models.ID]bool         // by the last step
}

func newWalk(rt *rapid.T, s *scene) *walk {
	w := &walk{
		model: &model{reserved: map[string]models.Reservation{}}, rt: rt, scene: s, data: s.suite.New(s.t), clock: NewClock(),
		outcomes: map[string]*models.Outcome{}, touched: map[models.ID]bool{},
	}
	for i := range 2 {
		skew := drawDuration(rt, fmt.Sprintf("clock of handle %d is off by", i), "0s", "10m", "-10m")
		now := func() time.Time { return w.clock.Now().Add(skew) }
		w.handles = append(w.handles, handle{w.data.Open(s.t, now), now})
	}
	return w
}

// run does the steps; after each the store is looked at.
func (w *walk) run() {
	defer func() {
		for _, h := range w.handles {
			require.NoError(w.rt, h.Close())
		}
	}()
	steps := map[string]func(){
		"accept": w.accept, "accept more": w.accept, "accept again": w.acceptAgain,
		"insert by hand": w.insert, "set back by hand": w.setBack, "adopt": w.adopt,
		"claim": w.take, "claim more": w.take, "claim still more": w.take,
		"record": w.recordOne, "record another": w.recordOne, "record many": w.recordMany,
		"give back": w.giveBackSome, "rescue": w.rescueSome, "redraw": w.redrawAll,
		"accept new": w.acceptNew, "reserve": w.reserve,
		"promote": w.promote, "expire": w.expire,
		"cancel": w.cancel, "retry": w.retry, "erase": w.erase, "deliver": w.deliver,
		"set pace": w.setPace, "audit": w.audit,
		"start": w.start, "stop": w.stop, "configure": w.configure,
		"wait": w.wait, "set the clock": w.setClock, "open again": w.reopen,
	}
	actions := map[string]func(*rapid.T){}
	for name, step := range steps {
		actions[name] = func(*rapid.T) {
			clear(w.touched)
			step()
			w.look(!w.scene.suite.slow())
		}
	}
	w.configure()
	w.start()
	w.rt.Repeat(actions)
	w.look(true)
	w.lookAtLists()
}

// any returns a handle.
func (w *walk) any() handle {
	return w.handles[rapid.IntRange(0, len(w.handles)-1).Draw(w.rt, "handle")]
}

// upTo returns a small number.
func (w *walk) upTo(n int, what string) int { return rapid.IntRange(1, n).Draw(w.rt, what) }

// moment returns a time around now.
func (w *walk) moment(now time.Time, what string) time.Time {
	return now.Add(drawDuration(w.rt, what, "0s", "-1ms", "1ms", "-1h", "1s", "20s", "5m"))
}

// drawDuration draws one of the durations, as a text so that it can be read.
func drawDuration(rt *rapid.T, what string, texts ...string) time.Duration {
	drawn, err := time.ParseDuration(rapid.SampledFrom(texts).Draw(rt, what))
	require.NoError(rt, err)
	return drawn
}

// anyOf draws one of the messages.
func (w *walk) anyOf(messages []*modelled) *modelled {
	id := rapid.SampledFrom(modelledIDs(messages)).Draw(w.rt, "message")
	return messages[slices.IndexFunc(messages, func(one *modelled) bool { return one.ID.Text == id })]
}

func (w *walk) id(kind string) models.ID {
	w.next++
	return models.ID{Text: fmt.Sprintf("%s-%03d", kind, w.next)}
}
