package mongostore

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

// diary is what happened by the minute, and counts what it is asked.
type diary struct {
	sent    map[time.Time]int64
	counted []time.Time
	looked  int
	err     error
}

func (d *diary) nextMinute(_ context.Context, at, end time.Time) (time.Time, error) {
	d.looked++
	for ; at.Before(end); at = at.Add(time.Minute) {
		if d.sent[at] > 0 {
			return at, d.err
		}
	}
	return end, d.err
}

func (d *diary) countMinute(_ context.Context, at time.Time) (models.Minute, error) {
	if d.err != nil {
		return models.Minute{}, d.err
	}
	d.counted = append(d.counted, at)
	return models.Minute{At: at, Sent: d.sent[at]}, nil
}

// noon is a whole minute, and sentAt a diary of some minutes after it.
func noon(minutes int) time.Time {
	return time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC).Add(time.Duration(minutes) * time.Minute)
}

func sentAt(minutes ...int) *diary {
	d := &diary{sent: map[time.Time]int64{}}
	for _, minute := range minutes {
		d.sent[noon(minute)] = int64(minute)
	}
	return d
}

// over asks for minutes, and returns which had something.
func over(t *testing.T, a *activity, d *diary, begin, end int) []int64 {
	t.Helper()
	minutes, err := a.over(t.Context(), d, noon(begin), noon(end))
	require.NoError(t, err)
	found := []int64{}
	for _, minute := range minutes {
		require.Equal(t, noon(int(minute.Sent)), minute.At)
		found = append(found, minute.Sent)
	}
	return found
}

func TestActivity_AMinuteThatIsOverIsCountedOnce(t *testing.T) {
	t.Parallel()
	a, d := newActivity(nil), sentAt(3, 7, 50, 61, 62)
	require.Equal(t, []int64{3, 7, 50}, over(t, a, d, 0, 60))
	require.Equal(t, []int64{3, 7, 50}, over(t, a, d, 0, 60))
	require.Equal(t, []int64{7, 50, 61}, over(t, a, d, 4, 62), "time goes on")
	require.Equal(t, []int64{50}, over(t, a, d, 8, 60), "a part")
	require.Equal(t, []time.Time{noon(3), noon(7), noon(50), noon(61)}, d.counted)
}

func TestActivity_WhatIsQuietCostsNothing(t *testing.T) {
	t.Parallel()
	a, d := newActivity(nil), sentAt(1)
	require.Equal(t, []int64{1}, over(t, a, d, 0, 100_000))
	require.Equal(t, 2, d.looked)
}

func TestActivity_WhoAsksForMoreGetsIt(t *testing.T) {
	t.Parallel()
	a, d := newActivity(nil), sentAt(3, 7, 500)
	require.Equal(t, []int64{7}, over(t, a, d, 5, 60))
	require.Equal(t, []int64{3, 7}, over(t, a, d, 0, 60), "from earlier on")
	require.Equal(t, []int64{500}, over(t, a, d, 490, 510), "after a pause")
	require.Equal(t, []int64{3, 7, 500}, over(t, a, d, 0, 510))
}

func TestActivity_WhatWasCountedBeforeAFailureStays(t *testing.T) {
	t.Parallel()
	a, d := newActivity(nil), sentAt(3, 7)
	require.Equal(t, []int64{3}, over(t, a, d, 0, 5))
	d.err = errors.New("away")
	_, err := a.over(t.Context(), d, noon(0), noon(60))
	require.ErrorIs(t, err, d.err)
	d.err = nil
	require.Equal(t, []int64{3, 7}, over(t, a, d, 0, 60))
	require.Equal(t, []time.Time{noon(3), noon(7)}, d.counted)
}

func TestActivity_IsForgottenAfterADay(t *testing.T) {
	t.Parallel()
	a, d := newActivity(nil), sentAt(3, 2000, 2001)
	over(t, a, d, 0, 60)
	over(t, a, d, 30, 2002)
	require.Len(t, a.minutes, 2)
	require.Equal(t, []int64{3, 2000, 2001}, over(t, a, d, 0, 2002), "and counted again for who asks")
}

func TestActivity_WhoGivesUpWhileAnotherCountsHasCountedNothing(t *testing.T) {
	t.Parallel()
	a := newActivity(nil)
	<-a.turn
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := a.over(ctx, sentAt(), noon(0), noon(1))
	require.ErrorIs(t, err, context.Canceled)
}

func TestErasedUpTo_TheNextWalkBeginsADayBefore(t *testing.T) {
	t.Parallel()
	var e erasedUpTo
	require.True(t, e.since(models.StatusSent).IsZero(), "the first walk is of everything")
	e.note(models.StatusSent, noon(0))
	e.note(models.StatusSent, noon(-5))
	require.Equal(t, noon(0).Add(-recordedLate), e.since(models.StatusSent))
	require.True(t, e.since(models.StatusFailed).IsZero())
}
