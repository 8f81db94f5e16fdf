package e2e_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkRedisFaults sends the same messages with a sound Redis and with one that
// something is wrong with, in turn, and prints the ratio of the two speeds, each the
// best of its runs: a machine that does other things meanwhile does them to some. The
// processor time of a message, which other things on the machine change less, is
// compared as well; at full speed it is what decides.
//
//	go test -tags nomsgpack -run '^$' -bench RedisFaults -benchtime 5x ./internal/e2e
func BenchmarkRedisFaults(b *testing.B) {
	dir := b.TempDir()
	fill := serve(b, map[string]string{"DATA_DIR": dir, "LOG_LEVEL": "warn", "RATE_LIMIT": "1000000/1s"})
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() { fill.accept(benchMessages / 8) })
	}
	clients.Wait()
	fill.signal(syscall.SIGTERM)
	require.Zero(b, fill.exit())
	for _, fault := range redisFaults() {
		b.Run(fault.name, func(b *testing.B) {
			sound, faulty := effort{time.Hour, time.Hour}, effort{time.Hour, time.Hour}
			for range b.N {
				sound = sound.best(effortToSend(b, dir, func(*cache) func() { return func() {} }))
				faulty = faulty.best(effortToSend(b, dir, fault.happen))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(benchMessages/sound.time.Seconds(), "sound_msg/s")
			b.ReportMetric(benchMessages/faulty.time.Seconds(), "faulty_msg/s")
			b.ReportMetric(sound.time.Seconds()/faulty.time.Seconds(), "ratio")
			b.ReportMetric(sound.processor.Seconds()/faulty.processor.Seconds(), "processor_ratio")
		})
	}
}

// benchMessages is how many messages one measurement sends.
const benchMessages = 20_000

// effort is what sending benchMessages takes of a process.
type effort struct{ time, processor time.Duration }

func (e effort) best(other effort) effort {
	return effort{min(e.time, other.time), min(e.processor, other.processor)}
}

// processorTime returns what a process has used, of /proc/PID/stat's fields 14 and
// 15, in ticks of 10 ms.
func processorTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	require.NoError(b, err)
	_, rest, _ := strings.Cut(string(stat), ") ") // the name may have spaces
	fields := strings.Fields(rest)
	user, err := strconv.Atoi(fields[11])
	require.NoError(b, err)
	system, err := strconv.Atoi(fields[12])
	require.NoError(b, err)
	return time.Duration(user+system) * 10 * time.Millisecond
}

// effortToSend returns what the messages of a store like the one given take, from
// the start of the scheduler until the webhook has the last.
func effortToSend(b *testing.B, filled string, happen func(c *cache) func()) effort {
	b.Helper()
	var calls atomic.Int64
	all := make(chan struct{})
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := calls.Add(1)
		w.WriteHeader(http.StatusAccepted)
		_, _ = fmt.Fprintf(w, `{"message":"Accepted","messageId":"provider-%d"}`, n)
		if n == benchMessages {
			close(all)
		}
	}))
	defer hook.Close()
	dir := b.TempDir()
	require.NoError(b, os.CopyFS(dir, os.DirFS(filled)))
	c := newCache(b)
	settings := c.settings()
	settings["WEBHOOK_URL"], settings["MESSAGES_PER_INTERVAL"], settings["LOG_LEVEL"] = hook.URL, "0", "warn"
	settings["DATA_DIR"] = dir
	p := serve(b, settings)
	defer p.Kill()
	defer happen(c)()
	used, began := processorTime(b, p.PID()), time.Now() //nolint:forbidigo // what is measured
	p.must(http.StatusOK, "POST", "/api/v1/scheduler/start", "")
	<-all
	return effort{time.Since(began), processorTime(b, p.PID()) - used}
}
