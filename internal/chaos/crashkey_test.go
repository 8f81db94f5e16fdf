package chaos_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/chaos"
	"auto-message-sender/internal/faults"
)

// A key is reserved, and the process dies before it stores the message: whoever
// repeats the request completes it, under the id that was reserved.
func TestCrash_BetweenAKeyAndItsMessageTheRepeatCompletesIt(t *testing.T) {
	t.Parallel()
	s := newScene(t, faulty, 0, always, nil)
	victim := s.add(map[string]string{"AMS_CRASH_AT": faults.Reserved})
	s.expect(victim)
	post := request{
		method: http.MethodPost, path: "/api/v1/messages", key: "order-4711",
		body: `{"to":"+905551234567","content":"siparişiniz yolda"}`,
	}
	_, _, err := s.send(s.at(victim), post)
	require.Error(t, err, "the point is never reached")
	_, err = s.at(victim).Exit(patience)
	require.NoError(t, err)
	s.died(victim)
	between := readEmbedded(t, s.dir)
	require.Empty(t, between.messages, "nothing is stored yet")
	require.Len(t, between.reservations, 1)

	after := s.add(nil)
	for range 3 {
		status, answer, err := s.send(s.at(after), post)
		require.NoError(t, err)
		require.Equal(t, http.StatusCreated, status)
		require.Equal(t, between.reservations[0].MessageID, answer["id"])
		s.tr.posted = append(s.tr.posted, chaos.Posted{
			ID: between.reservations[0].MessageID, To: "+905551234567", Content: "siparişiniz yolda", Key: post.key,
		})
	}
	s.run(after)
	s.waitForSent(after, 1)
	s.kill(after)
	summary := s.reconcile()
	require.Equal(t, 1, summary.Messages)
	require.Equal(t, 1, summary.Calls)
}

// A batch is stored in several steps, and the process dies before or after one of
// them: whoever repeats the batch gets each line stored once.
func TestCrash_InABatchTheRepeatStoresEachLineOnce(t *testing.T) {
	t.Parallel()
	const lines = 2500 // more than two steps
	for _, point := range []string{faults.Commit, faults.Committed} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, faulty, 0, always, nil)
			s.limits.MaxInFlight = 64
			s.settings["MAX_IN_FLIGHT"] = "64"
			first := s.add(nil) // which makes the file, so that the commits of the next are those of the batch
			s.kill(first)
			stored := s.batchCrash(point, lines)
			t.Logf("%d of %d lines were stored when the process died", stored, lines)
			s.tr.ensureRunning(dice(0, 1))
			s.waitForSent(len(s.slots)-1, lines)
			s.kill(len(s.slots) - 1)
			summary := s.reconcile()
			require.Equal(t, lines, summary.Messages)
			require.Equal(t, lines, summary.Calls)
		})
	}
}

// batchCrash sends a batch to processes that crash at one commit after another, until
// one has stored a part of the batch; then to one that does not crash. It returns how
// many lines the part was.
func (s *scene) batchCrash(point string, lines int) int {
	s.t.Helper()
	orders := make([]*order, 0, lines)
	for n := range lines {
		next := newOrder(1, int64(n), false)
		orders = append(orders, &next)
	}
	whole, err := newBatch(1, orders)
	require.NoError(s.t, err)
	stored, ctx := 0, s.t.Context()
	for hit := 1; stored == 0; hit++ {
		require.Less(s.t, hit, 12, "no crash hits the batch")
		victim := s.launch(map[string]string{"AMS_CRASH_AT": fmt.Sprintf("%s:%d", point, hit)})
		s.expect(victim)
		process := s.at(victim)
		once, end := context.WithCancel(ctx)
		go func() { <-process.Ended(); end() }()
		s.tr.batch(once, dice(0, 0), whole, orders)
		end()
		_, err := process.Exit(patience)
		require.NoError(s.t, err, "%s:%d is never reached", point, hit)
		s.died(victim)
		stored = len(readEmbedded(s.t, s.dir).messages)
	}
	require.Less(s.t, stored, lines, "the crash came too late")
	s.add(nil)
	s.tr.batch(ctx, dice(0, 0), whole, orders)
	return stored
}
