package mongostore_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"auto-message-sender/internal/dataOperations/mongostore"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/wireproxy"
)

func TestOpen_NeedsWhatItCannotDoWithout(t *testing.T) {
	t.Parallel()
	_, err := mongostore.Open(t.Context(), mongostore.Options{})
	require.Error(t, err)
}

func TestOpen_WhileTheDatabaseIsAwayCanBeRepeated(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	behind := connect(t, through(t, s.uri, s.proxy.Addr()), s.database.Name())
	s.proxy.Inject(wireproxy.Away)
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := mongostore.Open(short, options(behind, s.clock.Now))
	requireAway(t, err)
	s.proxy.Inject(nil)
	s.open(t, options(behind, s.clock.Now))
}

func TestOpen_FailsAtAnyCommandAndCanBeRepeated(t *testing.T) {
	t.Parallel()
	for _, target := range []wireproxy.Target{
		{Name: "createIndexes", Collection: "messages"},
		{Name: "createIndexes", Collection: "scheduler_logs"},
		windowUpdate, // the scheduler's document
	} {
		t.Run(target.Name+" "+target.Collection, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			behind := connect(t, through(t, s.uri, s.proxy.Addr()), s.database.Name())
			s.fail(t, target, wireproxy.LoseReply)
			_, err := mongostore.Open(t.Context(), options(behind, s.clock.Now))
			requireAway(t, err)
			s.open(t, options(behind, s.clock.Now))
		})
	}
}

func TestPing_FailsWhileTheDatabaseIsAwayAndRecovers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	require.NoError(t, s.store.Ping(t.Context()))
	s.proxy.Inject(wireproxy.Away)
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	requireAway(t, s.store.Ping(short))
	s.proxy.Inject(nil)
	require.Eventually(t, func() bool { return s.store.Ping(t.Context()) == nil }, 10*time.Second, 10*time.Millisecond)
}

func TestPing_FailsWithoutAPrimary(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	hook, _ := wireproxy.Times(1000, wireproxy.Target{Name: "find"}, wireproxy.NotWritablePrimary())
	s.proxy.Inject(hook)
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	requireAway(t, s.store.Ping(short)) // the driver would try until the time is up
}

func TestScheduler_DamagedDocumentIsReportedAsSuch(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	_, err := s.database.Collection("scheduler").UpdateByID(t.Context(), "scheduler",
		bson.M{"$set": bson.M{"window_remaining": "many"}})
	require.NoError(t, err)
	_, err = s.store.Scheduler(t.Context())
	require.Equal(t, models.KindCorrupt, models.KindOf(err))
	require.Equal(t, models.KindCorrupt, models.KindOf(s.store.Ping(t.Context())))
	result, err := s.store.Claim(t.Context(), request(1))
	require.Equal(t, models.KindCorrupt, models.KindOf(err))
	require.Empty(t, result.Claimed)
}

func TestScheduler_DeletedDocumentIsOneThatDoesNotRun(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 2)
	_, err := s.database.Collection("scheduler").DeleteOne(t.Context(), bson.M{"_id": "scheduler"})
	require.NoError(t, err)
	state := s.state(t)
	require.False(t, state.Running)
	pace := models.Pace{Interval: interval, PerWindow: 2}
	require.Equal(t, pace, state.Pace, "no faster than before")
	s.accept(t, 3)
	s.claim(t, s.store, 3, 0)
	_, err = s.store.Start(t.Context(), models.SchedulerLog{ID: "anew"})
	require.NoError(t, err)
	require.True(t, s.state(t).Running)
	s.claim(t, s.store, 3, 2)

	// It counts as configured, so what is set otherwise stays.
	byAPI := models.Pace{Interval: time.Minute, PerWindow: 7}
	s.SetPaceByHand(t, byAPI)
	require.NoError(t, s.store.Configure(t.Context(), pace))
	require.Equal(t, byAPI, s.state(t).Pace)
}

func TestScheduler_WithoutAKnownPaceNoFirstAttemptIsMade(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.accept(t, 1)
	_, err := s.store.Start(t.Context(), models.SchedulerLog{ID: "start"})
	require.NoError(t, err)
	s.claim(t, s.store, 1, 0)
	require.NoError(t, s.store.Configure(t.Context(), models.Pace{Interval: interval}))
	s.claim(t, s.store, 1, 1)
}

func TestConfigure_ShrinksTheCurrentWindow(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 9)
	s.accept(t, 9)
	s.claim(t, s.store, 1, 1)
	require.NoError(t, s.store.Configure(t.Context(), models.Pace{Interval: interval, PerWindow: 2}))
	s.claim(t, s.store, 9, 2)
}

func TestConfigure_AnotherReplicaConfiguresInBetween(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 9)
	s.before(windowUpdate, func() {
		require.NoError(t, s.replica.Configure(t.Context(), models.Pace{Interval: interval, PerWindow: 3}))
	})
	wanted := models.Pace{Interval: time.Minute, PerWindow: 4}
	require.NoError(t, s.store.Configure(t.Context(), wanted))
	require.Equal(t, wanted, s.state(t).Pace, "the last one holds")
}

func TestConfigure_DoesNotOverwriteWhatWasSetAfterAnotherReplicaConfiguredTheSame(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 9)
	environment := models.Pace{Interval: interval, PerWindow: 3}
	byAPI := models.Pace{Interval: time.Minute, PerWindow: 7}
	s.before(windowUpdate, func() {
		require.NoError(t, s.replica.Configure(t.Context(), environment))
		s.SetPaceByHand(t, byAPI)
	})
	require.NoError(t, s.store.Configure(t.Context(), environment))
	require.Equal(t, byAPI, s.state(t).Pace)
}

func TestClose_LeavesNothingRunning(t *testing.T) {
	t.Parallel()
	d := newData(t)
	database := connect(t, d.uri, d.database.Name())
	now := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	store, err := mongostore.Open(t.Context(), options(database, func() time.Time { return now }))
	require.NoError(t, err)
	_, err = store.Counts(t.Context())
	require.NoError(t, err)
	require.NoError(t, store.Close())
	_, err = store.Counts(t.Context())
	require.Error(t, err)
}
