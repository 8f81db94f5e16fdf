package mongostore

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"
)

// newClock returns a clock in a bubble, where asking the server takes trip and the
// server is ahead by so much.
func newClock(trip time.Duration, ahead *atomic.Int64) *clock {
	silent := logrus.New()
	silent.SetOutput(io.Discard)
	now := time.Now //nolint:forbidigo // that of the bubble
	return &clock{now: now, log: silent, timeout: time.Second, server: func(context.Context) (time.Time, error) {
		<-time.After(trip / 2)
		server := now().Add(time.Duration(ahead.Load()))
		<-time.After(trip / 2)
		return server, nil
	}}
}

// by is a difference that a test may change.
func by(ahead time.Duration) *atomic.Int64 {
	var nanoseconds atomic.Int64
	nanoseconds.Store(int64(ahead))
	return &nanoseconds
}

func TestClock_FollowsTheServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, ahead := range []time.Duration{0, time.Hour, -time.Hour, 5 * time.Second} {
			c := newClock(100*time.Millisecond, by(ahead))
			require.NoError(t, c.measure(t.Context()))
			require.Equal(t, c.now().Add(ahead).UnixMilli(), c.Now().UnixMilli())
			require.Equal(t, time.UTC, c.Now().Location())
		}
	})
}

func TestClock_ADifferenceWithinTheErrorIsNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ahead := by(time.Hour)
		c := newClock(100*time.Millisecond, ahead)
		require.NoError(t, c.measure(t.Context()))
		for _, jitter := range []int64{-50, 50, 20} {
			ahead.Store(int64(time.Hour) + jitter*int64(time.Millisecond))
			require.NoError(t, c.measure(t.Context()))
			require.Equal(t, c.now().Add(time.Hour).UnixMilli(), c.Now().UnixMilli(), "time jumped")
		}
		ahead.Store(int64(time.Hour + 60*time.Millisecond))
		require.NoError(t, c.measure(t.Context()))
		require.Equal(t, c.now().Add(time.Hour+60*time.Millisecond).UnixMilli(), c.Now().UnixMilli())
	})
}

func TestClock_MeasuresAgainInTheBackground(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ahead := by(0)
		c := newClock(0, ahead)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			c.follow(ctx, time.Minute)
		}()
		<-time.After(time.Second)
		ahead.Store(int64(time.Hour))
		require.Equal(t, c.now().UnixMilli(), c.Now().UnixMilli())
		<-time.After(time.Minute)
		require.Equal(t, c.now().Add(time.Hour).UnixMilli(), c.Now().UnixMilli())
		cancel()
		<-done
	})
}

func TestClock_KeepsItsOffsetWhileTheServerIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClock(0, by(time.Hour))
		require.NoError(t, c.measure(t.Context()))
		c.server = func(context.Context) (time.Time, error) { return time.Time{}, errors.New("away") }
		require.Error(t, c.measure(t.Context()))
		require.Equal(t, c.now().Add(time.Hour).UnixMilli(), c.Now().UnixMilli())
	})
}

// wallSetForward returns the time with its wall clock set forward by whole seconds,
// and its monotonic reading left alone, as after somebody has set the machine's
// clock. Nothing in package time can make one; see its type Time for the layout.
func wallSetForward(t *testing.T, moment time.Time, seconds int64) time.Time {
	t.Helper()
	stepped := moment
	//nolint:gosec // the first word has the seconds above 30 bits of nanoseconds
	*(*uint64)(unsafe.Pointer(&stepped)) += uint64(seconds) << 30
	require.Zero(t, stepped.Sub(moment), "the monotonic reading moved")
	require.Equal(t, seconds, stepped.Unix()-moment.Unix())
	return stepped
}

func TestClock_TakesNoNoticeOfAStepOfThisMachinesClock(t *testing.T) {
	t.Parallel()
	start := time.Now() //nolint:forbidigo // only this has a monotonic reading
	here := start
	server := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	c := newClock(0, by(0))
	c.now = func() time.Time { return here }
	c.server = func(context.Context) (time.Time, error) { return server, nil }
	require.NoError(t, c.measure(t.Context()))
	require.Equal(t, server, c.Now())

	here = wallSetForward(t, start, 3600)
	require.Equal(t, server, c.Now(), "an hour has passed on the wall only")
	here = here.Add(5 * time.Second)
	server = server.Add(5 * time.Second)
	require.Equal(t, server, c.Now(), "time goes on")

	require.NoError(t, c.measure(t.Context()))
	require.Equal(t, server, c.Now(), "and is the same when it is measured again")
}
