package migrate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/migrate"
	"auto-message-sender/internal/models"
)

func TestRun_ThereAndBackEverythingIsAsItWas(t *testing.T) {
	t.Parallel()
	source, middle, back := embedded(t, t.TempDir()), inMongoDB(t), embedded(t, t.TempDir())
	fill(t, source, 70)
	there, err := migrate.Run(t.Context(), options(source, middle))
	require.NoError(t, err)
	require.NoError(t, there.Trouble)
	require.EqualValues(t, 70, there.Target["messages"].Count)
	require.EqualValues(t, 7, there.Source.Extras["campaign"])
	again, err := migrate.Run(t.Context(), options(middle, back))
	require.NoError(t, err)
	for _, name := range []string{"messages", "reservations", "scheduler"} {
		require.Equal(t, there.Source.Census[name], again.Target[name], name)
	}
	require.EqualValues(t, 2, again.Target["scheduler_logs"].Count, "the migration before is told there")
	for _, archive := range []dataoperations.Archive{source, middle, back} {
		pacing, err := archive.Pacing(t.Context())
		require.NoError(t, err)
		require.False(t, pacing.Running)
	}
}

func TestRun_FromMongoDBAndBackIdsKeepTheirTypes(t *testing.T) {
	t.Parallel()
	source, middle, back := inMongoDB(t), embedded(t, t.TempDir()), inMongoDB(t)
	fill(t, source, 40)
	there, err := migrate.Run(t.Context(), options(source, middle))
	require.NoError(t, err)
	again, err := migrate.Run(t.Context(), options(middle, back))
	require.NoError(t, err)
	require.Equal(t, there.Source.Census["messages"], again.Target["messages"])
	objectIDs := 0
	require.NoError(t, back.Walk(t.Context(), dataoperations.CollectionMessages, func(batch dataoperations.ArchivedBatch) error {
		for _, m := range batch.Messages {
			if m.ID.ObjectID {
				objectIDs++
			}
		}
		return nil
	}))
	require.Equal(t, 8, objectIDs)
}

func TestRun_TwiceIsOnce(t *testing.T) {
	t.Parallel()
	source, target := embedded(t, t.TempDir()), embedded(t, t.TempDir())
	fill(t, source, 30)
	first, err := migrate.Run(t.Context(), options(source, target))
	require.NoError(t, err)
	require.False(t, first.Done)
	second, err := migrate.Run(t.Context(), options(source, target))
	require.NoError(t, err)
	require.True(t, second.Done)
	require.Equal(t, first.Migration.ID, second.Migration.ID)
}

// TestRun_GoesOnWhereverItWasCutOff cuts it off before and after each change of the
// target, and runs it again.
func TestRun_GoesOnWhereverItWasCutOff(t *testing.T) {
	t.Parallel()
	const n = 1001 // two batches
	source := embedded(t, t.TempDir())
	fill(t, source, n)
	counting := &failing{Archive: embedded(t, t.TempDir())}
	whole, err := migrate.Run(t.Context(), options(source, counting))
	require.NoError(t, err)
	require.GreaterOrEqual(t, counting.calls, 8)
	for at := 1; at <= counting.calls; at++ {
		for _, after := range []bool{false, true} {
			target := embedded(t, t.TempDir())
			_, err := migrate.Run(t.Context(), options(source, &failing{Archive: target, at: at, after: after}))
			require.ErrorIs(t, err, errLost, "at %d", at)
			noted, err := target.Migration(t.Context())
			require.NoError(t, err)
			begun, completed := at > 1 || after, at == counting.calls && after
			require.Equal(t, begun && !completed, noted.Unfinished() != nil, "at %d", at)

			result, err := migrate.Run(t.Context(), options(source, target))
			require.NoError(t, err, "at %d", at)
			require.Equal(t, begun && !completed, result.Resumed)
			require.Equal(t, completed, result.Done)
			if !completed {
				require.EqualValues(t, n, result.Target["messages"].Count)
			}
			noted, err = target.Migration(t.Context())
			require.NoError(t, err)
			require.NoError(t, noted.Unfinished())
		}
	}
	require.EqualValues(t, n, whole.Target["messages"].Count)
}

func TestRun_LostAtTheSourcesHoldIsToldAndMadeGood(t *testing.T) {
	t.Parallel()
	inner, target := embedded(t, t.TempDir()), embedded(t, t.TempDir())
	fill(t, inner, 3)
	source := &failing{Archive: inner, at: 1}
	result, err := migrate.Run(t.Context(), options(source, target))
	require.NoError(t, err)
	require.ErrorIs(t, result.Trouble, errLost)
	result, err = migrate.Run(t.Context(), options(source, target))
	require.NoError(t, err)
	require.True(t, result.Done)
	require.NoError(t, result.Trouble)
}

func TestRun_DryRunChangesNothing(t *testing.T) {
	t.Parallel()
	source, target := embedded(t, t.TempDir()), &failing{Archive: embedded(t, t.TempDir())}
	fill(t, source, 30)
	o := options(source, target)
	o.DryRun = true
	result, err := migrate.Run(t.Context(), o)
	require.NoError(t, err)
	require.EqualValues(t, 30, result.Source.Census["messages"].Count)
	require.Zero(t, target.calls)
	o.To = nil
	_, err = migrate.Run(t.Context(), o)
	require.NoError(t, err, "there may be no target yet")
}

func TestRun_StopsTheSourceWhereThatIsWanted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run(t, dir)
	source, target := embedded(t, dir), embedded(t, t.TempDir())
	_, err := migrate.Run(t.Context(), options(source, target))
	require.ErrorContains(t, err, "--stop-source")
	require.Equal(t, models.KindConflict, models.KindOf(err))
	o := options(source, target)
	o.StopSource = true
	result, err := migrate.Run(t.Context(), o)
	require.NoError(t, err)
	require.EqualValues(t, 2, result.Target["scheduler_logs"].Count, "the start, and the stop of it")
}

func TestRun_TellsHowFarItIs(t *testing.T) {
	t.Parallel()
	source, target := embedded(t, t.TempDir()), embedded(t, t.TempDir())
	fill(t, source, 1500)
	var steps []string
	o := options(source, target)
	o.Progress = func(step string, done, total int64) {
		if len(steps) == 0 || steps[len(steps)-1] != step {
			steps = append(steps, step)
		}
		if total > 0 {
			require.LessOrEqual(t, done, total+1)
		}
	}
	_, err := migrate.Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, []string{"reading the source", "copying", "comparing", "making the target whole"}, steps)
}

func TestCensus_IsOfWhatIsThereAndNotOfItsOrder(t *testing.T) {
	t.Parallel()
	sums := map[string]bool{}
	for _, change := range []func(*dataoperations.ArchivedMessage){
		func(*dataoperations.ArchivedMessage) {},
		func(m *dataoperations.ArchivedMessage) { m.ID.ObjectID = true },
		func(m *dataoperations.ArchivedMessage) { m.To += "0" },
		func(m *dataoperations.ArchivedMessage) { m.CreatedAt = m.CreatedAt.Add(time.Millisecond) },
		func(m *dataoperations.ArchivedMessage) { m.SentAt = noon() },
		func(m *dataoperations.ArchivedMessage) { m.Claim.Owner = "another" },
		func(m *dataoperations.ArchivedMessage) { m.Claim.At = noon() },
		func(m *dataoperations.ArchivedMessage) { m.Drawn = true },
		func(m *dataoperations.ArchivedMessage) { m.Attempts[1].Duration += time.Millisecond },
		func(m *dataoperations.ArchivedMessage) { m.Attempts = m.Attempts[:1] },
		func(m *dataoperations.ArchivedMessage) { m.Extra = `{"a":"b"}` },
		func(m *dataoperations.ArchivedMessage) { m.Validity = time.Second },
		func(m *dataoperations.ArchivedMessage) { m.PriorAttempts = 1 },
		func(m *dataoperations.ArchivedMessage) { m.Delivery.ErrorCode = "x" },
	} {
		archive := embedded(t, t.TempDir())
		message := dataoperations.ArchivedMessage{Inspected: true}
		message.ID.Text, message.To, message.Status, message.CreatedAt = "68a795179072a717e6a17f37", "+90", models.StatusPending, noon()
		message.NextAttemptAt = noon()
		message.Claim.ID = "c"
		message.Attempts = []models.Attempt{{Number: 1, StartedAt: noon()}, {Number: 2, StartedAt: noon()}}
		change(&message)
		other := message
		other.ID.Text = "other"
		other.ID.ObjectID = false
		batch := dataoperations.ArchivedBatch{Messages: []dataoperations.ArchivedMessage{message, other}}
		require.NoError(t, archive.Load(t.Context(), batch))
		o := options(archive, nil)
		o.DryRun = true
		result, err := migrate.Run(t.Context(), o)
		require.NoError(t, err)
		sums[result.Source.Census["messages"].Checksum()] = true
	}
	require.Len(t, sums, 14, "every field counts")
}
