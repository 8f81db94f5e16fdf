package browsertest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

const rowCount = `() => document.querySelectorAll('.message-row').length`

// rows waits until the list has so many.
func (tb *tab) rows(n int) {
	tb.t.Helper()
	tb.until(`(n) => document.querySelectorAll('.message-row').length === n`, n)
}

// fail puts n messages in that the webhook refuses, and waits until all of them failed.
// Their numbers are +9055500 and five digits, from 0 on.
func (s *service) fail(n int) {
	s.t.Helper()
	var lines strings.Builder
	for i := range n {
		_, _ = fmt.Fprintf(&lines, `{"to":"+9055500%05d","content":"refuse %d"}`+"\n", i, i)
	}
	s.batch(lines.String())
	s.call("POST", "/scheduler/start", "")
	s.waitCount(n, "failed")
	s.call("POST", "/scheduler/stop", "")
}

func TestMessages_TabsShowEachStatusWithItsCount(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	s.fail(2)
	s.accept("+905551110001", "for later", `"send_at":"`+inAnHour()+`"`)
	s.accept("+905551110002", "waiting")
	tb := open(t, s, "/messages")
	tb.see(".message-row", "waiting")
	require.Equal(t, 4, evaluate[int](tb, rowCount))
	tb.see("[role=tab]", "All 4")
	tb.see("[role=tab]", "Failed 2")
	tb.see("[role=tab]", "Sent 0")
	tb.click("[role=tab]", "Scheduled")
	tb.see(".message-row", "for later")
	tb.rows(1)
	require.Contains(t, evaluate[string](tb, `() => location.search`), "status=scheduled")
	tb.click("[role=tab]", "Sent")
	tb.see("h2", "Nothing is sent")
}

func TestMessages_AreFoundByNumberReferenceAndProvidersID(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	s.accept("+905551110001", "to the first", `"reference":"order-4711"`)
	wanted := s.accept("+905551110002", "to the second", `"reference":"order-4712"`)
	s.call("POST", "/scheduler/start", "")
	s.waitCount(2, "sent")
	providers, ok := s.message(wanted)["message_id"].(string)
	require.True(t, ok)
	tb := open(t, s, "/messages")
	for _, words := range []string{"+90 555 111 00 02", "order-4712", providers} {
		tb.see(".message-row", "to the first")
		tb.fill("#search", words)
		tb.key("Enter")
		tb.gone(".message-row", "to the first")
		tb.see(".message-row", "to the second")
		require.NotEmpty(t, evaluate[string](tb, `() => location.search`))

		tb.visit(evaluate[string](tb, `() => location.pathname + location.search`)) // a reload, or a link sent to somebody
		tb.see(".message-row", "to the second")
		require.Equal(t, 1, evaluate[int](tb, rowCount))
		tb.fill("#search", "")
		tb.key("Enter")
	}
	tb.fill("#search", "order-4713")
	tb.key("Enter")
	tb.see("h2", "Nothing found")
	tb.fill("#search", wanted)
	tb.key("Enter")
	tb.see("h2", "Its way")
	require.Equal(t, "/messages/"+wanted, evaluate[string](tb, `() => location.pathname`))
}

func TestMessages_TheListGoesOnAsOneScrolls(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	s.fail(250)
	tb := newTab(t, s)
	// A busy browser tells several changes at once, the oldest first.
	tb.scripted(`window.IntersectionObserver = class extends window.IntersectionObserver {
		constructor(tell, options) {
			let before = [];
			super((seen) => {
				tell([...before, ...seen]);
				before = seen;
				window.__told = (window.__told ?? 0) + 1;
			}, options);
		}
	}`)
	tb.visit("/messages?status=failed")
	tb.until(`() => window.__told >= 2`) // the end of an empty list, and of the first page
	tb.settle()
	require.Equal(t, 100, evaluate[int](tb, rowCount), "nobody has scrolled yet")
	for _, n := range []int{200, 250} {
		evaluate[bool](tb, `() => { scrollTo(0, document.body.scrollHeight); return true }`)
		tb.rows(n)
	}
	tb.see(".messages-foot", "that is all")
	require.Equal(t, 250, evaluate[int](tb, `() => new Set([...document.querySelectorAll('.message-row')].map((row) => row.dataset.id)).size`), "none twice")
	require.Len(t, tb.asked("cursor="), 2, "by cursor")
}

func TestMessages_ARangeIsSelectedWithShiftAndRetried(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	s.fail(8)
	tb := open(t, s, "/messages?status=failed")
	tb.rows(8)
	tb.click(".message-row:nth-child(2) input", "")
	tb.click(".message-row:nth-child(5) input", "", chromedp.ModifierShift)
	tb.see(".message-bar", "4 selected")
	ids := evaluate[[]string](tb, `() => [...document.querySelectorAll('.message-row')].slice(1, 5).map((row) => row.dataset.id)`)
	tb.click(".message-bar button", "Retry 4")
	tb.see("dialog", "Retry 4 messages?")
	require.Equal(t, 8, s.count("failed"), "not before it is confirmed")
	tb.click("dialog button", "Retry 4 messages")
	tb.see(".message-progress", "4 messages retried")
	require.Equal(t, 4, s.count("failed"))
	for _, id := range ids {
		require.Equal(t, "pending", s.cell(`SELECT status FROM messages WHERE id = ?`, id))
	}
	tb.rows(4)
}

func TestMessages_AllThatMatchAreCountedConfirmedAndRetried(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	s.fail(120)
	other := s.accept("+905551110002", "waiting")
	tb := open(t, s, "/messages?status=failed")
	tb.see(".messages-foot", "100 messages shown")
	tb.click(".message-row:nth-child(1) input", "")
	tb.click(".message-bar button", "Select all that match")
	tb.see(".message-bar", "All that match are selected")
	tb.click(".message-bar button", "Retry")
	tb.see("dialog", "120 messages")
	require.Equal(t, 120, s.count("failed"), "counted only")
	tb.click("dialog button", "Retry 120")
	tb.see(".message-progress", "120 messages retried")
	require.Equal(t, 0, s.count("failed"))
	require.EqualValues(t, 121, s.cell(`SELECT count(*) FROM messages WHERE status = 'pending'`))
	require.Equal(t, "retry", s.logs()[0]["action"])
	require.Equal(t, "pending", s.message(other)["status"])
}

func TestMessages_WhatWaitsIsCanceledAfterAQuestion(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	first := s.accept("+905551110001", "one")
	second := s.accept("+905551110002", "two")
	tb := open(t, s, "/messages?status=pending")
	tb.click("input[data-select='"+first+"']", "")
	tb.click(".message-bar button", "Cancel 1")
	tb.key("Escape")
	tb.until(`() => document.querySelector('dialog') === null`)
	require.Equal(t, 2, s.count("pending"), "called off")
	tb.click(".message-bar button", "Cancel 1")
	tb.click("dialog button", "Cancel 1 message")
	tb.see(".message-progress", "1 message canceled")
	require.Equal(t, "canceled", s.cell(`SELECT status FROM messages WHERE id = ?`, first))
	require.Equal(t, "pending", s.cell(`SELECT status FROM messages WHERE id = ?`, second))
}

func TestMessages_EmptyStoreOffersACommandThatWorks(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	tb := open(t, s, "/messages")
	tb.see("h2", "No messages yet")
	run(t, tb.text(".empty pre"), nil)
	s.waitCount(1, "pending")
	tb.see(".message-row", "Hello")
}
