package browsertest_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"auto-message-sender/internal/e2e/program"
)

const (
	// patience is how long a test waits for what must come.
	patience = 30 * time.Second
	// tick is how often it looks.
	tick = 40 * time.Millisecond
)

var (
	update   = flag.Bool("update", false, "write the README's pictures, docs/images")                     //nolint:gochecknoglobals // a flag
	pictures = flag.String("pictures", "", "directory to write a picture of every screen into, absolute") //nolint:gochecknoglobals // a flag
)

// binary builds the program once for all tests of the package and returns its path.
var binary = sync.OnceValues(func() (string, error) { //nolint:gochecknoglobals // built once, removed by TestMain
	dir, err := os.MkdirTemp("", "ams-browser-")
	if err != nil {
		return "", fmt.Errorf("make a directory: %w", err)
	}
	return program.Build(context.Background(), dir, "nomsgpack", underRace)
})

// atOnce is how many tests run at the same time, also on fewer processors: much of what
// they do is to wait for processes.
const atOnce = 3

func TestMain(m *testing.M) {
	flag.Parse()
	if runtime.GOMAXPROCS(0) < atOnce && !isSet("test.parallel") {
		_ = flag.Set("test.parallel", strconv.Itoa(atOnce))
	}
	code := m.Run()
	if err := shared.browser.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "the browser did not end:", err)
		code = 1
	}
	http.DefaultClient.CloseIdleConnections()
	if shared.browser != nil {
		if path, err := binary(); err == nil {
			_ = os.RemoveAll(filepath.Dir(path))
		}
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// isSet tells whether somebody gave a flag.
func isSet(name string) bool {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	return given
}
