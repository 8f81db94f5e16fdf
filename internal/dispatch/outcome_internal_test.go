package dispatch

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

func TestDecide_WhatEachReplyBecomes(t *testing.T) {
	t.Parallel()
	const maxAttempts = 3
	refused := webhook.Reply{Verdict: webhook.Refused, StatusCode: 400, Code: "http_400", Reason: "webhook answered 400 Bad Request", Detail: "no such sender"}
	busy := webhook.Reply{Verdict: webhook.Retry, StatusCode: 503, Code: "http_503", Reason: "webhook answered 503"}
	busyLong := busy
	busyLong.RetryAfter = 10 * time.Minute
	timeout := webhook.Reply{Verdict: webhook.Retry, Unknown: true, Code: models.ErrorCodeTimeout, Reason: "no answer within the time limit"}
	gateway := webhook.Reply{Verdict: webhook.Retry, Unknown: true, StatusCode: 504, Code: "http_504", Reason: "webhook answered 504"}
	accepted := webhook.Reply{Verdict: webhook.Accepted, StatusCode: 202, MessageID: "provider-1", Duration: 20 * time.Millisecond}

	for name, test := range map[string]struct {
		reply   webhook.Reply
		attempt int
		hold    bool
		result  models.Result
		code    string
		atLeast time.Duration
		atMost  time.Duration
	}{
		"accepted":                   {reply: accepted, attempt: 1, result: models.ResultSent},
		"accepted at the last":       {reply: accepted, attempt: 3, result: models.ResultSent},
		"refused at once":            {reply: refused, attempt: 1, result: models.ResultFailed, code: "http_400"},
		"busy, first":                {reply: busy, attempt: 1, result: models.ResultRetry, code: "http_503", atLeast: 500 * time.Millisecond, atMost: 1500 * time.Millisecond},
		"busy, second":               {reply: busy, attempt: 2, result: models.ResultRetry, code: "http_503", atLeast: time.Second, atMost: 3 * time.Second},
		"busy, last":                 {reply: busy, attempt: 3, result: models.ResultFailed, code: "http_503"},
		"busy, held is for unknowns": {reply: busy, attempt: 1, hold: true, result: models.ResultRetry, code: "http_503", atLeast: 500 * time.Millisecond, atMost: 1500 * time.Millisecond},
		"busy, says when":            {reply: busyLong, attempt: 1, result: models.ResultRetry, code: "http_503", atLeast: 10 * time.Minute, atMost: 10 * time.Minute},
		"timeout, resent":            {reply: timeout, attempt: 1, result: models.ResultRetry, code: models.ErrorCodeTimeout, atLeast: 500 * time.Millisecond, atMost: 1500 * time.Millisecond},
		"timeout, held":              {reply: timeout, attempt: 1, hold: true, result: models.ResultFailed, code: models.ErrorCodeOutcomeUnknown},
		"timeout, last":              {reply: timeout, attempt: 3, result: models.ResultFailed, code: models.ErrorCodeTimeout},
		"504, held":                  {reply: gateway, attempt: 1, hold: true, result: models.ResultFailed, code: models.ErrorCodeOutcomeUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			message := models.Claimed{Claim: models.Claim{ID: models.ID{Text: "m"}, ClaimID: "c"}, Attempt: test.attempt}
			outcome := decide(message, test.reply, ruling{}, Options{MaxAttempts: maxAttempts, Hold: test.hold, Replica: "r"}, noon())

			require.Equal(t, test.result, outcome.Result)
			require.Equal(t, test.code, outcome.ErrorCode)
			require.Equal(t, message.ID, outcome.ID)
			require.Equal(t, "c", outcome.ClaimID)
			require.Equal(t, noon(), outcome.At)
			require.Equal(t, test.reply.MessageID, outcome.MessageID)
			require.Equal(t, models.Attempt{
				Number: test.attempt, StartedAt: noon().Add(-test.reply.Duration), Duration: test.reply.Duration,
				StatusCode: test.reply.StatusCode, Error: outcome.Error, Replica: "r",
			}, outcome.Attempt)
			if test.result == models.ResultRetry {
				wait := outcome.NextAttemptAt.Sub(noon())
				require.GreaterOrEqual(t, wait, test.atLeast)
				require.LessOrEqual(t, wait, test.atMost)
			} else {
				require.Zero(t, outcome.NextAttemptAt)
			}
		})
	}
	failed := decide(models.Claimed{Attempt: 1}, refused, ruling{}, Options{MaxAttempts: 3}, noon())
	require.Equal(t, "webhook answered 400 Bad Request: no such sender", failed.Error)
}

func TestRetryDelay_DoublesWithJitterUpToFiveMinutes(t *testing.T) {
	t.Parallel()
	for n, middle := range map[int]time.Duration{
		1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 9: 256 * time.Second,
		10: 5 * time.Minute, 60: 5 * time.Minute, 1000: 5 * time.Minute,
	} {
		different := map[time.Duration]bool{}
		for range 200 {
			delay := retryDelay(n)
			require.GreaterOrEqual(t, delay, middle/2)
			require.LessOrEqual(t, delay, middle*3/2)
			different[delay] = true
		}
		require.Greater(t, len(different), 100, "no herd")
	}
}

func TestDecide_WhatTheBreakerRules(t *testing.T) {
	t.Parallel()
	const held = time.Minute
	postponed, again := ruling{uncounted: true, redraw: true, wait: held}, ruling{redraw: true, wait: held}
	timeout := webhook.Reply{Verdict: webhook.Retry, Unknown: true, Code: models.ErrorCodeTimeout}
	for name, test := range map[string]struct {
		reply     webhook.Reply
		ruled     ruling
		attempt   int
		hold      bool
		result    models.Result
		uncounted bool
		wait      time.Duration // at least
	}{
		"a failure":                        {reply: answer(500), ruled: postponed, attempt: 1, result: models.ResultRetry, uncounted: true, wait: held},
		"a failure of the last attempt":    {reply: answer(500), ruled: postponed, attempt: 3, result: models.ResultRetry, uncounted: true, wait: held},
		"a revoked key":                    {reply: answer(401), ruled: postponed, attempt: 3, result: models.ResultRetry, uncounted: true, wait: held},
		"a pause":                          {reply: after(429, time.Hour), ruled: postponed, attempt: 3, result: models.ResultRetry, uncounted: true, wait: time.Hour},
		"a failed probe":                   {reply: answer(500), ruled: ruling{uncounted: true, redraw: true}, attempt: 2, result: models.ResultRetry, uncounted: true, wait: time.Second},
		"an unknown outcome":               {reply: timeout, ruled: again, attempt: 1, result: models.ResultRetry, wait: held},
		"an unknown outcome, the last one": {reply: timeout, ruled: again, attempt: 3, result: models.ResultFailed},
		"an unknown outcome, held":         {reply: timeout, ruled: again, attempt: 1, hold: true, result: models.ResultFailed},
		"refused all the same":             {reply: answer(400), ruled: again, attempt: 1, result: models.ResultFailed},
		"taken all the same":               {reply: answer(200), ruled: again, attempt: 1, result: models.ResultSent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outcome := decide(models.Claimed{Attempt: test.attempt}, test.reply, test.ruled, Options{MaxAttempts: 3, Hold: test.hold}, noon())
			require.Equal(t, test.result, outcome.Result)
			require.Equal(t, test.uncounted, outcome.Uncounted)
			require.Equal(t, test.result == models.ResultRetry, outcome.Redraw)
			if test.result != models.ResultRetry {
				require.Zero(t, outcome.NextAttemptAt)
				return
			}
			require.GreaterOrEqual(t, outcome.NextAttemptAt, noon().Add(test.wait))
			require.NotEmpty(t, outcome.ErrorCode, "one sees why it waits")
		})
	}
}
