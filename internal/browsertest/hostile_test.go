package browsertest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// hostile texts try to be markup, a script, an address, or something that reads backwards.
const (
	markup  = `"><img src=x onerror="window.__pwned=1"><script>window.__pwned=1</script><b id=pwned>bold</b>`
	address = `javascript:window.__pwned=1`
)

// Whatever a user wrote stays text, on every screen. That nothing of it ran, and that the
// policy had nothing to stop, is looked after by the tab itself.
func TestHostile_WhatUsersWroteStaysText(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"MAX_CONTENT_LENGTH": "500", "API_KEYS": people, "WEBHOOK_AUTH_HEADER": "x-key", "REPLICA_ID": "kestrel-1"})
	s.accept("+905551110001", markup, `"reference":`+quoted(`<img src=x onerror=window.__pwned=1>`))
	refused := s.accept("+905551110002", "refuse "+markup, `"reference":`+quoted(address))
	// By hand: whatever a recipient or an id may be.
	s.exec(`INSERT INTO messages (id, "to", content) VALUES (?, ?, ?)`, markup, markup, markup)
	s.call("POST", "/scheduler/start", `{"reason":`+quoted(markup)+`}`)
	s.waitCount(2, "failed")
	s.waitCount(1, "sent")
	s.exec(`UPDATE messages SET message_id = ?, delivery_error = ? WHERE status = 'sent'`, markup, markup)
	s.exec(`UPDATE scheduler_logs SET actor = ?, replica = ?`, markup, markup)

	tb := openAs(t, s, operatorKey, "/")
	tb.expect("status of 400") // what is no reference at all is looked for, too
	clean := func() {
		t.Helper()
		require.Equal(t, 0, evaluate[int](tb, `() => document.querySelectorAll('#pwned, main img, main script, dialog img').length`))
		require.Equal(t, 0, evaluate[int](tb, `() => document.querySelectorAll('[href^="javascript" i], [src^="javascript" i]').length`))
	}
	tb.see(".badge", "Running")
	clean()
	tb.visit("/messages")
	tb.see(".message-row", markup)
	tb.rows(3)
	clean()
	for _, words := range []string{markup, address} {
		tb.fill("#search", words)
		tb.key("Enter")
		tb.until(`() => location.search !== ''`)
		tb.settle()
		clean()
	}
	tb.visit("/messages?reference=" + `%22%3E%3Cimg%20src%3Dx%20onerror%3D%22window.__pwned%3D1%22%3E`)
	tb.see(".empty", "onerror")
	clean()

	tb.visit("/messages")
	tb.click(".message-to a", markup)
	tb.see(".message-text", markup)
	clean()
	tb.visit("/messages/" + refused)
	tb.see(".timeline-item", "<b>no such subscriber</b>")
	tb.see(".message-text", markup)
	clean()
	tb.click("button", "Copy as curl")
	tb.see("dialog", "onerror")
	clean()
	tb.key("Escape")
	tb.click("dd a", address)
	tb.see("h1", "Messages")
	tb.rows(1)
	tb.click(".message-row input", "")
	tb.click(".message-bar button", "Retry 1")
	tb.see("dialog", "Retry 1 message?")
	clean()
	tb.key("Escape")

	tb.visit("/audit")
	tb.see("tr", markup)
	clean()
	tb.visit("/compose")
	tb.fill("#content", markup+markup)
	tb.fill("#to", "12")
	tb.see(".message-pieces", "onerror")
	clean()
	tb.visit("/compose?tab=import")
	tb.choose(file(t, "<img src=x onerror=window.__pwned=1>.csv", "to,content\n"+`12,"<img src=x onerror=window.__pwned=1>"`+"\n"))
	tb.see("section:has(#refused-title) tr", "onerror")
	clean()
	tb.visit("/messages/%22%3E%3Cimg%20src%3Dx%20onerror%3D%22window.__pwned%3D1%22%3E")
	tb.expect("status of 404")
	tb.see("code", "onerror")
	clean()
}
