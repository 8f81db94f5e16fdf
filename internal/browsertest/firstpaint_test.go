package browsertest_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// loads is how often each screen is loaded to be timed.
const loads = 10

// paint is what one load came to: milliseconds from when it was asked for, and bytes over
// the wire.
type paint struct {
	First, Shown float64 // first contentful paint; its data are shown
	Bytes        int64   // document and assets, compressed
}

// TestFirstPaint_WithManyMessages prints how soon the page is there beside FIRST_PAINT
// messages (a million, say), with nothing kept in the browser. It asserts no time: that is
// for a quiet machine and a person.
func TestFirstPaint_WithManyMessages(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("FIRST_PAINT"))
	if n < 1 {
		t.Skip("set FIRST_PAINT to a number of messages, such as 1000000")
	}
	s := serve(t, nil)
	s.many(n)
	for _, view := range []struct{ path, shown string }{{"/", ".chart canvas"}, {"/messages", ".message-row"}, {"/messages?status=failed", ".message-row"}} {
		tb := newTab(t, s)
		tb.do(func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
			_, err := cdp.Call(ctx, target, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
			return chromedp.Void{}, err //nolint:wrapcheck // told by do
		})
		tb.scripted(`new MutationObserver((_, watch) => {
			if (!document.querySelector(` + quoted(view.shown) + `)) return;
			watch.disconnect();
			requestAnimationFrame(() => { window.__shown = performance.now(); });
		}).observe(document, { childList: true, subtree: true })`)
		first := timed(tb, view.path) // the browser makes a process for it, too
		var paints []paint
		for range loads {
			paints = append(paints, timed(tb, view.path))
		}
		t.Logf("%s beside %d messages: first contentful paint %s, its data shown %s, %d bytes; in a new tab %.0f and %.0f ms", view.path, n,
			spread(paints, func(p paint) float64 { return p.First }), spread(paints, func(p paint) float64 { return p.Shown }), first.Bytes, first.First, first.Shown)
	}
}

// spread writes the median of something, and its least and most.
func spread(paints []paint, of func(paint) float64) string {
	values := make([]float64, len(paints))
	for i, p := range paints {
		values[i] = of(p)
	}
	slices.Sort(values)
	return fmt.Sprintf("p50 %.0f ms (%.0f to %.0f)", values[len(values)/2], values[0], values[len(values)-1])
}

// timed loads a path.
func timed(tb *tab, path string) paint {
	tb.t.Helper()
	tb.visit(path)
	tb.until(`() => window.__shown > 0 && performance.getEntriesByName('first-contentful-paint').length > 0`)
	return evaluate[paint](tb, `() => {
		const files = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
		return {
			First: performance.getEntriesByName('first-contentful-paint')[0].startTime, Shown: window.__shown,
			Bytes: files.filter(({ name }) => !name.includes('/api/')).reduce((sum, file) => sum + file.encodedBodySize, 0),
		};
	}`)
}

// many puts n messages into the store while nobody serves it: of a hundred, one failed and
// the others are sent.
func (s *service) many(n int) {
	s.t.Helper()
	s.Kill()
	s.exec(`WITH RECURSIVE number(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < ?)
		INSERT INTO messages (id, status, priority, drawn, attempt_count, created_at, updated_at, sent_at, failed_at, message_id, reference, error, "to", content, num_segments, encoding)
		SELECT 'm' || i, iif(i % 100 = 0, 'failed', 'sent'), 1, 1, 1, 1790000000000 + i, 1790000000000 + i,
			iif(i % 100 = 0, NULL, 1790000000000 + i), iif(i % 100 = 0, 1790000000000 + i, NULL), 'provider-' || i, 'order-' || i,
			iif(i % 100 = 0, 'webhook answered 400 Bad Request', NULL), '+90555' || (1000000 + i % 9000000), 'Your order ' || i || ' is on its way.', 1, 'GSM-7' FROM number`, n)
	s.exec(`UPDATE counts SET sent = ?, failed = ?`, n-n/100, n/100)
	s.start()
	require.Equal(s.t, n-n/100, s.count("sent"))
}
