package main

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUntilSignal_FirstEndsTheContextSecondTheProcess(t *testing.T) {
	t.Parallel()
	term := setup(t, nil)
	ctx, release := untilSignal(t.Context(), term.signals, term.exit)
	require.NoError(t, ctx.Err())

	term.signals <- syscall.SIGTERM
	<-ctx.Done()
	require.Empty(t, term.exits, "the first signal leaves time to finish")

	<-time.After(2 * sameSignal)
	term.signals <- os.Interrupt
	require.Equal(t, 130, <-term.exits)
	release()
}

func TestUntilSignal_TheEchoOfTheFirstSignalIsNoSecond(t *testing.T) {
	t.Parallel()
	term := setup(t, nil)
	ctx, release := untilSignal(t.Context(), term.signals, term.exit)
	term.signals <- os.Interrupt
	<-ctx.Done()
	term.signals <- os.Interrupt
	term.signals <- os.Interrupt
	release()
	require.Empty(t, term.exits)
}

func TestUntilSignal_ReleaseEndsItWithoutOrAfterOneSignal(t *testing.T) {
	t.Parallel()
	term := setup(t, nil)
	ctx, release := untilSignal(t.Context(), term.signals, term.exit)
	release()
	require.Error(t, ctx.Err())

	ctx, release = untilSignal(t.Context(), term.signals, term.exit)
	term.signals <- syscall.SIGTERM
	<-ctx.Done()
	release()
	require.Empty(t, term.exits)
}
