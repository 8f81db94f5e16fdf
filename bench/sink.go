package main

import (
	"context"
	"errors"
	"os"
	"regexp"
	"time"
)

// target is the sink that everybody sends to.
type target struct {
	*process

	url string
}

// startSink starts the service's own sink, or the leaner one of the peers. It
// keeps a ledger where a path is given; only the service's own can.
func (b bench) startSink(ctx context.Context, latency time.Duration, ledger string) (target, error) {
	p := program{
		path:      b.binary,
		arguments: []string{"sink", "--quiet"},
		ready:     "Ctrl-C ends it",
	}
	if b.leanSink && ledger == "" {
		p.path, p.arguments = b.peersBinary, []string{"sink"}
	}
	p.arguments = append(p.arguments, "--addr", "127.0.0.1:0", "--latency", latency.String())
	if ledger != "" {
		p.arguments = append(p.arguments, "--ledger", ledger)
	}
	sink, err := start(ctx, p)
	if errors.Is(err, os.ErrNotExist) {
		return target{}, errors.Join(err, errors.New("make build bin/bench-peers makes what is missing"))
	}
	if err != nil {
		return target{}, err
	}
	address := regexp.MustCompile(`http://[0-9.:]+`).FindString(sink.printed.String())
	if address == "" {
		return target{}, sink.blame(errors.New("the sink does not say where it listens"))
	}
	return target{process: sink, url: address + "/"}, nil
}
