// Command auto-message-sender takes due messages from a durable store at a set
// pace and POSTs each to a webhook.
//
// Each subcommand is a file of its name; root.go puts them together and turns
// what they return into an exit code. A command gets all that it may touch of
// the process as a value, so that tests run the whole program in process.
package main

import (
	"context"
	"io"
	stdlog "log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/caarlos0/env/v11"

	"auto-message-sender/internal/faults"
)

// What the linker stamps: -ldflags "-X main.version=v1.2.3 -X main.commit=0123abc".
//
//nolint:gochecknoglobals // the linker can write to nothing else
var version, commit string

func main() {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	// net/http's client tells the standard log, to the byte, what a webhook says
	// unasked: perhaps the message. Our own log is another.
	stdlog.SetOutput(io.Discard)
	os.Exit(execute(context.Background(), os.Args[1:], process{
		environ: env.ToMap(os.Environ()),
		dotenv:  ".env",
		stdin:   os.Stdin,
		stdout:  os.Stdout,
		stderr:  os.Stderr,
		signals: signals,
		exit:    os.Exit,
		now:     faults.Clock(time.Now), //nolint:forbidigo // the one place where the real clock comes in
		build:   currentBuild(version, commit),
	}))
}
