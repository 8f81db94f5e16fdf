package mongostore_test

import (
	"errors"
	"maps"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// taken inspects and takes everything that has a number and a content.
func taken(to, content string) (models.Inspected, error) {
	if to == "" || content == "" {
		return models.Inspected{}, errors.New("to and content must be there")
	}
	return models.Inspected{To: to, NumSegments: 1, Encoding: models.EncodingGSM7}, nil
}

// insert puts a pending document of the reference in, after change has changed it.
func (s *stage) insert(t *testing.T, id any, change bson.M) {
	t.Helper()
	document := bson.M{
		"_id": id, "to": "+905551111111", "content": "Test mesajı", "status": "pending",
		"created_at": s.clock.Now().Add(-time.Hour), "retry_count": 0,
	}
	for field, value := range change {
		document[field] = value
		if value == nil {
			delete(document, field)
		}
	}
	_, err := s.database.Collection("messages").InsertOne(t.Context(), document)
	require.NoError(t, err)
}

// stored returns the document as it is stored.
func (s *stage) stored(t *testing.T, id any) bson.Raw {
	t.Helper()
	document, err := s.database.Collection("messages").FindOne(t.Context(), bson.M{"_id": id}).Raw()
	require.NoError(t, err)
	return document
}

func TestAdopt_WhateverTypesTheReferenceOrAPersonUsed(t *testing.T) {
	t.Parallel()
	created := storedTime("2025-08-21T17:52:23.223Z")
	for name, test := range map[string]struct {
		fields bson.M
		due    time.Time // zero: now
	}{
		"as in the reference":     {bson.M{"created_at": created}, created},
		"retry_count missing":     {bson.M{"retry_count": nil, "created_at": created}, created},
		"retry_count long":        {bson.M{"retry_count": int64(2), "created_at": created}, created},
		"retry_count double":      {bson.M{"retry_count": 1.0, "created_at": created}, created},
		"created_at text":         {bson.M{"created_at": "2025-08-21T17:52:23.223Z"}, created},
		"created_at text, offset": {bson.M{"created_at": "2025-08-21T20:52:23.223+03:00"}, created},
		"created_at milliseconds": {bson.M{"created_at": created.UnixMilli()}, created},
		"created_at double":       {bson.M{"created_at": float64(created.UnixMilli())}, created},
		"created_at missing":      {bson.M{"created_at": nil}, time.Time{}},
		"created_at in future":    {bson.M{"created_at": farFuture()}, time.Time{}},
		"priority long":           {bson.M{"priority": int64(2), "created_at": created}, created},
		"priority double":         {bson.M{"priority": 0.0, "created_at": created}, created},
		"next_attempt_at null":    {bson.M{"next_attempt_at": bson.Null{}, "created_at": created}, created},
		"next_attempt_at given, drawn missing": {
			bson.M{"next_attempt_at": created.Add(time.Hour), "created_at": created}, created.Add(time.Hour),
		},
		"drawn given, priority missing": {
			bson.M{"next_attempt_at": created, "drawn": false, "created_at": created}, created,
		},
		"a stale claim": {bson.M{"claim": bson.M{"id": "old"}, "attempt_count": 2, "created_at": created}, created},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.run(t, 1)
			s.insert(t, "by-hand", test.fields)
			adopted, refused, err := s.store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: taken})
			require.NoError(t, err)
			require.Equal(t, [2]int{1, 0}, [2]int{adopted, refused})
			adopted, refused, err = s.store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: taken})
			require.NoError(t, err)
			require.Equal(t, [2]int{0, 0}, [2]int{adopted, refused}, "once is enough")

			message := s.read(t, models.ID{Text: "by-hand"})
			due := test.due
			if due.IsZero() {
				due = s.clock.Now()
			}
			require.Equal(t, due, message.NextAttemptAt)
			require.Zero(t, message.RetryCount)
			claimed := s.claim(t, s.store, 1, 1)
			require.Equal(t, 1, claimed[0].Attempt)
			require.Zero(t, s.state(t).WindowRemaining, "a first attempt draws")
		})
	}
}

func TestAdopt_TakesWhatItWasGivenOfTimesAndReference(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	now := s.clock.Now()
	created, soon, past := now.Add(-time.Hour), now.Add(time.Minute), now.Add(-time.Minute)
	const standard = 10 * time.Minute
	for name, test := range map[string]struct {
		fields            bson.M
		status            models.Status
		sendAt, due, ends time.Time
		validity          time.Duration
	}{
		"nothing":               {nil, models.StatusPending, time.Time{}, created, now.Add(standard), standard},
		"for later":             {bson.M{"send_at": soon}, models.StatusScheduled, soon, soon, soon.Add(standard), standard},
		"for later, as text":    {bson.M{"send_at": soon.Format(time.RFC3339)}, models.StatusScheduled, soon, soon, soon.Add(standard), standard},
		"for a time that came":  {bson.M{"send_at": past}, models.StatusPending, past, past, now.Add(standard), standard},
		"its own end":           {bson.M{"expires_at": soon}, models.StatusPending, time.Time{}, created, soon, 0},
		"its own end, a number": {bson.M{"expires_at": soon.UnixMilli()}, models.StatusPending, time.Time{}, created, soon, 0},
		"its own validity":      {bson.M{"validity_period": 60.0}, models.StatusPending, time.Time{}, created, created.Add(time.Minute), time.Minute},
		"both":                  {bson.M{"validity_period": 60, "expires_at": soon}, models.StatusPending, time.Time{}, created, soon, time.Minute},
		"another attempt":       {bson.M{"next_attempt_at": soon}, models.StatusPending, time.Time{}, soon, soon.Add(standard), standard},
		"null everywhere":       {nulls("send_at", "expires_at", "validity_period", "reference"), models.StatusPending, time.Time{}, created, now.Add(standard), standard},
	} {
		s.insert(t, name, test.fields)
		adopted, refused, err := s.store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: taken, Validity: standard})
		require.NoError(t, err)
		require.Equal(t, [2]int{1, 0}, [2]int{adopted, refused}, name)
		message := s.read(t, models.ID{Text: name})
		require.Equal(t, test.status, message.Status, name)
		require.Equal(t, test.sendAt, message.SendAt, name)
		require.Equal(t, test.due, message.NextAttemptAt, name)
		require.Equal(t, test.ends, message.ExpiresAt, name)
		require.Equal(t, test.validity, message.Validity, name)
		require.Equal(t, 1, message.NumSegments, name)
		require.Equal(t, models.EncodingGSM7, message.Encoding, name)
	}
	s.insert(t, "referred to", bson.M{"reference": "order 7"})
	s.adoptAll(t)
	require.Equal(t, "order 7", s.read(t, models.ID{Text: "referred to"}).Reference)
	require.True(t, s.read(t, models.ID{Text: "referred to"}).ExpiresAt.IsZero(), "no validity, no end")
}

// nulls are fields that are there and say nothing.
func nulls(names ...string) bson.M {
	fields := bson.M{}
	for _, name := range names {
		fields[name] = bson.Null{}
	}
	return fields
}

// adoptAll adopts what was inserted by hand.
func (s *stage) adoptAll(t *testing.T) {
	t.Helper()
	_, _, err := s.store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 100, Inspect: taken})
	require.NoError(t, err)
}

func TestAdopt_FinalMessageMadePendingByHandStartsAnew(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	id := s.failedOne(t)
	_, err := s.database.Collection("messages").UpdateByID(t.Context(), id.Text, bson.M{"$set": bson.M{
		"status": "pending", "delivery_status": "delivered", "prior_attempts": 7, "ended_at": s.clock.Now(),
	}})
	require.NoError(t, err)
	s.adoptAll(t)
	message := s.read(t, id)
	require.Equal(t, models.StatusPending, message.Status)
	require.Equal(t, models.Delivery{}, message.Delivery)
	require.Zero(t, message.PriorAttempts)
	require.Zero(t, message.AttemptCount)
	require.Empty(t, message.Attempts)
	s.claim(t, s.store, 1, 1)
}

// storedTime parses a time.
func storedTime(text string) time.Time {
	parsed, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return parsed
}

// farFuture is a time after that of the clock that stands still.
func farFuture() time.Time { return time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC) }

func TestAdopt_RefusesWhatItCannotReadAndBlocksNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		id     any
		fields bson.M
		reason string
	}{
		"number as to":           {"x", bson.M{"to": int64(905551111111)}, "to must be a string"},
		"content as document":    {"x", bson.M{"content": bson.M{"text": "x"}}, "content must be a string"},
		"created_at a word":      {"x", bson.M{"created_at": "yesterday"}, "created_at must be a date"},
		"created_at a bool":      {"x", bson.M{"created_at": true}, "created_at must be a date"},
		"created_at not a year":  {"x", bson.M{"created_at": int64(math.MaxInt64)}, "created_at must be a date"},
		"created_at not a whole": {"x", bson.M{"created_at": 1.5}, "created_at must be a date"},
		"retry_count a text":     {"x", bson.M{"retry_count": "0"}, "retry_count must be a whole number"},
		"priority a word":        {"x", bson.M{"priority": "high"}, "priority must be 0, 1 or 2"},
		"priority out of range":  {"x", bson.M{"priority": 7}, "priority must be 0, 1 or 2"},
		"drawn a text":           {"x", bson.M{"drawn": "false"}, "drawn must be true or false"},
		"attempts a text":        {"x", bson.M{"attempts": "none"}, "attempts must be an array"},
		"next_attempt_at a text": {"x", bson.M{"next_attempt_at": "soon", "drawn": false, "priority": 1}, "next_attempt_at must be a date"},
		"send_at a word":         {"x", bson.M{"send_at": "tomorrow"}, "send_at must be a date"},
		"expires_at a bool":      {"x", bson.M{"expires_at": false}, "expires_at must be a date"},
		"validity a text":        {"x", bson.M{"validity_period": "1h"}, "validity_period must be a whole number"},
		"validity negative":      {"x", bson.M{"validity_period": -1}, "validity_period must be 1 to 31622400 seconds"},
		"validity too long":      {"x", bson.M{"validity_period": int64(math.MaxInt64)}, "validity_period must be 1 to 31622400 seconds"},
		"reference a number":     {"x", bson.M{"reference": 7}, "reference must be a string"},
		"reference too long":     {"x", bson.M{"reference": strings.Repeat("ş", 65)}, "reference must have at most 64 printable"},
		"reference of two lines": {"x", bson.M{"reference": "a\nb"}, "reference must have at most 64 printable"},
		"two at once":            {"x", bson.M{"to": 5, "content": 6}, "to must be a string, not 32-bit integer; content must"},
		"_id a number":           {int32(7), nil, "_id must be a string or an ObjectID"},
		"_id a document":         {bson.M{"a": 1}, nil, "_id must be a string or an ObjectID"},
		"_id empty":              {"", nil, "_id must have 1 to 256 bytes"},
		"_id too long":           {strings.Repeat("x", 257), nil, "_id must have 1 to 256 bytes"},
		"_id breaks a header":    {"a\r\nX-Evil: 1", nil, "_id must not have control characters"},
		"_id ends in a blank":    {"a ", nil, "_id must not have control characters or blanks"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.run(t, 0)
			s.insert(t, test.id, test.fields)
			s.insert(t, "good", nil)
			adopted, refused, err := s.store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: taken})
			require.NoError(t, err)
			require.Equal(t, [2]int{1, 1}, [2]int{adopted, refused})
			document := s.stored(t, test.id)
			require.Equal(t, "failed", document.Lookup("status").StringValue())
			require.Equal(t, models.ErrorCodeInvalid, document.Lookup("error_code").StringValue())
			require.Contains(t, document.Lookup("error").StringValue(), test.reason)
			require.Equal(t, "good", s.claim(t, s.store, 10, 1)[0].ID.Text)
		})
	}
}

func TestAdopt_DocumentThatChangesWhileItIsInspectedIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.insert(t, "by-hand", nil)
	s.before(claimUpdate, func() { s.UpdateByHand(t, "by-hand", map[string]any{"to": "+905552222222"}) })
	adopted, _, err := s.store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: taken})
	require.NoError(t, err)
	require.Zero(t, adopted, "what was inspected is not what is there")
	adopted, _, err = s.store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: taken})
	require.NoError(t, err)
	require.Equal(t, 1, adopted)
	require.Equal(t, "+905552222222", s.read(t, models.ID{Text: "by-hand"}).To)
}

// looksAdopted is what a document has that Claim finds without Adopt.
func (s *stage) looksAdopted() bson.M {
	return bson.M{
		"next_attempt_at": s.clock.Now(), "drawn": false, "priority": 0, "attempt_count": 0,
	}
}

func TestClaim_UnfitDocumentThatLooksAdoptedFailsAndBlocksNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		id     any
		fields bson.M
		reason string
	}{
		"attempt_count a text": {"x", bson.M{"attempt_count": "none"}, "attempt_count must be a number"},
		"attempt_count null":   {"x", bson.M{"attempt_count": bson.Null{}}, "attempt_count must be a number"},
		"retry_count a text":   {"x", bson.M{"retry_count": "none"}, "retry_count must be a number"},
		"attempts a text":      {"x", bson.M{"attempts": "none"}, "attempts must be an array"},
		"attempts null":        {"x", bson.M{"attempts": bson.Null{}}, "attempts must be an array"},
		"expires_at a text":    {"x", bson.M{"expires_at": "2026-01-05T09:00:00Z"}, "expires_at must be a date"},
		"prior_attempts text":  {"x", bson.M{"prior_attempts": "1"}, "prior_attempts must be a whole number"},
		"content a number":     {"x", bson.M{"content": 5}, "content must be a string"},
		"to missing":           {"x", bson.M{"to": nil}, "to and content must be there"},
		"_id a number":         {int64(7), nil, "_id must be a string or an ObjectID"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.run(t, 2)
			document := s.looksAdopted()
			maps.Copy(document, test.fields)
			s.insert(t, test.id, document)
			s.accept(t, 1)
			require.Equal(t, "message-1", s.claim(t, s.store, 2, 1)[0].ID.Text)
			after := s.stored(t, test.id)
			require.Equal(t, "failed", after.Lookup("status").StringValue())
			require.Contains(t, after.Lookup("error").StringValue(), test.reason)
			require.Equal(t, 1, s.state(t).WindowRemaining, "what was never sent is not spent")
		})
	}
}

func TestObjectID_KeepsItsTypeInEveryStep(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 0)
	id := models.ID{Text: "68a795179072a717e6a17f37", ObjectID: true}
	objectID, err := bson.ObjectIDFromHex(id.Text)
	require.NoError(t, err)
	s.insert(t, objectID, nil)
	_, _, err = s.store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: taken})
	require.NoError(t, err)

	claimed := s.claim(t, s.store, 1, 1)[0]
	require.Equal(t, id, claimed.ID)
	applied, err := s.store.Record(t.Context(), []models.Outcome{s.outcome(claimed, models.ResultRetry)})
	require.NoError(t, err)
	require.Equal(t, []bool{true}, applied)
	applied, err = s.store.Record(t.Context(), []models.Outcome{s.outcome(claimed, models.ResultRetry)})
	require.NoError(t, err)
	require.Equal(t, []bool{true}, applied, "also when it is read back")

	s.clock.Move(2 * time.Hour)
	s.claim(t, s.store, 1, 1)
	claims, err := s.store.Claims(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, claims, 1)
	require.Equal(t, id, claims[0].ID)
	rescued, err := s.store.Rescue(t.Context(), claims, dataoperations.RescuePolicy{MaxAttempts: 9})
	require.NoError(t, err)
	require.Equal(t, 1, rescued)
	require.Equal(t, id, s.read(t, id).ID)

	// An id of the other type names another document.
	text := claims[0]
	text.ID.ObjectID = false
	require.NotEqual(t, text.ID, claims[0].ID)
}

func TestRead_DocumentsOfAnyShapeAreShown(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	_, err := s.database.Collection("messages").InsertMany(t.Context(), []any{
		bson.M{"_id": "odd", "status": "sent", "to": 5, "content": bson.A{}, "sent_at": "noon", "retry_count": "x", "attempts": 7},
		bson.M{"_id": "bare", "status": "sent"},
		bson.M{"_id": "odder", "status": "sent", "attempts": bson.A{"x", bson.M{"number": "one"}}, "claim": 5},
	})
	require.NoError(t, err)
	listed, err := s.store.Sent(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, listed, 3)
	for _, id := range []string{"odd", "bare", "odder"} {
		require.Equal(t, models.StatusSent, s.read(t, models.ID{Text: id}).Status)
	}
}

func TestRead_NothingThatAClientSendsIsAnOperator(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 0)
	s.accept(t, 1)
	claimed := s.claim(t, s.store, 1, 1)[0]
	for _, id := range []string{`{"$ne":null}`, "$ne", `{"$gt":""}`, "\xff\xfe", "message-1\x00"} {
		_, err := s.store.Message(t.Context(), id)
		require.Equal(t, models.KindNotFound, models.KindOf(err), "id %q", id)
		outcome := s.outcome(claimed, models.ResultSent)
		outcome.ClaimID = strings.ToValidUTF8(id, "")
		applied, err := s.store.Record(t.Context(), []models.Outcome{outcome})
		require.NoError(t, err)
		require.Equal(t, []bool{false}, applied)
	}
	for _, odd := range []string{"$where", "a.b", `{"$ne":1}`} {
		message := s.message()
		message.ID.Text, message.Content, message.To = odd, `{"$set":{"status":"sent"}}`, "$to"
		require.NoError(t, s.store.Accept(t.Context(), message))
		require.Equal(t, message.Content, s.read(t, message.ID).Content)
	}
}
