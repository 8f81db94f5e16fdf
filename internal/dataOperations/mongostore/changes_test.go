package mongostore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/wireproxy"
)

// failedOne returns a message that has failed.
func (s *stage) failedOne(t *testing.T) models.ID {
	t.Helper()
	s.run(t, 0)
	s.accept(t, 1)
	claimed := s.claim(t, s.replica, 1, 1)[0]
	applied, err := s.replica.Record(t.Context(), []models.Outcome{s.outcome(claimed, models.ResultFailed)})
	require.NoError(t, err)
	require.Equal(t, []bool{true}, applied)
	return claimed.ID
}

func TestRetry_AnotherReplicaWasFasterAndOnlyItDidIt(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	id := s.failedOne(t)
	s.before(claimUpdate, func() {
		retried, err := s.replica.Retry(t.Context(), []models.ID{id})
		require.NoError(t, err)
		require.Equal(t, []bool{true}, retried)
	})
	retried, err := s.store.Retry(t.Context(), []models.ID{id})
	require.NoError(t, err)
	require.Equal(t, []bool{false}, retried)
}

func TestRetry_WhatFailedAgainInBetweenKeepsItsAttempts(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	id := s.failedOne(t)
	s.before(claimUpdate, func() {
		_, err := s.replica.Retry(t.Context(), []models.ID{id})
		require.NoError(t, err)
		claimed := s.claim(t, s.replica, 1, 1)[0]
		_, err = s.replica.Record(t.Context(), []models.Outcome{s.outcome(claimed, models.ResultFailed)})
		require.NoError(t, err)
	})
	retried, err := s.store.Retry(t.Context(), []models.ID{id})
	require.NoError(t, err)
	require.Equal(t, []bool{false}, retried, "what was read is no longer so")
	message := s.read(t, id)
	require.Equal(t, models.StatusFailed, message.Status)
	require.Equal(t, 2, message.AttemptCount)
	require.Equal(t, 1, message.PriorAttempts)
}

func TestRetry_WhatTheReferenceLetFailIsInspectedFirst(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 0)
	s.insert(t, "old", bson.M{"status": "failed", "retry_count": 3})
	retried, err := s.store.Retry(t.Context(), []models.ID{{Text: "old"}})
	require.NoError(t, err)
	require.Equal(t, []bool{true}, retried)
	s.claim(t, s.store, 1, 0)
	adopted, _, err := s.store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: taken})
	require.NoError(t, err)
	require.Equal(t, 1, adopted)
	s.claim(t, s.store, 1, 1)
}

func TestRetry_IDGivenTwiceIsRetriedOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	id := s.failedOne(t)
	retried, err := s.store.Retry(t.Context(), []models.ID{id, id})
	require.NoError(t, err)
	require.Equal(t, []bool{true, false}, retried)
}

func TestErase_ClaimedInBetweenIsNotErased(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 0)
	s.accept(t, 1)
	var claimed []models.Claimed
	s.before(wireproxy.Target{Name: "findAndModify", Collection: "messages"}, func() {
		claimed = s.claim(t, s.replica, 1, 1)
	})
	_, err := s.store.Erase(t.Context(), models.ID{Text: "message-1"})
	require.Equal(t, models.KindConflict, models.KindOf(err))
	require.Len(t, claimed, 1)
	require.Equal(t, "text", s.read(t, claimed[0].ID).Content)
}

func TestErase_AttemptRecordedInBetweenIsErasedToo(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 0)
	s.accept(t, 1)
	s.before(wireproxy.Target{Name: "findAndModify", Collection: "messages"}, func() {
		outcome := s.outcome(s.claim(t, s.replica, 1, 1)[0], models.ResultFailed)
		outcome.Attempt.Error = "no such number: +905551111111"
		_, err := s.replica.Record(t.Context(), []models.Outcome{outcome})
		require.NoError(t, err)
	})
	erased, err := s.store.Erase(t.Context(), models.ID{Text: "message-1"})
	require.NoError(t, err)
	require.Equal(t, models.StatusFailed, erased.Status)
	require.Len(t, erased.Attempts, 1)
	require.Equal(t, "erased", erased.Attempts[0].Error, "it failed still")
	require.NotContains(t, s.stored(t, "message-1").String(), "+905551111111")
}

func TestErase_WhateverShapeAPersonGaveTheDocument(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	const personal = "+905559998877"
	for name, fields := range map[string]bson.M{
		"attempts a text":       {"attempts": personal},
		"attempts of texts":     {"attempts": bson.A{personal, bson.M{"error": personal}}},
		"error a document":      {"error": bson.M{"text": personal}},
		"to a number":           {"to": int64(905559998877)},
		"status of its own":     {"status": "parked"},
		"attempt_count a text":  {"attempt_count": "none", "status": "failed"},
		"erased_at a text":      {"erased_at": "yes"},
		"content two documents": {"content": bson.A{bson.M{"a": personal}, bson.M{"b": personal}}},
	} {
		if fields["content"] == nil {
			fields["content"] = personal
		}
		s.insert(t, name, fields)
		message, err := s.store.Erase(t.Context(), models.ID{Text: name})
		require.NoError(t, err, name)
		require.Equal(t, s.clock.Now(), message.ErasedAt, name)
		require.NotContains(t, s.stored(t, name).String(), "05559998877", name)
	}
}

func TestDeliver_OfSeveralMessagesWithOneIDTheNewestTakesTheReportOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 0)
	s.accept(t, 2)
	for _, claimed := range s.claim(t, s.store, 2, 2) {
		outcome := s.outcome(claimed, models.ResultSent)
		outcome.MessageID = "the same"
		_, err := s.store.Record(t.Context(), []models.Outcome{outcome})
		require.NoError(t, err)
	}
	report := models.DeliveryReport{MessageID: "the same", Delivery: models.Delivery{Status: models.DeliveryDelivered, At: s.clock.Now()}}
	for _, want := range []bool{true, false, false} {
		stored, err := s.store.Deliver(t.Context(), report)
		require.NoError(t, err)
		require.Equal(t, want, stored)
	}
}

func TestSetPace_AWindowThatOpensInBetweenIsNotPutOff(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 2)
	s.accept(t, 4)
	s.claim(t, s.replica, 1, 1)
	s.clock.Move(interval)
	s.before(startStop, func() { s.claim(t, s.replica, 1, 1) })
	_, err := s.store.SetPace(t.Context(), models.Pace{Interval: 2 * interval, PerWindow: 2}, models.SchedulerLog{ID: "pace"})
	require.NoError(t, err)
	require.True(t, s.state(t).NextWindowAt.After(s.clock.Now()), "it is not due again")
	s.claim(t, s.store, 4, 1)
}

func TestExpire_ObjectIDKeepsItsType(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	id := models.ID{Text: "68a795179072a717e6a17f37", ObjectID: true}
	objectID, err := bson.ObjectIDFromHex(id.Text)
	require.NoError(t, err)
	s.insert(t, objectID, bson.M{"send_at": s.clock.Now().Add(time.Minute), "expires_at": s.clock.Now().Add(time.Hour)})
	_, _, err = s.store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: taken})
	require.NoError(t, err)
	s.clock.Move(time.Minute)
	promoted, err := s.store.Promote(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, []models.ID{id}, promoted)
	s.clock.Move(time.Hour)
	ended, err := s.store.Expire(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, []models.ID{id}, ended)
	retried, err := s.store.Retry(t.Context(), []models.ID{id})
	require.NoError(t, err)
	require.Equal(t, []bool{true}, retried)
	erased, err := s.store.Erase(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, id, erased.ID)
}

func TestPromote_WhatAnotherReplicaPromotedIsNotToldTwice(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var batch []models.Message
	for i := range 3 {
		one := s.message()
		one.ID.Text, one.SendAt = fmt.Sprintf("later-%d", i), s.clock.Now().Add(time.Minute)
		batch = append(batch, one)
	}
	require.NoError(t, s.replica.Accept(t.Context(), batch...))
	s.clock.Move(time.Minute)
	var theirs []models.ID
	s.before(claimUpdate, func() {
		var err error
		theirs, err = s.replica.Promote(t.Context(), 2)
		require.NoError(t, err)
	})
	ours, err := s.store.Promote(t.Context(), 3)
	require.NoError(t, err)
	require.Len(t, theirs, 2)
	require.ElementsMatch(t, ids(batch), append(ours, theirs...))
}

func TestForgetReservations_RenewedInBetweenIsKept(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	_, err := s.replica.Reserve(t.Context(), models.Reservation{Key: "k", MessageID: "old", At: s.clock.Now()})
	require.NoError(t, err)
	s.clock.Move(models.ReservationKept + time.Second)
	renewed := models.Reservation{Key: "k", MessageID: "new", At: s.clock.Now()}
	s.before(wireproxy.Target{Name: "delete", Collection: "reservations"}, func() {
		_, err := s.replica.Reserve(t.Context(), renewed)
		require.NoError(t, err)
	})
	forgotten, err := s.store.ForgetReservations(t.Context(), 10)
	require.NoError(t, err)
	require.Zero(t, forgotten)
	standing, err := s.replica.Reserve(t.Context(), models.Reservation{Key: "k", MessageID: "another", At: s.clock.Now()})
	require.NoError(t, err)
	require.Equal(t, renewed, standing)
}

func TestRecord_LateSuccessOfWhatWasCanceledLeavesNoEndBehind(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 0)
	s.accept(t, 1)
	claimed := s.claim(t, s.store, 1, 1)[0]
	_, err := s.store.Rescue(t.Context(), []models.Claim{claimed.Claim}, dataoperations.RescuePolicy{MaxAttempts: 9})
	require.NoError(t, err)
	_, err = s.store.Cancel(t.Context(), []models.ID{claimed.ID})
	require.NoError(t, err)
	_, err = s.stored(t, claimed.ID.Text).LookupErr("ended_at")
	require.NoError(t, err)
	applied, err := s.store.Record(t.Context(), []models.Outcome{s.outcome(claimed, models.ResultSent)})
	require.NoError(t, err)
	require.Equal(t, []bool{true}, applied)
	_, err = s.stored(t, claimed.ID.Text).LookupErr("ended_at")
	require.Error(t, err, "it ended when it was sent")
}
