package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// model is the whole Store in memory, as the comments of dataoperations say it and
// as simply as that can be written: what a real store answers is compared with it
// after every step of the model test. It knows nothing of how a store does it, and
// shares no code with one. Where the promises leave a store free – ties, the words
// of an error – the model takes over what the store has chosen, and holds it to
// that from then on.
type model struct {
	pace     modelPace
	messages []*modelled // in the order they came
	claims   []models.Claimed
	logs     []models.SchedulerLog // in the order they were made
	reserved map[string]models.Reservation
}

// modelled is one message.
type modelled struct {
	models.Message // as the store must show it

	waits   bool            // not to be claimed before it is adopted
	hand    *byHand         // what adoption finds where it waits
	setBack models.Status   // what it was before somebody made it pending by hand
	drawn   bool            // its next attempt draws from no window
	claim   models.Claim    // kept until the next one, for a late 2xx; ClaimID "": none
	claimed time.Time       // when claim was made
	shows   *models.Outcome // what was recorded under claim, nil: nothing, or a rescue since
	// overlaid: something has changed the message since, so that nobody promises
	// whether it still shows that.
	overlaid bool
}

// byHand is what a person wrote, as adoption must understand it.
type byHand struct {
	number   string // normalised
	content  string
	priority models.Priority
	created  time.Time // zero: not said
	due      time.Time // zero: not said
	sendAt   time.Time // zero: not said
	refused  bool
}

// Values that a store may choose, once.
const anyText = "*"

var anyMoment = time.UnixMilli(1).UTC() //nolint:gochecknoglobals // a constant, which times cannot be

func (m *model) find(id models.ID) *modelled {
	for _, one := range m.messages {
		if one.ID == id {
			return one
		}
	}
	return nil
}

// accepted takes messages in at now, and reports whether the store may do so.
func (m *model) accepted(now time.Time, messages []models.Message) bool {
	seen := map[models.ID]bool{}
	for _, message := range messages {
		if seen[message.ID] || m.find(message.ID) != nil {
			return false
		}
		seen[message.ID] = true
	}
	for _, message := range messages {
		m.take(now, message)
	}
	return true
}

// take takes one message in.
func (m *model) take(now time.Time, message models.Message) {
	message.Status, message.NextAttemptAt, message.UpdatedAt = models.StatusPending, message.CreatedAt, anyMoment
	if !message.SendAt.IsZero() {
		message.NextAttemptAt = message.SendAt
	}
	if message.SendAt.After(now) {
		message.Status = models.StatusScheduled
	}
	m.messages = append(m.messages, &modelled{Message: message})
}

// acceptedNew takes in those messages that are new, and returns which these are.
func (m *model) acceptedNew(now time.Time, messages []models.Message) []bool {
	isNew := make([]bool, len(messages))
	for i, message := range messages {
		if isNew[i] = m.find(message.ID) == nil; isNew[i] {
			m.take(now, message)
		}
	}
	return isNew
}

// adopted makes of a waiting message what adoption at now must, with the validity.
func (one *modelled) adopted(now time.Time, validity time.Duration) {
	if one.hand.refused {
		one.Status, one.FailedAt, one.SentAt, one.MessageID = models.StatusFailed, now, time.Time{}, ""
		one.Error, one.ErrorCode, one.NextAttemptAt, one.UpdatedAt = anyText, models.ErrorCodeInvalid, time.Time{}, now
		one.waits, one.setBack = false, ""
		if one.CreatedAt = one.hand.created; one.CreatedAt.IsZero() {
			one.CreatedAt = now
		}
		return
	}
	created, due := one.hand.created, one.hand.due
	if created.IsZero() {
		created = now
	}
	if due.IsZero() {
		due = created
		if created.After(now) {
			due = now
		}
	}
	message := models.Message{
		ID: one.ID, To: one.hand.number, Content: one.hand.content, Status: models.StatusPending,
		NumSegments: 1, Encoding: models.EncodingGSM7, Reference: one.Reference,
		Priority: one.hand.priority, CreatedAt: created, NextAttemptAt: due, UpdatedAt: now,
	}
	if !one.hand.sendAt.IsZero() {
		message.SendAt, message.NextAttemptAt = one.hand.sendAt, one.hand.sendAt
	}
	if message.SendAt.After(now) {
		message.Status = models.StatusScheduled
	}
	if validity > 0 {
		from := message.NextAttemptAt
		if from.Before(now) {
			from = now
		}
		message.Validity, message.ExpiresAt = validity, from.Add(validity)
	}
	*one = modelled{Message: message}
}

// expires reports whether the message may no more be sent at now.
func (one *modelled) expires(now time.Time) bool {
	return !one.ExpiresAt.IsZero() && !one.ExpiresAt.After(now)
}

// urgent returns the messages that may be claimed next: those of the highest
// priority, and of them those that have been due the longest. More than one is a tie.
func (m *model) urgent(now time.Time, mayDraw bool) []*modelled {
	var first []*modelled
	for _, one := range m.messages {
		if one.Status != models.StatusPending || one.waits || one.NextAttemptAt.After(now) || one.expires(now) || (!one.drawn && !mayDraw) {
			continue
		}
		order := 0
		if len(first) > 0 {
			order = cmp.Or(cmp.Compare(one.Priority, first[0].Priority), one.NextAttemptAt.Compare(first[0].NextAttemptAt))
		}
		switch {
		case order < 0:
			first = []*modelled{one}
		case order == 0:
			first = append(first, one)
		}
	}
	return first
}

// claim takes over what Claim answered at now, or says what is wrong with it.
func (m *model) claim(now time.Time, request dataoperations.ClaimRequest, result dataoperations.ClaimResult) error {
	if opened := m.pace.turn(now); opened != result.WindowOpened {
		return fmt.Errorf("a window was opened: %t, must be %t", result.WindowOpened, opened)
	}
	for i := 0; ; i++ {
		var candidates []*modelled
		if i < request.Max && m.pace.running {
			candidates = m.urgent(now, m.pace.mayDraw())
		}
		if i == len(result.Claimed) {
			if len(candidates) > 0 {
				return fmt.Errorf("%d claimed, and not %s, which is due", i, candidates[0].ID)
			}
			return nil
		}
		got := result.Claimed[i]
		at := slices.IndexFunc(candidates, func(one *modelled) bool { return one.ID == got.ID })
		if at < 0 {
			return fmt.Errorf("claim %d is %s, must be one of %v", i+1, got.ID, modelledIDs(candidates))
		}
		expected := candidates[at].claimedBy(now, request, got.ClaimID, m.pace.draw(!candidates[at].drawn))
		candidates[at].drawn = true
		if got != expected {
			return fmt.Errorf("claim %d is %+v, must be %+v", i+1, got, expected)
		}
		if got.ClaimID == "" {
			return fmt.Errorf("claim %d has no claim id", i+1)
		}
		m.claims = append(m.claims, got)
	}
}

// claimedBy makes the message sending, and returns what its claim must say.
func (one *modelled) claimedBy(now time.Time, request dataoperations.ClaimRequest, claimID string, window int64) models.Claimed {
	one.Status, one.UpdatedAt = models.StatusSending, now
	one.AttemptCount++
	one.claim = models.Claim{ID: one.ID, ClaimID: claimID, Owner: request.Owner, Lease: request.Lease, Window: window}
	one.claimed, one.shows, one.overlaid = now, nil, false
	return models.Claimed{
		Claim: one.claim, To: one.To, Content: one.Content, Attempt: one.AttemptCount, Prior: one.PriorAttempts, ExpiresAt: one.ExpiresAt,
	}
}

// stands reports whether the claim is the one under which the message is sending.
func (one *modelled) stands(claimID string) bool {
	return one.Status == models.StatusSending && one.claim.ClaimID == claimID
}

// giveBack gives back claims.
func (m *model) giveBack(now time.Time, claims []models.Claim) {
	drawn := map[int64]int{} // by window
	for _, claim := range claims {
		one := m.find(claim.ID)
		if one == nil || !one.stands(claim.ClaimID) {
			continue
		}
		one.Status, one.UpdatedAt = models.StatusPending, now
		one.AttemptCount--
		if claim.Window != 0 {
			one.drawn = false
			drawn[claim.Window]++
		}
		one.claim = models.Claim{}
	}
	for window, n := range drawn {
		m.pace.refund(window, n)
	}
}

// redraw makes what is due draw again, and returns how many that changes.
func (m *model) redraw(now time.Time) int {
	changed := 0
	for _, one := range m.messages {
		if one.Status == models.StatusPending && !one.waits && one.drawn && !one.NextAttemptAt.After(now) {
			one.drawn, one.UpdatedAt = false, now
			changed++
		}
	}
	return changed
}

func modelledIDs(messages []*modelled) []string {
	texts := make([]string, 0, len(messages))
	for _, one := range messages {
		texts = append(texts, one.ID.Text)
	}
	return texts
}
