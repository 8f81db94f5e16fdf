package sqlitestore_test

import (
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/models"
)

// The steps of a message's way, in batches, each durable before the next begins.
// make microbench times claim and record; all of it:
// go test -run '^$' -bench . -benchtime 200x ./internal/dataOperations/sqlitestore

func BenchmarkAccept(b *testing.B) {
	for _, size := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			store := benchStore(b, 0)
			next := 0
			meter := startMeter(b)
			for range b.N {
				require.NoError(b, store.Accept(b.Context(), messages(next, size, store.Now())...))
				next += size
			}
			meter.perMessage(b, b.N*size)
		})
	}
}

// BenchmarkAcceptNew is what a batch of the API or an import does, a thousand at a
// time, to recipients that are in no order, beside 300,000 stored. The ids are in no
// order either: they are made of the clients' keys.
func BenchmarkAcceptNew(b *testing.B) {
	const size = 1000
	store := benchStore(b, 0)
	next := 0
	fill := func(n int) {
		for range n {
			batch := messages(next, size, store.Now())
			for i := range batch {
				random := scatter(next + i)
				batch[i].ID.Text = fmt.Sprintf("%016x-%04x-8000-8000", random, next)
				batch[i].To = fmt.Sprintf("+90555%07d", random%10_000_000)
				batch[i].NumSegments, batch[i].Encoding = 1, models.EncodingGSM7
			}
			next += size
			stored, err := store.AcceptNew(b.Context(), batch)
			require.NoError(b, err)
			require.NotContains(b, stored, false)
		}
	}
	fill(300)
	meter := startMeter(b)
	fill(b.N)
	meter.perMessage(b, b.N*size)
}

// scatter returns n in no order.
func scatter(n int) uint64 { return (uint64(n) + 1) * 0x9E3779B97F4A7C15 } //nolint:gosec // any bits do

func BenchmarkClaim(b *testing.B) {
	for _, size := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			store := benchStore(b, b.N*size)
			meter := startMeter(b)
			for range b.N {
				claimBatch(b, store, size)
			}
			meter.perMessage(b, b.N*size)
		})
	}
}

func BenchmarkRecord(b *testing.B) {
	for _, size := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			store := benchStore(b, b.N*size)
			var batches [][]models.Outcome
			for range b.N {
				batches = append(batches, outcomes(claimBatch(b, store, size), store.Now()))
			}
			meter := startMeter(b)
			for _, batch := range batches {
				_, err := store.Record(b.Context(), batch)
				require.NoError(b, err)
			}
			meter.perMessage(b, b.N*size)
		})
	}
}

// BenchmarkClaimAndRecord is the whole way, beside messages that wait: it should
// take as long with a million of them as with none.
func BenchmarkClaimAndRecord(b *testing.B) {
	for _, stored := range []int{0, 10_000, 1_000_000} {
		for _, size := range []int{64, 256, 512} {
			b.Run(fmt.Sprintf("stored=%d/batch=%d", stored, size), func(b *testing.B) {
				if stored >= 1_000_000 && testing.Short() {
					b.Skip("it takes a while to store a million")
				}
				store := benchStore(b, stored+b.N*size)
				meter := startMeter(b)
				for range b.N {
					_, err := store.Record(b.Context(), outcomes(claimBatch(b, store, size), store.Now()))
					require.NoError(b, err)
				}
				meter.perMessage(b, b.N*size)
			})
		}
	}
}

// BenchmarkRecordTogether is what group commit is for: each of many workers
// records its one outcome, and waits until that is durable.
func BenchmarkRecordTogether(b *testing.B) {
	for _, workers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			store := benchStore(b, b.N)
			todo := make(chan models.Outcome, b.N)
			for claimed := 0; claimed < b.N; {
				batch := outcomes(claimBatch(b, store, min(512, b.N-claimed)), store.Now())
				for _, outcome := range batch {
					todo <- outcome
				}
				claimed += len(batch)
			}
			close(todo)
			meter := startMeter(b)
			var pool sync.WaitGroup
			for range workers {
				pool.Go(func() {
					for outcome := range todo {
						if _, err := store.Record(b.Context(), []models.Outcome{outcome}); err != nil {
							b.Error(err)
						}
					}
				})
			}
			pool.Wait()
			meter.perMessage(b, b.N)
		})
	}
}

// BenchmarkClaimNothing is what an idle replica does again and again.
func BenchmarkClaimNothing(b *testing.B) {
	store := benchStore(b, 0)
	for b.Loop() {
		_, err := store.Claim(b.Context(), request(64))
		require.NoError(b, err)
	}
}

// benchStore returns a running store with n messages that are due.
func benchStore(b *testing.B, n int) *sqlitestore.Store {
	b.Helper()
	store, err := open(b.Context(), b.TempDir(), realTime)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, store.Close()) })
	sqlitestore.WaitForBackground(store)
	require.NoError(b, store.Configure(b.Context(), models.Pace{Interval: time.Minute}))
	_, err = store.Start(b.Context(), models.SchedulerLog{})
	require.NoError(b, err)
	due := store.Now().Add(-time.Hour)
	for stored := 0; stored < n; {
		size := min(2000, n-stored)
		require.NoError(b, store.Accept(b.Context(), messages(1_000_000_000+stored, size, due.Add(time.Duration(stored)*time.Microsecond))...))
		stored += size
	}
	return store
}

func claimBatch(b *testing.B, store *sqlitestore.Store, size int) []models.Claimed {
	b.Helper()
	result, err := store.Claim(b.Context(), request(size))
	require.NoError(b, err)
	require.Len(b, result.Claimed, size)
	return result.Claimed
}

// meter measures, from when it is made, what one message takes.
type meter struct{ processor time.Duration }

func startMeter(b *testing.B) meter {
	b.Helper()
	b.ResetTimer()
	return meter{processorTime(b)}
}

// perMessage reports the time for one of n messages; the processor's time too,
// which other programs on the machine change less.
func (m meter) perMessage(b *testing.B, n int) {
	b.Helper()
	used := processorTime(b) - m.processor
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "µs/msg")
	b.ReportMetric(float64(used.Microseconds())/float64(n), "cpu-µs/msg")
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "msg/s")
}

// processorTime returns how long this process has used processors.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
