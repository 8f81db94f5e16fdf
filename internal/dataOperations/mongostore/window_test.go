package mongostore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/wireproxy"
)

func TestWindow_LostReplyToTheOpeningOpensOnlyOne(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 2)
	s.accept(t, 5)
	s.fail(t, windowUpdate, wireproxy.LoseReply)
	_, err := s.store.Claim(t.Context(), request(5))
	requireAway(t, err)
	state := s.state(t)
	require.EqualValues(t, 1, state.WindowSeq)
	require.Equal(t, 2, state.WindowRemaining)

	result, err := s.store.Claim(t.Context(), request(5))
	require.NoError(t, err)
	require.False(t, result.WindowOpened, "it is open already")
	require.Len(t, result.Claimed, 2)
	s.claim(t, s.replica, 5, 0)
}

func TestWindow_AnotherReplicaOpensItFirst(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 2)
	s.accept(t, 5)
	s.before(windowUpdate, func() { s.claim(t, s.replica, 1, 1) })
	result, err := s.store.Claim(t.Context(), request(5))
	require.NoError(t, err)
	require.False(t, result.WindowOpened)
	require.Len(t, result.Claimed, 1, "what is left of the one window")
	require.EqualValues(t, 1, s.state(t).WindowSeq)
}

func TestWindow_StopBeforeTheOpeningKeepsItShut(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 2)
	s.accept(t, 1)
	s.before(windowUpdate, func() {
		_, err := s.replica.Stop(t.Context(), models.SchedulerLog{ID: "stop"})
		require.NoError(t, err)
	})
	result, err := s.store.Claim(t.Context(), request(1))
	require.NoError(t, err)
	require.Empty(t, result.Claimed)
	require.False(t, result.WindowOpened)
	require.Zero(t, s.state(t).WindowSeq)
}

func TestDraw_LostReplyCountsAsSpent(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 3)
	s.accept(t, 5)
	s.fail(t, draw, wireproxy.LoseReply)
	result, err := s.store.Claim(t.Context(), request(2))
	requireAway(t, err)
	require.Empty(t, result.Claimed)
	require.Equal(t, 1, s.state(t).WindowRemaining)
	s.claim(t, s.store, 5, 1)
}

func TestDraw_FailureBeforeItSpendsNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 3)
	s.accept(t, 5)
	s.fail(t, draw, wireproxy.Refuse)
	_, err := s.store.Claim(t.Context(), request(2))
	requireAway(t, err)
	require.Equal(t, 3, s.state(t).WindowRemaining)
	s.claim(t, s.store, 5, 3)
}

func TestDraw_TakesNoMoreThanOthersHaveLeft(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 3)
	s.accept(t, 9)
	// The other replica draws for messages that this one does not want, so that
	// nothing but the draw can keep this one back.
	s.before(draw, func() {
		for _, id := range []string{"urgent-1", "urgent-2"} {
			urgent := s.message()
			urgent.ID.Text, urgent.Priority = id, models.PriorityHigh
			require.NoError(t, s.replica.Accept(t.Context(), urgent))
		}
		s.claim(t, s.replica, 2, 2)
	})
	s.claim(t, s.store, 3, 1)
	require.Zero(t, s.state(t).WindowRemaining)
}

func TestDraw_StopBeforeItClaimsNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 3)
	s.accept(t, 9)
	s.before(draw, func() {
		_, err := s.replica.Stop(t.Context(), models.SchedulerLog{ID: "stop"})
		require.NoError(t, err)
	})
	s.claim(t, s.store, 3, 0)
	require.Zero(t, s.read(t, models.ID{Text: "message-1"}).AttemptCount)
}

func TestDraw_WindowThatOpensInBetweenIsDrawnFrom(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 2)
	s.accept(t, 9)
	s.before(draw, func() {
		s.clock.Move(interval)
		s.claim(t, s.replica, 1, 1)
	})
	for _, one := range s.claim(t, s.store, 2, 1) {
		require.EqualValues(t, 2, one.Window, "what it has drawn from")
	}
	require.Zero(t, s.state(t).WindowRemaining)
}

func TestGiveBack_LostReplyLeavesTheDrawSpent(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 2)
	s.accept(t, 3)
	claimed := s.claim(t, s.store, 2, 2)
	claims := []models.Claim{claimed[0].Claim, claimed[1].Claim}
	s.fail(t, claimUpdate, wireproxy.LoseReply)
	requireAway(t, s.store.GiveBack(t.Context(), claims))
	require.NoError(t, s.store.GiveBack(t.Context(), claims))
	for _, claim := range claims {
		message := s.read(t, claim.ID)
		require.Equal(t, models.StatusPending, message.Status)
		require.Zero(t, message.AttemptCount, "it was undone once")
	}
	require.Zero(t, s.state(t).WindowRemaining, "nobody knows what to return")
}

func TestGiveBack_ReturnsNoMoreThanAChangedPaceAllows(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 0)
	s.accept(t, 9)
	var claims []models.Claim
	for _, one := range s.claim(t, s.store, 9, 9) {
		claims = append(claims, one.Claim)
	}
	require.NoError(t, s.replica.Configure(t.Context(), models.Pace{Interval: interval, PerWindow: 2}))
	require.NoError(t, s.store.GiveBack(t.Context(), claims))
	require.LessOrEqual(t, s.state(t).WindowRemaining, 2)
	s.clock.Move(interval)
	s.claim(t, s.store, 9, 2)
}
