package dispatch

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

func TestWindowsMissed_CountsThoseThatNobodyOpened(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	const interval = 2 * time.Minute
	due := models.Scheduler{
		Running: true, StartID: "s", StartedAt: start, Pace: models.Pace{Interval: interval, PerWindow: 2}, WindowSeq: 4,
		NextWindowAt: start.Add(4 * interval),
	}
	for name, test := range map[string]struct {
		after  time.Duration // from when the window was due until one was opened
		change func(before *models.Scheduler)
		want   int
	}{
		"opened in time":                        {after: 0, want: 0},
		"a little late":                         {after: interval - time.Millisecond, want: 0},
		"as the next is due":                    {after: interval, want: 1},
		"an hour late":                          {after: time.Hour + time.Second, want: 30},
		"the first since the start":             {after: 0, change: func(s *models.Scheduler) { s.NextWindowAt = s.StartedAt.Add(4 * interval) }, want: 0},
		"another replica has opened some":       {after: time.Hour, change: func(s *models.Scheduler) { s.WindowSeq-- }, want: 0},
		"started again meanwhile":               {after: time.Hour, change: func(s *models.Scheduler) { s.StartID = "r" }, want: 0},
		"the pace has changed meanwhile":        {after: time.Hour, change: func(s *models.Scheduler) { s.PerWindow = 9 }, want: 0},
		"nothing is known of before":            {after: time.Hour, change: func(s *models.Scheduler) { *s = models.Scheduler{} }, want: 0},
		"the clock was set back, and put right": {after: -time.Hour, want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opened, changed := due.Turn(due.NextWindowAt.Add(max(0, test.after)))
			require.True(t, changed)
			if test.after < 0 {
				opened.NextWindowAt = opened.NextWindowAt.Add(test.after)
			}
			before := due
			if test.change != nil {
				test.change(&before)
			}
			require.Equal(t, test.want, windowsMissed(before, opened))
		})
	}
	uncapped := due
	uncapped.PerWindow = 0
	opened, _ := uncapped.Turn(due.NextWindowAt.Add(time.Hour))
	require.Zero(t, windowsMissed(uncapped, opened), "without a cap there is nothing to miss")
}

func TestAttempted_SaysWhatAnAttemptCameTo(t *testing.T) {
	t.Parallel()
	reply := webhook.Reply{Verdict: webhook.Retry, Cause: webhook.Cause5xx, Duration: time.Second}
	landed := func(result models.Result, code string) landing {
		return landing{reply: reply, outcome: models.Outcome{Result: result, ErrorCode: code}}
	}
	for want, landing := range map[AttemptOutcome]landing{
		AttemptSent:     landed(models.ResultSent, ""),
		AttemptRetry:    landed(models.ResultRetry, "http_503"),
		AttemptFailed:   landed(models.ResultFailed, "http_503"),
		AttemptHeld:     landed(models.ResultFailed, models.ErrorCodeOutcomeUnknown),
		AttemptNotBegun: {reply: webhook.Reply{Verdict: webhook.NotBegun, Cause: webhook.Cause5xx, Duration: time.Second}},
	} {
		require.Equal(t, Attempted{Outcome: want, Cause: webhook.Cause5xx, Duration: time.Second}, attempted(&landing))
	}
	require.Len(t, AttemptOutcomes(), int(attemptOutcomes))
	require.Len(t, Operations(), int(operations))
}

func TestRecorded_CountsOnlyWhatStands(t *testing.T) {
	t.Parallel()
	outcomes := []models.Outcome{
		{Result: models.ResultSent}, {Result: models.ResultSent}, {Result: models.ResultRetry}, {Result: models.ResultFailed}, {Result: models.ResultSent},
	}
	require.Equal(t, Recording{Took: time.Second, Sent: 2, Retry: 1, Failed: 1, Fenced: 1},
		recorded(outcomes, []bool{true, false, true, true, true}, time.Second))
}

// failing counts the operations that the store did not do.
type failing struct {
	unobserved

	count int
}

func (f *failing) StoreFailed(Operation) { f.count++ }

func TestStoreFailed_TheEndOfTheProcessIsNoFailureOfTheStore(t *testing.T) {
	t.Parallel()
	counts := new(failing)
	options := Options{Observer: counts}
	ctx, cancel := context.WithCancel(t.Context())
	options.storeFailed(ctx, OperationClaim)
	cancel()
	options.storeFailed(ctx, OperationClaim)
	require.Equal(t, 1, counts.count)
}
