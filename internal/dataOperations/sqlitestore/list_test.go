package sqlitestore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/models"
)

// listAll walks a list to its end, and returns what it met and in how many pages.
func listAll(t *testing.T, store *sqlitestore.Store, filter models.Filter, limit int) (ids []string, pages int) {
	t.Helper()
	for cursor := (models.Cursor{}); ; pages++ {
		page, err := store.List(t.Context(), filter, cursor, limit)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page.Messages), limit)
		for _, message := range page.Messages {
			ids = append(ids, message.ID.Text)
		}
		if cursor = page.Next; cursor.IsZero() {
			return ids, pages + 1
		}
	}
}

// fill inserts n rows by hand, as if they had been accepted; columns and values are
// added to each. i is its number.
func fill(t *testing.T, dir directory, n int, columns, values string) {
	t.Helper()
	dir.shell(t, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < `+fmt.Sprint(n)+`)
		INSERT INTO messages("to",content,created_at,drawn,`+columns+`) SELECT '+905551111111','x',1000000 + i,1,`+values+` FROM n`)
}

func TestList_AFilterThatPassesOverManyGivesShortPagesAndMissesNone(t *testing.T) {
	t.Parallel()
	store, dir, _ := setup(t)
	fill(t, dir, 25_000, `id,status,sent_at`, `'m'||i, 'sent', i`)
	for _, i := range []int{1, 9_999, 10_000, 10_001, 24_999, 25_000} {
		dir.shell(t, `UPDATE messages SET "to" = '+905552222222' WHERE id = ?`, fmt.Sprintf("m%d", i))
	}
	expected := []string{"m25000", "m24999", "m10001", "m10000", "m9999", "m1"}
	// By when they were created, sent ones have no index.
	after := models.Filter{Status: models.StatusSent, CreatedAfter: time.UnixMilli(1), Reference: ""}
	all, _ := listAll(t, store, after, 100)
	require.Len(t, all, 25_000)
	filter := models.Filter{Status: models.StatusFailed, CreatedAfter: time.UnixMilli(1)}
	none, pages := listAll(t, store, filter, 10)
	require.Empty(t, none)
	require.Equal(t, 3, pages, "10,000 are looked at for a page")
	for _, limit := range []int{1, 2, 100} {
		found, _ := listAll(t, store, models.Filter{To: "+905552222222"}, limit)
		require.Equal(t, expected, found)
		found, _ = listAll(t, store, models.Filter{To: "+905552222222", Status: models.StatusSent}, limit)
		require.Equal(t, expected, found)
	}
}

// A webhook that always answers the same id, and a person who tries with one number.
func TestList_WhatVeryManyHaveInCommonIsListedInItsOrder(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	fill(t, dir, 12_000, `id,status,sent_at,message_id,reference`, `'m'||i, 'sent', i, 'always', 'r'||(i%6000)`)
	clock.Move(time.Hour)
	for _, filed := range []bool{false, true} {
		if filed {
			require.NoError(t, sqlitestore.File(t.Context(), store))
		}
		for name, filter := range map[string]models.Filter{
			"recipient": {To: "+905551111111"}, "id": {MessageID: "always"}, "both, as sent": {To: "+905551111111", MessageID: "always", Status: models.StatusSent},
		} {
			found, _ := listAll(t, store, filter, 5000)
			require.Len(t, found, 12_000, name)
			require.Equal(t, []string{"m12000", "m11999"}, found[:2], name)
		}
		found, pages := listAll(t, store, models.Filter{Reference: "r7"}, 5000)
		require.Equal(t, []string{"m6007", "m7"}, found)
		require.Equal(t, 1, pages)
		found, _ = listAll(t, store, models.Filter{Reference: "r7", To: "+905551111111", MessageID: "always"}, 1)
		require.Equal(t, []string{"m6007", "m7"}, found)
	}
}

func TestList_LeavesOutWhatNobodyHasAdoptedAndTimesThatAreNone(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	require.NoError(t, store.Accept(t.Context(), messages(1, 1, clock.Now())...))
	dir.shell(t, `INSERT INTO messages(id,"to",content,reference) VALUES('by hand','+905551111111','hi','r')`)
	dir.shell(t, `INSERT INTO messages(id,"to",content,created_at) VALUES('timed','+905551111111','hi',1)`)
	dir.shell(t, `INSERT INTO messages(id,"to",content,created_at,reference,message_id) VALUES('a text','+905551111111','hi','2026-01-05','r','m')`)
	for _, filter := range []models.Filter{{}, {Status: models.StatusPending}, {To: "+905551111111"}} {
		found, _ := listAll(t, store, filter, 10)
		require.Equal(t, []string{messages(1, 1, clock.Now())[0].ID.Text}, found, "%+v", filter)
	}
	for _, filter := range []models.Filter{{Reference: "r"}, {MessageID: "m"}, {Status: "unheard of"}, {Status: "' OR 1=1 --"}} {
		found, _ := listAll(t, store, filter, 10)
		require.Empty(t, found, "%+v", filter)
	}
}

func TestList_ACursorOfSomebodyElseIsRefused(t *testing.T) {
	t.Parallel()
	store, _, _ := setup(t)
	_, err := store.List(t.Context(), models.Filter{}, models.Cursor{At: time.UnixMilli(1), Tie: "68a795179072a717e6a17f37x"}, 10)
	require.Equal(t, models.KindInvalid, models.KindOf(err))
}
