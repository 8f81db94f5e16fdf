package browsertest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// tab is one tab of the browser, with cookies and storage of its own.
type tab struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // chromedp keeps the tab in it
	of  *service

	mu       sync.Mutex
	faults   []string // what went wrong in the page
	requests []string // what it asked for: GET http://…
	expected []string // parts of faults that the test brings about
}

// open shows a path of the service's page in a new tab. What goes wrong in it until the
// test ends fails the test.
func open(t *testing.T, s *service, path string) *tab {
	t.Helper()
	tb := newTab(t, s)
	tb.visit(path)
	return tb
}

func newTab(t *testing.T, s *service) *tab {
	t.Helper()
	tb := &tab{t: t, of: s}
	ctx, closeTab := chromedp.NewContext(browserOf(t), chromedp.WithNewBrowserContext(), chromedp.WithListener(tb.hear))
	t.Cleanup(closeTab)
	tb.ctx = ctx
	// The tab lives as long as the context of its first call.
	require.NoError(t, chromedp.Do(ctx))
	tb.do(func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, audits.Enable, cdp.Empty{})
		return chromedp.Void{}, err //nolint:wrapcheck // told by do
	})
	t.Cleanup(tb.judge)
	return tb
}

// visit shows a path as an address that was typed.
func (tb *tab) visit(path string) {
	tb.t.Helper()
	tb.do(chromedp.Navigate(tb.of.URL(path)))
}

// do runs actions, for a bounded time.
func (tb *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	require.NoError(tb.t, chromedp.Do(ctx, actions...))
}

// hear notes what goes wrong, and what the page asks for. It must not call the browser.
func (tb *tab) hear(event any) {
	switch event := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if event.Type == runtime.ConsoleAPICalledTypeError || event.Type == runtime.ConsoleAPICalledTypeWarning || event.Type == runtime.ConsoleAPICalledTypeAssert {
			var words []string
			for _, argument := range event.Args {
				words = append(words, string(argument.Value), argument.Description)
			}
			tb.note("console: " + strings.Join(words, " "))
		}
	case *runtime.EventExceptionThrown:
		text := event.ExceptionDetails.Text
		if event.ExceptionDetails.Exception != nil {
			text += " " + event.ExceptionDetails.Exception.Description
		}
		tb.note("exception: " + text)
	case *log.EventEntryAdded:
		if event.Entry.Level == log.EntryLevelError || event.Entry.Level == log.EntryLevelWarning {
			tb.note(fmt.Sprintf("log: %s: %s %s", event.Entry.Source, event.Entry.Text, event.Entry.URL))
		}
	case *audits.EventIssueAdded:
		if details := event.Issue.Details.ContentSecurityPolicyIssueDetails; details != nil {
			tb.note(fmt.Sprintf("policy: %s of %q", details.ViolatedDirective, details.BlockedURL))
		}
	case *page.EventJavascriptDialogOpening:
		tb.note("dialog: " + event.Message)
		// It stops the page until somebody answers.
		go func() {
			_, _ = chromedp.Call(tb.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
		}()
	case *network.EventRequestWillBeSent:
		tb.mu.Lock()
		defer tb.mu.Unlock()
		tb.requests = append(tb.requests, event.Request.Method+" "+event.Request.URL)
	}
}

func (tb *tab) note(fault string) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.faults = append(tb.faults, fault)
}

// expect says that a fault with these words is no surprise: the test brings it about.
func (tb *tab) expect(words string) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.expected = append(tb.expected, words)
}

// surprises returns what went wrong and was not expected.
func (tb *tab) surprises() []string {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	var found []string
	for _, fault := range tb.faults {
		known := false
		for _, words := range tb.expected {
			known = known || strings.Contains(fault, words)
		}
		if !known {
			found = append(found, fault)
		}
	}
	return found
}

// asked returns the requests that were made so far and have these words.
func (tb *tab) asked(words string) []string {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	var found []string
	for _, request := range tb.requests {
		if strings.Contains(request, words) {
			found = append(found, request)
		}
	}
	return found
}

// judge is the end of each test: nothing went wrong, and nothing that a user wrote ran.
func (tb *tab) judge() {
	for _, fault := range tb.surprises() {
		tb.t.Errorf("in the page: %s", fault)
	}
	if tb.ctx.Err() == nil && evaluate[bool](tb, `() => window.__pwned !== undefined`) {
		tb.t.Error("a script that a user wrote ran in the page")
	}
	if tb.t.Failed() {
		tb.keepPicture()
	}
}

// keepPicture shows what the tab looked like when its test failed.
func (tb *tab) keepPicture() {
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		tb.t.Log("no picture:", err)
		return
	}
	path := filepath.Join(os.TempDir(), "browsertest-"+strings.ReplaceAll(tb.t.Name(), "/", "-")+".png")
	if err := os.WriteFile(path, picture, 0o600); err == nil {
		tb.t.Log("the tab looked like", path)
	}
}
