package mongostore

import (
	"context"
	"errors"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

const testAge = 4 * time.Second

// tally counts how often it was asked to count, and answers with that number.
type tally struct {
	n     int64
	takes time.Duration
	err   error
}

func (c *tally) count(ctx context.Context) (models.Counts, error) {
	select {
	case <-time.After(c.takes):
	case <-ctx.Done():
		return nil, context.Cause(ctx) //nolint:wrapcheck // it is a test's
	}
	c.n++
	return models.Counts{models.StatusSent: c.n}, c.err
}

// withCounter runs a test on a counter under a clock of its own.
func withCounter(t *testing.T, takes time.Duration, test func(t *testing.T, c *counter[models.Counts], of *tally)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		of := &tally{takes: takes}
		c := newCounter(of.count, maps.Clone[models.Counts], testAge)
		ctx, cancel := context.WithCancel(t.Context())
		c.running = ctx
		defer c.close()
		defer cancel()
		test(t, c, of)
	})
}

func ask(t *testing.T, c *counter[models.Counts]) int64 {
	t.Helper()
	counts, err := c.latest(t.Context())
	require.NoError(t, err)
	return counts[models.StatusSent]
}

func TestCounter_AnswersAreNeverOlderThanTheirAge(t *testing.T) {
	t.Parallel()
	withCounter(t, time.Second, func(t *testing.T, c *counter[models.Counts], _ *tally) {
		t.Helper()
		require.EqualValues(t, 1, ask(t, c), "the first waits for a count")
		<-time.After(testAge / 4)
		require.EqualValues(t, 1, ask(t, c), "the next are answered from it")
		<-time.After(testAge)
		require.EqualValues(t, 2, ask(t, c))
	})
}

func TestCounter_WhoKeepsAskingNeverWaits(t *testing.T) {
	t.Parallel()
	withCounter(t, time.Second, func(t *testing.T, c *counter[models.Counts], of *tally) {
		t.Helper()
		ask(t, c)
		for range 40 {
			<-time.After(time.Second)
			before := time.Now() //nolint:forbidigo // that of the bubble
			ask(t, c)
			require.Equal(t, before, time.Now(), "it waited for a count") //nolint:forbidigo // that of the bubble
		}
		require.Greater(t, of.n, int64(10), "and the answers were renewed")
	})
}

func TestCounter_CountsNothingWhenNobodyAsks(t *testing.T) {
	t.Parallel()
	withCounter(t, 0, func(t *testing.T, c *counter[models.Counts], of *tally) {
		t.Helper()
		ask(t, c)
		<-time.After(time.Hour)
		require.EqualValues(t, 1, of.n)
	})
}

func TestCounter_CountsOnceForAllWhoWait(t *testing.T) {
	t.Parallel()
	withCounter(t, time.Second, func(t *testing.T, c *counter[models.Counts], of *tally) {
		t.Helper()
		answers := make(chan int64, 10)
		for range 10 {
			go func() {
				counts, err := c.latest(context.Background())
				if err == nil {
					answers <- counts[models.StatusSent]
				}
			}()
		}
		for range 10 {
			require.EqualValues(t, 1, <-answers)
		}
		require.EqualValues(t, 1, of.n)
	})
}

func TestCounter_OneWhoGivesUpDoesNotEndTheCountOfOthers(t *testing.T) {
	t.Parallel()
	withCounter(t, time.Minute, func(t *testing.T, c *counter[models.Counts], _ *tally) {
		t.Helper()
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.latest(impatient)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.EqualValues(t, 1, ask(t, c))
	})
}

func TestCounter_FailedCountIsNotKept(t *testing.T) {
	t.Parallel()
	withCounter(t, 0, func(t *testing.T, c *counter[models.Counts], of *tally) {
		t.Helper()
		of.err = errors.New("away")
		_, err := c.latest(t.Context())
		require.ErrorIs(t, err, of.err)
		of.err = nil
		require.EqualValues(t, 2, ask(t, c))
	})
}

func TestCounter_AnswersBelongToWhoAsked(t *testing.T) {
	t.Parallel()
	withCounter(t, 0, func(t *testing.T, c *counter[models.Counts], _ *tally) {
		t.Helper()
		counts, err := c.latest(t.Context())
		require.NoError(t, err)
		counts[models.StatusSent] = 99
		require.EqualValues(t, 1, ask(t, c))
	})
}

func TestCounter_CloseEndsTheCountUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		of := &tally{takes: time.Hour}
		c := newCounter(of.count, maps.Clone[models.Counts], testAge)
		running, stop := context.WithCancel(t.Context())
		c.running = running
		waiting := make(chan error, 1)
		go func() {
			_, err := c.latest(context.Background())
			waiting <- err
		}()
		synctest.Wait()
		stop()
		c.close()
		require.Error(t, <-waiting)
		_, err := c.latest(t.Context())
		require.Error(t, err, "and there are no more")
	})
}
