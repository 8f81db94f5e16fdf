package storetest

import (
	"time"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// record records one outcome, and returns whether the store must then show it.
func (m *model) record(now time.Time, outcome *models.Outcome) bool {
	one := m.find(outcome.ID)
	if one == nil || one.claim.ClaimID != outcome.ClaimID {
		return false
	}
	late := outcome.Result == models.ResultSent && one.Status != models.StatusSending && one.Status != models.StatusSent
	if one.Status != models.StatusSending && !late {
		return one.shows == outcome
	}
	one.Status, one.UpdatedAt, one.shows = outcome.Result.Status(), now, outcome
	one.waits, one.setBack, one.overlaid = false, "", false
	if outcome.Uncounted {
		one.AttemptCount--
	} else {
		one.Attempts = append(one.Attempts, outcome.Attempt)
	}
	if outcome.Redraw {
		one.drawn = false
	}
	if outcome.Result == models.ResultSent {
		one.Error, one.ErrorCode, one.MessageID = "", "", outcome.MessageID
		one.SentAt, one.FailedAt, one.NextAttemptAt = outcome.At, time.Time{}, time.Time{}
		return true
	}
	one.Error, one.ErrorCode = outcome.Error, outcome.ErrorCode
	if !outcome.Uncounted {
		one.RetryCount++
	}
	one.NextAttemptAt = outcome.NextAttemptAt // of a failure: zero
	if outcome.Result == models.ResultFailed {
		one.FailedAt = outcome.At
	}
	return true
}

// rescue ends claims, and returns how many stood.
func (m *model) rescue(now time.Time, claims []models.Claim, policy dataoperations.RescuePolicy) int {
	rescued := 0
	for _, claim := range claims {
		one := m.find(claim.ID)
		if one == nil || !one.stands(claim.ClaimID) {
			continue
		}
		rescued++
		one.shows, one.UpdatedAt, one.Error = nil, now, anyText
		one.RetryCount++
		one.Attempts = append(one.Attempts, models.Attempt{
			Number: one.AttemptCount, StartedAt: one.claimed, Duration: anyDuration, Error: anyText, Replica: one.claim.Owner,
		})
		exhausted := one.AttemptCount-one.PriorAttempts >= policy.MaxAttempts
		if !exhausted && !policy.Hold {
			one.Status, one.NextAttemptAt, one.ErrorCode = models.StatusPending, now, models.ErrorCodeOutcomeUnknown
			continue
		}
		one.Status, one.FailedAt, one.NextAttemptAt = models.StatusFailed, now, time.Time{}
		switch {
		case exhausted && policy.Hold:
			one.ErrorCode = anyText // both are true
		case exhausted:
			one.ErrorCode = models.ErrorCodeAttemptsExhausted
		default:
			one.ErrorCode = models.ErrorCodeOutcomeUnknown
		}
	}
	return rescued
}

// counts returns how many messages Counts must say there are, by status, and how
// many more it may: what a person set back to pending, it may hold for what it was
// until it is adopted.
func (m *model) counts() (certain, doubtful models.Counts) {
	certain, doubtful = models.Counts{}, models.Counts{}
	for _, one := range m.messages {
		switch {
		case !one.waits:
			certain[one.Status]++
		case one.setBack != "":
			doubtful[one.setBack]++
		}
	}
	return certain, doubtful
}

// anyDuration is a duration that a store may choose, as anyText is a text.
const anyDuration = time.Duration(-1)

// settle takes over what the store has chosen where it may choose.
func (one *modelled) settle(got models.Message) {
	choose := func(expected *string, got string) {
		if *expected == anyText && got != "" {
			*expected = got
		}
	}
	choose(&one.Error, got.Error)
	choose(&one.ErrorCode, got.ErrorCode)
	if one.UpdatedAt.Equal(anyMoment) {
		one.UpdatedAt = got.UpdatedAt
	}
	for i := range min(len(one.Attempts), len(got.Attempts)) {
		choose(&one.Attempts[i].Error, got.Attempts[i].Error)
		if one.Attempts[i].Duration == anyDuration && got.Attempts[i].Duration >= 0 {
			one.Attempts[i].Duration = got.Attempts[i].Duration
		}
	}
}
