package storetest

import (
	"slices"

	"github.com/stretchr/testify/require"

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

	entries, total, err := h.SchedulerLogs(w.rt.Context(), 0, 1000)
	require.NoError(w.rt, err)
	require.EqualValues(w.rt, len(w.logs), total)
	require.ElementsMatch(w.rt, w.logs, entries)
	require.True(w.rt, slices.IsSortedFunc(entries, func(a, b models.SchedulerLog) int { return b.Timestamp.Compare(a.Timestamp) }), "newest first")
}
