package sqlitestore_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/dataOperations/storetest"
	"auto-message-sender/internal/models"
)

// sentOnes stores n messages with references and numbers of their own, and records
// them as sent under ids of their own.
func sentOnes(t *testing.T, store *sqlitestore.Store, first, n int, clock *storetest.Clock) []models.Message {
	t.Helper()
	made := messages(first, n, clock.Now())
	for i := range made {
		made[i].To, made[i].Reference = fmt.Sprintf("+90555%07d", first+i), fmt.Sprintf("order-%d", first+i)
	}
	require.NoError(t, store.Accept(t.Context(), made...))
	result, err := store.Claim(t.Context(), request(n))
	require.NoError(t, err)
	require.Len(t, result.Claimed, n)
	done := outcomes(result.Claimed, clock.Now())
	for i := range done {
		done[i].MessageID = "provider-" + done[i].ID.Text
	}
	_, err = store.Record(t.Context(), done)
	require.NoError(t, err)
	return made
}

// requireFound demands that each is found by all that it is looked up by.
func requireFound(t *testing.T, store *sqlitestore.Store, all []models.Message) {
	t.Helper()
	for _, one := range all {
		for _, filter := range []models.Filter{{To: one.To}, {Reference: one.Reference}, {MessageID: "provider-" + one.ID.Text}} {
			page, err := store.List(t.Context(), filter, models.Cursor{}, 10)
			require.NoError(t, err)
			require.Len(t, page.Messages, 1, "%+v", filter)
			require.Equal(t, one.ID, page.Messages[0].ID)
		}
	}
}

// filed returns how many rows the table lookup has.
func filed(t *testing.T, dir directory) (n int) {
	t.Helper()
	require.NoError(t, readOne(t, filepath.Join(dir.dir, sqlitestore.FileName), `SELECT count(*) FROM lookup`, &n))
	return n
}

func TestFiling_WhatIsFiledAndWhatIsNotIsFoundAlike(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	all := sentOnes(t, store, 1, 5, clock)
	requireFound(t, store, all)
	require.NoError(t, sqlitestore.File(t.Context(), store))
	require.Equal(t, 10, filed(t, dir), "what was sent just now is not filed yet")
	requireFound(t, store, all)
	clock.Move(time.Minute)
	require.NoError(t, sqlitestore.File(t.Context(), store))
	require.Equal(t, 15, filed(t, dir))
	all = append(all, sentOnes(t, store, 6, 5, clock)...)
	requireFound(t, store, all)
	require.NoError(t, sqlitestore.File(t.Context(), store))
	require.NoError(t, sqlitestore.File(t.Context(), openIn(t, dir, clock)), "another process files the same")
	requireFound(t, store, all)
	require.Equal(t, 25, filed(t, dir))
}

// Its answer came before others that are filed already: the store was away, say.
func TestFiling_AnOutcomeThatWasHeldUpIsFoundToo(t *testing.T) {
	t.Parallel()
	store, _, clock := setup(t)
	require.NoError(t, store.Accept(t.Context(), messages(100, 1, clock.Now())...))
	result, err := store.Claim(t.Context(), request(1))
	require.NoError(t, err)
	held := outcomes(result.Claimed, clock.Now())
	clock.Move(time.Minute)
	sentOnes(t, store, 1, 5, clock)
	clock.Move(time.Minute)
	require.NoError(t, sqlitestore.File(t.Context(), store))
	_, err = store.Record(t.Context(), held)
	require.NoError(t, err)
	stored, err := store.Deliver(t.Context(), models.DeliveryReport{MessageID: held[0].MessageID, Delivery: models.Delivery{Status: models.DeliveryDelivered}})
	require.NoError(t, err)
	require.True(t, stored)
}

func TestFiling_NothingOfWhatWasErasedOrDeletedStaysFiled(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	all := sentOnes(t, store, 1, 4, clock)
	clock.Move(time.Minute)
	_, err := store.Erase(t.Context(), all[0].ID)
	require.NoError(t, err)
	require.NoError(t, sqlitestore.File(t.Context(), store))
	_, err = store.Erase(t.Context(), all[1].ID)
	require.NoError(t, err)
	require.Equal(t, 4*3-2, filed(t, dir), "their numbers are gone, their references kept")
	page, err := store.List(t.Context(), models.Filter{Reference: all[1].Reference}, models.Cursor{}, 1)
	require.NoError(t, err)
	require.Len(t, page.Messages, 1)
	for _, one := range all[:2] {
		page, err := store.List(t.Context(), models.Filter{To: one.To}, models.Cursor{}, 1)
		require.NoError(t, err)
		require.Empty(t, page.Messages)
	}
	changed, _, err := store.Prune(t.Context(), dataoperations.PruneRequest{Before: clock.Now(), Limit: 10})
	require.NoError(t, err)
	require.Equal(t, 4, changed)
	require.Zero(t, filed(t, dir))

	// Their places are noted as filed; what comes now must not take them.
	requireFound(t, store, sentOnes(t, store, 10, 4, clock))
}

func TestFiling_AMessageAdoptedAfterItWasFiledIsFoundByItsNormalisedNumber(t *testing.T) {
	t.Parallel()
	store, dir, _ := setup(t)
	dir.shell(t, `INSERT INTO messages(id,"to",content,reference) VALUES('x','0555 111 11 11','hi','r')`)
	require.NoError(t, sqlitestore.File(t.Context(), store))
	adopted, _, err := store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: func(string, string) (models.Inspected, error) {
		return models.Inspected{To: "+905551111111"}, nil
	}})
	require.NoError(t, err)
	require.Equal(t, 1, adopted)
	for _, filter := range []models.Filter{{To: "+905551111111"}, {Reference: "r"}} {
		page, err := store.List(t.Context(), filter, models.Cursor{}, 1)
		require.NoError(t, err)
		require.Len(t, page.Messages, 1)
	}
}

// The filing reads rows that nobody has adopted yet, and notes its place when they have
// other numbers. It is held up between the two here, which by itself it is now and then.
func TestFiling_MessagesAdoptedWhileItRunsAreFoundByTheirNormalisedNumbers(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	const n = 10
	written := func(i int) string { return fmt.Sprintf("+90 555 %07d", i) }
	for i := range n {
		dir.shell(t, `INSERT INTO messages(id,"to",content,reference) VALUES(?,?,'hi',?)`, fmt.Sprintf("h%d", i), written(i), fmt.Sprintf("r%d", i))
	}
	adopt := func(limit int) {
		adopted, _, err := store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: limit, Inspect: func(to, _ string) (models.Inspected, error) {
			return models.Inspected{To: strings.ReplaceAll(to, " ", "")}, nil
		}})
		require.NoError(t, err)
		require.Equal(t, limit, adopted)
	}
	adopt(2)
	require.NoError(t, sqlitestore.FileMeanwhile(t.Context(), store, func() { adopt(3) }, func() { adopt(3) }))
	adopt(2)
	for i := range n {
		for _, filter := range []models.Filter{{To: strings.ReplaceAll(written(i), " ", "")}, {Reference: fmt.Sprintf("r%d", i)}} {
			page, err := store.List(t.Context(), filter, models.Cursor{}, 10)
			require.NoError(t, err)
			require.Len(t, page.Messages, 1, "%+v", filter)
		}
	}
	require.Equal(t, 2*n, filed(t, dir), "no number stays filed as it was written")
	for i := range n {
		_, err := store.Erase(t.Context(), models.ID{Text: fmt.Sprintf("h%d", i)})
		require.NoError(t, err)
	}
	require.Equal(t, n, filed(t, dir), "the references")
	clock.Move(time.Minute)
	changed, _, err := store.Prune(t.Context(), dataoperations.PruneRequest{Before: clock.Now(), Limit: 2 * n})
	require.NoError(t, err)
	require.Equal(t, n, changed)
	require.Zero(t, filed(t, dir))
}

func TestFiling_ManyAdoptedWhileItRunsByItselfAreAllFound(t *testing.T) {
	t.Parallel()
	store, dir, _ := setup(t)
	const n = 8000
	dir.shell(t, `WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < ?)
		INSERT INTO messages(id,"to",content) SELECT 'h' || n, printf('+90 555 %07d', n), 'hi' FROM i`, n-1)
	for {
		adopted, _, err := store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 500, Inspect: func(to, _ string) (models.Inspected, error) {
			return models.Inspected{To: strings.ReplaceAll(to, " ", "")}, nil
		}})
		require.NoError(t, err)
		if adopted == 0 {
			break
		}
	}
	require.NoError(t, sqlitestore.File(t.Context(), store))
	for i := range n {
		page, err := store.List(t.Context(), models.Filter{To: fmt.Sprintf("+90555%07d", i)}, models.Cursor{}, 10)
		require.NoError(t, err)
		require.Len(t, page.Messages, 1)
	}
}

func TestFiling_BeginsByItselfWhenEnoughHasCome(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	all := sentOnes(t, store, 1, 3000, clock)
	require.Eventually(t, func() bool { return filed(t, dir) == 6000 }, time.Minute, 50*time.Millisecond)
	clock.Move(time.Minute)
	all = append(all, sentOnes(t, store, 4000, 2000, clock)...)
	require.Eventually(t, func() bool { return filed(t, dir) == 13_000 }, time.Minute, 50*time.Millisecond)
	requireFound(t, store, []models.Message{all[0], all[2999], all[3000], all[4999]})
}
