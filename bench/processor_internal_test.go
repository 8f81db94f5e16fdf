package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseProcessorTime_AddsUserAndSystemWhateverTheName(t *testing.T) {
	t.Parallel()
	used, err := parseProcessorTime("42 (a) odd (name) S 1 42 42 0 -1 4194560 900 0 0 0 150 25 0 0 20 0 9 0 100 1 2")
	require.NoError(t, err)
	require.Equal(t, 1750*time.Millisecond, used)
	_, err = parseProcessorTime("42 (cut) S 1 42")
	require.Error(t, err)
}

func TestParseMemory_IsInMebibytes(t *testing.T) {
	t.Parallel()
	status := "Name:\tx\nVmHWM:\t   73728 kB\nVmRSS:\t   34816 kB\n"
	peak, err := parseMemory(status, "VmHWM")
	require.NoError(t, err)
	require.InDelta(t, 72.0, peak, 0)
	now, err := parseMemory(status, "VmRSS")
	require.NoError(t, err)
	require.InDelta(t, 34.0, now, 0)
	_, err = parseMemory(status, "VmSwap")
	require.Error(t, err)
}

func TestBusySince_IsTheShareOfAllProcessors(t *testing.T) {
	t.Parallel()
	before, err := parseMachine("cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 1 1\n")
	require.NoError(t, err)
	after, err := parseMachine("cpu  130 0 120 740 110 0 0 0 7 0\n")
	require.NoError(t, err)
	require.InDelta(t, 0.5, after.busySince(before), 0)
	require.Zero(t, after.busySince(after))
	_, err = parseMachine("intr 1 2 3")
	require.Error(t, err)
}
