package moduletest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// zoneName is where the browser is: what takes local time for UTC shows.
const zoneName = "Europe/Istanbul"

// patience is how long a module may take; a machine may be busy.
const patience = time.Minute

// shared has the modules loaded, started by the first test that needs them.
var shared modules //nolint:gochecknoglobals // one browser for the package, ended by TestMain

type modules struct {
	once sync.Once
	ctx  context.Context //nolint:containedctx // chromedp keeps its browser in one
	ends []func()
	err  error
	turn sync.Mutex // there is one tab
}

var errNoChromium = errors.New("no chromium found (Debian: apt-get install chromium)")

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
	path := ""
	for _, name := range []string{"chromium", "google-chrome-stable", "google-chrome", "chromium-browser"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		m.err = errNoChromium
		return
	}
	files := http.FileServer(http.Dir("../dashboard/assets"))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header().Set("Content-Type", "text/html")
			return
		}
		files.ServeHTTP(w, r)
	}))
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Env("TZ="+zoneName), chromedp.Flag("no-proxy-server", true))
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, endBrowser := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	m.ctx, m.ends = ctx, []func(){endBrowser, endAllocator, server.Close}
	// The browser lives as long as the context of its first call.
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL)); err != nil {
		m.err = fmt.Errorf("start %s: %w", path, err)
	}
}

// close ends the browser and returns when its process is gone.
func (m *modules) close() error {
	if m.ctx == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(m.ctx, 10*time.Second)
	defer cancel()
	err := chromedp.Cancel(ctx)
	for _, end := range m.ends {
		end()
	}
	return err //nolint:wrapcheck // TestMain says of what
}

// run imports a module and calls a function with it and an argument, which travels as
// JSON: `(module, argument) => value, or the promise of one`.
func run[T any](t *testing.T, module, function string, argument any) T {
	t.Helper()
	shared.once.Do(shared.start)
	if errors.Is(shared.err, errNoChromium) && os.Getenv("CI") != "true" {
		t.Skip("THE PAGE'S MODULES ARE NOT TESTED:", shared.err)
	}
	require.NoError(t, shared.err)
	encoded, err := json.Marshal(argument)
	require.NoError(t, err)
	shared.turn.Lock()
	defer shared.turn.Unlock()
	ctx, cancel := context.WithTimeout(shared.ctx, patience)
	defer cancel()
	expression := fmt.Sprintf(`import('/%s').then((module) => (%s)(module, %s)).then((value) => JSON.stringify(value))`, module, function, encoded)
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	var value T
	require.NoError(t, json.NewDecoder(strings.NewReader(text)).Decode(&value), text)
	return value
}
