package mongostore_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/wireproxy"
)

func TestClaim_LostReplyIsReadBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 0)
	s.accept(t, 3)
	s.fail(t, claimUpdate, wireproxy.LoseReply)
	claimed := s.claim(t, s.store, 3, 3)
	for _, one := range claimed {
		require.Equal(t, 1, s.read(t, one.ID).AttemptCount)
	}
	s.claim(t, s.replica, 3, 0)
}

func TestClaim_FailedUpdateClaimsNothingAndSpendsTheDraw(t *testing.T) {
	t.Parallel()
	for name, effect := range map[string]wireproxy.Effect{
		"cut":                  wireproxy.Cut,
		"not writable primary": wireproxy.Refuse,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.run(t, 2)
			s.accept(t, 3)
			s.fail(t, claimUpdate, effect)
			result, err := s.store.Claim(t.Context(), request(2))
			requireAway(t, err)
			require.Empty(t, result.Claimed)
			// Nobody can know that the update will not come yet.
			require.Zero(t, s.state(t).WindowRemaining)
			s.claim(t, s.store, 2, 0)
			s.clock.Move(interval)
			s.claim(t, s.store, 3, 2)
		})
	}
}

func TestClaim_GoesOnWhenItsCallerGivesUp(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 1)
	s.accept(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.before(claimUpdate, cancel)
	result, err := s.store.Claim(ctx, request(1))
	require.NoError(t, err)
	require.Len(t, result.Claimed, 1, "what was claimed is returned, to be given back")
}

func TestClaim_MessagesThatAnotherReplicaTookAreNotClaimedTwice(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 0)
	s.accept(t, 4)
	var theirs []models.Claimed
	s.before(claimUpdate, func() { theirs = s.claim(t, s.replica, 2, 2) })
	ours := s.claim(t, s.store, 2, 2)
	for _, one := range ours {
		for _, other := range theirs {
			require.NotEqual(t, other.ID, one.ID)
		}
		require.Equal(t, 1, s.read(t, one.ID).AttemptCount)
	}
}

func TestClaim_MessageThatChangedSinceItWasFoundIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]bson.M{
		"no longer pending": {"status": "canceled"},
		"not yet due":       {"next_attempt_at": farFuture()},
		"a retry now":       {"drawn": true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.run(t, 0)
			s.accept(t, 1)
			s.before(claimUpdate, func() { s.UpdateByHand(t, "message-1", change) })
			result, err := s.store.Claim(t.Context(), request(1))
			require.NoError(t, err)
			if name == "a retry now" {
				require.Len(t, result.Claimed, 1, "the second look finds it as what it is")
				require.Zero(t, result.Claimed[0].Window)
				return
			}
			require.Empty(t, result.Claimed)
			require.Zero(t, s.read(t, models.ID{Text: "message-1"}).AttemptCount)
		})
	}
}

func TestClaim_WhatIsNotYetDueBlocksNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 0)
	for i, drawn := range []bool{true, false} {
		document := s.looksAdopted()
		document["next_attempt_at"], document["drawn"] = farFuture(), drawn
		s.insert(t, []string{"urgent retry", "urgent first"}[i], document)
	}
	s.accept(t, 1)
	require.Equal(t, "message-1", s.claim(t, s.store, 1, 1)[0].ID.Text)
}

func TestClaim_UnusedDrawGoesBackToItsWindow(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 2)
	s.accept(t, 1)
	s.before(claimUpdate, func() { s.UpdateByHand(t, "message-1", bson.M{"status": "canceled"}) })
	s.claim(t, s.store, 1, 0)
	require.Equal(t, 2, s.state(t).WindowRemaining)
}

func TestClaim_LostReplyLeavesSpentWhatWasNotSeenClaimed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 2)
	s.accept(t, 2)
	s.proxy.Inject(func(c wireproxy.Command) wireproxy.Fault {
		if c.Name != claimUpdate.Name || c.Collection != claimUpdate.Collection {
			return wireproxy.Fault{}
		}
		s.UpdateByHand(t, "message-1", bson.M{"status": "canceled"})
		return wireproxy.Fault{Effect: wireproxy.LoseReply}
	})
	require.Equal(t, "message-2", s.claim(t, s.store, 2, 1)[0].ID.Text)
	require.Zero(t, s.state(t).WindowRemaining)
}

func TestClaim_StopWhileClaimingGivesBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 2)
	s.accept(t, 1)
	s.before(claimUpdate, func() {
		_, err := s.replica.Stop(t.Context(), models.SchedulerLog{ID: "stop"})
		require.NoError(t, err)
	})
	result, err := s.store.Claim(t.Context(), request(1))
	require.NoError(t, err)
	require.Empty(t, result.Claimed)
	require.False(t, result.Scheduler.Running)
	message := s.read(t, models.ID{Text: "message-1"})
	require.Equal(t, models.StatusPending, message.Status)
	require.Zero(t, message.AttemptCount)
	require.Zero(t, s.state(t).WindowRemaining)
}
