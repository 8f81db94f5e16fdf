package e2e_test

import (
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// find goes through a list page by page, and asks for what cannot be.
func (w *httpWalk) find() {
	require.Equal(w.t, []string{w.first}, w.reader.list("reference=order-1&status=pending&to=0555+111+00+01"))
	require.Equal(w.t, []string{w.later}, w.reader.at(w.b).list("status=scheduled&to=%2B905551110002"))
	var walked []string
	for path := api + "/messages?reference=batch&limit=2"; path != ""; {
		page := w.reader.do(get, path, "")
		require.Equal(w.t, http.StatusOK, page.status, "%s", page.text)
		walked = append(walked, idsOf(w.t, page.object)...)
		next, _, _ := strings.Cut(strings.TrimPrefix(page.header.Get("Link"), "<"), ">")
		if next != "" {
			cursor := textOf(w.t, page.object, "next_cursor")
			w.reader.must(http.StatusBadRequest, get, api+"/messages?reference=order-1&cursor="+cursor, "")
		}
		path = next
	}
	require.Len(w.t, walked, 5)
	require.Equal(w.t, w.reader.list("reference=batch"), walked)
	w.reader.must(http.StatusBadRequest, get, api+"/messages?from=batch", "")
	w.reader.must(http.StatusNotFound, get, api+"/messages/none", "")
}

// callOff cancels one message, and many.
func (w *httpWalk) callOff() {
	canceled := w.sender.must(http.StatusOK, post, api+"/messages/"+w.later+"/cancel", "")
	require.Equal(w.t, "canceled", canceled["status"])
	w.sender.must(http.StatusConflict, post, api+"/messages/"+w.later+"/retry", "")

	w.operator.must(http.StatusBadRequest, post, api+"/messages/cancel", `{}`)
	w.operator.must(http.StatusBadRequest, post, api+"/messages/cancel?dry-run=true", `{"reference":"batch"}`)
	count := w.operator.must(http.StatusOK, post, api+"/messages/cancel?dry_run=true", `{"reference":"batch"}`)
	require.EqualValues(w.t, 5, count["matched"])
	require.NotContains(w.t, count, "canceled")
	require.Len(w.t, w.reader.list("reference=batch&status=pending"), 5, "they were only counted")
	done := w.operator.must(http.StatusOK, post, api+"/messages/cancel", `{"reference":"batch"}`)
	require.EqualValues(w.t, 5, done["canceled"])
	require.Len(w.t, w.reader.at(w.b).list("reference=batch&status=canceled"), 5)
}

// expire waits until a message is too late, twice.
func (w *httpWalk) expire() {
	w.untilStatus(w.brief, "expired")
	retried := w.sender.must(http.StatusOK, post, api+"/messages/"+w.brief+"/retry", "")
	require.Equal(w.t, "pending", retried["status"])
	w.untilStatus(w.brief, "expired")
	count := w.operator.must(http.StatusOK, post, api+"/messages/retry", `{"status":"expired","dry_run":true}`)
	require.EqualValues(w.t, 1, count["matched"])
	require.Empty(w.t, w.hook.seen(), "nothing is sent before the start")
}

// untilStatus waits until a message stands so, as B sees it, and returns it.
func (w *httpWalk) untilStatus(id, status string) (message map[string]any) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		message = w.reader.at(w.b).message(id)
		return message["status"] == status
	}, patience, 50*time.Millisecond, "it is never %s", status)
	return message
}
