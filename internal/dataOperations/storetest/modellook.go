package storetest

import (
	"cmp"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"auto-message-sender/internal/models"
)

// look compares all that the store shows with the model, or of the messages only
// those that the step was about.
func (w *walk) look(all bool) {
	h := w.handles[len(w.touched)%len(w.handles)]
	for _, one := range w.messages {
		if !all && !w.touched[one.ID] {
			continue
		}
		got, err := h.Message(w.rt.Context(), one.ID.Text)
		require.NoError(w.rt, err)
		one.settle(got)
		require.Equal(w.rt, plain(one.Message), plain(got))
	}
	for _, h := range w.handles {
		state, err := h.Scheduler(w.rt.Context())
		require.NoError(w.rt, err)
		require.NoError(w.rt, w.pace.compare(state))
	}
	if w.scene.suite.CountsAge == 0 {
		counts, err := h.Counts(w.rt.Context())
		require.NoError(w.rt, err)
		certain, doubtful := w.counts()
		for _, status := range models.Statuses() {
			got, least := counts[status], certain[status]
			require.True(w.rt, got >= least && got <= least+doubtful[status],
				"Counts says that %d are %s, must be %d, and up to %d more", got, status, least, doubtful[status])
		}
	}
}

// plain returns the message so that equal ones are the same.
func plain(message models.Message) models.Message {
	if len(message.Attempts) == 0 {
		message.Attempts = nil
	}
	message.Attempts = slices.Clone(message.Attempts)
	return message
}

// lookAtLists compares the lists: what is sent, the claims, and the audit trail.
func (w *walk) lookAtLists() {
	h := w.any()
	claims, err := h.Claims(w.rt.Context(), 1000)
	require.NoError(w.rt, err)
	w.requireClaims(claims, 1000)

	var sent []models.Message
	for _, one := range w.messages {
		if one.Status == models.StatusSent {
			message := one.Message
			message.Attempts = nil
			sent = append(sent, message)
		}
	}
	listed, err := h.Sent(w.rt.Context(), 0, 1000)
	require.NoError(w.rt, err)
	for i := range listed {
		listed[i] = plain(listed[i])
	}
	require.ElementsMatch(w.rt, sent, listed)
	require.True(w.rt, slices.IsSortedFunc(listed, func(a, b models.Message) int { return b.SentAt.Compare(a.SentAt) }), "newest first")

	w.lookAtFilters()

	entries, total, err := h.SchedulerLogs(w.rt.Context(), 0, 1000)
	require.NoError(w.rt, err)
	require.EqualValues(w.rt, len(w.logs), total)
	require.ElementsMatch(w.rt, w.logs, entries)
	require.True(w.rt, slices.IsSortedFunc(entries, func(a, b models.SchedulerLog) int { return b.Timestamp.Compare(a.Timestamp) }), "newest first")
}

// lookAtFilters compares lists by some filter, and what waits.
func (w *walk) lookAtFilters() {
	var all []models.Message
	var oldest time.Time
	adopted := true
	for _, one := range w.messages {
		if one.waits { // what somebody has set back may be listed already
			adopted = false
			continue
		}
		all = append(all, one.Message)
		if one.Status == models.StatusPending && (oldest.IsZero() || one.CreatedAt.Before(oldest)) {
			oldest = one.CreatedAt
		}
	}
	h := w.any()
	filter := w.filter()
	var listed []models.Message
	limit := w.upTo(5, "a page")
	for cursor := (models.Cursor{}); ; {
		page, err := h.List(w.rt.Context(), filter, cursor, limit)
		require.NoError(w.rt, err)
		require.LessOrEqual(w.rt, len(page.Messages), limit)
		for _, message := range page.Messages {
			if one := w.find(message.ID); one == nil || (one.setBack == "" && !one.CreatedAt.IsZero()) {
				listed = append(listed, plain(message))
			}
		}
		if cursor = page.Next; cursor.IsZero() {
			break
		}
	}
	requireList(w.rt, filter, all, listed)
	got, err := h.OldestWaiting(w.rt.Context())
	require.NoError(w.rt, err)
	if adopted { // whether those by hand wait already, nobody says
		require.True(w.rt, oldest.Equal(got), "the oldest waits since %s, must be %s", got, oldest)
	}
	w.lookAhead(h)
}

func (w *walk) filter() models.Filter {
	filter := models.Filter{
		Status:    rapid.SampledFrom(append(models.Statuses(), "")).Draw(w.rt, "status"),
		Reference: rapid.SampledFrom([]string{"", "", "order-1"}).Draw(w.rt, "reference"),
		To:        rapid.SampledFrom([]string{"", "", recipient}).Draw(w.rt, "to"),
	}
	switch rapid.IntRange(0, 6).Draw(w.rt, "range") {
	case 1:
		filter.CreatedAfter = w.moment(w.clock.Now(), "created after now and")
	case 2:
		filter.CreatedBefore = w.moment(w.clock.Now(), "created before now and")
	case 3:
		filter.SentAfter = w.moment(w.clock.Now(), "sent after now and")
	case 4:
		filter.FailedBefore = w.moment(w.clock.Now(), "failed before now and")
	}
	return filter
}

// lookAhead compares how many go before one that waits. Whether those that are
// scheduled, or due at the very same time, go before it is for a store to say.
func (w *walk) lookAhead(h handle) {
	var waiting []*modelled
	for _, one := range w.messages {
		if one.Waits() && !one.waits {
			waiting = append(waiting, one)
		}
	}
	if len(waiting) == 0 {
		return
	}
	behind := w.anyOf(waiting)
	least, most := 0, 0
	for _, one := range waiting {
		order := cmp.Or(cmp.Compare(one.Priority, behind.Priority), one.NextAttemptAt.Compare(behind.NextAttemptAt))
		if order < 0 && one.Status == models.StatusPending {
			least++
		}
		if order <= 0 && one != behind {
			most++
		}
	}
	limit := w.upTo(5, "counted up to")
	got, err := h.Ahead(w.rt.Context(), behind.Message, limit)
	require.NoError(w.rt, err)
	require.True(w.rt, got >= min(limit, least) && got <= min(limit, most), "%d go before %s, must be %d to %d", got, behind.ID, least, most)
}
