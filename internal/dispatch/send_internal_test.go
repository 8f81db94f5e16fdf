package dispatch

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

func TestView_AnAnswerOvertakenByALaterOneIsForgotten(t *testing.T) {
	t.Parallel()
	clock := &clock{now: noon()}
	view := newView(clock.Now)
	require.False(t, view.mayStart(), "nothing is known yet")
	view.saw(models.Scheduler{Running: true}, noon())
	require.True(t, view.mayStart())
	view.saw(models.Scheduler{Running: false}, noon().Add(time.Millisecond))
	view.saw(models.Scheduler{Running: true}, noon())
	require.False(t, view.mayStart())
}

func TestView_NoAttemptStartsOnKnowledgeOlderThanASecond(t *testing.T) {
	t.Parallel()
	clock := &clock{now: noon()}
	view := newView(clock.Now)
	view.saw(models.Scheduler{Running: true}, noon())
	clock.advance(freshness - time.Millisecond)
	require.True(t, view.mayStart())
	clock.advance(time.Millisecond)
	require.False(t, view.mayStart())
}

func bubbleTime() time.Time { return time.Now() } //nolint:forbidigo // virtual

// attemptOnce sends one claimed message whose lease ends in left through a pool,
// with a webhook that takes a while to connect to, and returns what was recorded and given back.
func attemptOnce(t *testing.T, left, connecting time.Duration, prepare func(*pool)) (recorded []models.Outcome, givenBack []models.Claim) {
	t.Helper()
	log, _ := test.NewNullLogger()
	clock := &clock{now: noon()}
	options := Options{
		Store: &faultyStore{
			now: clock.Now,
			record: func(outcomes []models.Outcome) ([]bool, error) {
				recorded = append(recorded, outcomes...)
				return make([]bool, len(outcomes)), nil
			},
			giveBack: func(claims []models.Claim) error { givenBack = append(givenBack, claims...); return nil },
		},
		Sender: senderFunc(func(_ context.Context, request webhook.Request) webhook.Reply {
			clock.advance(connecting)
			if !request.Begin() {
				return webhook.Reply{Verdict: webhook.NotBegun}
			}
			return webhook.Reply{Verdict: webhook.Accepted, StatusCode: 200}
		}),
		Receipts: noReceipts{}, Log: log, Replica: "r", MaxInFlight: 4, MaxAttempts: 3,
		AttemptTimeout: 30 * time.Second, Now: clock.Now,
	}
	view := newView(clock.Now)
	view.saw(models.Scheduler{Running: true}, noon().Add(connecting))
	recorder := newRecorder(options, newFlight(4))
	recorder.freed = func() {}
	recorder.Start()
	pool := newPool(options, view, newBreaker(options), recorder)
	if prepare != nil {
		prepare(pool)
	}
	pool.attempt(job{message: models.Claimed{Claim: claimOf("c1", 35*time.Second), Attempt: 1}, until: noon().Add(left)})
	pool.Close(t.Context())
	require.Zero(t, recorder.Close(t.Context()))
	return recorded, givenBack
}

func TestSend_StartsWithEnoughOfTheLeaseLeft(t *testing.T) {
	t.Parallel()
	recorded, givenBack := attemptOnce(t, 31*time.Second, 0, nil)
	require.Len(t, recorded, 1)
	require.Empty(t, givenBack)
}

func TestSend_ALeaseTooShortForTheAttemptIsGivenBack(t *testing.T) {
	t.Parallel()
	recorded, givenBack := attemptOnce(t, 31*time.Second-time.Millisecond, 0, nil)
	require.Empty(t, recorded)
	require.Len(t, givenBack, 1)
}

func TestSend_AWebhookThatTakesLongToConnectToGetsItsMessage(t *testing.T) {
	t.Parallel()
	recorded, givenBack := attemptOnce(t, 35*time.Second, 29*time.Second, nil)
	require.Len(t, recorded, 1)
	require.Empty(t, givenBack)
}

func TestSend_AProcessPausedPastItsAttemptDoesNotBegin(t *testing.T) {
	t.Parallel()
	recorded, givenBack := attemptOnce(t, time.Hour, 30*time.Second, nil)
	require.Empty(t, recorded)
	require.Len(t, givenBack, 1)
}

func TestScheduler_ADueWindowWithoutAFreeSlotIsNotSpunFor(t *testing.T) {
	t.Parallel()
	log, _ := test.NewNullLogger()
	clock := &clock{now: noon()}
	flight := newFlight(1)
	flight.take([]models.Claimed{{Claim: claimOf("c1", time.Minute)}})
	store := &faultyStore{now: clock.Now, scheduler: func() (models.Scheduler, error) {
		return models.Scheduler{Running: true, NextWindowAt: noon().Add(-time.Minute)}, nil
	}}
	options := Options{Store: store, Log: log, Now: clock.Now, MaxInFlight: 1}
	scheduler := newScheduler(options, newView(clock.Now), flight, newBreaker(options), nil)
	require.Equal(t, pollInterval, scheduler.runOnce(t.Context()))
	require.True(t, scheduler.hungry.Load(), "a slot that becomes free wakes the loop")
}

func TestSend_NothingBeginsAfterAStop(t *testing.T) {
	t.Parallel()
	recorded, givenBack := attemptOnce(t, 35*time.Second, 0, func(p *pool) {
		p.view.saw(models.Scheduler{Running: false}, noon())
	})
	require.Empty(t, recorded)
	require.Len(t, givenBack, 1)
}

func TestSend_NothingBeginsWhileDraining(t *testing.T) {
	t.Parallel()
	recorded, givenBack := attemptOnce(t, 35*time.Second, 0, func(p *pool) { p.drain() })
	require.Empty(t, recorded)
	require.Len(t, givenBack, 1)
}

func TestRecord_IsRepeatedUntilTheStoreAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log, hook := test.NewNullLogger()
		failures := 100
		flight := newFlight(4)
		claim := claimOf("c1", time.Minute)
		flight.take([]models.Claimed{{Claim: claim}})
		recorder := newRecorder(Options{
			Store: &faultyStore{record: func(outcomes []models.Outcome) ([]bool, error) {
				if failures--; failures >= 0 {
					return nil, models.Unavailable("away", nil)
				}
				return []bool{true}, nil
			}},
			Receipts: noReceipts{}, Log: log, MaxInFlight: 4, Now: bubbleTime,
		}, flight)
		var freed atomic.Int32
		recorder.freed = func() { freed.Add(1) }
		recorder.Start()
		recorder.put(landing{
			message: models.Claimed{Claim: claim, Attempt: 1},
			reply:   webhook.Reply{Verdict: webhook.Accepted},
			outcome: models.Outcome{Result: models.ResultSent},
		})
		time.Sleep(10 * time.Second) //nolint:forbidigo // virtual time
		require.True(t, flight.holds(claim), "in flight until its outcome is durable")
		require.Zero(t, freed.Load())
		time.Sleep(10 * time.Minute) //nolint:forbidigo // virtual time
		require.False(t, flight.holds(claim))
		require.EqualValues(t, 1, freed.Load())
		require.Zero(t, recorder.Close(t.Context()))
		require.Less(t, len(hook.AllEntries()), 10, "told once a minute, not at each try")
	})
}

func TestRecord_WhatCannotBeRecordedInTimeIsCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log, _ := test.NewNullLogger()
		recorder := newRecorder(Options{
			Store:    &faultyStore{record: func([]models.Outcome) ([]bool, error) { return nil, models.Unavailable("away", nil) }},
			Receipts: noReceipts{}, Log: log, MaxInFlight: 4, Now: bubbleTime,
		}, newFlight(4))
		recorder.freed = func() {}
		recorder.Start()
		for range 3 {
			recorder.put(landing{reply: webhook.Reply{Verdict: webhook.Accepted}})
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		require.Equal(t, 3, recorder.Close(ctx))
	})
}

func TestRecord_AnOutcomeThatTheStoreRefusesHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log, hook := test.NewNullLogger()
		var mu sync.Mutex
		poisoned, recorded := true, map[string]bool{}
		store := &faultyStore{record: func(outcomes []models.Outcome) ([]bool, error) {
			mu.Lock()
			defer mu.Unlock()
			for _, outcome := range outcomes {
				if poisoned && outcome.ClaimID == "poison" {
					return nil, errors.New("attempts is not an array")
				}
			}
			for _, outcome := range outcomes {
				recorded[outcome.ClaimID] = true
			}
			return make([]bool, len(outcomes)), nil
		}}
		flight := newFlight(4)
		recorder := newRecorder(Options{Store: store, Receipts: noReceipts{}, Log: log, MaxInFlight: 4, Now: bubbleTime}, flight)
		recorder.freed = func() {}
		for _, id := range []string{"a", "poison", "b"} {
			claim := claimOf(id, time.Minute)
			flight.take([]models.Claimed{{Claim: claim}})
			recorder.put(landing{
				message: models.Claimed{Claim: claim}, reply: webhook.Reply{Verdict: webhook.Accepted},
				outcome: models.Outcome{ClaimID: id, Result: models.ResultSent},
			})
		}
		recorder.Start()
		synctest.Wait()
		mu.Lock()
		require.Equal(t, map[string]bool{"a": true, "b": true}, recorded)
		poisoned = false // somebody has put it right
		mu.Unlock()
		require.True(t, flight.holds(claimOf("poison", time.Minute)), "its outcome is still to be recorded")
		require.Contains(t, hook.LastEntry().Data, "message_id")

		time.Sleep(parkedRetry + time.Second) //nolint:forbidigo // virtual time
		require.False(t, flight.holds(claimOf("poison", time.Minute)))
		require.Zero(t, recorder.Close(t.Context()))
		require.True(t, recorded["poison"])
	})
}
