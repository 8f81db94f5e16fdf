package browsertest_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// locate finds elements as a person does: what is seen, by its kind and its words.
//
//go:embed testdata/locate.js
var locate string

// evaluate calls a JavaScript function in the page and returns what it, or the promise
// that it returns, comes to.
func evaluate[T any](tb *tab, function string, arguments ...any) T {
	tb.t.Helper()
	value, err := try[T](tb, function, arguments...)
	require.NoError(tb.t, err, "%s %v", function, arguments)
	return value
}

// try is evaluate for what may fail: the page is just being loaded, say.
func try[T any](tb *tab, function string, arguments ...any) (T, error) {
	var encoded []string
	for _, argument := range arguments {
		text, err := json.Marshal(argument)
		if err != nil {
			var none T
			return none, fmt.Errorf("encode an argument: %w", err)
		}
		encoded = append(encoded, string(text))
	}
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T]("("+function+")("+strings.Join(encoded, ",")+")", chromedp.EvalAwaitPromise))
	if err != nil {
		return value, fmt.Errorf("evaluate: %w", err)
	}
	return value, nil
}

// until waits until a JavaScript function returns true.
func (tb *tab) until(function string, arguments ...any) {
	tb.t.Helper()
	require.Eventually(tb.t, func() bool {
		met, err := try[bool](tb, function, arguments...)
		return err == nil && met
	}, patience, tick, "never: %s %v", function, arguments)
}

// see waits until an element of a selector shows these words.
func (tb *tab) see(selector, words string) {
	tb.t.Helper()
	if !eventually(tb.t, func() bool { return tb.shows(selector, words) }) {
		tb.t.Fatalf("%q is never seen in %s, but %q", words, selector, evaluate[[]string](tb, `(selector) => `+locate+`.seen(selector).map((e) => e.innerText)`, selector))
	}
}

// eventually waits until something is so, and tells whether it came to that.
func eventually(t *testing.T, is func() bool) bool {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); { //nolint:forbidigo // real processes
		if is() {
			return true
		}
		<-time.After(tick)
	}
	return is()
}

// gone waits until none does.
func (tb *tab) gone(selector, words string) {
	tb.t.Helper()
	require.Eventually(tb.t, func() bool { return !tb.shows(selector, words) }, patience, tick, "%q is still seen in %s", words, selector)
}

// shows tells whether an element of a selector is seen that has these words.
func (tb *tab) shows(selector, words string) bool {
	found, err := try[bool](tb, `(selector, words) => `+locate+`.words(selector, words).length > 0`, selector, words)
	return err == nil && found
}

// text returns what the first element of a selector says.
func (tb *tab) text(selector string) string {
	tb.t.Helper()
	return evaluate[string](tb, `(selector) => (`+locate+`.seen(selector)[0]?.innerText ?? '').trim()`, selector)
}

// click presses the left button over what a selector and its name – its words, or what a
// screen reader says – stand for, as soon as that can be clicked: it is seen, enabled,
// does not move, and nothing is in front of it.
func (tb *tab) click(selector, name string, with ...chromedp.Modifier) {
	tb.t.Helper()
	x, y := tb.place(selector, name)
	tb.clickAt(x, y, 1, with...)
}

func (tb *tab) clickAt(x, y float64, count int, with ...chromedp.Modifier) {
	tb.t.Helper()
	tb.do(chromedp.MouseClickXY(x, y, chromedp.ButtonModifiers(with...), chromedp.ClickCount(count)))
}

// place waits until something can be clicked, and returns where.
func (tb *tab) place(selector, name string) (x, y float64) {
	tb.t.Helper()
	type spot struct {
		X, Y  float64
		Wrong string
	}
	var last spot
	if !eventually(tb.t, func() bool {
		now, err := try[spot](tb, `(selector, name) => `+locate+`.spot(selector, name)`, selector, name)
		if err != nil {
			now.Wrong = err.Error()
		}
		still := now == last
		last = now
		return still && now.Wrong == ""
	}) {
		tb.t.Fatalf("cannot click %s %q: %s", selector, name, last.Wrong)
	}
	return last.X, last.Y
}

// fill replaces what a field says, as typing does.
func (tb *tab) fill(selector, text string) {
	tb.t.Helper()
	tb.click(selector, "")
	evaluate[bool](tb, `(selector) => { `+locate+`.seen(selector)[0].select?.(); return true }`, selector)
	if text == "" {
		tb.key("Delete")
		return
	}
	tb.do(func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, input.InsertText, input.InsertTextParams{Text: text})
		return chromedp.Void{}, err //nolint:wrapcheck // told by do
	})
}

// set gives a value to a field that is not typed into, such as a time or a choice.
func (tb *tab) set(selector, value string) {
	tb.t.Helper()
	tb.place(selector, "")
	evaluate[bool](tb, `(selector, value) => {
		const field = `+locate+`.seen(selector)[0];
		field.value = value;
		for (const name of ['input', 'change']) field.dispatchEvent(new Event(name, { bubbles: true }));
		return field.value === value;
	}`, selector, value)
}

// key presses a key: a character, or the name of a key such as "Enter" or "ArrowDown".
func (tb *tab) key(name string, with ...chromedp.Modifier) {
	tb.t.Helper()
	press := input.DispatchKeyEventParams{Key: name, Code: name}
	switch name {
	case "Enter":
		press.WindowsVirtualKeyCode, press.Text = 13, "\r"
	case " ":
		press.WindowsVirtualKeyCode, press.Text, press.Code = 32, " ", "Space"
	case "Tab":
		press.WindowsVirtualKeyCode = 9
	case "Escape":
		press.WindowsVirtualKeyCode = 27
	case "Delete":
		press.WindowsVirtualKeyCode = 46
	case "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight":
		press.WindowsVirtualKeyCode = map[string]int64{"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}[name]
	default:
		press.Text, press.Code = name, ""
	}
	for _, modifier := range with {
		press.Modifiers |= int64(modifier)
	}
	tb.do(func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		press.Type = input.DispatchKeyEventTypeRawKeyDown
		if press.Text != "" {
			press.Type = input.DispatchKeyEventTypeKeyDown
		}
		_, down := cdp.Call(ctx, target, input.DispatchKeyEvent, press)
		press.Type, press.Text = input.DispatchKeyEventTypeKeyUp, ""
		_, up := cdp.Call(ctx, target, input.DispatchKeyEvent, press)
		return chromedp.Void{}, errors.Join(down, up)
	})
}

// focused describes what has the focus: its tag and its name.
func (tb *tab) focused() string {
	tb.t.Helper()
	return evaluate[string](tb, `() => {
		const e = document.activeElement;
		return e.tagName.toLowerCase() + ' ' + (e.getAttribute('aria-label') ?? e.id ?? e.textContent).trim();
	}`)
}

// settle waits until the view is shown and nothing of it is on its way.
func (tb *tab) settle() {
	tb.t.Helper()
	tb.until(`() => document.querySelector('main h1') !== null && document.querySelector('[aria-busy="true"]') === null &&
		![...document.querySelectorAll('main *')].some((e) => e.childElementCount === 0 && e.textContent === 'Loading…')`)
}
