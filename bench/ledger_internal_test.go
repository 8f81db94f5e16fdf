package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestByWindow_TellsTheWindowThatWasOpenAndForHowLong(t *testing.T) {
	t.Parallel()
	started := time.Date(2026, 11, 23, 12, 0, 0, 5_000_000, time.UTC)
	found := byWindow([]time.Time{
		started.Add(3 * time.Millisecond),
		started.Add(2 * time.Second),
		started.Add(4*time.Second - time.Microsecond),
		started.Add(4*time.Second + 1234*time.Microsecond),
	}, started, 2*time.Second)
	require.Equal(t, []arrival{
		{0, 3 * time.Millisecond},
		{1, 0},
		{1, 2*time.Second - time.Microsecond}, // far too late, not early for the next
		{2, 1234 * time.Microsecond},
	}, found)
	require.Equal(t, []int{1, 2}, perWindow(found, 2))
	require.Equal(t, []int{1, 2, 1, 0}, perWindow(found, 4))
}

func TestParseArrivals_LeavesOutALineThatIsBeingWritten(t *testing.T) {
	t.Parallel()
	times, err := parseArrivals([]byte(`{"time":"2026-11-23T12:00:00.000250Z","status":202}` + "\n" + `{"time":"2026-`))
	require.NoError(t, err)
	require.Equal(t, []time.Time{time.Date(2026, 11, 23, 12, 0, 0, 250_000, time.UTC)}, times)

	_, err = parseArrivals([]byte("not a line of a ledger\n"))
	require.Error(t, err)
	none, err := arrivals(t.TempDir() + "/none")
	require.NoError(t, err)
	require.Empty(t, none)
}
