package browsertest_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// reach presses Tab until a selector has the focus.
func (tb *tab) reach(selector string) {
	tb.t.Helper()
	for range 60 {
		if evaluate[bool](tb, `(selector) => document.activeElement.matches(selector)`, selector) {
			require.True(tb.t, evaluate[bool](tb, `() => {
				const style = getComputedStyle(document.activeElement);
				return document.activeElement.matches(':focus-visible') && (style.outlineStyle !== 'none' || style.boxShadow !== 'none');
			}`), "the focus on %s is not seen", selector)
			return
		}
		tb.key("Tab")
	}
	tb.t.Fatalf("%s cannot be reached with Tab; the focus is on %s", selector, tb.focused())
}

func TestKeyboard_FromTheListToARetryWithoutAMouse(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	s.fail(3)
	tb := open(t, s, "/")
	tb.see(".badge", "Stopped")
	tb.key("g")
	tb.key("m")
	tb.see("h1", "Messages")
	tb.rows(3)
	tb.key("/")
	require.Equal(t, "search", evaluate[string](tb, `() => document.activeElement.id`))
	tb.key("+")
	tb.key("?")
	require.Equal(t, "+?", evaluate[string](tb, `() => document.activeElement.value`), "in a field a key is what one writes")
	tb.fill("#search", "")

	tb.reach(".message-row:nth-child(1) input")
	tb.key(" ")
	tb.see(".message-bar", "1 selected")
	tb.key("ArrowDown", chromedp.ModifierShift)
	tb.see(".message-bar", "2 selected")
	tb.reach(".message-bar [data-act=retry]")
	tb.key("Enter")
	tb.see("dialog", "Retry 2 messages?")
	tb.key("Escape")
	tb.until(`() => document.querySelector('dialog') === null`)
	require.Equal(t, "retry", evaluate[string](tb, `() => document.activeElement.dataset.act`), "the focus goes back to where it was")
	require.Equal(t, 3, s.count("failed"))
	tb.key("Enter")
	tb.see("dialog", "Retry 2 messages?")
	tb.key("Enter")
	s.waitCount(2, "pending")
}

func TestKeyboard_HelpOpensAndClosesAndGivesTheFocusBack(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	tb := open(t, s, "/settings")
	tb.see("tr", "SCHEDULER_INTERVAL")
	tb.key("?")
	tb.see("dialog h2", "Keyboard")
	tb.see("dialog tr", "Search messages")
	tb.key("g")
	tb.key("m")
	require.Equal(t, "/settings", evaluate[string](tb, `() => location.pathname`), "keys rest while a dialog is open")
	tb.key("Escape")
	tb.until(`() => document.querySelector('dialog') === null`)
	tb.key("/")
	tb.until(`() => document.activeElement.id === 'search'`)

	tb.visit("/audit")
	tb.see("h1", "Audit")
	tb.reach("#help")
	tb.key("Enter")
	tb.see("dialog h2", "Keyboard")
	tb.key("Escape")
	tb.until(`() => document.activeElement.id === 'help'`)
}

func TestKeyboard_TheFirstTabSkipsToTheContent(t *testing.T) {
	t.Parallel()
	tb := open(t, serve(t, nil), "/audit")
	tb.see("h1", "Audit")
	tb.key("Tab")
	tb.see("a", "Skip to content")
	tb.key("Enter")
	tb.until(`() => document.activeElement.id === 'main'`)
	require.Equal(t, "#main", evaluate[string](tb, `() => location.hash`))
}
