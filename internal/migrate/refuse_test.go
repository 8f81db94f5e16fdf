package migrate_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/migrate"
	"auto-message-sender/internal/models"
)

// run makes a store whose scheduler runs.
func run(t *testing.T, dir string) {
	t.Helper()
	store, err := sqlitestore.Open(t.Context(), sqlitestore.Options{Dir: dir, Now: noon, NewID: uuid.NewString, Log: quiet()})
	require.NoError(t, err)
	_, err = store.Start(t.Context(), models.SchedulerLog{Actor: "ops", Replica: "r"})
	require.NoError(t, err)
	require.NoError(t, store.Close())
}

func TestRun_RefusesWhatCannotBeMovedAndNamesIt(t *testing.T) {
	t.Parallel()
	message := func(change func(*dataoperations.ArchivedMessage)) dataoperations.ArchivedBatch {
		m := dataoperations.ArchivedMessage{}
		m.ID.Text, m.Status = "m-1", models.StatusPending
		change(&m)
		return dataoperations.ArchivedBatch{Messages: []dataoperations.ArchivedMessage{m}}
	}
	for name, test := range map[string]struct {
		batch dataoperations.ArchivedBatch
		says  string
	}{
		"a status that is none": {
			message(func(m *dataoperations.ArchivedMessage) { m.Status = "queued" }), `message m-1: its status is "queued", which is none`,
		},
		"one that adopting would refuse": {
			message(func(m *dataoperations.ArchivedMessage) { m.Problems = []string{"to must be a string"} }),
			"message m-1: to must be a string; correct it",
		},
		"an id that nobody can name": {
			message(func(m *dataoperations.ArchivedMessage) {
				m.ID.Text, m.Problems = "", []string{"_id must be a string or an ObjectID, not double"}
			}), "not double",
		},
		"an action that is none": {
			dataoperations.ArchivedBatch{Logs: []dataoperations.ArchivedLog{{SchedulerLog: models.SchedulerLog{ID: "l", Action: "pause"}}}},
			`entry l of the audit trail: its action is "pause"`,
		},
	} {
		target := &failing{Archive: embedded(t, t.TempDir())}
		_, err := migrate.Run(t.Context(), options(&canned{Archive: embedded(t, t.TempDir()), batch: test.batch}, target))
		require.Equal(t, models.KindConflict, models.KindOf(err), name)
		require.ErrorContains(t, err, "1 records cannot be moved", name)
		require.ErrorContains(t, err, test.says, name)
		require.Zero(t, target.calls, name)
	}
}

func TestRun_FinalMessagesLoseWhatCannotBeReadAndThatIsTold(t *testing.T) {
	t.Parallel()
	m := dataoperations.ArchivedMessage{Problems: []string{"sent_at must be a date, not string"}}
	m.ID.Text, m.Status = "m-1", models.StatusSent
	source := &canned{Archive: embedded(t, t.TempDir()), batch: dataoperations.ArchivedBatch{Messages: []dataoperations.ArchivedMessage{m}}}
	result, err := migrate.Run(t.Context(), options(source, embedded(t, t.TempDir())))
	require.NoError(t, err)
	require.Equal(t, []string{"message m-1: sent_at must be a date, not string"}, result.Source.Lost.Told)
}

func TestRun_RefusesIdsOfBothTypesWhereOneCanBeHeld(t *testing.T) {
	t.Parallel()
	id := models.ID{Text: "68a795179072a717e6a17f37"}
	source := &canned{Archive: embedded(t, t.TempDir()), twins: []models.ID{id}}
	fill(t, source.Archive, 1)
	_, err := migrate.Run(t.Context(), options(source, embedded(t, t.TempDir())))
	require.ErrorContains(t, err, id.Text)
	require.ErrorContains(t, err, "one has this _id as a string, one as an ObjectID")

	target := embedded(t, t.TempDir())
	batch := dataoperations.ArchivedBatch{Messages: make([]dataoperations.ArchivedMessage, 1)}
	batch.Messages[0].ID, batch.Messages[0].Status = id, models.StatusSent
	require.NoError(t, target.Load(t.Context(), batch))
	batch.Messages[0].ID.ObjectID = true
	err = target.Load(t.Context(), batch)
	require.Equal(t, models.KindConflict, models.KindOf(err))
	require.ErrorContains(t, err, "one is a string, one an ObjectID")
}

func TestRun_RefusesATargetOfAnotherSource(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cut  int // the change of the target at which the first one is cut off
		says string
	}{
		"half of it": {4, "was changed since: empty the target and begin again"},
		"complete":   {0, "a target must be empty"},
	} {
		source, target := embedded(t, t.TempDir()), embedded(t, t.TempDir())
		fill(t, source, 10)
		_, _ = migrate.Run(t.Context(), options(source, &failing{Archive: target, at: test.cut}))
		changed := dataoperations.ArchivedBatch{Reservations: []models.Reservation{{Key: "new", At: noon()}}}
		require.NoError(t, source.Load(t.Context(), changed))
		_, err := migrate.Run(t.Context(), options(source, target))
		require.Equal(t, models.KindConflict, models.KindOf(err), name)
		require.ErrorContains(t, err, test.says, name)
	}
}

func TestRun_NoticesASourceThatIsChangedMeanwhile(t *testing.T) {
	t.Parallel()
	source, target := &changing{Archive: embedded(t, t.TempDir())}, embedded(t, t.TempDir())
	fill(t, source, 10)
	_, err := migrate.Run(t.Context(), options(source, target))
	require.ErrorContains(t, err, "the source was changed while it was copied, in [messages]")
	noted, err := target.Migration(t.Context())
	require.NoError(t, err)
	require.Error(t, noted.Unfinished())
}

func TestRun_ATargetThatDiffersIsNamedAndStaysClosed(t *testing.T) {
	t.Parallel()
	source, target := embedded(t, t.TempDir()), embedded(t, t.TempDir())
	fill(t, source, 10)
	result, err := migrate.Run(t.Context(), options(source, &forgetful{target}))
	different := new(migrate.DifferentError)
	require.ErrorAs(t, err, &different)
	require.Equal(t, []string{"messages"}, different.Collections)
	require.EqualValues(t, 10, result.Source.Census["messages"].Count)
	require.EqualValues(t, 9, result.Target["messages"].Count)
	noted, err := target.Migration(t.Context())
	require.NoError(t, err)
	require.Error(t, noted.Unfinished())
}

// canned is a source that says what a test wants of it.
type canned struct {
	dataoperations.Archive

	batch dataoperations.ArchivedBatch
	twins []models.ID
}

func (c *canned) Walk(
	ctx context.Context, collection dataoperations.Collection, each func(dataoperations.ArchivedBatch) error,
) error {
	if c.batch.Len() == 0 {
		return c.Archive.Walk(ctx, collection, each) //nolint:wrapcheck // it passes as it is
	}
	part := dataoperations.ArchivedBatch{}
	switch collection {
	case dataoperations.CollectionMessages:
		part.Messages = c.batch.Messages
	case dataoperations.CollectionLogs:
		part.Logs = c.batch.Logs
	case dataoperations.CollectionReservations:
	}
	return each(part)
}

func (c *canned) Twins(context.Context, []dataoperations.ArchivedMessage) ([]models.ID, error) {
	return c.twins, nil
}

// changing is a source that somebody writes to once its messages have been read.
type changing struct {
	dataoperations.Archive

	walks int
}

func (c *changing) Walk(
	ctx context.Context, collection dataoperations.Collection, each func(dataoperations.ArchivedBatch) error,
) error {
	if collection == dataoperations.CollectionMessages {
		c.walks++
	}
	if c.walks == 2 {
		late := dataoperations.ArchivedBatch{Messages: make([]dataoperations.ArchivedMessage, 1)}
		late.Messages[0].ID.Text, late.Messages[0].Status = "late", models.StatusSent
		if err := c.Load(ctx, late); err != nil {
			return err //nolint:wrapcheck // it passes as it is
		}
	}
	return c.Archive.Walk(ctx, collection, each) //nolint:wrapcheck // it passes as it is
}

// forgetful loses the first message of each batch.
type forgetful struct{ dataoperations.Archive }

func (f *forgetful) Load(ctx context.Context, batch dataoperations.ArchivedBatch) error {
	if len(batch.Messages) > 0 {
		batch.Messages = batch.Messages[1:]
	}
	return f.Archive.Load(ctx, batch) //nolint:wrapcheck // it passes as it is
}
