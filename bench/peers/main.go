// Command peers sends the messages of `make bench` with other people's programs,
// against the same sink, so that our speed stands beside theirs in one table:
//
//	peers fasthttp-loop   a client loop with no store, by valyala/fasthttp
//	peers asynq           hibiken/asynq, tasks in Redis
//	peers river           riverqueue/river, jobs in PostgreSQL
//	peers sink            a webhook to send to, leaner than the service's own
//
// A sender stores n messages where it has a store, starts the clock, starts its
// workers, and stops the clock once every message was POSTed and, by the store's
// own word, is done. It prints one line of JSON, {"messages":…,"per_second":…}, and
// exits 0; a single failed call is an error. The servers are those that bench
// starts, with their durable settings; a sender knows nothing of that.
//
// It is a module of its own, so that what it needs stays out of the service's go.mod.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// job is what a sender is asked to do.
type job struct {
	url      string // of the sink
	messages int
	inFlight int    // calls at the same time
	redis    string // host and port
	database string // URL of PostgreSQL
	to       string // formats of the message's number
	content  string
}

// sender sends all messages of a job, and returns how long that took.
type sender func(ctx context.Context, j job) (time.Duration, error)

// result is what is printed.
type result struct {
	Messages  int     `json:"messages"`
	PerSecond float64 `json:"per_second"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string, out io.Writer) error {
	senders := map[string]sender{"fasthttp-loop": fasthttpLoop, "asynq": asynqWorkers, "river": riverWorkers}
	role := strings.Join(arguments[:min(1, len(arguments))], "")
	if role == "sink" {
		return runSink(ctx, arguments[1:], out)
	}
	send := senders[role]
	if send == nil {
		return errors.New("the first argument is the role: sink, " + strings.Join(slices.Sorted(maps.Keys(senders)), ", "))
	}
	j, err := parseJob(role, arguments[1:])
	if err != nil {
		return err
	}
	took, err := send(ctx, j)
	if err != nil {
		return fmt.Errorf("%s: %w", role, err)
	}
	if err := json.NewEncoder(out).Encode(result{j.messages, float64(j.messages) / took.Seconds()}); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}

func parseJob(role string, arguments []string) (job, error) {
	var j job
	flags := flag.NewFlagSet(role, flag.ContinueOnError)
	flags.StringVar(&j.url, "url", "http://127.0.0.1:9090/", "the sink's address")
	flags.IntVar(&j.messages, "n", 10_000, "messages to send")
	flags.IntVar(&j.inFlight, "in-flight", 512, "calls at the same time")
	flags.StringVar(&j.redis, "redis", "127.0.0.1:6379", "host and port of Redis, for asynq; its queue there is emptied")
	flags.StringVar(&j.database, "database", "", "URL of a PostgreSQL database, for river; its jobs there are deleted")
	flags.StringVar(&j.to, "to", "+90555%07d", "format of a message's recipient, by its number")
	flags.StringVar(&j.content, "content", "Benchmark message number %d, of a usual length.", "format of its text")
	if err := flags.Parse(arguments); err != nil {
		return job{}, fmt.Errorf("read the flags: %w", err)
	}
	if j.messages < 1 || j.inFlight < 1 {
		return job{}, errors.New("-n and -in-flight must be at least 1")
	}
	return j, nil
}

func runSink(ctx context.Context, arguments []string, out io.Writer) error {
	flags := flag.NewFlagSet("sink", flag.ContinueOnError)
	address := flags.String("addr", "127.0.0.1:9090", "address and port to listen on; port 0 takes a free one")
	latency := flags.Duration("latency", 0, "how long after its call an answer leaves")
	if err := flags.Parse(arguments); err != nil {
		return fmt.Errorf("read the flags: %w", err)
	}
	return serveSink(ctx, *address, *latency, out)
}
