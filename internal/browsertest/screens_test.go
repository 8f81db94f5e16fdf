package browsertest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// screen is one thing that the page can show, and how one gets there.
type screen struct {
	name, path string
	reach      func(tb *tab)
}

func screens(scene *scene) []screen {
	return []screen{
		{"overview", "/", func(tb *tab) {
			tb.see(".tile", "in the last hour")
			tb.until(`() => document.querySelector('.chart canvas') !== null`)
		}},
		{"messages", "/messages", func(tb *tab) { tb.see(".message-row", "Randevunuz") }},
		{"selection", "/messages?status=failed", func(tb *tab) {
			tb.click(".message-row:nth-child(1) input", "")
			tb.click(".message-row:nth-child(2) input", "")
			tb.see(".message-bar", "2 selected")
		}},
		{"question", "/messages?status=failed", func(tb *tab) {
			tb.click(".message-row:nth-child(1) input", "")
			tb.click(".message-bar button", "Select all that match")
			tb.click(".message-bar button", "Retry")
			tb.see("dialog", "messages?")
		}},
		{"nothing-found", "/messages?reference=order-0", func(tb *tab) { tb.see("h2", "Nothing found") }},
		{"message", "/messages/" + scene.failed, func(tb *tab) { tb.see(".timeline-item", "Failed for good") }},
		{"compose", "/compose", func(tb *tab) {
			tb.fill("#content", strings.Repeat("Your order is on its way, and will be there on Monday. ", 4)+"😀")
			tb.fill("#to", "+12")
			tb.see(".message-pieces", "on its way")
			tb.see(".field:has(#to) .error", "digits")
		}},
		{"import", "/compose?tab=import", func(tb *tab) {
			tb.choose(file(tb.t, "spring.csv", campaign))
			tb.see("section:has(#refused-title)", "content is required")
		}},
		{"audit", "/audit", func(tb *tab) { tb.see("tr", "lunch") }},
		{"settings", "/settings", func(tb *tab) { tb.see("tr", "SCHEDULER_INTERVAL") }},
		{"pace", "/", func(tb *tab) { tb.click("button", "Change the pace"); tb.see("dialog", "every") }},
		{"help", "/settings", func(tb *tab) { tb.see("tr", "SCHEDULER_INTERVAL"); tb.key("?"); tb.see("dialog h2", "Keyboard") }},
		{"not-there", "/messages/none", func(tb *tab) { tb.expect("status of 404"); tb.see("h2", "There is no message") }},
	}
}

// looks are the ways in which each screen is looked at. The last has the colours of one and
// the lines of another: only pictures are taken of it.
func looks() []look {
	all := []look{{"light", 1280, 900, "light"}, {"dark", 1280, 900, "dark"}, {"narrow", 390, 844, "light"}, {"narrow-dark", 390, 844, "dark"}}
	if *pictures == "" {
		return all[:3]
	}
	return all
}

type look struct {
	name          string
	width, height int64
	scheme        string
}

// appear gives the tab a size and a colour scheme.
func (tb *tab) appear(l look) {
	tb.t.Helper()
	tb.do(func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		if _, err := cdp.Call(ctx, target, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: l.width, Height: l.height, DeviceScaleFactor: 1, Mobile: l.width < 500,
		}); err != nil {
			return chromedp.Void{}, err //nolint:wrapcheck // told by do
		}
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return chromedp.Void{}, err //nolint:wrapcheck // told by do
	})
	// Two frames: one to lay it out, one to draw it.
	evaluate[bool](tb, `() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
}

// Every screen, light and dark, on a desk and on a phone: axe-core finds nothing serious
// in it, and nothing makes the page wider than it is. -pictures shows what it looks like.
func TestScreens_AreAccessibleAndFitEverywhere(t *testing.T) {
	t.Parallel()
	scene := newScene(t)
	shots := append(screens(scene), screen{"empty", "/", nil}, screen{"empty-messages", "/messages", nil}, screen{"sign-in", "/", nil})
	empty, closed := serve(t, nil), serve(t, settings{"API_KEYS": people})
	for _, shot := range shots {
		t.Run(shot.name, func(t *testing.T) {
			t.Parallel()
			var tb *tab
			switch shot.name {
			case "empty", "empty-messages":
				tb = open(t, empty, shot.path)
				tb.see("h2", "No messages yet")
			case "sign-in":
				tb = newTab(t, closed)
				tb.expect("status of 401")
				tb.visit(shot.path)
				tb.see("h1", "Sign in")
			default:
				tb = newTab(t, scene.service)
				tb.visit(shot.path)
				shot.reach(tb)
			}
			tb.settle()
			for _, l := range looks() {
				tb.appear(l)
				for _, barrier := range tb.barriers() {
					t.Errorf("%s: %s", l.name, barrier)
				}
				if wide := evaluate[int64](tb, `() => document.documentElement.scrollWidth`); wide > l.width {
					t.Errorf("%s: %d pixels wide: it must be scrolled to the side", l.name, wide)
				}
				if *pictures != "" {
					save(t, tb, filepath.Join(*pictures, fmt.Sprintf("%s-%s.png", shot.name, l.name)))
				}
			}
		})
	}
}

// save writes what the tab shows now as a PNG.
func save(t *testing.T, tb *tab, path string) {
	t.Helper()
	picture, err := chromedp.Run(tb.ctx, chromedp.CaptureScreenshot())
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755)) //nolint:gosec // to be seen by everybody
	require.NoError(t, os.WriteFile(path, picture, 0o644))     //nolint:gosec // likewise
}
