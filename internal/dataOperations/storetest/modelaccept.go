package storetest

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"auto-message-sender/internal/models"
)

// message makes one message as a client may ask for it: for now or later, valid for
// ever or for a while.
func (w *walk) message(now time.Time) models.Message {
	message := models.Message{
		ID: w.id("message"), To: recipient, Content: fmt.Sprintf("text %d", w.next), Status: models.StatusPending,
		Priority:    models.Priority(rapid.IntRange(0, 2).Draw(w.rt, "priority")),
		Reference:   rapid.SampledFrom([]string{"", "order-1", "order-2"}).Draw(w.rt, "reference"),
		NumSegments: 1, Encoding: models.EncodingGSM7,
		CreatedAt: w.moment(now, "created at now and"),
	}
	due := message.CreatedAt
	if rapid.IntRange(0, 2).Draw(w.rt, "0: to be sent later") == 0 {
		message.SendAt = w.moment(now, "send at now and")
		due = message.SendAt
	}
	if message.Validity = drawDuration(w.rt, "validity", "0s", "0s", "1s", "20s", "5m"); message.Validity > 0 {
		message.ExpiresAt = due.Add(message.Validity)
	}
	return message
}

func (w *walk) accept() {
	h := w.any()
	var made []models.Message
	for range w.upTo(3, "messages") {
		made = append(made, w.message(h.now()))
	}
	require.True(w.rt, w.accepted(h.now(), made))
	require.NoError(w.rt, h.Accept(w.rt.Context(), made...))
	w.touch(made...)
}

// acceptAgain repeats an id, behind a new one that must not be stored either.
func (w *walk) acceptAgain() {
	if len(w.messages) == 0 {
		return
	}
	h := w.any()
	fresh := models.Message{ID: w.id("message"), To: recipient, Content: "new", CreatedAt: h.now()}
	again := w.anyOf(w.messages).Message
	again.Content = "other"
	require.False(w.rt, w.accepted(h.now(), []models.Message{fresh, again}))
	require.Equal(w.rt, models.KindConflict, models.KindOf(h.Accept(w.rt.Context(), fresh, again)))
	_, err := h.Message(w.rt.Context(), fresh.ID.Text)
	require.Equal(w.rt, models.KindNotFound, models.KindOf(err), "one of a refused batch was stored")
}

// acceptNew mixes new messages with such as are stored already, or given twice.
func (w *walk) acceptNew() {
	h := w.any()
	var batch []models.Message
	for range w.upTo(4, "messages") {
		switch again := rapid.IntRange(0, 2).Draw(w.rt, "1: stored already, 2: twice"); {
		case again == 1 && len(w.messages) > 0:
			known := w.anyOf(w.messages).Message
			known.Content = "other"
			batch = append(batch, known)
		case again == 2 && len(batch) > 0:
			twice := batch[0]
			twice.Content = "another"
			batch = append(batch, twice)
		default:
			batch = append(batch, w.message(h.now()))
		}
	}
	expected := w.acceptedNew(h.now(), batch)
	stored, err := h.AcceptNew(w.rt.Context(), batch)
	require.NoError(w.rt, err)
	require.Equal(w.rt, expected, stored, "which are new")
	w.touch(batch...)
}

func (w *walk) touch(messages ...models.Message) {
	for _, message := range messages {
		w.touched[message.ID] = true
	}
}

// reserve reserves one of a few keys.
func (w *walk) reserve() {
	h := w.any()
	wanted := models.Reservation{
		Key: rapid.SampledFrom([]string{"a", "b"}).Draw(w.rt, "key"), Fingerprint: "f", MessageID: w.id("reserved").Text, At: h.now(),
	}
	if before, known := w.reserved[wanted.Key]; !known || wanted.At.Sub(before.At) > models.ReservationKept {
		w.reserved[wanted.Key] = wanted
	}
	standing, err := h.Reserve(w.rt.Context(), wanted)
	require.NoError(w.rt, err)
	standing.At = standing.At.UTC()
	require.Equal(w.rt, w.reserved[wanted.Key], standing)
}
