package e2e_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// deliver reports deliveries as the provider does: by key, and signed.
func (w *httpWalk) deliver() {
	provider := caller{t: w.t, server: w.a, key: reportKey, walked: w.walked}
	const path = api + "/delivery-reports"
	delivered := `{"messageId":"provider-` + w.once + `","status":"delivered","occurred_at":"2026-01-02T03:04:05Z"}`
	w.nobody.must(http.StatusUnauthorized, post, path, delivered)
	w.operator.must(http.StatusUnauthorized, post, path, delivered)
	provider.must(http.StatusUnauthorized, get, api+"/messages", "")
	require.Equal(w.t, true, provider.must(http.StatusOK, post, path, delivered)["applied"])
	require.Equal(w.t, false, provider.at(w.b).must(http.StatusOK, post, path, strings.Replace(delivered, "delivered", "failed", 1))["applied"])
	provider.must(http.StatusNotFound, post, path, `{"messageId":"provider-none","status":"delivered"}`)

	undelivered := `{"messageId":"provider-` + w.faltered + `","status":"failed","error_code":"30003"}`
	now := time.Now() //nolint:forbidigo // real processes
	for _, wrong := range [][]string{
		signed(w.t.Name(), now.Add(-10*time.Minute), undelivered), // old
		signed(w.t.Name(), now, delivered),                        // of something else
	} {
		w.nobody.must(http.StatusUnauthorized, post, path, undelivered, wrong...)
	}
	answer := w.nobody.at(w.b).must(http.StatusOK, post, path, undelivered, signed(w.t.Name(), now, undelivered)...)
	require.Equal(w.t, true, answer["applied"])

	first := w.untilStatus(w.once, "sent")
	require.Equal(w.t, "delivered", first["delivery_status"])
	require.Equal(w.t, "2026-01-02T03:04:05.000Z", first["delivered_at"])
	second := w.untilStatus(w.faltered, "sent")
	require.Equal(w.t, "undelivered", second["delivery_status"])
	require.Equal(w.t, "30003", second["delivery_error_code"])
	require.Equal(w.t, []string{w.once}, w.reader.list("message_id=provider-"+w.once))
	counted := w.reader.must(http.StatusOK, get, api+"/stats", "")["delivery_reports"]
	require.Equal(w.t, map[string]any{"applied": 1.0, "repeated": 0.0, "unknown": 1.0}, counted, "those that came to A")
}

// signed returns the header of a call by the Standard Webhooks specification 1.0.0,
// made here anew: HMAC-SHA256 of id.timestamp.body.
func signed(id string, at time.Time, body string) (header []string) {
	secret, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(reportSecret, "whsec_"))
	id = strings.NewReplacer("/", "_", ".", "_").Replace(id)
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	_, _ = mac.Write([]byte(id + "." + seconds + "." + body))
	return []string{
		"webhook-id", id, "webhook-timestamp", seconds,
		"webhook-signature", "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)),
	}
}

// erase removes what a message said, for good.
func (w *httpWalk) erase() {
	erased := w.operator.must(http.StatusOK, del, api+"/messages/"+w.first, "")
	require.NotEmpty(w.t, erased["erased_at"])
	stored := w.reader.at(w.b).message(w.first)
	require.Empty(w.t, stored["content"])
	require.Empty(w.t, stored["to"])
	require.Equal(w.t, "sent", stored["status"])
	require.Empty(w.t, w.reader.list("to=%2B905551110001"))
	w.sender.must(http.StatusConflict, post, api+"/messages/"+w.first+"/retry", "")
}

// look reads what there is to read of what was done.
func (w *httpWalk) look() {
	stopped := w.operator.at(w.b).must(http.StatusOK, post, api+"/scheduler/stop", `{"reason":"walked"}`)
	require.Equal(w.t, false, stopped["is_active"])
	require.Equal(w.t, false, w.reader.must(http.StatusOK, get, api+"/scheduler", "")["is_active"])

	const sent = 3 + 16 + 1 + 3 // first, once, due; slow; faltered; refused
	var stats map[string]any
	require.Eventually(w.t, func() bool { // counts may be some seconds old
		stats = w.reader.must(http.StatusOK, get, api+"/stats", "")
		counts, _ := stats["counts"].(map[string]any)
		n, _ := counts["sent"].(float64) // with or without those inserted by hand
		return n >= sent && n <= sent+2 && counts["canceled"] == 6.0 && counts["expired"] == 1.0
	}, patience, 100*time.Millisecond)
	minutes, ok := stats["per_minute"].([]any)
	require.True(w.t, ok)
	require.Len(w.t, minutes, 60)
	total := 0.0
	for _, minute := range minutes {
		one, _ := minute.(map[string]any)
		n, _ := one["sent"].(float64)
		total += n
	}
	require.InDelta(w.t, sent, total, 0)

	page := w.reader.at(w.b).must(http.StatusOK, get, api+"/messages/sent?page=1&per_page=2", "")
	require.Len(w.t, page["messages"], 2)
	actors := map[any]any{}
	logs, ok := w.reader.must(http.StatusOK, get, api+"/scheduler/logs?per_page=100", "")["logs"].([]any)
	require.True(w.t, ok)
	for _, log := range logs {
		entry, _ := log.(map[string]any)
		actors[entry["action"]] = entry["actor"]
	}
	olga := any("olga")
	require.Equal(w.t, map[any]any{
		"start": olga, "stop": olga, "pace": olga, "cancel": olga, "retry": olga, "erase": olga,
	}, actors)
}
