package storetest

import (
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"auto-message-sender/internal/models"
)

// final makes the message be final.
func (one *modelled) final(now time.Time, status models.Status) {
	one.Status, one.NextAttemptAt, one.UpdatedAt, one.overlaid = status, time.Time{}, now, true
}

// some draws up to n different messages, and perhaps an id that nobody has.
func (w *walk) some(n int) []models.ID {
	var drawn []models.ID
	seen := map[models.ID]bool{}
	for range w.upTo(n, "messages") {
		id := models.ID{Text: "nobody"}
		if len(w.messages) > 0 && rapid.IntRange(0, 9).Draw(w.rt, "0: nobody") > 0 {
			id = w.anyOf(w.messages).ID
		}
		if !seen[id] {
			drawn = append(drawn, id)
		}
		seen[id], w.touched[id] = true, true
	}
	return drawn
}

func (w *walk) cancel() {
	h, drawn := w.any(), w.some(3)
	expected := make([]bool, len(drawn))
	for i, id := range drawn {
		one := w.find(id)
		if one == nil || one.waits {
			continue
		}
		if one.Waits() {
			one.final(h.now(), models.StatusCanceled)
		}
		expected[i] = one.Status == models.StatusCanceled
	}
	canceled, err := h.Cancel(w.rt.Context(), drawn)
	require.NoError(w.rt, err)
	require.Equal(w.rt, expected, canceled, "%v: which are canceled", drawn)
}

func (w *walk) retry() {
	h, drawn := w.any(), w.some(3)
	expected := make([]bool, len(drawn))
	for i, id := range drawn {
		one := w.find(id)
		if one == nil || (one.Status != models.StatusFailed && one.Status != models.StatusExpired) ||
			!one.ErasedAt.IsZero() || one.ErrorCode == models.ErrorCodeInvalid {
			continue
		}
		expected[i] = true
		one.Status, one.NextAttemptAt, one.UpdatedAt, one.overlaid = models.StatusPending, h.now(), h.now(), true
		one.FailedAt, one.Error, one.ErrorCode = time.Time{}, "", ""
		one.PriorAttempts, one.drawn = one.AttemptCount, false
		if one.Validity > 0 {
			one.ExpiresAt = h.now().Add(one.Validity)
		}
	}
	retried, err := h.Retry(w.rt.Context(), drawn)
	require.NoError(w.rt, err)
	require.Equal(w.rt, expected, retried, "%v: which are retried", drawn)
}

func (w *walk) erase() {
	h, id := w.any(), w.some(1)[0]
	one := w.find(id)
	if one != nil && one.waits {
		return // a test of its own
	}
	got, err := h.Erase(w.rt.Context(), id)
	switch {
	case one == nil:
		require.Equal(w.rt, models.KindNotFound, models.KindOf(err))
		return
	case one.Status == models.StatusSending:
		require.Equal(w.rt, models.KindConflict, models.KindOf(err))
		return
	}
	require.NoError(w.rt, err)
	if one.ErasedAt.IsZero() {
		one.erase(h.now(), got)
	}
	one.settle(got)
	require.Equal(w.rt, plain(one.Message), plain(got))
}

// erase erases; what a store writes in the place of an error is its affair.
func (one *modelled) erase(now time.Time, got models.Message) {
	if one.Waits() {
		one.final(now, models.StatusCanceled)
	}
	one.To, one.Content, one.ErasedAt, one.UpdatedAt, one.overlaid = "", "", now, now, true
	if one.Error != got.Error {
		one.Error = got.Error
	} else if one.Error != "" {
		one.Error = "something else than " + got.Error
	}
	one.Attempts = append([]models.Attempt(nil), one.Attempts...)
	for i := range min(len(one.Attempts), len(got.Attempts)) {
		if was := one.Attempts[i].Error; was != got.Attempts[i].Error {
			one.Attempts[i].Error = got.Attempts[i].Error
		} else if was != "" {
			one.Attempts[i].Error = "something else than " + was
		}
	}
}

func (w *walk) deliver() {
	h := w.any()
	report := models.DeliveryReport{MessageID: "provider-nobody", Delivery: models.Delivery{
		Status: rapid.SampledFrom([]models.DeliveryStatus{models.DeliveryDelivered, models.DeliveryUndelivered}).Draw(w.rt, "status"),
		At:     w.moment(h.now(), "at now and"), ErrorCode: rapid.SampledFrom([]string{"", "E1"}).Draw(w.rt, "code"),
	}}
	var one *modelled
	if len(w.messages) > 0 {
		one = w.anyOf(w.messages)
		report.MessageID = one.MessageID
		w.touched[one.ID] = true
	}
	stored, err := h.Deliver(w.rt.Context(), report)
	if one == nil || one.Status != models.StatusSent || one.MessageID == "" {
		require.Equal(w.rt, models.KindNotFound, models.KindOf(err))
		return
	}
	require.NoError(w.rt, err)
	require.Equal(w.rt, one.Delivery == models.Delivery{}, stored, "whether it was stored")
	if stored {
		one.Delivery, one.UpdatedAt = report.Delivery, h.now()
	}
}

// promote promotes, and takes over which: of too many a store may choose.
func (w *walk) promote() {
	h, limit := w.any(), w.upTo(4, "at most")
	due := map[models.ID]*modelled{}
	needed := 0 // what is not valid any more need not become due
	for _, one := range w.messages {
		if one.Status == models.StatusScheduled && !one.SendAt.After(h.now()) {
			due[one.ID] = one
			if !one.expires(h.now()) {
				needed++
			}
		}
	}
	changed, err := h.Promote(w.rt.Context(), limit)
	require.NoError(w.rt, err)
	require.LessOrEqual(w.rt, len(changed), limit)
	for _, id := range changed {
		one := due[id]
		require.NotNil(w.rt, one, "%s is not to be promoted", id)
		delete(due, id)
		one.Status, one.UpdatedAt = models.StatusPending, h.now()
		w.touched[id] = true
	}
	require.GreaterOrEqual(w.rt, len(changed), min(limit, needed), "promoted")
}

func (w *walk) expire() {
	h, limit := w.any(), w.upTo(4, "at most")
	over := map[models.ID]*modelled{}
	for _, one := range w.messages {
		if one.Waits() && !one.waits && one.expires(h.now()) {
			over[one.ID] = one
		}
	}
	expected := min(limit, len(over))
	changed, err := h.Expire(w.rt.Context(), limit)
	require.NoError(w.rt, err)
	require.Len(w.rt, changed, expected, "expired")
	for _, id := range changed {
		one := over[id]
		require.NotNil(w.rt, one, "%s is not to expire", id)
		delete(over, id)
		one.final(h.now(), models.StatusExpired)
		w.touched[id] = true
	}
}
