package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

// keyed is a store in memory that keeps reservations, and can fail between one and
// its message.
type keyed struct {
	mu        sync.Mutex
	reserved  map[string]models.Reservation
	messages  map[string]models.Message
	failAfter error // what Accept answers, once
}

func (k *keyed) store() *store {
	k.reserved, k.messages = map[string]models.Reservation{}, map[string]models.Message{}
	return &store{
		reserve: func(wanted models.Reservation) (models.Reservation, error) {
			k.mu.Lock()
			defer k.mu.Unlock()
			// Those of tests stand as of epoch at the earliest.
			if standing, ok := k.reserved[wanted.Key]; ok && !standing.At.Before(epoch().Truncate(time.Millisecond)) {
				return standing, nil
			}
			k.reserved[wanted.Key] = wanted
			return wanted, nil
		},
		accept: func(messages []models.Message) error {
			k.mu.Lock()
			defer k.mu.Unlock()
			if err := k.failAfter; err != nil {
				k.failAfter = nil
				return err
			}
			if _, ok := k.messages[messages[0].ID.Text]; ok {
				return models.Conflict("stored already")
			}
			k.messages[messages[0].ID.Text] = messages[0]
			return nil
		},
	}
}

func withKey(request handlers.AcceptRequest) handlers.AcceptCall {
	request.To, request.Content = "+905551234567", "x"
	return handlers.AcceptCall{Request: request, Key: "order-1"}
}

func TestAccept_RepeatedUnderAKeyGivesTheFirstAnswer(t *testing.T) {
	t.Parallel()
	k := new(keyed)
	now, woken := epoch(), 0
	messages := newMessages(t, k.store(), func(o *handlers.MessagesOptions) {
		o.Now = func() time.Time { return now }
		o.Wake = func() { woken++ }
	})
	request := handlers.AcceptRequest{SendAt: "2026-01-02T16:00:00Z", ValidityPeriod: new(int64(60)), Reference: "r"}
	first, err := messages.Accept(t.Context(), withKey(request))
	require.NoError(t, err)
	require.False(t, first.Replayed)
	require.Equal(t, "scheduled", first.Status)

	now = now.Add(23 * time.Hour) // its time has passed
	again, err := messages.Accept(t.Context(), withKey(request))
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, first.Message, again.Message)
	require.Len(t, k.messages, 1)
	require.Equal(t, 1, woken)
}

func TestAccept_AnotherMessageUnderTheSameKeyIsRefused(t *testing.T) {
	t.Parallel()
	k := new(keyed)
	messages := newMessages(t, k.store())
	_, err := messages.Accept(t.Context(), withKey(handlers.AcceptRequest{}))
	require.NoError(t, err)
	for _, other := range []handlers.AcceptRequest{
		{Priority: "high"}, {Reference: "r"}, {ValidityPeriod: new(int64(1))}, {SendAt: "2026-01-02T16:00:00Z"},
	} {
		_, err = messages.Accept(t.Context(), withKey(other))
		var refusal *handlers.RefusalError
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, http.StatusUnprocessableEntity, refusal.Status)
	}
	require.Len(t, k.messages, 1)
	_, err = messages.Accept(handlers.WithActor(t.Context(), "somebody else"), withKey(handlers.AcceptRequest{Priority: "high"}))
	require.NoError(t, err, "keys of two clients never meet")
	require.Len(t, k.messages, 2)
}

func TestAccept_CompletesWhatBrokeOffBetweenKeyAndMessage(t *testing.T) {
	t.Parallel()
	k := &keyed{failAfter: errors.New("killed")}
	now := epoch()
	messages := newMessages(t, k.store(), func(o *handlers.MessagesOptions) { o.Now = func() time.Time { return now } })
	_, err := messages.Accept(t.Context(), withKey(handlers.AcceptRequest{}))
	require.ErrorContains(t, err, "killed")
	require.Empty(t, k.messages)
	now = now.Add(time.Minute)
	answer, err := messages.Accept(t.Context(), withKey(handlers.AcceptRequest{}))
	require.NoError(t, err)
	require.Len(t, k.messages, 1)
	require.Equal(t, due(), k.messages[answer.ID].CreatedAt, "as of when it was first asked for")
	require.Equal(t, "2026-01-02T12:04:05.678Z", answer.CreatedAt)
}

func TestAccept_ARefusedRequestDoesNotTakeItsKey(t *testing.T) {
	t.Parallel()
	k := new(keyed)
	messages := newMessages(t, k.store())
	_, err := messages.Accept(t.Context(), withKey(handlers.AcceptRequest{Priority: "urgent"}))
	require.Equal(t, models.KindInvalid, models.KindOf(err))
	_, err = messages.Accept(t.Context(), withKey(handlers.AcceptRequest{Priority: "high"}))
	require.NoError(t, err)
}

func TestAccept_WhatIsOverdueDoesNotTakeItsKey(t *testing.T) {
	t.Parallel()
	k := new(keyed)
	messages := newMessages(t, k.store())
	overdue := handlers.AcceptRequest{SendAt: "2026-01-02T11:00:00Z", ValidityPeriod: new(int64(60))}
	for range 2 {
		_, err := messages.Accept(t.Context(), withKey(overdue))
		require.ErrorContains(t, err, "validity_period is over")
	}
	require.Empty(t, k.messages)
	_, err := messages.Accept(t.Context(), withKey(handlers.AcceptRequest{ValidityPeriod: new(int64(60))}))
	require.NoError(t, err)
}

func TestAccept_ConcurrentEqualRequestsStoreOneMessage(t *testing.T) {
	t.Parallel()
	k := new(keyed)
	messages := newMessages(t, k.store())
	answers := make([]handlers.AcceptAnswer, 20)
	var asking sync.WaitGroup
	for i := range answers {
		asking.Go(func() { answers[i], _ = messages.Accept(context.Background(), withKey(handlers.AcceptRequest{})) })
	}
	asking.Wait()
	require.Len(t, k.messages, 1)
	fresh := 0
	for _, answer := range answers {
		require.Equal(t, answers[0].Message, answer.Message)
		if !answer.Replayed {
			fresh++
		}
	}
	require.Equal(t, 1, fresh)
}

func TestIdempotencyKey_IsPrintableASCIIOrNotThere(t *testing.T) {
	t.Parallel()
	for _, right := range []string{"a", "order 42", strings.Repeat("~", 255), `{"$ne":1}`} {
		key, err := handlers.IdempotencyKey(http.Header{"Idempotency-Key": {right}})
		require.NoError(t, err)
		require.Equal(t, right, key)
	}
	key, err := handlers.IdempotencyKey(http.Header{})
	require.NoError(t, err)
	require.Empty(t, key)
	for _, wrong := range [][]string{{""}, {strings.Repeat("a", 256)}, {"ş"}, {"a\tb"}, {"a\x00"}, {"a", "a"}} {
		_, err := handlers.IdempotencyKey(http.Header{"Idempotency-Key": wrong})
		require.ErrorContains(t, err, "Idempotency-Key", "%q", wrong)
	}
}
