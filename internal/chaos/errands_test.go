package chaos_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/chaos"
	"auto-message-sender/internal/models"
)

// Messages of errands, by their places.
const (
	calledOff = iota + 2 // canceled before it was due
	ranOut               // expired
	wiped                // erased after it was sent
	again                // failed, and was sent when somebody retried it
)

// errands is a run in peace in which people changed their minds. Each message was
// posted under a key, one of them twice.
func errands() chaos.Facts {
	f := peace()
	f.Ended, f.Reservations = at(time.Minute), []models.Reservation{}
	for i := range f.Messages {
		m, p := &f.Messages[i], &f.Posted[i]
		m.CreatedAt, m.SentAt = at(-time.Second), m.Attempts[0].StartedAt
		p.Key = "k-" + p.ID
		f.Reservations = append(f.Reservations, models.Reservation{Key: "somebody:" + p.Key, MessageID: p.ID})
	}
	f.Posted = append(f.Posted, f.Posted[1])

	f.Posted[calledOff].SendAt, f.Messages[calledOff].SendAt = at(10*time.Second), at(10*time.Second)
	unsend(&f, calledOff, models.StatusCanceled)
	did(&f, calledOff, models.ActionCancel, 500*time.Millisecond)

	f.Posted[ranOut].Validity, f.Messages[ranOut].ExpiresAt = time.Second, at(0)
	unsend(&f, ranOut, models.StatusExpired)

	m := &f.Messages[wiped]
	m.To, m.Content, m.ErasedAt = "", "", at(3*time.Second)
	did(&f, wiped, models.ActionErase, 3*time.Second)
	f.Audit = append(f.Audit, models.SchedulerLog{ID: "e1", Action: models.ActionErase, Timestamp: at(3 * time.Second), Reason: "message m4"})

	m = &f.Messages[again]
	first, refused := m.Attempts[0], f.Calls[len(f.Calls)-1]
	first.StatusCode, first.Error, first.StartedAt = 400, "refused", at(time.Second)
	refused.Status, refused.MessageID, refused.At = 400, "", at(time.Second)
	m.Attempts[0].Number, m.AttemptCount, m.PriorAttempts, m.RetryCount = 2, 2, 1, 1
	m.Attempts = append([]models.Attempt{first}, m.Attempts...)
	f.Calls = append(f.Calls, refused)
	did(&f, again, models.ActionRetry, 1500*time.Millisecond)

	f.Audit = append(f.Audit, models.SchedulerLog{ID: "p1", Action: models.ActionPace, Timestamp: at(3 * time.Second), Reason: "2 every 2s: slower"})
	f.Pace = models.Pace{Interval: 2 * time.Second, PerWindow: 2}
	f.Switches = append(f.Switches, chaos.Switch{Action: models.ActionPace, Reason: "slower", Status: 200, Pace: f.Pace})
	f.Activity = []models.Minute{{At: at(-time.Minute)}, {At: at(0), Sent: 4, Failed: 1}, {At: at(time.Minute)}}
	return f
}

// unsend makes it a message that was never called.
func unsend(f *chaos.Facts, i int, status models.Status) {
	m := &f.Messages[i]
	m.Status, m.MessageID, m.SentAt, m.Attempts, m.AttemptCount, m.Window = status, "", time.Time{}, nil, 0, 0
	for n, call := range f.Calls {
		if call.Key == m.ID.Text {
			f.Calls = append(f.Calls[:n:n], f.Calls[n+1:]...)
			return
		}
	}
}

// did adds a change that was answered 200 at that time.
func did(f *chaos.Facts, i int, action models.Action, when time.Duration) {
	f.Changes = append(f.Changes, chaos.Change{
		Action: action, ID: f.Messages[i].ID.Text, Asked: at(when - 10*time.Millisecond), Answered: at(when), Status: http.StatusOK,
	})
}

// retriedAll adds a retry of everything that had failed, which was answered at that
// time, and its entry in the trail.
func retriedAll(f *chaos.Facts, when time.Duration, changed int) {
	f.Bulks = append(f.Bulks, chaos.Bulk{
		Action: models.ActionRetry, Words: "status=failed", Asked: at(when - 10*time.Millisecond), Answered: at(when),
		Status: http.StatusOK, Changed: changed, Complete: true,
	})
	reason := map[int]string{0: "0 messages: status=failed", 1: "1 message: status=failed"}[changed]
	f.Audit = append(f.Audit, models.SchedulerLog{
		ID: "b1", Action: models.ActionRetry, Timestamp: at(when), Reason: reason,
	})
}

// called adds a call of the message at that time, which is taken.
func called(f *chaos.Facts, i int, when time.Duration) {
	whole := peace()
	call := whole.Calls[i]
	call.At = at(when)
	f.Calls = append(f.Calls, call)
}

// lateSend makes the canceled message one whose attempt had begun before it was
// canceled, on a replica that was given up, and whose 2xx came afterwards.
func lateSend(f *chaos.Facts, begun time.Duration) {
	m := &f.Messages[calledOff]
	m.SendAt, f.Posted[calledOff].SendAt = time.Time{}, time.Time{}
	m.Status, m.AttemptCount, m.RetryCount, m.MessageID, m.SentAt = models.StatusSent, 1, 1, "pm2", at(2*time.Second)
	m.Attempts = []models.Attempt{
		{Number: 1, StartedAt: at(begun), Error: "the replica is gone", Replica: "dead"},
		{Number: 1, StartedAt: at(begun), StatusCode: 202, Replica: "dead"},
	}
	called(f, calledOff, 2*time.Second)
	f.Deaths = append(f.Deaths, chaos.Death{Replica: "dead", At: at(begun + time.Second)})
	f.Activity[1].Sent++
}

func TestReconcile_ErrandsInPeaceHaveNoViolations(t *testing.T) {
	t.Parallel()
	summary, violations := chaos.Reconcile(errands())
	require.Empty(t, violations)
	require.Equal(t, chaos.Summary{
		Messages: 6, Sent: 4, Calls: 5, Starts: 1, Stops: 1, Paces: 1, Windows: 4,
		Canceled: 1, Expired: 1, Erased: 1, Retried: 1, Keys: 6,
	}, summary)
}

func TestReconcile_WhatTheContractAllowsOfErrandsIsNoViolation(t *testing.T) {
	t.Parallel()
	allowed := map[string]func(*chaos.Facts){
		"a late 2xx of what was canceled meanwhile": func(f *chaos.Facts) { lateSend(f, 0) },
		"an erasure of what had been rescued": func(f *chaos.Facts) {
			m := &f.Messages[wiped]
			m.AttemptCount, m.RetryCount = 2, 1
			m.Attempts[0].Number = 2
			m.Attempts = append([]models.Attempt{{Number: 1, StartedAt: at(0), Error: "erased", Replica: "dead"}}, m.Attempts...)
			f.Deaths = append(f.Deaths, chaos.Death{Replica: "dead", At: at(time.Second)})
		},
		"an erasure of what was cut off at once": func(f *chaos.Facts) {
			m := &f.Messages[wiped]
			m.AttemptCount, m.RetryCount = 2, 1
			m.Attempts[0].Number = 2
			m.Attempts = append([]models.Attempt{{Number: 1, StartedAt: at(0), Error: "erased", Replica: "r1"}}, m.Attempts...)
			called(f, wiped, 0)
			f.Calls[len(f.Calls)-1].Status, f.Calls[len(f.Calls)-1].Withheld = 0, true
		},
		"a cancel whose answer was lost": func(f *chaos.Facts) { f.Changes[0].Status = 0 },
		"a cancel that was refused":      func(f *chaos.Facts) { did(f, 0, models.ActionCancel, time.Second); f.Changes[3].Status = 409 },
		"scheduled for much later": func(f *chaos.Facts) {
			f.Messages[calledOff].Status = models.StatusScheduled
			f.Messages[calledOff].SendAt, f.Posted[calledOff].SendAt = at(time.Hour), at(time.Hour)
			f.Changes = f.Changes[1:]
		},
		"accepted when its time had come":          func(f *chaos.Facts) { f.Posted[0].SendAt = at(-2 * time.Second) },
		"sent a moment before its time by a clock": func(f *chaos.Facts) { early(f, 100*time.Millisecond); f.Limits.ClockError = 200 * time.Millisecond },
		"called a moment after its time": func(f *chaos.Facts) {
			f.Posted[0].Validity, f.Messages[0].ExpiresAt = time.Second, at(0)
			f.Calls[0].At = at(100 * time.Millisecond)
		},
		"a retry counts the validity anew": func(f *chaos.Facts) {
			f.Posted[again].Validity, f.Messages[again].ExpiresAt = time.Second, at(2500*time.Millisecond)
		},
		"a retry of all that failed, again and later": func(f *chaos.Facts) {
			retriedAll(f, 500*time.Millisecond, 0)
			refuse(f, 400)
			f.Messages[0].FailedAt = at(time.Second)
			f.Activity[1] = models.Minute{At: at(0), Sent: 3, Failed: 2}
		},
		"a retry of all that failed, which was one": func(f *chaos.Facts) { retriedAll(f, 1500*time.Millisecond, 1) },
		"a retry of many without an answer": func(f *chaos.Facts) {
			retriedAll(f, 1500*time.Millisecond, 1)
			last := len(f.Bulks) - 1
			f.Bulks[last].Status, f.Changes = 0, f.Changes[:2]
			f.Audit = f.Audit[:len(f.Audit)-1]
		},
		"a batch reserves nothing": func(f *chaos.Facts) {
			f.Posted[0].Batch, f.Reservations = true, f.Reservations[1:]
		},
	}
	for name, change := range allowed {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			facts := errands()
			change(&facts)
			_, violations := chaos.Reconcile(facts)
			require.Empty(t, violations)
		})
	}
}

// early makes the first message one that was called so long before its time.
func early(f *chaos.Facts, by time.Duration) {
	f.Messages[0].SendAt, f.Posted[0].SendAt = at(by), at(by)
}

func TestReconcile_FindsEveryViolationPlantedAmongErrands(t *testing.T) {
	t.Parallel()
	planted := map[string]struct {
		rule  chaos.Rule
		plant func(*chaos.Facts)
	}{
		"canceled and called later":            {chaos.RuleCalledOff, func(f *chaos.Facts) { called(f, calledOff, time.Second) }},
		"canceled, and an attempt began later": {chaos.RuleCalledOff, func(f *chaos.Facts) { lateSend(f, 600*time.Millisecond) }},
		"canceled, and more calls than had begun": {chaos.RuleCalledOff, func(f *chaos.Facts) {
			lateSend(f, 0)
			called(f, calledOff, 2*time.Second)
		}},
		"canceled, and pending":               {chaos.RuleUndone, func(f *chaos.Facts) { f.Messages[calledOff].Status = models.StatusPending }},
		"canceled, and expired":               {chaos.RuleUndone, func(f *chaos.Facts) { f.Messages[calledOff].Status = models.StatusExpired }},
		"canceled by nobody":                  {chaos.RuleNobody, func(f *chaos.Facts) { f.Changes = f.Changes[1:] }},
		"canceled although that was refused":  {chaos.RuleNobody, func(f *chaos.Facts) { f.Changes[0].Status = 409 }},
		"canceled with a 2xx in its journal":  {chaos.RuleFailure, func(f *chaos.Facts) { lateSend(f, 0); f.Messages[calledOff].Status = models.StatusCanceled }},
		"a message that a change cannot find": {chaos.RuleLost, func(f *chaos.Facts) { f.Changes[0].Status = 404 }},
		"not canceled, and scheduled": {chaos.RuleUndone, func(f *chaos.Facts) {
			f.Messages[calledOff].Status, f.Changes[0].Status = models.StatusScheduled, 409
			f.Messages[calledOff].SendAt, f.Posted[calledOff].SendAt = at(time.Hour), at(time.Hour)
		}},
		"retried with all that failed, and failed since before": {chaos.RuleUndone, func(f *chaos.Facts) {
			retriedAll(f, 3*time.Second, 1)
			refuse(f, 400)
			f.Messages[0].FailedAt = at(time.Second)
		}},
		"a change of many that is not audited": {chaos.RuleTrail, func(f *chaos.Facts) {
			retriedAll(f, 3*time.Second, 1)
			f.Audit = f.Audit[:len(f.Audit)-1]
		}},
		"a change of many audited with another count": {chaos.RuleTrail, func(f *chaos.Facts) {
			retriedAll(f, 3*time.Second, 1)
			f.Bulks[0].Changed = 2
		}},
		"a change of many that nobody asked for": {chaos.RuleTrail, func(f *chaos.Facts) {
			retriedAll(f, 3*time.Second, 1)
			f.Bulks = nil
		}},
		"erased and called later":          {chaos.RuleCalledOff, func(f *chaos.Facts) { called(f, wiped, 4*time.Second) }},
		"erased, and its number is there":  {chaos.RuleErased, func(f *chaos.Facts) { f.Messages[wiped].To = "+905551234567" }},
		"erased, and its content is there": {chaos.RuleErased, func(f *chaos.Facts) { f.Messages[wiped].Content = "mesaj" }},
		"erased, and an error is there": {chaos.RuleErased, func(f *chaos.Facts) {
			f.Messages[wiped].Attempts[0].Error = "the provider does not know +905551234567"
		}},
		"erased, and as it was":            {chaos.RuleUndone, func(f *chaos.Facts) { f.Messages[wiped].ErasedAt = time.Time{} }},
		"erased by nobody":                 {chaos.RuleNobody, func(f *chaos.Facts) { f.Changes[1].ID = "m0" }},
		"an erasure that is not audited":   {chaos.RuleTrail, func(f *chaos.Facts) { f.Audit = append(f.Audit[:2:2], f.Audit[3]) }},
		"an erasure audited twice":         {chaos.RuleTrail, func(f *chaos.Facts) { f.Audit = append(f.Audit, f.Audit[2]); f.Audit[4].ID = "e2" }},
		"an erasure that nobody asked for": {chaos.RuleTrail, func(f *chaos.Facts) { f.Audit[2].Reason = "message m0" }},
		"retried by nobody":                {chaos.RuleNobody, func(f *chaos.Facts) { f.Changes = f.Changes[:2] }},
		"retried, and failed as before":    {chaos.RuleUndone, func(f *chaos.Facts) { did(f, 0, models.ActionRetry, 3*time.Second); refuse(f, 400) }},
		"retried, and expired as before":   {chaos.RuleUndone, func(f *chaos.Facts) { did(f, ranOut, models.ActionRetry, 3*time.Second) }},
		"retried without fresh attempts":   {chaos.RuleTooManyTries, func(f *chaos.Facts) { f.Limits.MaxAttempts, f.Messages[again].PriorAttempts = 1, 0 }},
		"expired before its time":          {chaos.RuleUndone, func(f *chaos.Facts) { f.Messages[ranOut].ExpiresAt = at(time.Hour) }},
		"expired without a validity":       {chaos.RuleUndone, func(f *chaos.Facts) { f.Messages[ranOut].ExpiresAt = time.Time{} }},
		"called before its time":           {chaos.RuleTooEarly, func(f *chaos.Facts) { early(f, 100*time.Millisecond) }},
		"called after its validity":        {chaos.RuleTooLate, func(f *chaos.Facts) { called(f, ranOut, 2*time.Second) }},
		"begun after its validity": {chaos.RuleTooLate, func(f *chaos.Facts) {
			f.Messages[2].Attempts = peace().Messages[4].Attempts
			f.Messages[2].ExpiresAt = at(0)
		}},
		"stored with another time":          {chaos.RuleChanged, func(f *chaos.Facts) { f.Messages[calledOff].SendAt = at(9 * time.Second) }},
		"stored without its time":           {chaos.RuleChanged, func(f *chaos.Facts) { f.Messages[calledOff].SendAt = time.Time{} }},
		"stored with a validity of its own": {chaos.RuleChanged, func(f *chaos.Facts) { f.Messages[0].ExpiresAt = at(time.Hour) }},
		"stored with a longer validity":     {chaos.RuleChanged, func(f *chaos.Facts) { f.Messages[ranOut].ExpiresAt = at(time.Second) }},
		"stored with a shorter validity":    {chaos.RuleChanged, func(f *chaos.Facts) { f.Messages[ranOut].ExpiresAt = at(-time.Millisecond) }},
		"scheduled, and its time has come":  {chaos.RuleNotFinal, func(f *chaos.Facts) { f.Messages[calledOff].Status = models.StatusScheduled }},
		"a key of two messages":             {chaos.RuleKeyTwice, func(f *chaos.Facts) { f.Posted[6].ID = "m0" }},
		"a message stored twice": {chaos.RuleKeyTwice, func(f *chaos.Facts) {
			f.Messages = append(f.Messages, f.Messages[0])
			f.Messages[6].ID.Text = "m0 again"
		}},
		"a reservation without its message": {chaos.RuleKeyEmpty, func(f *chaos.Facts) { f.Messages = f.Messages[1:] }},
		"a reservation for another message": {chaos.RuleKeyEmpty, func(f *chaos.Facts) { f.Reservations[0].MessageID = "m1" }},
		"a reservation that was forgotten":  {chaos.RuleKeyEmpty, func(f *chaos.Facts) { f.Reservations = f.Reservations[1:] }},
		"a minute with one sent too few":    {chaos.RuleActivity, func(f *chaos.Facts) { f.Activity[1].Sent = 3 }},
		"a minute with one sent too many":   {chaos.RuleActivity, func(f *chaos.Facts) { f.Activity[0].Sent = 1 }},
		"a minute that is missing":          {chaos.RuleActivity, func(f *chaos.Facts) { f.Activity = append(f.Activity[:1:1], f.Activity[2]) }},
		"a failure that was not counted": {chaos.RuleActivity, func(f *chaos.Facts) {
			refuse(f, 400)
			f.Messages[0].FailedAt = at(0)
			f.Activity[1] = models.Minute{At: at(0), Sent: 3}
		}},
		"more failures than were retried": {chaos.RuleActivity, func(f *chaos.Facts) { f.Activity[1].Failed = 2 }},
		"a pace that does not stand":      {chaos.RuleStands, func(f *chaos.Facts) { f.Pace.PerWindow = 3 }},
		"a pace that is not in the log":   {chaos.RuleTrail, func(f *chaos.Facts) { f.Audit = f.Audit[:3] }},
		"a pace that nobody asked for":    {chaos.RuleTrail, func(f *chaos.Facts) { f.Audit[3].Reason = "2 every 2s: faster" }},
		"windows faster than a slower pace": {chaos.RuleTooFast, func(f *chaos.Facts) {
			f.Audit[3].Timestamp, f.Windows[1].Seq, f.Switches[2].Pace.Interval = at(time.Second), 5, 10*time.Second
		}},
		"more from a window than any pace had": {chaos.RuleWindow, func(f *chaos.Facts) {
			for i := range 3 {
				f.Messages[i].Window = 1
			}
		}},
	}
	for name, one := range planted {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			facts := errands()
			one.plant(&facts)
			requireFound(t, facts, one.rule)
		})
	}
}
