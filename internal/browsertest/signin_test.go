package browsertest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// signIn puts a key into the form.
func (tb *tab) signIn(key string) {
	tb.t.Helper()
	tb.see("h1", "Sign in")
	tb.fill("#api-key", key)
	tb.key("Enter")
}

// openAs is open with somebody's key.
func openAs(t *testing.T, s *service, key, path string) *tab {
	t.Helper()
	tb := newTab(t, s)
	tb.expect("status of 401")
	tb.visit(path)
	tb.signIn(key)
	tb.gone("h1", "Sign in")
	return tb
}

func TestSignIn_TheKeyIsCheckedKeptForTheTabAndForgotten(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"API_KEYS": people})
	tb := newTab(t, s)
	tb.expect("status of 401")
	tb.visit("/audit")

	tb.signIn("no spaces are in keys")
	tb.see("#api-key-error", "without spaces")
	tb.signIn("wrong-0123456789abcdef")
	tb.see("#api-key-error", "not known")
	require.Empty(t, evaluate[string](tb, `() => sessionStorage.getItem('ams-key') ?? ''`), "a wrong key is not kept")

	tb.signIn(operatorKey)
	tb.see("h1", "Audit")
	tb.see("#who", "olga")
	tb.visit("/settings") // anew, as by a reload
	tb.see("h1", "Settings")
	tb.see("#who", "olga")

	require.NotContains(t, evaluate[string](tb, `() => JSON.stringify(localStorage) + document.cookie + location.href + JSON.stringify(history.state)`), operatorKey)
	require.Empty(t, tb.asked(operatorKey), "the key is in an address")
	require.NotContains(t, evaluate[string](tb, `() => document.documentElement.outerHTML`), operatorKey)

	tb.click("button", "Sign out")
	tb.see("h1", "Sign in")
	require.Empty(t, evaluate[string](tb, `() => sessionStorage.getItem('ams-key') ?? ''`))
	tb.visit("/settings")
	tb.see("h1", "Sign in")
}

func TestSignIn_AReaderIsOfferedNothingToChange(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"API_KEYS": people})
	failed := s.accept("+905551110001", "refuse this")
	waiting := s.accept("+905551110002", "later", `"send_at":"`+inAnHour()+`"`)
	s.call("POST", "/scheduler/start", "")
	s.waitCount(1, "failed")
	buttons := `() => ` + locate + `.seen('main button, main input[type=checkbox]').map((e) => ` + locate + `.name(e)).join('|')`

	tb := openAs(t, s, readerKey, "/")
	tb.see(".badge", "Running")
	require.NotRegexp(t, "Stop|Start|pace", evaluate[string](tb, buttons))
	tb.visit("/messages")
	tb.see(".message-row", "refuse this")
	require.NotRegexp(t, "Retry|Cancel|Select", evaluate[string](tb, buttons))
	for _, id := range []string{failed, waiting} {
		tb.visit("/messages/" + id)
		tb.see("h2", "Its way")
		require.NotRegexp(t, "Retry|Cancel|Erase", evaluate[string](tb, buttons))
	}

	// A sender may retry and cancel, and not erase.
	tb = openAs(t, s, senderKey, "/messages/"+failed)
	tb.see("button", "Retry")
	require.NotContains(t, evaluate[string](tb, buttons), "Erase")
	tb.visit("/")
	tb.see(".badge", "Running")
	require.NotRegexp(t, "Stop|Start|pace", evaluate[string](tb, buttons))
}

func TestSignIn_AKeyThatIsTakenAwayLeadsBackToTheForm(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"API_KEYS": people})
	tb := openAs(t, s, senderKey, "/settings")
	tb.settle()
	s.Kill()
	s.with["API_KEYS"] = "olga:operator:" + operatorKey
	s.start()
	tb.click("nav a", "Audit")
	tb.see("h1", "Sign in")
	tb.see("#api-key-error", "not known any more")
}
