package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"
)

// row is one line of the table: somebody who sends messages to the sink.
type row struct {
	name  string // in the table
	short string // in ratios, and in the files of them; never change it without baseline.json
	// share of the -n messages that it sends: slow ones are measured with fewer.
	share float64
	// lacking says what it needs and there is not; empty: nothing.
	lacking string
	// measure sends the messages. It starts and ends, outside of what it measures,
	// whatever server it needs.
	measure func(ctx context.Context, w work) (speed, error)
}

// speed is what one row found in one repeat.
type speed struct {
	PerSecond float64 `json:"per_second"` // messages
	peakMiB   float64 // the most memory that the service had; 0 in other rows
}

// work is what a row is asked to do.
type work struct {
	sink     target
	messages int
	inFlight int
}

// ourName is the row that the others are compared with.
const ourName = "auto-message-sender, embedded store"

// rows lists the table's rows in the order in which they run.
func (b bench) rows() []row {
	rows := []row{{name: "client loop, net/http, no store", short: "net/http loop", share: 1, measure: clientLoop}}
	if !b.peers {
		return append(rows, row{name: ourName, share: 1, measure: b.fullSpeed})
	}
	built := ""
	if _, err := os.Stat(b.peersBinary); err != nil {
		built = "make bin/bench-peers builds it"
	}
	return append(rows,
		row{name: "client loop, fasthttp, no store", short: "fasthttp loop", share: 1, lacking: built, measure: b.fasthttpLoop},
		row{name: ourName, share: 1, measure: b.fullSpeed},
		row{name: "river, PostgreSQL, fsync", short: "river", share: 0.5, lacking: either(built, lackOfPostgres()), measure: b.river},
		row{name: "asynq, Redis, everysec", short: "asynq everysec", share: 0.25, lacking: either(built, lackOfRedis()), measure: b.asynq("everysec")},
		row{name: "asynq, Redis, always", short: "asynq always", share: 0.1, lacking: either(built, lackOfRedis()), measure: b.asynq("always")},
	)
}

// either returns the first text that says something.
func either(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// messagesOf bounds what a row sends: its share, and no more than a sink that
// answers so late lets through in ten seconds.
func messagesOf(r row, messages, inFlight int, latency time.Duration) int {
	const atMost = 10 * time.Second
	n := int(float64(messages) * r.share)
	if latency > 0 {
		n = min(n, int(float64(inFlight)*float64(atMost)/float64(latency)))
	}
	return max(n, 1)
}

func (b bench) fasthttpLoop(ctx context.Context, w work) (speed, error) {
	return b.peer(ctx, w, "fasthttp-loop")
}

func (b bench) river(ctx context.Context, w work) (found speed, err error) {
	err = inDirectory(func(dir string) error {
		postgres, err := startPostgres(ctx, dir)
		if err != nil {
			return err
		}
		defer postgres.end()
		found, err = b.peer(ctx, w, "river",
			"-database", fmt.Sprintf("postgres://bench@127.0.0.1:%d/postgres?sslmode=disable", postgres.port))
		return err
	})
	return found, err
}

func (b bench) asynq(appendfsync string) func(context.Context, work) (speed, error) {
	return func(ctx context.Context, w work) (found speed, err error) {
		err = inDirectory(func(dir string) error {
			redis, err := startRedis(ctx, dir, appendfsync)
			if err != nil {
				return err
			}
			defer redis.end()
			found, err = b.peer(ctx, w, "asynq", "-redis", fmt.Sprintf("127.0.0.1:%d", redis.port))
			return err
		})
		return found, err
	}
}

// peer runs one role of bench/peers to its end, and returns what it measured.
func (b bench) peer(ctx context.Context, w work, role string, arguments ...string) (speed, error) {
	printed, err := runToEnd(ctx, program{path: b.peersBinary, arguments: append([]string{
		role, "-url", w.sink.url, "-n", strconv.Itoa(w.messages), "-in-flight", strconv.Itoa(w.inFlight),
		"-to", recipientFormat, "-content", contentFormat,
	}, arguments...)})
	if err != nil {
		return speed{}, err
	}
	var found speed
	if err := json.Unmarshal([]byte(printed), &found); err != nil || found.PerSecond <= 0 {
		return speed{}, fmt.Errorf("%s said %q", role, printed)
	}
	return found, nil
}
