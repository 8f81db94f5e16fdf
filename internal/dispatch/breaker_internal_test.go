package dispatch

import (
	"fmt"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

// breakerScene is a breaker, its clock, and what it logs.
type breakerScene struct {
	*breaker
	t     *testing.T
	clock *clock
	lines *test.Hook
}

func newBreakerScene(t *testing.T) *breakerScene {
	t.Helper()
	log, lines := test.NewNullLogger()
	log.SetLevel(logrus.DebugLevel)
	clock := &clock{now: noon()}
	return &breakerScene{t: t, clock: clock, lines: lines, breaker: newBreaker(Options{Now: clock.Now, Log: log, MaxInFlight: 64})}
}

// claim claims up to limit messages and returns how many, and under what.
func (s *breakerScene) claim(limit int) (int, permit) {
	granted := s.grant(64)
	n := min(granted.n, limit)
	s.took(granted.permit, n)
	return n, granted.permit
}

// attempt claims one message, which must be possible, and has it answered.
func (s *breakerScene) attempt(id string, reply webhook.Reply) ruling {
	s.t.Helper()
	n, under := s.claim(1)
	require.Equal(s.t, 1, n, "nothing may be claimed")
	require.True(s.t, s.mayBegin(under))
	return s.judge(under, id, reply)
}

// open opens the breaker.
func (s *breakerScene) open() {
	s.t.Helper()
	for i := range failuresToOpen {
		s.attempt(fmt.Sprintf("opener-%d", i), answer(500))
	}
	s.requireState(models.WebhookOpen)
}

// untilGranted moves the clock in small steps until something may be claimed.
func (s *breakerScene) untilGranted() time.Duration {
	s.t.Helper()
	for waited := time.Duration(0); waited < 2*time.Hour; waited += 10 * time.Millisecond {
		if s.grant(64).n > 0 {
			return waited
		}
		s.clock.advance(10 * time.Millisecond)
	}
	require.Fail(s.t, "nothing is claimed any more")
	return 0
}

func (s *breakerScene) requireState(state models.WebhookState) {
	s.t.Helper()
	require.Equal(s.t, state, s.health().State)
}

// answer is what the webhook's client makes of a status.
func answer(status int) webhook.Reply {
	reply := webhook.Reply{Verdict: webhook.Classify(status), StatusCode: status, Unknown: status == 504}
	if reply.Verdict != webhook.Accepted {
		reply.Code, reply.Reason = fmt.Sprintf("http_%d", status), fmt.Sprintf("webhook answered %d", status)
	}
	return reply
}

func after(status int, wait time.Duration) webhook.Reply {
	reply := answer(status)
	reply.RetryAfter = wait
	return reply
}

func timedOut() webhook.Reply {
	return webhook.Reply{Verdict: webhook.Retry, Unknown: true, Code: models.ErrorCodeTimeout, Reason: "no answer within the time limit"}
}

func unreachable() webhook.Reply {
	return webhook.Reply{Verdict: webhook.Retry, Code: models.ErrorCodeUnreachable, Reason: "no connection to the webhook"}
}

func lost() webhook.Reply {
	return webhook.Reply{Verdict: webhook.Retry, Unknown: true, Code: models.ErrorCodeConnectionLost, Reason: "the connection broke"}
}

func TestBreaker_FiveDifferentMessagesInARowOpenIt(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]webhook.Reply{
		"500": answer(500), "502": answer(502), "503": answer(503), "504": answer(504), "599": answer(599),
		"401": answer(401), "403": answer(403), "404": answer(404), "410": answer(410),
		"timeout": timedOut(), "lost": lost(), "unreachable": unreachable(),
		"503, odd Retry-After": after(503, 0),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newBreakerScene(t)
			for i := range failuresToOpen - 1 {
				require.Equal(t, ruling{}, s.attempt(fmt.Sprint(i), reply))
				s.requireState(models.WebhookClosed)
			}
			ruled := s.attempt("last", reply)
			s.requireState(models.WebhookOpen)
			require.Equal(t, !reply.Unknown, ruled.uncounted, "what opens it is covered already, unless it may have arrived")
			require.True(t, ruled.redraw)
			require.Zero(t, s.grant(64).n)
		})
	}
}

func TestBreaker_WhatDoesNotOpenIt(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]func(i int) (id string, reply webhook.Reply){
		"one message again and again": func(int) (string, webhook.Reply) { return "same", answer(500) },
		"four messages in turn":       func(i int) (string, webhook.Reply) { return fmt.Sprint(i % 4), answer(500) },
		"a 2xx between": func(i int) (string, webhook.Reply) {
			return fmt.Sprint(i), []webhook.Reply{answer(500), answer(401), timedOut(), answer(500), answer(202)}[i%5]
		},
		"a refusal of one message between": func(i int) (string, webhook.Reply) {
			return fmt.Sprint(i), []webhook.Reply{answer(500), answer(500), answer(500), answer(500), answer(422)}[i%5]
		},
		"refusals":         func(i int) (string, webhook.Reply) { return fmt.Sprint(i), answer(400) },
		"redirects":        func(i int) (string, webhook.Reply) { return fmt.Sprint(i), answer(302) },
		"request timeouts": func(i int) (string, webhook.Reply) { return fmt.Sprint(i), answer(408) },
		"not begun":        func(i int) (string, webhook.Reply) { return fmt.Sprint(i), webhook.Reply{Verdict: webhook.NotBegun} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newBreakerScene(t)
			for i := range 100 {
				id, reply := reply(i)
				require.Equal(t, ruling{}, s.attempt(id, reply))
				s.requireState(models.WebhookClosed)
			}
			require.Equal(t, 64, s.grant(64).n)
			require.Empty(t, s.lines.AllEntries())
		})
	}
}

func TestBreaker_NotBegunAndPausesSayNothingOfTheStreak(t *testing.T) {
	t.Parallel()
	s := newBreakerScene(t)
	for i := range failuresToOpen - 1 {
		s.attempt(fmt.Sprint(i), answer(500))
		s.attempt("x", webhook.Reply{Verdict: webhook.NotBegun})
		s.attempt("y", after(429, time.Second))
		s.untilGranted()
	}
	s.attempt("last", answer(500))
	s.requireState(models.WebhookOpen)
}

func TestBreaker_OneThatCannotBeReachedNeedsNoFiveMessages(t *testing.T) {
	t.Parallel()
	s := newBreakerScene(t)
	for i := range failuresToOpen {
		s.attempt(fmt.Sprint(i%2), unreachable())
	}
	s.requireState(models.WebhookOpen)
}

func TestBreaker_ProbesAfterFiveSecondsThenTwiceAsLongUpToAMinute(t *testing.T) {
	t.Parallel()
	s := newBreakerScene(t)
	s.open()
	for _, middle := range []float64{5, 10, 20, 40, 60, 60, 60} {
		waited := s.untilGranted().Seconds()
		require.GreaterOrEqual(t, waited, middle*(1-probeJitter)-0.02)
		require.LessOrEqual(t, waited, middle*(1+probeJitter)+0.02)
		n, probe := s.claim(64)
		require.Equal(t, 1, n, "one message is enough to see")
		s.requireState(models.WebhookProbing)
		again, _ := s.claim(64)
		require.Zero(t, again, "one at a time")
		ruled := s.judge(probe, "probe", answer(503))
		require.True(t, ruled.uncounted)
		require.True(t, ruled.redraw)
		s.requireState(models.WebhookOpen)
	}
	require.Equal(t, noon(), s.health().Since, "since it opened, not since the last probe")
}

func TestBreaker_AProbeThatIsAnsweredClosesIt(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]webhook.Reply{"taken": answer(200), "refused": answer(400), "redirected": answer(301)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newBreakerScene(t)
			s.open()
			s.untilGranted()
			s.attempt("probe", reply)
			s.requireState(models.WebhookClosed)
			require.Equal(t, s.clock.Now(), s.health().Since)
			require.Empty(t, s.health().Reason)
			// And the next outage begins anew.
			s.open()
			require.LessOrEqual(t, s.untilGranted(), 6*time.Second+20*time.Millisecond)
		})
	}
}

func TestBreaker_AProbeThatDidNotBeginIsReplacedAtOnce(t *testing.T) {
	t.Parallel()
	s := newBreakerScene(t)
	s.open()
	s.untilGranted()
	require.Equal(t, ruling{}, s.attempt("given back", webhook.Reply{Verdict: webhook.NotBegun}))
	s.requireState(models.WebhookOpen)
	s.attempt("probe", answer(200))
	s.requireState(models.WebhookClosed)
}

func TestBreaker_ClaimsBeginSlowlyAfterwards(t *testing.T) {
	t.Parallel()
	for name, disturb := range map[string]func(*breakerScene){
		"an outage": func(s *breakerScene) { s.open(); s.untilGranted(); s.attempt("probe", answer(200)) },
		"a pause":   func(s *breakerScene) { s.attempt("x", after(503, time.Second)); s.untilGranted() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newBreakerScene(t)
			disturb(s)
			for _, limit := range []int{1, 2, 4, 8, 16, 32, 64} {
				n, under := s.claim(64)
				require.Equal(t, limit, n)
				if limit < 64 {
					require.Equal(t, grant{permit: under, busy: true, redraw: true}, s.grant(64))
				}
				for i := range n {
					s.judge(under, fmt.Sprint(i), answer(200))
				}
			}
		})
	}
}

func TestBreaker_AFailureDoesNotSpeedItUp(t *testing.T) {
	t.Parallel()
	s := newBreakerScene(t)
	s.open()
	s.untilGranted()
	s.attempt("probe", answer(200))
	for i := range failuresToOpen - 1 {
		require.Equal(t, 1, s.grant(64).n)
		s.attempt(fmt.Sprint(i), answer(500))
	}
	require.Equal(t, 1, s.grant(64).n)
}

func TestBreaker_WhatWasUnderWayWhenItOpened(t *testing.T) {
	t.Parallel()
	s := newBreakerScene(t)
	n, under := s.claim(64)
	require.Equal(t, 64, n)
	for i := range failuresToOpen {
		s.judge(under, fmt.Sprint(i), answer(500))
	}
	s.requireState(models.WebhookOpen)
	require.False(t, s.mayBegin(under), "what has not begun is given back")
	opened := s.health()

	known := s.judge(under, "known", answer(401))
	require.True(t, known.uncounted)
	require.GreaterOrEqual(t, known.wait, opened.RetryAt.Sub(s.clock.Now()), "not before the next probe")
	unknown := s.judge(under, "unknown", timedOut())
	require.False(t, unknown.uncounted, "it may have arrived")
	require.True(t, unknown.redraw)
	require.GreaterOrEqual(t, unknown.wait, opened.RetryAt.Sub(s.clock.Now()))
	require.False(t, s.judge(under, "gateway", answer(504)).uncounted)
	require.Equal(t, opened, s.health(), "they do not make the wait longer")

	// Nor do they spoil the recovery: failures from before say nothing of now.
	s.untilGranted()
	s.attempt("probe", answer(200))
	for i := range 50 {
		s.judge(under, fmt.Sprint("late", i), timedOut())
	}
	s.requireState(models.WebhookClosed)
	require.Equal(t, 1, s.grant(64).n, "and do not count against the limit")
}

func TestBreaker_AMessageTakenAmongTheFailuresBringsTheFirstProbeForward(t *testing.T) {
	t.Parallel()
	s := newBreakerScene(t)
	_, under := s.claim(64)
	for i := range failuresToOpen {
		s.judge(under, fmt.Sprint(i), answer(500))
	}
	require.Zero(t, s.grant(64).n)
	s.judge(under, "bad", answer(400))
	require.Zero(t, s.grant(64).n)
	s.judge(under, "taken", answer(200))
	s.requireState(models.WebhookOpen)
	s.attempt("probe", answer(500))
	s.judge(under, "taken as well", answer(200))
	require.Zero(t, s.grant(64).n, "but only once")
	require.Greater(t, s.untilGranted(), 7*time.Second)
}

func TestBreaker_NoMessageIsTheProbeForEver(t *testing.T) {
	t.Parallel()
	for range 100 {
		s := newBreakerScene(t)
		s.open()
		s.untilGranted()
		require.Zero(t, s.attempt("urgent", answer(500)).wait, "another replica may have it meanwhile")
		s.untilGranted()
		due := s.clock.Now().Add(s.attempt("urgent", answer(500)).wait)
		require.True(t, due.After(s.health().RetryAt), "the next probe is another message")
		s.untilGranted()
		require.Zero(t, s.attempt("other", answer(500)).wait)
		s.untilGranted()
		due = s.clock.Now().Add(s.attempt("urgent", answer(500)).wait)
		require.True(t, due.After(s.health().RetryAt.Add(30*time.Second)), "and longer the next time")
	}
}

func TestBreaker_ItsLinesAreFewHoweverOftenItMoves(t *testing.T) {
	t.Parallel()
	s := newBreakerScene(t)
	for range 1000 {
		_, under := s.claim(64)
		for i := range failuresToOpen {
			s.judge(under, fmt.Sprint(i), answer(500))
		}
		s.judge(under, "taken", answer(200))
		s.untilGranted()
		s.attempt("probe", answer(200))
		for s.grant(64).n < failuresToOpen {
			s.attempt("quick", answer(200))
		}
		s.clock.advance(10 * time.Millisecond)
	}
	told := 0
	for _, line := range s.lines.AllEntries() {
		if line.Level <= logrus.InfoLevel {
			told++
		}
	}
	require.Less(t, told, 10, "in ten seconds")
	require.Greater(t, told, 1)
}
