package mongostore_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// walk walks a list by pages of a size, and returns the ids that it met.
func (s *stage) walk(t *testing.T, filter models.Filter, size int) []string {
	t.Helper()
	var met []string
	var after models.Cursor
	for range 100 {
		page, err := s.store.List(t.Context(), filter, after, size)
		require.NoError(t, err)
		for _, message := range page.Messages {
			met = append(met, message.ID.Text)
		}
		if after = page.Next; after.IsZero() {
			return met
		}
	}
	require.Fail(t, "the list does not end")
	return nil
}

func TestList_IDsOfBothTypesAreMetOnceInPagesOfAnySize(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	at := s.clock.Now()
	var newest, older []string // of each time: ObjectIDs before strings, both falling
	for i := range 4 {
		digits := fmt.Sprintf("68a795179072a717e6a17f3%d", 9-i)
		objectID, err := bson.ObjectIDFromHex(digits)
		require.NoError(t, err)
		s.insert(t, objectID, bson.M{"created_at": at})
		newest = append(newest, digits)
	}
	for i := range 4 {
		// Some sort before the digits of the others, some after: MongoDB goes by the type.
		text := fmt.Sprintf("%c-text", "zb65"[i])
		s.insert(t, text, bson.M{"created_at": at})
		newest = append(newest, text)
		s.insert(t, "old-"+text, bson.M{"created_at": at.Add(-time.Second)})
		older = append(older, "old-"+text)
	}
	s.insert(t, "undated", bson.M{"created_at": nil, "to": 5})
	_, refused, err := s.store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 100, Inspect: taken})
	require.NoError(t, err)
	require.Equal(t, 1, refused)

	sendable := append(slices.Clone(newest), older...)
	// What was refused without a time has that of the refusal: here the same.
	all := append(slices.Insert(newest, slices.Index(newest, "b-text"), "undated"), older...)
	for size := 1; size <= len(all)+1; size++ {
		require.Equal(t, all, s.walk(t, models.Filter{}, size), "pages of %d", size)
	}
	recipient := models.Filter{To: "+905551111111", Status: models.StatusPending}
	require.Equal(t, sendable, s.walk(t, recipient, 3), "by another index")
}

func TestList_WhatTheReferenceLetFailComesAfterWhatHasATime(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	old := bson.M{"status": "failed", "error": "the webhook answered 500"}
	for i := range 3 {
		s.insert(t, fmt.Sprintf("of-the-reference-%d", i), old)
	}
	s.insert(t, "bad", bson.M{"to": 5})
	_, _, err := s.store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 100, Inspect: taken})
	require.NoError(t, err)
	want := []string{"bad", "of-the-reference-2", "of-the-reference-1", "of-the-reference-0"}
	for size := 1; size <= 5; size++ {
		require.Equal(t, want, s.walk(t, models.Filter{Status: models.StatusFailed}, size), "pages of %d", size)
	}
	require.Equal(t, want[:1], s.walk(t, models.Filter{FailedAfter: s.clock.Now()}, 2), "where a time is asked for they have none")
}

func TestList_WhatIsNotYetAdoptedIsPassedByAndEndsNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.accept(t, 1)
	for i := range 5 {
		s.insert(t, fmt.Sprintf("by-hand-%d", i), bson.M{"created_at": s.clock.Now().Add(time.Minute)})
	}
	require.Equal(t, []string{"message-1"}, s.walk(t, models.Filter{}, 2))
}

func TestList_ACursorThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, tie := range []string{"", "m", "o:", "o:xyz", "s:\xff", `{"$ne":1}`} {
		_, err := s.store.List(t.Context(), models.Filter{}, models.Cursor{At: s.clock.Now(), Tie: tie}, 1)
		require.Equal(t, models.KindInvalid, models.KindOf(err), "%q", tie)
	}
}
