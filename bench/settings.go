package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What can be measured.
const (
	whatTable    = "table"
	whatGrowth   = "growth"
	whatWindow   = "window"
	whatReplicas = "replicas"
	whatAPI      = "api"
	whatAll      = "all"
)

// settings is the command line.
type settings struct {
	what        string
	binary      string // the service
	peersBinary string // of bench/peers
	peers       bool   // whether peers are measured, and the fasthttp loop
	leanSink    bool
	messages    int
	inFlight    int
	latencies   []time.Duration // of the sink, a block of the table each
	repeats     int
	sizes       []int // of the store, for growth; for api the largest
	interval    time.Duration
	windows     int
	jsonFile    string
	guardFile   string
}

func parse(arguments []string, out io.Writer) (settings, error) {
	s := settings{
		latencies: []time.Duration{0, 20 * time.Millisecond},
		sizes:     []int{10_000, 100_000, 1_000_000},
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.StringVar(&s.what, "what", whatTable, "what to measure: table, growth, window, replicas, api or all")
	flags.StringVar(&s.binary, "binary", "bin/auto-message-sender", "the service's binary; make build makes it")
	flags.StringVar(&s.peersBinary, "peers-binary", "bin/bench-peers", "the peers' binary; make bin/bench-peers makes it")
	flags.BoolVar(&s.peers, "peers", true, "measure peers and the fasthttp loop too")
	flags.BoolVar(&s.leanSink, "lean-sink", false, "send to a sink that costs about half of the service's own")
	flags.IntVar(&s.messages, "n", 50_000, "messages of a row; slow rows send fewer")
	flags.IntVar(&s.inFlight, "in-flight", 512, "calls at the same time, in every row")
	flags.Func("latencies", "how long the sink takes to answer, separated by commas (default 0,20ms)", func(text string) (err error) {
		s.latencies, err = list(text, time.ParseDuration)
		return err
	})
	flags.IntVar(&s.repeats, "repeats", 3, "how often to measure")
	flags.Func("sizes", "growth, and api the largest: messages in the store, separated by commas (default 10000,100000,1000000)", func(text string) (err error) {
		s.sizes, err = list(text, strconv.Atoi)
		return err
	})
	flags.DurationVar(&s.interval, "interval", 2*time.Second, "window: SCHEDULER_INTERVAL")
	flags.IntVar(&s.windows, "windows", 20, "window: how many to watch")
	flags.StringVar(&s.jsonFile, "json", "", "table: file to write the ratios to")
	flags.StringVar(&s.guardFile, "guard", "", "table: file of accepted ratios to compare with; a worse one fails")
	if err := flags.Parse(arguments); err != nil {
		return settings{}, fmt.Errorf("read the flags: %w", err)
	}
	return s, s.check()
}

func (s settings) check() error {
	var wrong []error
	if !slices.Contains([]string{whatTable, whatGrowth, whatWindow, whatReplicas, whatAPI, whatAll}, s.what) {
		wrong = append(wrong, fmt.Errorf("-what: there is no %q", s.what))
	}
	if s.messages < 1 || s.inFlight < 1 || s.repeats < 1 || s.windows < 1 {
		wrong = append(wrong, errors.New("-n, -in-flight, -repeats and -windows must be at least 1"))
	}
	if s.interval < time.Second {
		wrong = append(wrong, errors.New("-interval must be at least 1s"))
	}
	if slices.ContainsFunc(s.latencies, func(l time.Duration) bool { return l < 0 }) {
		wrong = append(wrong, errors.New("-latencies must not be negative"))
	}
	if slices.ContainsFunc(s.sizes, func(size int) bool { return size < 1 }) {
		wrong = append(wrong, errors.New("-sizes must be at least 1"))
	}
	if s.leanSink && !s.peers {
		wrong = append(wrong, errors.New("-lean-sink is a program of the peers: it needs -peers"))
	}
	return errors.Join(wrong...)
}

// measurements lists what is measured, in order.
func (s settings) measurements() []string {
	if s.what == whatAll {
		return []string{whatTable, whatGrowth, whatWindow, whatReplicas, whatAPI}
	}
	return []string{s.what}
}

// list reads values that are separated by commas.
func list[T any](text string, read func(string) (T, error)) ([]T, error) {
	var values []T
	for part := range strings.SplitSeq(text, ",") {
		value, err := read(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}
