package sqlitestore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/models"
)

// takeAll is an inspection that finds nothing wrong.
func takeAll(to, _ string) (string, error) { return to, nil }

func TestAdopt_TheShortestInsertOfTheShellIsSent(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	dir.shell(t, `INSERT INTO messages("to",content) VALUES('+905551111111','hi')`)
	adopted, refused, err := store.Adopt(t.Context(), 10, takeAll)
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
			adopted, _, err := store.Adopt(t.Context(), 10, takeAll)
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
		{`id,"to",content`, `x'01','+905551111111','hi'`, "id must be text"},
		{`id,"to",content`, `'','+905551111111','hi'`, "id must be text"},
		{`content`, `'hi'`, "no number"},
	} {
		t.Run(test.columns+" "+test.values, func(t *testing.T) {
			t.Parallel()
			store, dir, _ := setup(t)
			dir.shell(t, `INSERT INTO messages(`+test.columns+`) VALUES(`+test.values+`)`)
			dir.shell(t, `INSERT INTO messages(id,"to",content) VALUES('good','+905551111111','hi')`)
			adopted, refused, err := store.Adopt(t.Context(), 10, func(to, _ string) (string, error) {
				if to == "" {
					return "", errors.New("no number")
				}
				return to, nil
			})
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
			_, refused, err := store.Adopt(t.Context(), 10, func(string, string) (string, error) {
				return "", errors.New("no such number")
			})
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
	adopted, _, err := store.Adopt(t.Context(), 10, takeAll)
	require.NoError(t, err)
	require.Equal(t, 1, adopted)
	message, err := store.Message(t.Context(), "x")
	require.NoError(t, err)
	require.Equal(t, later, message.NextAttemptAt)
	requireCounts(t, store, models.Counts{models.StatusPending: 1})
}

func TestAdopt_AMessageSpoiltByHandWhileItWaitsIsDecidedAndCountedOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		change string
		status models.Status
	}{
		{`priority = 3`, models.StatusFailed},
		{`priority = 'urgent'`, models.StatusFailed},
		{`next_attempt_at = 'soon'`, models.StatusFailed},
		{`next_attempt_at = NULL`, models.StatusPending},
		{`next_attempt_at = '2026-01-05 09:30'`, models.StatusPending},
		{`drawn = 2`, models.StatusPending},
	} {
		t.Run(test.change, func(t *testing.T) {
			t.Parallel()
			store, dir, clock := setup(t)
			require.NoError(t, store.Accept(t.Context(), messages(1, 2, clock.Now())...))
			dir.shell(t, `UPDATE messages SET `+test.change+` WHERE id LIKE '%1'`)
			sqlitestore.WaitForBackground(openIn(t, dir, clock)) // a recount, before it is adopted
			requireCounts(t, store, models.Counts{models.StatusPending: 2})
			adopted, refused, err := store.Adopt(t.Context(), 10, takeAll)
			require.NoError(t, err)
			require.Equal(t, 1, adopted+refused)
			expected := models.Counts{models.StatusPending: 1}
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
	adopted, refused, err := store.Adopt(t.Context(), 10, func(to, _ string) (string, error) {
		dir.shell(t, `UPDATE messages SET content = 'something else' WHERE id = 'x'`)
		return to, nil
	})
	require.NoError(t, err)
	require.Zero(t, adopted+refused)
	adopted, _, err = store.Adopt(t.Context(), 10, takeAll)
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
		_, _, err = store.Adopt(t.Context(), 10, takeAll)
		require.NoError(t, err)
		counts, err := store.Counts(t.Context())
		require.NoError(t, err)
		for _, status := range models.Statuses() {
			require.Equal(t, models.Counts{models.StatusPending: 2}[status], counts[status], status)
		}
	}
}
