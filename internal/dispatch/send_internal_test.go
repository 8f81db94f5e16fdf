package dispatch

import (
	"context"
	"errors"
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
// and returns what was recorded and given back.
func attemptOnce(t *testing.T, left time.Duration, prepare func(*pool)) (recorded []models.Outcome, givenBack []models.Claim) {
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
			if !request.Begin() {
				return webhook.Reply{Verdict: webhook.NotBegun}
			}
			return webhook.Reply{Verdict: webhook.Accepted, StatusCode: 200}
		}),
		Receipts: noReceipts{}, Log: log, Replica: "r", MaxInFlight: 4, MaxAttempts: 3,
		AttemptTimeout: 30 * time.Second, Now: clock.Now,
	}
	view := newView(clock.Now)
	view.saw(models.Scheduler{Running: true}, noon())
	recorder := newRecorder(options, newFlight(4))
	recorder.freed = func() {}
	recorder.Start()
	pool := newPool(options, view, recorder)
	if prepare != nil {
		prepare(pool)
	}
	pool.submit(job{message: models.Claimed{Claim: claimOf("c1", 35*time.Second), Attempt: 1}, until: noon().Add(left)})
	pool.attempts.Wait()
	pool.Close(t.Context())
	require.Zero(t, recorder.Close(t.Context()))
	return recorded, givenBack
}

func TestSend_StartsWithEnoughOfTheLeaseLeft(t *testing.T) {
	t.Parallel()
	recorded, givenBack := attemptOnce(t, 31*time.Second, nil)
	require.Len(t, recorded, 1)
	require.Empty(t, givenBack)
}

func TestSend_ALeaseTooShortForTheAttemptIsGivenBack(t *testing.T) {
	t.Parallel()
	recorded, givenBack := attemptOnce(t, 31*time.Second-time.Millisecond, nil)
	require.Empty(t, recorded)
	require.Len(t, givenBack, 1)
}

func TestSend_NothingBeginsAfterAStop(t *testing.T) {
	t.Parallel()
	recorded, givenBack := attemptOnce(t, 35*time.Second, func(p *pool) {
		p.view.saw(models.Scheduler{Running: false}, noon())
	})
	require.Empty(t, recorded)
	require.Len(t, givenBack, 1)
}

func TestSend_NothingBeginsWhileDraining(t *testing.T) {
	t.Parallel()
	recorded, givenBack := attemptOnce(t, 35*time.Second, func(p *pool) { p.draining.Store(true) })
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
					return nil, errors.New("away")
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
			Store:    &faultyStore{record: func([]models.Outcome) ([]bool, error) { return nil, errors.New("away") }},
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
