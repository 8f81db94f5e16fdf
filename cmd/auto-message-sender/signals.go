package main

import (
	"context"
	"os"
	"time"
)

// sameSignal is how soon after the first a signal is taken for the same one: a
// terminal, make and timeout each pass it on, to the process and to its group.
const sameSignal = 300 * time.Millisecond

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
		echo := time.After(sameSignal)
		for {
			select {
			case <-echo:
				echo = nil // from now on it is a second one
			case <-signals:
				if echo == nil {
					exit(exitInterrupted)
					return
				}
			case <-done:
				return
			}
		}
	}()
	return ctx, func() {
		close(done)
		<-listening
		cancel()
	}
}
