package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/stretchr/testify/require"
)

// start starts sending: one message an hour.
func (w *httpWalk) start() {
	w.operator.must(http.StatusOK, post, api+"/scheduler/start", `{"reason":"walk"}`)
	w.operator.at(w.b).must(http.StatusConflict, post, api+"/scheduler/start", "")
	sent := w.untilStatus(w.first, "sent")
	require.Equal(w.t, "provider-"+w.first, sent["message_id"])
	require.Len(w.t, sent["attempts"], 1)
	w.sender.must(http.StatusConflict, post, api+"/messages/"+w.first+"/cancel", "")
	w.untilStatus(w.due, "pending")
	require.Equal(w.t, "pending", w.reader.message(w.once)["status"])
	require.Len(w.t, w.hook.seen(), 1, "the window allowed one")
}

// pace changes it at A, and holds that B follows within a second.
func (w *httpWalk) pace() {
	w.operator.must(http.StatusBadRequest, put, api+"/scheduler/pace", `{"interval":"soon","messages_per_interval":-1}`)
	var slow []string
	for i := range 16 {
		slow = append(slow, w.sender.put(fmt.Sprintf(`{"to":"+9055511130%02d","content":"slow"}`, i)))
	}
	w.operator.must(http.StatusOK, put, api+"/scheduler/pace", `{"interval":"2s","messages_per_interval":0,"reason":"walk"}`)
	changed := time.Now() //nolint:forbidigo // real processes
	state := w.reader.at(w.b).must(http.StatusOK, get, api+"/scheduler", "")
	require.Equal(w.t, "2s", state["interval"])
	require.EqualValues(w.t, 0, state["messages_per_interval"])
	var firstOfB time.Time
	for _, id := range slow {
		for _, attempt := range attempts(w.untilStatus(id, "sent")) {
			began, err := time.Parse(time.RFC3339, textOf(w.t, attempt, "started_at"))
			require.NoError(w.t, err)
			if attempt["replica"] == "b" && (firstOfB.IsZero() || began.Before(firstOfB)) {
				firstOfB = began
			}
		}
	}
	require.False(w.t, firstOfB.IsZero(), "B never followed")
	w.t.Logf("B followed %s after the answer", firstOfB.Sub(changed))
	require.Less(w.t, firstOfB.Sub(changed), promised())
	w.untilStatus(w.once, "sent")
	w.untilStatus(w.due, "sent")
	require.Len(w.t, attempts(w.untilStatus(w.faltered, "sent")), 2)
}

// attempts are those of a message.
func attempts(message map[string]any) (all []map[string]any) {
	list, _ := message["attempts"].([]any)
	for _, one := range list {
		if attempt, ok := one.(map[string]any); ok {
			all = append(all, attempt)
		}
	}
	return all
}

// failAndRetry has messages refused, and sends them again: one by itself, and all
// that failed since.
func (w *httpWalk) failAndRetry() {
	since := time.Now().UTC().Format(time.RFC3339Nano) //nolint:forbidigo // real processes
	var refused []string
	for i := range 3 {
		refused = append(refused, w.sender.put(fmt.Sprintf(`{"to":"+90555111004%d","content":"refuse","reference":"refused"}`, i)))
	}
	for _, id := range refused {
		require.Equal(w.t, "http_400", w.untilStatus(id, "failed")["error_code"])
	}
	w.mended.Store(true)
	w.sender.must(http.StatusOK, post, api+"/messages/"+refused[0]+"/retry", "")
	require.Len(w.t, attempts(w.untilStatus(refused[0], "sent")), 2, "what was before is kept")
	window := `{"failed_after":"` + since + `"`
	count := w.operator.at(w.b).must(http.StatusOK, post, api+"/messages/retry", window+`,"dry_run":true}`)
	require.EqualValues(w.t, 2, count["matched"])
	require.Len(w.t, w.reader.list("status=failed&failed_after="+url.QueryEscape(since)), 2, "they were only counted")
	done := w.operator.at(w.b).must(http.StatusOK, post, api+"/messages/retry", window+"}")
	require.EqualValues(w.t, 2, done["retried"])
	for _, id := range refused {
		w.untilStatus(id, "sent")
	}
}
