package e2e_test

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// service asks who calls, how the processes are configured, and which of them run.
func (w *httpWalk) service() {
	w.nobody.must(http.StatusUnauthorized, get, api+"/me", "")
	for _, person := range []struct {
		caller     caller
		name, role string
	}{{w.reader, "rita", "reader"}, {w.sender, "sam", "sender"}, {w.operator, "olga", "operator"}} {
		me := person.caller.must(http.StatusOK, get, api+"/me", "")
		require.Equal(w.t, map[string]any{"name": person.name, "role": person.role, "authenticated": true}, me)
	}

	answer := w.reader.do(get, api+"/settings", "")
	require.Equal(w.t, http.StatusOK, answer.status, "%s", answer.text)
	require.Equal(w.t, "a", answer.object["replica"])
	require.Equal(w.t, w.byRedis, answer.object["redis"])
	require.Equal(w.t, map[bool]any{false: "sqlite", true: "mongodb"}[w.byRedis], answer.object["store"])
	for _, secret := range []string{readerKey, senderKey, w.operatorKey, reportKey, reportSecret} {
		require.NotContains(w.t, string(answer.text), secret)
	}
	require.Contains(w.t, string(answer.text), `"WEBHOOK_URL","value":"`+w.hook.URL)

	require.Eventually(w.t, func() bool {
		return len(w.replicas(w.reader)) == 2
	}, patience, 100*time.Millisecond, "each is there from its start on")
	for _, asked := range []caller{w.reader, w.reader.at(w.b)} {
		replicas := w.replicas(asked)
		for id, self := range map[string]bool{"a": asked.server == w.a, "b": asked.server == w.b} {
			require.Equal(w.t, "live", replicas[id]["state"])
			require.Equal(w.t, self, replicas[id]["self"], id)
			require.EqualValues(w.t, 2, replicas[id]["max_in_flight"])
		}
	}
}

// replicas returns what is told of each, by id.
func (w *httpWalk) replicas(c caller) map[string]map[string]any {
	w.t.Helper()
	list, ok := c.must(http.StatusOK, get, api+"/replicas", "")["replicas"].([]any)
	require.True(w.t, ok)
	found := map[string]map[string]any{}
	for _, one := range list {
		replica, _ := one.(map[string]any)
		found[textOf(w.t, replica, "id")] = replica
	}
	return found
}

// rehearse sends a batch that is only to be looked at.
func (w *httpWalk) rehearse() {
	const batch = `[{"to":"+905551110021","content":"x","idempotency_key":"new"},{"to":"+905551110020","content":"falter","idempotency_key":"own"},` +
		`{"to":"+905551110021","content":"other","idempotency_key":"own"},{"to":"+905551110021","content":"x"},{"to":"+12","content":"x"}]`
	w.sender.must(http.StatusBadRequest, post, api+"/messages/batch?dry-run=true", batch)
	for range 2 {
		answer := w.sender.must(http.StatusOK, post, api+"/messages/batch?dry_run=true", batch)
		require.Equal(w.t, true, answer["dry_run"])
		require.Equal(w.t, []any{2.0, 1.0, 2.0}, []any{answer["accepted"], answer["duplicates"], answer["refused"]}, "%v", answer)
		require.Len(w.t, answer["results"], 5)
	}
	require.Empty(w.t, w.reader.list("to="+strings.ReplaceAll("+905551110021", "+", "%2B")))
}

// walkFarewell ends one replica in order, and the other forgets it at once.
func walkFarewell(t *testing.T, g *ground) {
	t.Helper()
	w := &httpWalk{ground: g, t: t}
	operator := caller{t: t, server: g.a, key: g.operatorKey}
	require.Contains(t, w.replicas(operator), "b")
	g.b.signal(syscall.SIGTERM)
	require.Zero(t, g.b.exit())
	replicas := w.replicas(operator)
	require.Len(t, replicas, 1)
	require.Equal(t, true, replicas["a"]["self"])
}
