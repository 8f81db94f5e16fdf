package sqlitestore_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/models"
)

// Every kind of write whose commit takes place and is told as failed, made again as
// its caller would: it has happened once.
func TestLostCommit_OfEachKindOfWriteHappensOnce(t *testing.T) {
	t.Parallel()
	policy := dataoperations.RescuePolicy{MaxAttempts: 3}
	kinds := map[string]struct {
		claimed int // messages that are claimed before
		do      func(ctx context.Context, s *sqlitestore.Store, claimed []models.Claimed) error
		// again is what the repetition may say beside nil.
		again models.ErrorKind
		after models.Counts
		check func(t *testing.T, m models.Message)
	}{
		"accept": {do: func(ctx context.Context, s *sqlitestore.Store, _ []models.Claimed) error {
			return s.Accept(ctx, messages(100, 2, s.Now())...)
		}, again: models.KindConflict, after: models.Counts{models.StatusPending: 6}},
		"adopt": {do: func(ctx context.Context, s *sqlitestore.Store, _ []models.Claimed) error {
			_, _, err := s.Adopt(ctx, dataoperations.AdoptRequest{Limit: 10, Inspect: takeAll})
			return err //nolint:wrapcheck // it goes straight to require.
		}, after: models.Counts{models.StatusPending: 5}},
		"claim": {do: func(ctx context.Context, s *sqlitestore.Store, _ []models.Claimed) error {
			result, err := s.Claim(ctx, request(2))
			if err != nil && len(result.Claimed) > 0 {
				return context.Canceled // handed out, and said to have failed
			}
			return err //nolint:wrapcheck // likewise.
			// The window has 3: the second claim gets the one that is left.
		}, after: models.Counts{models.StatusPending: 1, models.StatusSending: 3}},
		"record": {claimed: 1, do: func(ctx context.Context, s *sqlitestore.Store, claimed []models.Claimed) error {
			applied, err := s.Record(ctx, outcomes(claimed, s.Now()))
			if err == nil && !applied[0] {
				return context.Canceled // it does not know its own outcome again
			}
			return err //nolint:wrapcheck // likewise.
		}, after: models.Counts{models.StatusPending: 3, models.StatusSent: 1}, check: func(t *testing.T, m models.Message) {
			t.Helper()
			require.Len(t, m.Attempts, 1)
		}},
		"give back": {claimed: 1, do: func(ctx context.Context, s *sqlitestore.Store, claimed []models.Claimed) error {
			return s.GiveBack(ctx, []models.Claim{claimed[0].Claim})
		}, after: models.Counts{models.StatusPending: 4}, check: func(t *testing.T, m models.Message) {
			t.Helper()
			require.Zero(t, m.AttemptCount)
		}},
		"rescue": {claimed: 1, do: func(ctx context.Context, s *sqlitestore.Store, claimed []models.Claimed) error {
			_, err := s.Rescue(ctx, []models.Claim{claimed[0].Claim}, policy)
			return err //nolint:wrapcheck // likewise.
		}, after: models.Counts{models.StatusPending: 4}, check: func(t *testing.T, m models.Message) {
			t.Helper()
			require.Equal(t, 1, m.RetryCount)
			require.Len(t, m.Attempts, 1)
		}},
		"stop": {do: func(ctx context.Context, s *sqlitestore.Store, _ []models.Claimed) error {
			_, err := s.Stop(ctx, models.SchedulerLog{ID: "stop"})
			return err //nolint:wrapcheck // likewise.
		}, again: models.KindConflict, after: models.Counts{models.StatusPending: 4}},
		"configure": {do: func(ctx context.Context, s *sqlitestore.Store, _ []models.Claimed) error {
			return s.Configure(ctx, models.Pace{Interval: time.Hour, PerWindow: 3})
		}, after: models.Counts{models.StatusPending: 4}},
	}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, dir, clock := setup(t)
			sqlitestore.WaitForBackground(store)
			require.NoError(t, store.Configure(t.Context(), models.Pace{Interval: time.Minute, PerWindow: 3}))
			require.NoError(t, store.Accept(t.Context(), messages(1, 4, clock.Now())...))
			if name == "adopt" {
				dir.InsertByHand(t, map[string]any{"to": "+905551111111", "content": "text"})
			}
			var claimed []models.Claimed
			if kind.claimed > 0 {
				result, err := store.Claim(t.Context(), request(kind.claimed))
				require.NoError(t, err)
				claimed = result.Claimed
			}
			require.NoError(t, sqlitestore.LoseCommit(t.Context(), store, 1))
			require.Equal(t, models.KindUnavailable, models.KindOf(kind.do(t.Context(), store, claimed)), "nobody knows")
			if err := kind.do(t.Context(), store, claimed); err != nil {
				require.Equal(t, kind.again, models.KindOf(err), "%v", err)
			}
			requireCounts(t, store, kind.after)
			if kind.check != nil {
				message, err := store.Message(t.Context(), claimed[0].ID.Text)
				require.NoError(t, err)
				kind.check(t, message)
			}
			requirePairs(t, store)
			requireWhole(t, store, dir, clock)
		})
	}
}

// requirePairs demands of the audit trail one start and at most one stop of it.
func requirePairs(t *testing.T, store *sqlitestore.Store) {
	t.Helper()
	entries, total, err := store.SchedulerLogs(t.Context(), 0, 10)
	require.NoError(t, err)
	state, err := store.Scheduler(t.Context())
	require.NoError(t, err)
	if state.Running {
		require.EqualValues(t, 1, total)
		return
	}
	require.EqualValues(t, 2, total)
	require.Equal(t, models.ActionStop, entries[0].Action)
	require.Equal(t, "start", entries[0].StartID)
}

// Operations that share a commit of which nobody knows are not run again: a claim
// would be made twice, and the first one's messages be nobody's.
func TestLostCommit_WhatSharesItIsNotRunAgain(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	sqlitestore.WaitForBackground(store)
	require.NoError(t, store.Accept(t.Context(), messages(1, 10, clock.Now())...))
	release := block(t, store)
	claim := func() error {
		_, err := store.Claim(t.Context(), request(2))
		return err //nolint:wrapcheck // it goes straight to require.
	}
	answers := []chan error{
		queue(t, store, claim),
		queue(t, store, func() error { return store.Accept(t.Context(), messages(100, 1, clock.Now())...) }),
		queue(t, store, claim),
		queue(t, store, func() error { return sqlitestore.LoseCommit(t.Context(), store, 0) }),
	}
	release()
	for _, answer := range answers {
		require.Error(t, <-answer)
	}
	requireCounts(t, store, models.Counts{models.StatusPending: 7, models.StatusSending: 4})
	requireWhole(t, store, dir, clock)
}
