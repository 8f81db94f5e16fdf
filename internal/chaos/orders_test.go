package chaos_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"auto-message-sender/internal/chaos"
	"auto-message-sender/internal/models"
)

// order is what a client wants of one message, and what people will want with it
// then. It is decided by the seed and the message's number alone.
type order struct {
	chaos.Posted

	dice      *rand.Rand
	fields    map[string]any // beside recipient and content
	ahead     time.Duration  // how long after it is first posted it is to go out
	repeated  bool           // posted again under its key although it was answered
	canceled  time.Duration  // how long after its answer; 0: never
	erased    time.Duration  // likewise
	published bool           // SendAt is set
}

// farAhead is the send_at of messages that are still scheduled when a run ends.
const farAhead = time.Hour

// newOrder decides about a message. Without whims it is recipient and content alone.
func newOrder(seed uint64, number int64, whims bool) order {
	d := dice(seed, 1_000_000+uint64(number)) //nolint:gosec // a count from 1
	o := order{
		dice: d, fields: map[string]any{},
		Posted: chaos.Posted{
			To:      fmt.Sprintf("+90555%07d", number%10_000_000),
			Content: fmt.Sprintf("mesaj %d: \"çğış\" \\ <&> %x", number, d.Uint64()),
		},
	}
	if !whims {
		return o
	}
	upTo := func(longest time.Duration) time.Duration { return 1 + time.Duration(d.Int64N(int64(longest))) }
	if d.IntN(2) == 0 {
		o.Key = fmt.Sprintf("key-%d-%x", number, d.Uint64())
		o.repeated = d.IntN(5) == 0
	}
	switch draw := d.IntN(1000); {
	case draw < 100:
		o.ahead = time.Second + upTo(1500*time.Millisecond)
	case draw < 102:
		o.ahead = farAhead
	}
	if d.IntN(10) == 0 {
		o.Validity = time.Duration(1+d.IntN(3)) * time.Second
		o.fields["validity_period"] = int64(o.Validity / time.Second)
	}
	if d.IntN(20) == 0 || o.ahead > 0 && d.IntN(2) == 0 {
		o.canceled = upTo(1500 * time.Millisecond)
	}
	if d.IntN(25) == 0 || o.ahead > 0 && d.IntN(8) == 0 {
		o.erased = upTo(2500 * time.Millisecond)
	}
	if d.IntN(4) == 0 {
		o.fields["priority"] = []string{"high", "normal", "low"}[d.IntN(3)]
		o.fields["reference"] = fmt.Sprintf("sipariş %d", number)
	}
	return o
}

// item returns the order as JSON. Its send_at is set once, the first time.
func (o *order) item(more map[string]any) (string, error) {
	if o.ahead > 0 && !o.published {
		o.SendAt = moment().Add(o.ahead).UTC().Truncate(time.Millisecond)
		o.fields["send_at"] = o.SendAt.Format(time.RFC3339Nano)
		o.published = true
	}
	body := map[string]any{"to": o.To, "content": o.Content}
	maps.Copy(body, o.fields)
	maps.Copy(body, more)
	text, err := json.Marshal(body)
	if err != nil {
		return "", fmt.Errorf("write a message: %w", err)
	}
	return string(text), nil
}

// overdue reports whether it is right to refuse the order: its validity, which counts
// from its send_at, is over.
func (o *order) overdue(now time.Time) bool {
	return !o.SendAt.IsZero() && o.Validity > 0 && !now.Before(o.SendAt.Add(o.Validity))
}

// atOnce corrects an order that was refused as overdue; its key is not taken.
func (o *order) atOnce() {
	o.SendAt = time.Time{}
	delete(o.fields, "send_at")
}

// renew makes it another message, for a client that cannot know whether this one was
// accepted, and has no key to ask by.
func (o *order) renew() {
	o.Content = fmt.Sprintf("%s %x", o.Content[:min(len(o.Content), 60)], o.dice.Uint64())
}

// wishes are what people will want with the message, and when.
func (o *order) wishes() map[models.Action]time.Duration {
	return map[models.Action]time.Duration{models.ActionCancel: o.canceled, models.ActionErase: o.erased}
}
