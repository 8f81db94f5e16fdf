// Command bench measures the service, as processes of the real binary, beside
// what else could do its work on the same machine in the same minute. Ratios from
// one run hold on any machine; messages per second do not.
//
//	-what table      messages per second, beside client loops and peers (the default)
//	-what growth     cost of a message with more and more of them in the store; memory; idle processor
//	-what window     how long after its window opens a message is on the wire
//	-what replicas   1, 2 and 4 processes on one embedded store
//	-what api        how soon the API answers beside a million messages, while some are sent
//	-what all        one after the other
//
// # The table
//
// The work is n messages that are stored and due. A row's clock starts with its
// sender and ends once all are sent and, where there is a store, durably recorded
// (fsync on). Every row sends the same requests to the same sink. Within a
// repeat the rows run one after another, alone, each with a store and a server of
// its own; a ratio is made of two rows of one repeat, and then has a minimum, a
// median and a maximum.
//
// The peers are programs of a module of their own, bench/peers. One whose server is
// missing here is left out, and the table says so.
//
// # The guard
//
// With -json the ratios are written to a file; with -guard they are compared with
// such a file, and one that is worse than its tolerance ends bench with status 1.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run: what to measure, and where to write.
type bench struct {
	settings

	out  io.Writer // tables
	news io.Writer // what is being measured
}

func run(ctx context.Context, arguments []string, out, news io.Writer) error {
	s, err := parse(arguments, news)
	if err != nil {
		return err
	}
	b := bench{settings: s, out: out, news: news}
	measurements := map[string]func(context.Context) error{
		whatTable: b.table, whatGrowth: b.growth, whatWindow: b.window, whatReplicas: b.replicas, whatAPI: b.api,
	}
	for _, what := range s.measurements() {
		if err := measurements[what](ctx); err != nil {
			if ctx.Err() != nil {
				return errors.New("interrupted")
			}
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}

// tell says on the error stream what is going on.
func (b bench) tell(format string, values ...any) { _, _ = fmt.Fprintf(b.news, format+"\n", values...) }
