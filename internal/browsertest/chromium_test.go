package browsertest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// shared is the browser of all tests, started by the first that needs one.
var shared chromium //nolint:gochecknoglobals // one browser for the package, ended by TestMain

type chromium struct {
	once    sync.Once
	ctx     context.Context //nolint:containedctx // chromedp keeps its browser in one
	cancel  context.CancelFunc
	err     error
	started bool
}

var errNoChromium = errors.New("no chromium found (Debian: apt-get install chromium)")

// browserOf returns the context that tabs are made of.
func browserOf(t *testing.T) context.Context {
	t.Helper()
	shared.once.Do(shared.start)
	if errors.Is(shared.err, errNoChromium) && os.Getenv("CI") != "true" {
		t.Skip("THE PAGE IS NOT TESTED:", shared.err)
	}
	require.NoError(t, shared.err)
	return shared.ctx
}

func (c *chromium) start() {
	path := ""
	for _, name := range []string{"chromium", "google-chrome-stable", "google-chrome", "chromium-browser"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		c.err = errNoChromium
		return
	}
	c.started = true
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(1280, 900),
		// Times are written as somebody east of Greenwich sees them: what takes local time
		// for UTC shows.
		chromedp.Env("TZ=Europe/Istanbul", "LANG=en_US.UTF-8"), chromedp.Flag("lang", "en-US"),
		chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,OptimizationHints,MediaRouter"),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("font-render-hinting", "none"), chromedp.Flag("no-proxy-server", true))
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, endBrowser := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	c.ctx, c.cancel = ctx, func() { endBrowser(); endAllocator() }
	// The browser lives as long as the context of its first call.
	if err := chromedp.Do(ctx); err != nil {
		c.err = fmt.Errorf("start %s: %w", path, err)
	}
}

// close ends the browser and returns when its process is gone.
func (c *chromium) close() error {
	if !c.started {
		return nil
	}
	defer c.cancel()
	ctx, cancel := context.WithTimeout(c.ctx, 10*time.Second)
	defer cancel()
	if err := chromedp.Cancel(ctx); err != nil && c.err == nil {
		return fmt.Errorf("close: %w", err)
	}
	return nil
}
