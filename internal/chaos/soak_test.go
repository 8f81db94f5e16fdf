package chaos_test

import (
	"cmp"
	"context"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/e2e/program"
)

// usage is what a process takes up at one moment.
type usage struct {
	rss     int // KiB
	threads int
	files   int
}

// measure reads the usage of a process from /proc.
func measure(t *testing.T, p *program.Process) usage {
	t.Helper()
	proc := "/proc/" + strconv.Itoa(p.PID())
	status, err := os.ReadFile(proc + "/status") //nolint:gosec // of a process of ours
	require.NoError(t, err)
	value := func(name string) int {
		_, rest, found := strings.Cut(string(status), "\n"+name+":")
		require.True(t, found, name)
		n, err := strconv.Atoi(strings.Fields(rest)[0])
		require.NoError(t, err)
		return n
	}
	files, err := os.ReadDir(proc + "/fd")
	require.NoError(t, err)
	return usage{rss: value("VmRSS"), threads: value("Threads"), files: len(files)}
}

// goroutines ends the process by SIGQUIT, upon which the runtime prints them all.
func goroutines(f *fleet, i int) int {
	f.t.Helper()
	process, _ := f.expect(i)
	require.NoError(f.t, process.Signal(syscall.SIGQUIT))
	code, err := process.Exit(patience)
	require.NoError(f.t, err)
	require.Equal(f.t, 2, code)
	return strings.Count(process.Stderr.String(), "\ngoroutine ")
}

// TestSoak_WhatAProcessTakesUpStaysFlat runs for SOAK, with a kill a minute among
// its neighbours on the same store: what one process takes up in the last third of
// that is what it took up in the first.
func TestSoak_WhatAProcessTakesUpStaysFlat(t *testing.T) {
	t.Parallel()
	length := span(t, "SOAK", 15*time.Second)
	seed := seed(t)
	s := newScene(t, binary, 2, moody(dice(seed, actorHook), 2*time.Second), nil)
	fresh := s.add(nil) // what a process has that did nothing; it ends at once
	idle := goroutines(s.fleet, fresh)
	s.slots = s.slots[:2]
	s.run(0)

	ctx, end := context.WithTimeout(t.Context(), length)
	defer end()
	var clients sync.WaitGroup
	const perSecond = 150
	// The clients go on to the end also where a post is late: a little less is posted.
	clients.Go(func() { s.tr.feed(ctx, seed, int(length.Seconds()*perSecond), length) })
	clients.Go(func() {
		every := cmp.Or(span(t, "SOAK_KILL", 0), min(time.Minute, length/4))
		for pause(ctx, every); ctx.Err() == nil; pause(ctx, every) {
			s.kill(1)
			s.start(1, nil)
		}
	})
	var taken []usage
	for pause(ctx, length/10); ctx.Err() == nil; pause(ctx, length/200) {
		taken = append(taken, measure(t, s.at(0)))
	}
	clients.Wait()
	s.ready(1)
	require.Eventually(t, func() bool { return idleByCount(dice(seed, actorSettler))(s.fleet) }, patience, 100*time.Millisecond)

	require.Greater(t, len(taken), 100)
	first, last := middle(taken[:len(taken)/3]), middle(taken[len(taken)-len(taken)/3:])
	t.Logf("first third %+v, last third %+v, in %s", first, last, length)
	require.LessOrEqual(t, last.rss, first.rss+first.rss/4+8<<10, "memory, in KiB")
	require.LessOrEqual(t, last.threads, first.threads+6, "threads")
	require.LessOrEqual(t, last.files, first.files+16, "file descriptors")

	s.client.CloseIdleConnections()
	s.hook.CloseClientConnections()
	pause(t.Context(), time.Second)
	require.LessOrEqual(t, goroutines(s.fleet, 0), idle+12, "goroutines, once it has nothing to do; a fresh process has %d", idle)
	s.kill(1)
	summary := s.reconcile()
	t.Logf("%+v", summary)
}

// middle returns the median of each figure.
func middle(all []usage) usage {
	median := func(of func(usage) int) int {
		values := make([]int, len(all))
		for i, one := range all {
			values[i] = of(one)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return usage{
		rss:     median(func(u usage) int { return u.rss }),
		threads: median(func(u usage) int { return u.threads }),
		files:   median(func(u usage) int { return u.files }),
	}
}
