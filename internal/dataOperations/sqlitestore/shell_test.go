package sqlitestore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/models"
)

// takeAll is an inspection that finds nothing wrong.
func takeAll(to, _ string) (models.Inspected, error) {
	return models.Inspected{To: to, NumSegments: 1, Encoding: models.EncodingGSM7}, nil
}

func TestAdopt_TheShortestInsertOfTheShellIsSent(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	dir.shell(t, `INSERT INTO messages("to",content) VALUES('+905551111111','hi')`)
	adopted, refused, err := store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: takeAll})
	require.NoError(t, err)
	require.Equal(t, 1, adopted)
	require.Zero(t, refused)
	result, err := store.Claim(t.Context(), request(10))
	require.NoError(t, err)
	require.Len(t, result.Claimed, 1)
	require.Regexp(t, `^[0-9a-f]{32}$`, result.Claimed[0].ID.Text)
	require.Equal(t, "hi", result.Claimed[0].Content)
	message, err := store.Message(t.Context(), result.Claimed[0].ID.Text)
	require.NoError(t, err)
	require.Equal(t, clock.Now(), message.CreatedAt)
}

func TestAdopt_CreatedAtMayBeWrittenInManyWays(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.January, 5, 9, 30, 0, 0, time.UTC)
	for _, test := range []struct {
		written  string
		expected time.Time
	}{
		{`1767605400000`, at},
		{`'1767605400000'`, at},
		{`1767605400000.0`, at},
		{`'2026-01-05T09:30:00Z'`, at},
		{`'2026-01-05T12:30:00+03:00'`, at},
		{`'2026-01-05T09:30:00.250Z'`, at.Add(250 * time.Millisecond)},
		{`'2026-01-05 09:30:00'`, at},
		{`'2026-01-05 09:30'`, at},
		{`'2026-01-05'`, at.Truncate(24 * time.Hour)},
		{`datetime(1767605400, 'unixepoch')`, at},
	} {
		t.Run(test.written, func(t *testing.T) {
			t.Parallel()
			store, dir, _ := setup(t)
			dir.shell(t, `INSERT INTO messages(id,"to",content,created_at) VALUES('x','+905551111111','hi',`+test.written+`)`)
			adopted, _, err := store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: takeAll})
			require.NoError(t, err)
			require.Equal(t, 1, adopted)
			message, err := store.Message(t.Context(), "x")
			require.NoError(t, err)
			require.Equal(t, test.expected, message.CreatedAt)
			require.Equal(t, test.expected, message.NextAttemptAt)
		})
	}
}

func TestAdopt_AValueOfTheWrongTypeFailsWithTheReason(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ columns, values, reason string }{
		{`"to",content`, `x'2b90',           'hi'`, "to must be text"},
		{`"to",content`, `'+905551111111', x'6869'`, "content must be text"},
		{`"to",content,created_at`, `'+905551111111','hi','soon'`, "created_at must be a time"},
		{`"to",content,created_at`, `'+905551111111','hi',x'00'`, "created_at must be a time"},
		{`"to",content,created_at`, `'+905551111111','hi',4611686018427387904`, "created_at must be a time"},
		{`"to",content,created_at`, `'+905551111111','hi',1e300`, "created_at must be a time"},
		{`"to",content,priority`, `'+905551111111','hi','urgent'`, "priority must be"},
		{`"to",content,priority`, `'+905551111111','hi',3`, "priority must be"},
		{`"to",content,priority`, `'+905551111111','hi',-1`, "priority must be"},
		{`"to",content,priority`, `'+905551111111','hi',0.5`, "priority must be"},
		{`"to",content,next_attempt_at`, `'+905551111111','hi','soon'`, "next_attempt_at must be a time"},
		{`"to",content,next_attempt_at`, `'+905551111111','hi',x'00'`, "next_attempt_at must be a time"},
		{`"to",content,send_at`, `'+905551111111','hi','tomorrow'`, "send_at must be a time"},
		{`"to",content,expires_at`, `'+905551111111','hi',x'00'`, "expires_at must be a time"},
		{`"to",content,validity_s`, `'+905551111111','hi','1h'`, "validity_s must be a number of seconds"},
		{`"to",content,validity_s`, `'+905551111111','hi',0`, "validity_s must be a number of seconds"},
		{`"to",content,reference`, `'+905551111111','hi',x'00'`, "reference must be text"},
		{`"to",content,reference`, `'+905551111111','hi',printf('%.65c','x')`, "reference must have at most 64"},
		{`id,"to",content`, `x'01','+905551111111','hi'`, "id must be text"},
		{`id,"to",content`, `'','+905551111111','hi'`, "id must be text"},
		{`"to",content,status`, `'+905551111111','hi','scheduled'`, "send_at must be given"},
		{`content`, `'hi'`, "no number"},
	} {
		t.Run(test.columns+" "+test.values, func(t *testing.T) {
			t.Parallel()
			store, dir, _ := setup(t)
			dir.shell(t, `INSERT INTO messages(`+test.columns+`) VALUES(`+test.values+`)`)
			dir.shell(t, `INSERT INTO messages(id,"to",content) VALUES('good','+905551111111','hi')`)
			adopted, refused, err := store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: func(to, _ string) (models.Inspected, error) {
				if to == "" {
					return models.Inspected{}, errors.New("no number")
				}
				return models.Inspected{To: to}, nil
			}})
			require.NoError(t, err)
			require.Equal(t, 1, adopted, "the good one")
			require.Equal(t, 1, refused)
			dir.shell(t, `UPDATE messages SET id = 'bad' WHERE id <> 'good'`)
			message, err := store.Message(t.Context(), "bad")
			require.NoError(t, err)
			require.Equal(t, models.StatusFailed, message.Status)
			require.Contains(t, message.Error, test.reason)
		})
	}
}

func TestAdopt_NothingFilledInByHandEscapesTheInspection(t *testing.T) {
	t.Parallel()
	for _, columns := range []string{
		`next_attempt_at) VALUES('+12','x',1`,
		`next_attempt_at) VALUES('+12','x','2026-01-05T09:30:00Z'`,
		`next_attempt_at,priority) VALUES('+12','x',1,7`,
		`next_attempt_at,attempt_count,claim_id) VALUES('+12','x',1,1,'made up'`,
	} {
		t.Run(columns, func(t *testing.T) {
			t.Parallel()
			store, dir, _ := setup(t)
			dir.shell(t, `INSERT INTO messages("to",content,`+columns+`)`)
			result, err := store.Claim(t.Context(), request(10))
			require.NoError(t, err)
			require.Empty(t, result.Claimed, "nobody has inspected it")
			_, refused, err := store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: func(string, string) (models.Inspected, error) {
				return models.Inspected{}, errors.New("no such number")
			}})
			require.NoError(t, err)
			require.Equal(t, 1, refused)
			requireCounts(t, store, models.Counts{models.StatusFailed: 1})
		})
	}
}

func TestAdopt_ANextAttemptGivenByHandIsKept(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	later := clock.Now().Add(time.Hour)
	dir.shell(t, `INSERT INTO messages(id,"to",content,next_attempt_at) VALUES('x','+905551111111','hi',?)`, later.Format(time.RFC3339Nano))
	adopted, _, err := store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: takeAll})
	require.NoError(t, err)
	require.Equal(t, 1, adopted)
	message, err := store.Message(t.Context(), "x")
	require.NoError(t, err)
	require.Equal(t, later, message.NextAttemptAt)
	requireCounts(t, store, models.Counts{models.StatusPending: 1})
}

func TestAdopt_SendTimeValidityAndReferenceMayBeGivenByHand(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	at := clock.Now().Add(time.Hour)
	dir.shell(t, `INSERT INTO messages(id,"to",content,send_at,validity_s,reference) VALUES('later','+905551111111','hi',?,60,'order 7')`,
		at.Format(time.RFC3339Nano))
	dir.shell(t, `INSERT INTO messages(id,"to",content,send_at) VALUES('late','+905551111111','hi',?)`, clock.Now().Add(-time.Second).UnixMilli())
	adopted, _, err := store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: takeAll})
	require.NoError(t, err)
	require.Equal(t, 2, adopted)
	later, err := store.Message(t.Context(), "later")
	require.NoError(t, err)
	require.Equal(t, models.StatusScheduled, later.Status)
	require.Equal(t, at, later.SendAt)
	require.Equal(t, at.Add(time.Minute), later.ExpiresAt)
	require.Equal(t, time.Minute, later.Validity)
	require.Equal(t, "order 7", later.Reference)
	late, err := store.Message(t.Context(), "late")
	require.NoError(t, err)
	require.Equal(t, models.StatusPending, late.Status)
	require.Equal(t, late.SendAt, late.NextAttemptAt)
	requireCounts(t, store, models.Counts{models.StatusPending: 1, models.StatusScheduled: 1})
}

// What was erased can be made pending by hand in any way, and is not sent.
func TestAdopt_WhatWasErasedIsNeverSentAgain(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	require.NoError(t, store.Accept(t.Context(), messages(1, 3, clock.Now())...))
	result, err := store.Claim(t.Context(), request(2))
	require.NoError(t, err)
	done := outcomes(result.Claimed, clock.Now())
	done[1].Result = models.ResultFailed
	_, err = store.Record(t.Context(), done)
	require.NoError(t, err)
	for _, one := range messages(1, 3, clock.Now()) {
		_, err := store.Erase(t.Context(), one.ID)
		require.NoError(t, err)
	}
	dir.shell(t, `UPDATE messages SET status = 'pending', next_attempt_at = 1`)
	claimed, err := store.Claim(t.Context(), request(3))
	require.NoError(t, err)
	require.Empty(t, claimed.Claimed)
	_, refused, err := store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: func(to, content string) (models.Inspected, error) {
		require.Empty(t, to+content)
		return models.Inspected{}, errors.New("content is required")
	}})
	require.NoError(t, err)
	require.Equal(t, 3, refused)
	requireCounts(t, store, models.Counts{models.StatusFailed: 3})
	requireWhole(t, store, dir, clock)
}

func TestAdopt_WhatWasCanceledOrExpiredAndIsSetBackIsCountedOnce(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	made := messages(1, 3, clock.Now())
	made[2].ExpiresAt = clock.Now()
	require.NoError(t, store.Accept(t.Context(), made...))
	canceled, err := store.Cancel(t.Context(), []models.ID{made[0].ID})
	require.NoError(t, err)
	require.Equal(t, []bool{true}, canceled)
	expired, err := store.Expire(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, expired, 1)
	dir.shell(t, `UPDATE messages SET status = 'pending', expires_at = NULL`)
	adopted, _, err := store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: takeAll})
	require.NoError(t, err)
	require.Equal(t, 2, adopted)
	requireCounts(t, store, models.Counts{models.StatusPending: 3})
	requireWhole(t, store, dir, clock)
}

func TestClaim_ManyThatHaveExpiredAtTheHeadAreLookedPast(t *testing.T) {
	t.Parallel()
	store, _, clock := setup(t)
	old := messages(1, 3500, clock.Now())
	for i := range old {
		old[i].ExpiresAt = clock.Now().Add(time.Second)
	}
	require.NoError(t, store.Accept(t.Context(), old...))
	clock.Move(time.Second)
	fresh := messages(5000, 3, clock.Now())
	require.NoError(t, store.Accept(t.Context(), fresh...))
	for _, n := range []int{2, 1, 1} {
		result, err := store.Claim(t.Context(), request(n))
		require.NoError(t, err)
		for _, claimed := range result.Claimed {
			require.Equal(t, fresh[0].ID, claimed.ID)
			fresh = fresh[1:]
		}
	}
	require.Empty(t, fresh)
	expired, err := store.Expire(t.Context(), 5000)
	require.NoError(t, err)
	require.Len(t, expired, 3500)
}

func TestAdopt_AMessageSpoiltByHandWhileItWaitsIsDecidedAndCountedOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		change string
		was    models.Status
		status models.Status
	}{
		{`priority = 3`, models.StatusPending, models.StatusFailed},
		{`priority = 'urgent'`, models.StatusPending, models.StatusFailed},
		{`next_attempt_at = 'soon'`, models.StatusPending, models.StatusFailed},
		{`next_attempt_at = NULL`, models.StatusPending, models.StatusPending},
		{`next_attempt_at = '2026-01-05 09:30'`, models.StatusPending, models.StatusPending},
		{`drawn = 2`, models.StatusPending, models.StatusPending},
		{`priority = 3`, models.StatusScheduled, models.StatusFailed},
		{`next_attempt_at = NULL`, models.StatusScheduled, models.StatusScheduled},
		{`next_attempt_at = 'soon'`, models.StatusScheduled, models.StatusFailed},
		{`drawn = 2`, models.StatusScheduled, models.StatusScheduled},
	} {
		t.Run(string(test.was)+", "+test.change, func(t *testing.T) {
			t.Parallel()
			store, dir, clock := setup(t)
			made := messages(1, 2, clock.Now())
			if test.was == models.StatusScheduled {
				made[0].SendAt, made[1].SendAt = clock.Now().Add(time.Hour), clock.Now().Add(time.Hour)
			}
			require.NoError(t, store.Accept(t.Context(), made...))
			dir.shell(t, `UPDATE messages SET `+test.change+` WHERE id LIKE '%1'`)
			sqlitestore.WaitForBackground(openIn(t, dir, clock)) // a recount, before it is adopted
			requireCounts(t, store, models.Counts{test.was: 2})
			adopted, refused, err := store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: takeAll})
			require.NoError(t, err)
			require.Equal(t, 1, adopted+refused)
			expected := models.Counts{test.was: 1}
			expected[test.status]++
			requireCounts(t, store, expected)
			sqlitestore.WaitForBackground(openIn(t, dir, clock))
			requireCounts(t, store, expected)
		})
	}
}

// requireCounts demands these counts and no others.
func requireCounts(t *testing.T, store *sqlitestore.Store, expected models.Counts) {
	t.Helper()
	counts, err := store.Counts(t.Context())
	require.NoError(t, err)
	for _, status := range models.Statuses() {
		require.Equal(t, expected[status], counts[status], status)
	}
}

func TestAdopt_AMessageChangedDuringItsInspectionIsInspectedAgain(t *testing.T) {
	t.Parallel()
	store, dir, _ := setup(t)
	dir.shell(t, `INSERT INTO messages(id,"to",content) VALUES('x','+905551111111','hi')`)
	adopted, refused, err := store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: func(to, _ string) (models.Inspected, error) {
		dir.shell(t, `UPDATE messages SET content = 'something else' WHERE id = 'x'`)
		return models.Inspected{To: to}, nil
	}})
	require.NoError(t, err)
	require.Zero(t, adopted+refused)
	adopted, _, err = store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: takeAll})
	require.NoError(t, err)
	require.Equal(t, 1, adopted)
}

func TestMessages_AStatusThatDoesNotExistIsRefusedInTheShell(t *testing.T) {
	t.Parallel()
	store, dir, _ := setup(t)
	require.NoError(t, store.Accept(t.Context(), messages(1, 1, store.Now())...))
	require.ErrorContains(t, dir.try(t, `UPDATE messages SET status = 'Pending'`), "CHECK")
}

func TestRecount_CorrectsTheCountsAfterChangesByHand(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	require.NoError(t, store.Accept(t.Context(), messages(1, 5, store.Now())...))
	dir.shell(t, `UPDATE messages SET status = 'canceled' WHERE id LIKE '%1'`)
	dir.shell(t, `DELETE FROM messages WHERE id LIKE '%2'`)
	dir.shell(t, `INSERT INTO messages(id,status,sent_at) VALUES('old','sent',1)`)
	dir.shell(t, `INSERT INTO messages("to",content) VALUES('+905551111111','not adopted yet')`)

	expected := models.Counts{models.StatusPending: 3, models.StatusCanceled: 1, models.StatusSent: 1}
	sqlitestore.WaitForBackground(openIn(t, dir, clock))
	counts, err := store.Counts(t.Context())
	require.NoError(t, err)
	for _, status := range models.Statuses() {
		require.Equal(t, expected[status], counts[status], status)
	}
}

func TestRecount_TwoThatFindTheSameErrorCorrectItOnce(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	other := openIn(t, dir, clock)
	sqlitestore.WaitForBackground(store)
	sqlitestore.WaitForBackground(other)
	dir.shell(t, `INSERT INTO messages(id,status,sent_at) VALUES('old','sent',1)`)

	var corrections []func() (bool, error)
	for _, one := range []*sqlitestore.Store{store, other} {
		correct, err := sqlitestore.FindCountingError(t.Context(), one)
		require.NoError(t, err)
		corrections = append(corrections, correct)
	}
	for i, correct := range corrections {
		corrected, err := correct()
		require.NoError(t, err)
		require.Equal(t, i == 0, corrected)
	}
	counts, err := store.Counts(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, counts[models.StatusSent])
}

func TestRecount_AMessageSetBackToPendingIsCountedOnce(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	require.NoError(t, store.Accept(t.Context(), messages(1, 2, store.Now())...))
	result, err := store.Claim(t.Context(), request(2))
	require.NoError(t, err)
	done := outcomes(result.Claimed, store.Now())
	done[1].Result = models.ResultFailed
	_, err = store.Record(t.Context(), done)
	require.NoError(t, err)
	require.NoError(t, store.Close())

	dir.shell(t, `UPDATE messages SET status = 'pending'`)
	for range 2 { // the second start finds nothing more to correct
		store = openIn(t, dir, clock)
		sqlitestore.WaitForBackground(store)
		_, _, err = store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: takeAll})
		require.NoError(t, err)
		counts, err := store.Counts(t.Context())
		require.NoError(t, err)
		for _, status := range models.Statuses() {
			require.Equal(t, models.Counts{models.StatusPending: 2}[status], counts[status], status)
		}
	}
}
