// Package chromium starts the browser that tests look at the page with: Debian's
// chromium, or Chrome.
package chromium

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/chromedp/chromedp"
)

// endLimit bounds how long the browser may take to end.
const endLimit = 10 * time.Second

// ErrNone says that no browser is installed.
var ErrNone = errors.New("no chromium found (Debian: apt-get install chromium)")

// Browser is a browser of our own, without a window.
type Browser struct {
	// Context is what tabs are made of: see chromedp.NewContext.
	Context context.Context //nolint:containedctx // chromedp keeps its browser in one
	end     func()
}

// Start starts a browser with the options beside those that every one has. It lives
// until Close.
func Start(options ...chromedp.ExecAllocatorOption) (*Browser, error) {
	path, err := find()
	if err != nil {
		return nil, err
	}
	usual := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("no-proxy-server", true))
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), append(usual, options...)...)
	ctx, endBrowser := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	b := &Browser{Context: ctx, end: func() { endBrowser(); endAllocator() }}
	// The browser lives as long as the context of its first call.
	if err := chromedp.Do(ctx); err != nil {
		b.end()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return b, nil
}

func find() (string, error) {
	for _, name := range []string{"chromium", "google-chrome-stable", "google-chrome", "chromium-browser"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNone
}

// Close ends the browser and returns when its process is gone. A nil Browser has none.
func (b *Browser) Close() error {
	if b == nil {
		return nil
	}
	defer b.end()
	ctx, cancel := context.WithTimeout(b.Context, endLimit)
	defer cancel()
	if err := chromedp.Cancel(ctx); err != nil {
		return fmt.Errorf("end the browser: %w", err)
	}
	return nil
}
