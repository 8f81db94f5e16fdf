package chaos_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/chaos"
	"auto-message-sender/internal/models"
)

const interval = time.Second

func at(d time.Duration) time.Time { return time.Date(2026, 1, 2, 15, 0, 0, 0, time.UTC).Add(d) }

// peace is what is known of a run in which all went well: six messages, two of
// each window, sent in three seconds by one replica.
func peace() chaos.Facts {
	facts := chaos.Facts{
		Limits: chaos.Limits{
			MaxInFlight: 2, MaxAttempts: 3, AttemptTimeout: 2 * time.Second,
			Pace: models.Pace{Interval: interval, PerWindow: 2},
		},
		Audit: []models.SchedulerLog{
			{ID: "s1", Action: models.ActionStart, Timestamp: at(0), Reason: "a"},
			{ID: "s2", Action: models.ActionStop, StartID: "s1", Timestamp: at(4 * time.Second), Reason: "b"},
		},
		Switches: []chaos.Switch{
			{Action: models.ActionStart, Reason: "a", Status: 200}, {Action: models.ActionStop, Reason: "b", Status: 200},
		},
		Windows: []chaos.Window{{Asked: at(-1), Told: at(0), Seq: 0}, {Asked: at(3500 * time.Millisecond), Told: at(3501 * time.Millisecond), Seq: 4}},
	}
	for i := range 6 {
		id, to, content := fmt.Sprintf("m%d", i), "+905551234567", fmt.Sprintf("mesaj %d \"ş\"", i)
		when := at(time.Duration(i/2) * interval)
		body := sha256.Sum256([]byte(`{"to":"` + to + `","content":"` + fmt.Sprintf(`mesaj %d \"ş\"`, i) + `"}`))
		facts.Posted = append(facts.Posted, chaos.Posted{ID: id, To: to, Content: content})
		facts.Calls = append(facts.Calls, chaos.Call{At: when, Key: id, Body: hex.EncodeToString(body[:]), Status: 202, MessageID: "p" + id})
		facts.Messages = append(facts.Messages, chaos.Message{
			Window: int64(i/2 + 1),
			Message: models.Message{
				ID: models.ID{Text: id}, To: to, Content: content, Status: models.StatusSent, MessageID: "p" + id, AttemptCount: 1,
				Attempts: []models.Attempt{{Number: 1, StartedAt: when, Duration: 20 * time.Millisecond, StatusCode: 202, Replica: "r1"}},
			},
		})
	}
	return facts
}

// crash makes the first attempt of a message one that its replica did not survive.
func crash(facts *chaos.Facts, i int) {
	m := &facts.Messages[i]
	started := m.Attempts[0].StartedAt
	last := m.Attempts[0]
	last.Number = 2
	m.Attempts = []models.Attempt{{Number: 1, StartedAt: started, Error: "the replica stopped before it recorded …", Replica: "dead"}, last}
	m.AttemptCount, m.RetryCount, m.Window = 2, 1, 0
	again := facts.Calls[i]
	again.MessageID = "p-again"
	facts.Calls = append(facts.Calls, again)
	facts.Deaths = append(facts.Deaths, chaos.Death{Replica: "dead", At: started.Add(time.Second)})
}

func TestReconcile_APeacefulRunHasNoViolations(t *testing.T) {
	t.Parallel()
	summary, violations := chaos.Reconcile(peace())
	require.Empty(t, violations)
	require.Equal(t, chaos.Summary{Messages: 6, Sent: 6, Calls: 6, Starts: 1, Stops: 1, Windows: 4}, summary)
}

func TestReconcile_WhatTheContractAllowsIsNoViolation(t *testing.T) {
	t.Parallel()
	allowed := map[string]func(*chaos.Facts){
		"a duplicate after a death": func(f *chaos.Facts) { crash(f, 0) },
		"a death before the first byte": func(f *chaos.Facts) {
			crash(f, 0)
			f.Calls = f.Calls[:6]
		},
		"a late 2xx of a rescued attempt": func(f *chaos.Facts) {
			m := &f.Messages[0]
			m.Attempts = append([]models.Attempt{{Number: 1, StartedAt: at(0), Error: "the replica is gone", Replica: "dead"}}, m.Attempts...)
			m.RetryCount = 1
			f.Deaths = append(f.Deaths, chaos.Death{Replica: "dead", At: at(time.Second)})
		},
		"a time-out that the webhook caused": func(f *chaos.Facts) {
			crash(f, 0)
			f.Deaths = nil
			f.Messages[0].Attempts[0] = models.Attempt{Number: 1, StartedAt: at(0), Duration: 2 * time.Second, Error: "no answer", Replica: "r1"}
			f.Calls[6].Withheld = true
		},
		"refused for good": func(f *chaos.Facts) { refuse(f, 400) },
		"out of attempts": func(f *chaos.Facts) {
			f.Limits.MaxAttempts = 1
			refuse(f, 503)
		},
		"a post that nobody knows the end of": func(f *chaos.Facts) {
			f.Posted = f.Posted[1:]
			f.UnansweredPosts = 1
		},
		"a start whose answer was lost": func(f *chaos.Facts) { f.Switches[0].Status = 0 },
		"a stop and a start in one millisecond": func(f *chaos.Facts) {
			f.Audit = []models.SchedulerLog{
				f.Audit[0], {ID: "s3", Action: models.ActionStart, Timestamp: f.Audit[1].Timestamp, Reason: "c"}, f.Audit[1],
			}
			f.Switches = append(f.Switches, chaos.Switch{Action: models.ActionStart, Reason: "c", Status: 200})
			f.Running = true
		},
	}
	for name, change := range allowed {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			facts := peace()
			change(&facts)
			_, violations := chaos.Reconcile(facts)
			require.Empty(t, violations)
		})
	}
}

// refuse makes the first message one that the webhook answered otherwise.
func refuse(f *chaos.Facts, status int) {
	const i = 0
	f.Calls[i].Status, f.Calls[i].MessageID = status, ""
	m := &f.Messages[i]
	m.Status, m.MessageID, m.ErrorCode = models.StatusFailed, "", fmt.Sprintf("http_%d", status)
	m.Attempts[0].StatusCode, m.Attempts[0].Error, m.RetryCount = status, "refused", 1
}

func TestReconcile_FindsEveryPlantedViolation(t *testing.T) {
	t.Parallel()
	planted := map[string]struct {
		rule  chaos.Rule
		plant func(*chaos.Facts)
	}{
		"an accepted message vanished":      {chaos.RuleLost, func(f *chaos.Facts) { f.Messages = f.Messages[1:] }},
		"a call of an unknown message":      {chaos.RuleUnknownKey, func(f *chaos.Facts) { f.Calls[0].Key = "who" }},
		"a message of nobody":               {chaos.RuleNowhere, func(f *chaos.Facts) { f.Posted = f.Posted[1:] }},
		"stored otherwise than posted":      {chaos.RuleChanged, func(f *chaos.Facts) { f.Posted[0].Content += "!" }},
		"still pending":                     {chaos.RuleNotFinal, func(f *chaos.Facts) { f.Messages[0].Status = models.StatusPending }},
		"still sending":                     {chaos.RuleNotFinal, func(f *chaos.Facts) { f.Messages[0].Status = models.StatusSending }},
		"sent and never called":             {chaos.RuleSentUntaken, func(f *chaos.Facts) { f.Calls = f.Calls[1:] }},
		"sent after a 503":                  {chaos.RuleSentUntaken, func(f *chaos.Facts) { f.Calls[0].Status = 503 }},
		"sent by another's answer":          {chaos.RuleWrongAnswer, func(f *chaos.Facts) { f.Messages[0].MessageID = "pm1" }},
		"a 2xx recorded as 503":             {chaos.RuleWrongAnswer, func(f *chaos.Facts) { f.Messages[0].Attempts[0].StatusCode = 503 }},
		"a duplicate without a reason":      {chaos.RuleUnexplained, func(f *chaos.Facts) { f.Calls = append(f.Calls, f.Calls[0]) }},
		"a second call not in the journal":  {chaos.RuleUnexplained, func(f *chaos.Facts) { f.Calls = append(f.Calls, f.Calls[0]); f.Calls[6].Status = 503 }},
		"a duplicate beside its death":      {chaos.RuleUnexplained, func(f *chaos.Facts) { crash(f, 0); f.Calls = append(f.Calls, f.Calls[0]) }},
		"rescued from a living replica":     {chaos.RuleRescuedAlive, func(f *chaos.Facts) { crash(f, 0); f.Deaths = nil }},
		"rescued from one that died before": {chaos.RuleRescuedAlive, func(f *chaos.Facts) { crash(f, 0); f.Deaths[0].At = at(-time.Second) }},
		"a time-out in no time": {chaos.RuleTimeout, func(f *chaos.Facts) {
			crash(f, 0)
			f.Messages[0].Attempts[0].Duration, f.Messages[0].Attempts[0].Error = time.Millisecond, "no answer"
		}},
		"another body at the second attempt": {chaos.RuleBody, func(f *chaos.Facts) { crash(f, 0); f.Calls[6].Body = f.Calls[1].Body }},
		"another body than stored":           {chaos.RuleBody, func(f *chaos.Facts) { f.Calls[0].Body = f.Calls[1].Body }},
		"failed for no reason":               {chaos.RuleFailure, func(f *chaos.Facts) { refuse(f, 400); f.Messages[0].ErrorCode = "http_404" }},
		"failed after a 2xx":                 {chaos.RuleFailure, func(f *chaos.Facts) { f.Messages[0].Status = models.StatusFailed }},
		"given up too early":                 {chaos.RuleFailure, func(f *chaos.Facts) { refuse(f, 503) }},
		"held without being asked to": {chaos.RuleFailure, func(f *chaos.Facts) {
			refuse(f, 400)
			f.Messages[0].ErrorCode = models.ErrorCodeOutcomeUnknown
		}},
		"an attempt not journalled": {chaos.RuleCount, func(f *chaos.Facts) { f.Messages[0].AttemptCount = 2 }},
		"one attempt journalled twice": {chaos.RuleCount, func(f *chaos.Facts) {
			f.Messages[0].Attempts = append(f.Messages[0].Attempts, f.Messages[0].Attempts[0])
		}},
		"a retry not counted":        {chaos.RuleCount, func(f *chaos.Facts) { crash(f, 0); f.Messages[0].RetryCount = 0 }},
		"more attempts than allowed": {chaos.RuleTooManyTries, func(f *chaos.Facts) { crash(f, 0); f.Limits.MaxAttempts = 1 }},
		"more duplicates than in flight": {chaos.RuleDuplicates, func(f *chaos.Facts) {
			for i := range 3 {
				crash(f, i)
			}
			f.Deaths = []chaos.Death{{Replica: "dead", At: at(time.Hour)}}
		}},
		"a window drawn from twice": {chaos.RuleWindow, func(f *chaos.Facts) { f.Messages[2].Window = 1 }},
		"windows too fast":          {chaos.RuleTooFast, func(f *chaos.Facts) { f.Windows[1].Seq = 6 }},
		"more than the windows":     {chaos.RulePace, func(f *chaos.Facts) { f.Windows[1].Seq = 2 }},
		"a burst": {chaos.RulePace, func(f *chaos.Facts) {
			f.Limits.PerWindow = 1
			for range 5 {
				f.Calls, f.Messages = append(f.Calls, f.Calls[:6]...), append(f.Messages, f.Messages[:6]...)
			}
		}},
		"two starts":                      {chaos.RulePairs, func(f *chaos.Facts) { f.Audit[1].Action = models.ActionStart }},
		"a stop first":                    {chaos.RulePairs, func(f *chaos.Facts) { f.Audit = f.Audit[1:] }},
		"a stop of another start":         {chaos.RulePairs, func(f *chaos.Facts) { f.Audit[1].StartID = "s0" }},
		"an entry twice":                  {chaos.RulePairs, func(f *chaos.Facts) { f.Audit = append(f.Audit, f.Audit[0]) }},
		"running after the stop":          {chaos.RuleStands, func(f *chaos.Facts) { f.Running = true }},
		"a start that is not in the log":  {chaos.RuleTrail, func(f *chaos.Facts) { f.Audit = nil }},
		"an entry that nobody asked for":  {chaos.RuleTrail, func(f *chaos.Facts) { f.Audit[0].Reason = "c" }},
		"a refused stop that is in there": {chaos.RuleTrail, func(f *chaos.Facts) { f.Switches[1].Status = 409 }},
	}
	for name, one := range planted {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			facts := peace()
			one.plant(&facts)
			requireFound(t, facts, one.rule)
		})
	}
}

// requireFound holds that the judge finds a violation of the rule.
func requireFound(t *testing.T, facts chaos.Facts, rule chaos.Rule) {
	t.Helper()
	_, violations := chaos.Reconcile(facts)
	var rules []chaos.Rule
	for _, violation := range violations {
		rules = append(rules, violation.Rule)
	}
	require.Contains(t, rules, rule, "%v", violations)
}
