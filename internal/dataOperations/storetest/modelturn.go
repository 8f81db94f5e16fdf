package storetest

import (
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"auto-message-sender/internal/models"
)

func (w *walk) entry(kind string) models.SchedulerLog {
	return models.SchedulerLog{
		ID: w.id(kind).Text, Action: models.Action(kind), Actor: "alice", Replica: "replica-1", Reason: "because",
	}
}

func (w *walk) start() {
	h, entry := w.any(), w.entry("start")
	got, err := h.Start(w.rt.Context(), entry)
	if w.pace.running {
		require.Equal(w.rt, models.KindConflict, models.KindOf(err))
		return
	}
	require.NoError(w.rt, err)
	entry.Timestamp, entry.CreatedAt = h.now(), h.now()
	w.logs = append(w.logs, entry)
	w.pace.start(entry)
	require.NoError(w.rt, w.pace.compare(got))
}

func (w *walk) stop() {
	h, entry := w.any(), w.entry("stop")
	got, err := h.Stop(w.rt.Context(), entry)
	if !w.pace.running {
		require.Equal(w.rt, models.KindConflict, models.KindOf(err))
		return
	}
	require.NoError(w.rt, err)
	entry.Timestamp, entry.CreatedAt, entry.StartID = h.now(), h.now(), w.pace.startID
	w.logs = append(w.logs, entry)
	w.pace.stop(entry)
	require.NoError(w.rt, w.pace.compare(got))
}

func (w *walk) drawPace() models.Pace {
	return models.Pace{
		Interval:  drawDuration(w.rt, "interval", "2m", "1m", "90s"),
		PerWindow: rapid.SampledFrom([]int{2, 1, 3, 4, 0}).Draw(w.rt, "per window"),
	}
}

func (w *walk) configure() {
	pace := w.drawPace()
	require.NoError(w.rt, w.any().Configure(w.rt.Context(), pace))
	w.pace.configure(pace)
}

func (w *walk) setPace() {
	h, entry, pace := w.any(), w.entry("pace"), w.drawPace()
	got, err := h.SetPace(w.rt.Context(), pace, entry)
	require.NoError(w.rt, err)
	entry.Timestamp, entry.CreatedAt = h.now(), h.now()
	w.logs = append(w.logs, entry)
	w.pace.setAt(h.now(), pace)
	require.NoError(w.rt, w.pace.compare(got))
}

// audit adds an entry, or repeats one.
func (w *walk) audit() {
	h, entry := w.any(), w.entry("retry")
	if len(w.logs) > 0 && rapid.Bool().Draw(w.rt, "again") {
		entry.ID = rapid.SampledFrom(w.logs).Draw(w.rt, "entry").ID
		require.NoError(w.rt, h.Audit(w.rt.Context(), entry))
		return
	}
	require.NoError(w.rt, h.Audit(w.rt.Context(), entry))
	entry.Timestamp, entry.CreatedAt = h.now(), h.now()
	w.logs = append(w.logs, entry)
}

func (w *walk) wait() {
	w.clock.Move(drawDuration(w.rt, "for", "1ms", "1s", "20s", "1m", "1m59.999s", "2m", "7m"))
}

// setClock sets the clock back, or to the next window.
func (w *walk) setClock() {
	if w.pace.running && rapid.Bool().Draw(w.rt, "to the next window") {
		w.clock.Move(w.pace.next.Sub(w.clock.Now()))
		return
	}
	w.clock.Move(-time.Duration(rapid.IntRange(1, 600_000).Draw(w.rt, "milliseconds back")) * time.Millisecond)
}

// reopen closes a handle and opens another, as a restart does.
func (w *walk) reopen() {
	i := rapid.IntRange(0, len(w.handles)-1).Draw(w.rt, "handle")
	require.NoError(w.rt, w.handles[i].Close())
	w.handles[i].Store = w.data.Open(w.scene.t, w.handles[i].now)
}
