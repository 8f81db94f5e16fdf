package browsertest_test

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// scripted runs a script in every document before its own.
func (tb *tab) scripted(source string) {
	tb.t.Helper()
	tb.do(func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source})
		return chromedp.Void{}, err //nolint:wrapcheck // told by do
	})
}

// hide lets the page believe that somebody looks at another tab, or at it again.
func (tb *tab) hide(hidden bool) {
	tb.t.Helper()
	evaluate[bool](tb, `(hidden) => {
		Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
		Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => (hidden ? 'hidden' : 'visible') });
		document.dispatchEvent(new Event('visibilitychange'));
		return true;
	}`, hidden)
}

func TestLive_WhatHappensElsewhereIsSeenWithoutAReload(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	first := s.accept("+905551110001", "hello")
	list, one, overview := open(t, s, "/messages"), open(t, s, "/messages/"+first), open(t, s, "/")
	list.see(".message-row", "pending")
	one.see("h1 ~ .badge", "pending")
	overview.see(".tile", "Pending 1")
	for _, tb := range []*tab{list, one, overview} {
		tb.see("#link", "Live")
		evaluate[bool](tb, `() => { window.__same = true; return true }`)
	}

	s.call("POST", "/scheduler/start", "")
	list.see(".message-row", "sent")
	one.see("h1 ~ .badge", "sent")
	one.see(".timeline-item", "Attempt 1 succeeded")
	overview.see(".tile", "Sent 1")
	overview.see(".badge", "Running")

	s.accept("+905551110002", "and another")
	list.see("button", "1 new message")
	list.click("button", "1 new message")
	list.see(".message-row", "and another")
	overview.see(".tile", "Sent 2")
	for _, tb := range []*tab{list, one, overview} {
		require.True(t, evaluate[bool](tb, `() => window.__same === true`), "it was loaded anew")
	}
}

func TestLive_ThePageRecoversWhenTheServiceIsStartedAgain(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	tb := open(t, s, "/")
	tb.expect("ERR_CONNECTION_REFUSED")
	tb.expect("ERR_INCOMPLETE_CHUNKED_ENCODING")
	tb.expect("ERR_CONNECTION_RESET")
	tb.expect("ERR_EMPTY_RESPONSE")
	tb.expect("ERR_NETWORK_CHANGED")
	tb.expect("status of 503")
	tb.see("#link", "Live")
	s.Kill()
	tb.see("#link", "Every 15 s")
	s.start()
	tb.see("#link", "Live")
	s.accept("+905551110001", "after the restart")
	tb.see(".tile", "Pending 1")
	tb.gone("[role=alert]", "cannot be reached")
}

func TestLive_WhereTheStreamIsRefusedThePageAsksNowAndThen(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	tb := newTab(t, s)
	tb.expect("ERR_BLOCKED_BY_CLIENT")
	tb.do(func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, network.SetBlockedURLs, network.SetBlockedURLsParams{
			URLPatterns: []*network.BlockPattern{{URLPattern: "http://*:*/api/v1/events*", Block: true}},
		})
		return chromedp.Void{}, err //nolint:wrapcheck // told by do
	})
	// Fifteen seconds are one and a half here.
	tb.scripted(`const wait = window.setInterval; window.setInterval = (run, ms, ...rest) => wait(run, ms / 10, ...rest)`)
	tb.visit("/messages")
	tb.see("#link", "Every 15 s")
	tb.see("h2", "No messages yet")
	s.accept("+905551110001", "found by asking")
	tb.see(".message-row", "found by asking")
	tb.see("#link", "Every 15 s")
}

func TestLive_APageThatNobodyLooksAtRests(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	tb := newTab(t, s)
	tb.scripted(`const wait = window.setInterval; window.setInterval = (run, ms, ...rest) => wait(run, ms / 10, ...rest)`)
	tb.visit("/")
	tb.see("#link", "Live")
	tb.see(".tile", "Pending 0")
	tb.hide(true)
	tb.see("#link", "Paused")
	before := len(tb.asked("/api/v1/"))
	s.accept("+905551110001", "meanwhile")
	// What would be asked every 15 s, and is asked every 1.5 s here, is asked now: the
	// browser's own timer tells when so long is over.
	evaluate[bool](tb, `() => new Promise((done) => setTimeout(() => done(true), 4000))`)
	require.Len(t, tb.asked("/api/v1/"), before, "it goes on asking")
	tb.hide(false)
	tb.see(".tile", "Pending 1")
	tb.see("#link", "Live")
}
