package main

import (
	"context"
	"os"
)

// untilSignal returns a context that the first signal ends: whatever runs under
// it then finishes in order. A second signal is from somebody who does not want
// to wait, and ends the process at once. Release waits for the goroutine that
// listens; it must be called when the command is done.
func untilSignal(parent context.Context, signals <-chan os.Signal, exit func(code int)) (ctx context.Context, release func()) {
	ctx, cancel := context.WithCancel(parent)
	done, listening := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(listening)
		select {
		case <-signals:
			cancel()
		case <-done:
			return
		}
		select {
		case <-signals:
			exit(exitInterrupted)
		case <-done:
		}
	}()
	return ctx, func() {
		close(done)
		<-listening
		cancel()
	}
}
