package moduletest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"auto-message-sender/internal/chromium"
)

// zoneName is where the browser is: what takes local time for UTC shows.
const zoneName = "Europe/Istanbul"

// patience is how long a module may take; a machine may be busy.
const patience = time.Minute

// shared has the modules loaded, started by the first test that needs them.
var shared modules //nolint:gochecknoglobals // one browser for the package, ended by TestMain

type modules struct {
	once    sync.Once
	browser *chromium.Browser // nil: none was started
	files   *httptest.Server
	err     error
	turn    sync.Mutex // there is one tab
}

func TestMain(m *testing.M) {
	code := m.Run()
	if err := shared.close(); err != nil {
		fmt.Fprintln(os.Stderr, "the browser did not end:", err)
		code = 1
	}
	http.DefaultClient.CloseIdleConnections()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// start starts the browser on an empty page beside the modules.
func (m *modules) start() {
	if m.browser, m.err = chromium.Start(chromedp.Env("TZ=" + zoneName)); m.err != nil {
		return
	}
	files := http.FileServer(http.Dir("../dashboard/assets"))
	m.files = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header().Set("Content-Type", "text/html")
			return
		}
		files.ServeHTTP(w, r)
	}))
	m.err = chromedp.Do(m.browser.Context, chromedp.Navigate(m.files.URL))
}

// close ends the browser and returns when its process is gone.
func (m *modules) close() error {
	err := m.browser.Close()
	if m.files != nil {
		m.files.Close()
	}
	return err //nolint:wrapcheck // it says what did not end
}

// run imports a module and calls a function with it and an argument, which travels as
// JSON: `(module, argument) => value, or the promise of one`.
func run[T any](t *testing.T, module, function string, argument any) T {
	t.Helper()
	shared.once.Do(shared.start)
	if errors.Is(shared.err, chromium.ErrNone) && os.Getenv("CI") != "true" {
		t.Skip("THE PAGE'S MODULES ARE NOT TESTED:", shared.err)
	}
	require.NoError(t, shared.err)
	encoded, err := json.Marshal(argument)
	require.NoError(t, err)
	shared.turn.Lock()
	defer shared.turn.Unlock()
	ctx, cancel := context.WithTimeout(shared.browser.Context, patience)
	defer cancel()
	expression := fmt.Sprintf(`import('/%s').then((module) => (%s)(module, %s)).then((value) => JSON.stringify(value))`, module, function, encoded)
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	var value T
	require.NoError(t, json.NewDecoder(strings.NewReader(text)).Decode(&value), text)
	return value
}
