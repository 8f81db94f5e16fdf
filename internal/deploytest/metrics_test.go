package deploytest_test

import (
	"regexp"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/stretchr/testify/require"
)

// metricsIn returns the names of metrics in an expression or a text, ours and those of
// Go and of the process.
func metricsIn(text string) map[string]bool {
	names := make(map[string]bool)
	for _, name := range regexp.MustCompile(`\b(?:ams|go|process)_[a-z0-9_]+`).FindAllString(text, -1) {
		names[name] = true
	}
	return names
}

// metricsThereAre returns what can be asked for: what docs/metrics.md lists, with the
// series that a histogram is made of, and what client_golang tells of Go and the process.
func metricsThereAre(t *testing.T) map[string]bool {
	t.Helper()
	there := make(map[string]bool)
	row := regexp.MustCompile("(?m)^\\| `(ams_[a-z_]+)` \\|[^\n]*")
	for _, found := range row.FindAllStringSubmatch(readFile(t, "docs/metrics.md"), -1) {
		there[found[1]] = true
		if regexp.MustCompile(`\bhistogram\b`).MatchString(found[0]) {
			for _, part := range []string{"_bucket", "_count", "_sum"} {
				there[found[1]+part] = true
			}
		}
	}
	require.NotEmpty(t, there)

	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		there[family.GetName()] = true
	}
	return there
}
