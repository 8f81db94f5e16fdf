package dispatch

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

// requireLeft holds how much longer nothing is claimed.
func (s *breakerScene) requireLeft(want time.Duration) {
	s.t.Helper()
	require.InDelta(s.t, want.Seconds(), s.untilGranted().Seconds(), 0.02)
}

func TestPause_LastsAsLongAsIsAskedFor(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		reply webhook.Reply
		want  time.Duration
	}{
		"429":           {after(429, 7*time.Second), 7 * time.Second},
		"503":           {after(503, 7*time.Second), 7 * time.Second},
		"longest":       {after(503, 100*time.Hour), time.Hour},
		"429, no words": {answer(429), time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newBreakerScene(t)
			ruled := s.attempt("m", test.reply)
			require.True(t, ruled.uncounted)
			require.True(t, ruled.redraw)
			require.GreaterOrEqual(t, ruled.wait, test.want)
			require.LessOrEqual(t, ruled.wait, test.want+2*time.Second)
			require.Equal(t, models.WebhookHealth{
				State: models.WebhookPaused, Since: noon(), RetryAt: noon().Add(test.want), Reason: test.reply.Reason,
			}, s.health())
			s.requireLeft(test.want)
			s.requireState(models.WebhookClosed)
			lines := s.lines.AllEntries()
			require.Len(t, lines, 2, "when it begins and when it ends, and each once")
			require.Contains(t, lines[1].Message, "is over")
		})
	}
}

func TestPause_TheLongestWinsAndALaterAnswerMayExtendIt(t *testing.T) {
	t.Parallel()
	s := newBreakerScene(t)
	_, under := s.claim(64)
	s.judge(under, "a", after(429, 10*time.Second))
	s.judge(under, "b", after(429, 3*time.Second))
	s.judge(under, "c", answer(429))
	s.clock.advance(2 * time.Second)
	s.judge(under, "d", answer(200))
	s.requireState(models.WebhookPaused) // a message taken ends no pause
	s.judge(under, "e", after(503, 20*time.Second))
	s.requireLeft(20 * time.Second)
}

func TestPause_WithoutWordsDoublesUpToAMinuteUntilSomethingElseIsAnswered(t *testing.T) {
	t.Parallel()
	s := newBreakerScene(t)
	n := 0
	for _, seconds := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
		n++
		s.attempt(fmt.Sprint(n), answer(429))
		s.requireLeft(time.Duration(seconds) * time.Second)
	}
	s.attempt("other", answer(500))
	s.attempt("x", answer(429))
	s.requireLeft(time.Minute)
	s.attempt("other", answer(400))
	s.attempt("y", answer(429))
	s.requireLeft(time.Second)
}

func TestPause_OfABurstOneCounts(t *testing.T) {
	t.Parallel()
	s := newBreakerScene(t)
	_, under := s.claim(64)
	for i := range 64 {
		s.judge(under, fmt.Sprint(i), answer(429))
	}
	require.False(t, s.mayBegin(under))
	s.requireLeft(time.Second)
	s.attempt("again", answer(429))
	s.requireLeft(2 * time.Second)
}

func TestPause_OfAProbeLeavesTheBreakerOpen(t *testing.T) {
	t.Parallel()
	s := newBreakerScene(t)
	s.open()
	s.untilGranted()
	require.True(t, s.attempt("probe", after(503, time.Minute)).uncounted)
	s.requireState(models.WebhookPaused)
	s.requireLeft(time.Minute)
	s.requireState(models.WebhookOpen)
	s.attempt("probe again", answer(200))
	s.requireState(models.WebhookClosed)
}

func TestPause_AMessageThatIsAskedForAgainWaitsAlone(t *testing.T) {
	t.Parallel()
	s := newBreakerScene(t)
	s.attempt("poor", after(429, time.Hour))
	s.requireLeft(time.Hour)
	s.attempt("poor", after(429, time.Hour))
	s.requireLeft(time.Hour) // for all one knows it is the webhook's quota
	s.attempt("other", answer(202))
	ruled := s.attempt("poor", after(429, time.Hour))
	s.requireState(models.WebhookClosed)
	require.GreaterOrEqual(t, ruled.wait, time.Hour)
	require.True(t, ruled.uncounted)
	require.True(t, ruled.redraw)

	// Without words, it waits longer each time, and is forgotten once it was answered.
	last := time.Duration(0)
	for range 14 {
		s.attempt("other", answer(202))
		last = s.attempt("poor", answer(429)).wait
		s.requireState(models.WebhookClosed)
	}
	require.GreaterOrEqual(t, last, 30*time.Minute)
	require.LessOrEqual(t, last, 90*time.Minute)
	s.attempt("poor", answer(200))
	require.Empty(t, s.pauses.askers)
}

func TestPause_WhatIsRememberedIsBounded(t *testing.T) {
	t.Parallel()
	s := newBreakerScene(t)
	for i := range 3 * maxAskers {
		s.attempt(fmt.Sprint(i), after(429, time.Second))
		s.clock.advance(time.Second)
	}
	require.LessOrEqual(t, len(s.pauses.askers), maxAskers)
}

func TestPause_AFailureWhileItLastsIsCountedAndComesBackAfterIt(t *testing.T) {
	t.Parallel()
	s := newBreakerScene(t)
	_, under := s.claim(64)
	s.judge(under, "a", after(429, time.Minute))
	ruled := s.judge(under, "b", answer(500))
	require.False(t, ruled.uncounted)
	require.True(t, ruled.redraw)
	require.GreaterOrEqual(t, ruled.wait, time.Minute)
}
