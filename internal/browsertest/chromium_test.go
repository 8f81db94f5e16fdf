package browsertest_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/chromium"
)

// shared is the browser of all tests, started by the first that needs one.
var shared lazyBrowser //nolint:gochecknoglobals // one browser for the package, ended by TestMain

type lazyBrowser struct {
	once    sync.Once
	browser *chromium.Browser // nil: none was started
	err     error
}

// browserOf returns the context that tabs are made of.
func browserOf(t *testing.T) context.Context {
	t.Helper()
	shared.once.Do(shared.start)
	if errors.Is(shared.err, chromium.ErrNone) && os.Getenv("CI") != "true" {
		t.Skip("THE PAGE IS NOT TESTED:", shared.err)
	}
	require.NoError(t, shared.err)
	return shared.browser.Context
}

func (b *lazyBrowser) start() {
	b.browser, b.err = chromium.Start(
		chromedp.WindowSize(1280, 900),
		// Times are written as somebody east of Greenwich sees them: what takes local time
		// for UTC shows.
		chromedp.Env("TZ=Europe/Istanbul", "LANG=en_US.UTF-8"), chromedp.Flag("lang", "en-US"),
		chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,OptimizationHints,MediaRouter"),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("font-render-hinting", "none"))
}
