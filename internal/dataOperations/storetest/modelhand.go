package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// insert inserts a message by hand, in any shape that a person may think of.
func (w *walk) insert() {
	id := w.id("by-hand")
	fields := map[string]any{"_id": id.Text, "status": "pending", "retry_count": 0}
	if w.scene.suite.ObjectIDs && rapid.Bool().Draw(w.rt, "ObjectID") {
		id = models.ID{Text: fmt.Sprintf("68a795179072a717e6a1%04x", w.next), ObjectID: true}
		fields["_id"] = ObjectID(id.Text)
	}
	hand := &byHand{priority: models.PriorityNormal}
	w.writeNumber(fields, hand)
	w.writeTimes(fields, hand)
	switch content := rapid.SampledFrom([]string{"text", "none", "empty", "bytes"}).Draw(w.rt, "content"); content {
	case "text":
		hand.content = "Test mesajı " + id.Text
		fields["content"] = hand.content
	case "empty", "bytes", "none":
		hand.refused = true
		if content != "none" {
			fields["content"] = map[string]any{"empty": "", "bytes": []byte{0xff, 0x00}}[content]
		}
	}
	if priority := rapid.SampledFrom([]int{-1, -1, 0, 1, 2, 7}).Draw(w.rt, "priority, -1: none"); priority >= 0 {
		fields["priority"] = priority
		hand.priority = models.Priority(priority)
		hand.refused = hand.refused || priority > 2
	}
	w.data.InsertByHand(w.scene.t, fields)
	// What it looks like until it is adopted is the store's affair.
	got, err := w.any().Message(w.rt.Context(), id.Text)
	require.NoError(w.rt, err)
	require.Equal(w.rt, id, got.ID)
	require.Equal(w.rt, models.StatusPending, got.Status)
	w.messages = append(w.messages, &modelled{Message: got, waits: true, hand: hand})
}

func (w *walk) writeNumber(fields map[string]any, hand *byHand) {
	kind := rapid.SampledFrom([]string{recipient, recipient, "+90 555 111 11 11", "garbage", "a number", "none"}).Draw(w.rt, "to")
	switch kind {
	case "a number":
		fields["to"] = 905551111111
	case "none":
	default:
		fields["to"] = kind
	}
	hand.number = strings.ReplaceAll(kind, " ", "")
	hand.refused = hand.refused || !strings.HasPrefix(kind, "+")
}

func (w *walk) writeTimes(fields map[string]any, hand *byHand) {
	switch rapid.SampledFrom([]string{"time", "time", "none", "garbage"}).Draw(w.rt, "created_at") {
	case "time":
		hand.created = w.moment(w.clock.Now(), "created at now and")
		fields["created_at"] = hand.created
	case "garbage":
		hand.refused, fields["created_at"] = true, "one fine day"
	}
	switch rapid.SampledFrom([]string{"none", "none", "none", "time", "garbage"}).Draw(w.rt, "next_attempt_at") {
	case "time":
		hand.due = w.moment(w.clock.Now(), "next attempt at now and")
		fields["next_attempt_at"] = hand.due
	case "garbage":
		hand.refused, fields["next_attempt_at"] = true, "tomorrow"
	case "none":
		if rapid.Bool().Draw(w.rt, "send_at in five minutes") {
			hand.sendAt = w.clock.Now().Add(5 * time.Minute)
			fields["send_at"] = hand.sendAt
		}
	}
}

// setBack makes a sent or failed message pending by hand, perhaps with another
// number, so that it is sent anew, or refused.
func (w *walk) setBack() {
	var final []*modelled
	for _, one := range w.messages {
		// Nobody has said what becomes of the times and reports that others have.
		plain := one.SendAt.IsZero() && one.ExpiresAt.IsZero() && one.ErasedAt.IsZero() && one.Delivery == models.Delivery{}
		if plain && (one.Status == models.StatusSent || one.Status == models.StatusFailed) {
			final = append(final, one)
		}
	}
	if len(final) == 0 {
		return
	}
	one := w.anyOf(final)
	if one.ID.ObjectID || one.ErrorCode == models.ErrorCodeInvalid {
		return // neither can be reached by UpdateByHand, or read as it was written
	}
	to := rapid.SampledFrom([]string{recipient, "garbage"}).Draw(w.rt, "to")
	w.data.UpdateByHand(w.scene.t, one.ID.Text, map[string]any{"status": "pending", "to": to})
	one.setBack, one.waits, one.Status, one.To = one.Status, true, models.StatusPending, to
	one.hand = &byHand{
		number: to, content: one.Content, priority: one.Priority, created: one.CreatedAt, refused: to != recipient,
	}
}

// adopt adopts up to a limit, and finds out which.
func (w *walk) adopt() {
	h := w.any()
	limit := w.upTo(4, "at most")
	waiting := 0
	before := map[models.ID]models.Message{}
	for _, one := range w.messages {
		if one.waits {
			waiting++
			before[one.ID] = one.Message
		}
	}
	validity := drawDuration(w.rt, "validity", "0s", "0s", "20s", "5m")
	adopted, refused, err := h.Adopt(w.rt.Context(), dataoperations.AdoptRequest{Limit: limit, Inspect: inspect, Validity: validity})
	require.NoError(w.rt, err)
	require.Equal(w.rt, min(limit, waiting), adopted+refused, "adopted and refused")
	for _, one := range w.messages {
		if !one.waits {
			continue
		}
		got, err := h.Message(w.rt.Context(), one.ID.Text)
		require.NoError(w.rt, err)
		if got.Status == one.Status && got.UpdatedAt.Equal(one.UpdatedAt) && got.NextAttemptAt.Equal(one.NextAttemptAt) {
			continue // it waits still
		}
		w.touched[one.ID] = true
		if one.hand.refused {
			refused--
		} else {
			adopted--
		}
		one.adopted(h.now(), validity)
	}
	require.Equal(w.rt, [2]int{}, [2]int{adopted, refused}, "the answer says more than was adopted and refused")
}
