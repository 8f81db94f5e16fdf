package main

import (
	"encoding/json"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

func TestQuantile_IsTheNearestRankWhateverTheOrder(t *testing.T) {
	t.Parallel()
	samples := make([]time.Duration, 200)
	for i := range samples {
		samples[len(samples)-1-i] = time.Duration(i+1) * time.Millisecond
	}
	require.InDelta(t, 100, quantile(samples, 0.5), 0)
	require.InDelta(t, 198, quantile(samples, 0.99), 0)
	require.InDelta(t, 1.5, quantile([]time.Duration{1500 * time.Microsecond}, 0.99), 0)
}

func TestOthersSince_LeavesOutWhatIsOurs(t *testing.T) {
	t.Parallel()
	began := time.Now()
	before := usage{at: began}
	after := usage{at: began.Add(10 * time.Second), machine: machine{busy: 75, idle: 25}}
	after.ours = after.at.Sub(began) * time.Duration(runtime.NumCPU()) / 4
	require.InDelta(t, 0.5, after.othersSince(before), 1e-9)
	after.ours *= 4
	require.Zero(t, after.othersSince(before))
}

func TestMixed_HasMessagesOfEveryKindOverAMonth(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mixed")
	m := newMixed(5000)
	require.NoError(t, m.prepare(t.Context(), dir))
	require.NoError(t, fill(t.Context(), dir, func(f *filler) error {
		counts, err := f.store.Counts(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 1500, counts[models.StatusPending])
		require.InDelta(t, 200, counts[models.StatusScheduled], 5)
		require.InDelta(t, 200, counts[models.StatusFailed], 5)
		require.InDelta(t, 3100, counts[models.StatusSent], 10)
		first, err := f.store.Message(t.Context(), m.done[0])
		require.NoError(t, err)
		require.WithinDuration(t, m.began, first.CreatedAt, time.Second)
		last, err := f.store.Message(t.Context(), m.waitingID())
		require.NoError(t, err)
		require.Equal(t, models.StatusPending, last.Status)
		require.Greater(t, last.CreatedAt.Sub(first.CreatedAt), mixedOver/2)
		return nil
	}))
}

func TestBatch_EveryLineIsAMessageAndHasAKeyOfItsOwnWhereAsked(t *testing.T) {
	t.Parallel()
	m := newMixed(1000)
	var items []map[string]string
	require.NoError(t, json.Unmarshal([]byte(m.batch(0, "", true)), &items))
	require.Len(t, items, batchLines)
	require.NotContains(t, items[0], "idempotency_key")
	keys := map[string]bool{}
	for line := range strings.Lines(m.batch(batchLines, "bench", false)) {
		var item map[string]string
		require.NoError(t, json.Unmarshal([]byte(line), &item))
		keys[item["idempotency_key"]] = true
	}
	require.Len(t, keys, batchLines)
	require.True(t, keys["bench-10000"])
}
