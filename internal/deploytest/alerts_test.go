package deploytest_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type alert struct {
	Name        string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func readAlerts(t *testing.T) []alert {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []alert `yaml:"rules"`
		} `yaml:"groups"`
	}
	readYAML(t, "deploy/prometheus/alerts.yml", &file)
	var all []alert
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	require.NotEmpty(t, all)
	return all
}

func TestAlerts_EachSaysHowBadItIsAndWhereToReadOn(t *testing.T) {
	t.Parallel()
	there := anchors(readFile(t, "docs/operations.md"))
	names := make(map[string]bool)

	for _, alert := range readAlerts(t) {
		require.Regexp(t, `^Ams[A-Z][A-Za-z]+$`, alert.Name)
		require.False(t, names[alert.Name], "%s is there twice", alert.Name)
		names[alert.Name] = true
		require.Contains(t, []string{"critical", "warning", "info"}, alert.Labels["severity"], alert.Name)
		require.NotEmpty(t, alert.Annotations["summary"], alert.Name)
		require.NotEmpty(t, alert.Annotations["description"], alert.Name)

		anchor, found := strings.CutPrefix(alert.Annotations["runbook_url"], "docs/operations.md#")
		require.True(t, found, alert.Name)
		require.Contains(t, there, anchor, alert.Name)
	}
}

// scenario is one test of alertTests: series, and all alerts that then fire.
type scenario struct {
	Name  string `yaml:"name"`
	Input []struct {
		Series string `yaml:"series"`
	} `yaml:"input_series"`
	Checks []struct {
		Expr    string `yaml:"expr"`
		Samples []struct {
			Labels string `yaml:"labels"`
		} `yaml:"exp_samples"`
	} `yaml:"promql_expr_test"`
}

// tells reports whether the scenario has series of every metric that an expression asks
// for: only then does it show something about it.
func (s scenario) tells(expr string) bool {
	var series strings.Builder
	for _, input := range s.Input {
		series.WriteString(input.Series + "\n")
	}
	for name := range metricsIn(expr) {
		if !strings.Contains(series.String(), name+"{") {
			return false
		}
	}
	return true
}

// shows reports whether an alert is seen to fire, and to be quiet, in the scenario.
func (s scenario) shows(name string) (fires, quiet bool) {
	for _, check := range s.Checks {
		listed := false
		for _, sample := range check.Samples {
			listed = listed || strings.Contains(sample.Labels, `alertname="`+name+`"`)
		}
		fires, quiet = fires || listed, quiet || !listed
	}
	return fires, quiet
}

// alertTests are the files that say when which alerts fire.
func alertTests() []string { return []string{"alerts_test.yml", "alerts_slow_pace_test.yml"} }

// promtool shows that these files are true; this, that it speaks of every alert.
func TestAlerts_EachIsTestedBothWays(t *testing.T) {
	t.Parallel()
	var scenarios []scenario
	for _, name := range alertTests() {
		var file struct {
			Tests []scenario `yaml:"tests"`
		}
		readYAML(t, "deploy/prometheus/"+name, &file)
		scenarios = append(scenarios, file.Tests...)
	}
	for _, scenario := range scenarios {
		for _, check := range scenario.Checks {
			require.Equal(t, `ALERTS{alertstate="firing"}`, check.Expr, "%s: a check lists all that fires", scenario.Name)
		}
	}

	for _, alert := range readAlerts(t) {
		var fires, quiet int // scenarios
		for _, scenario := range scenarios {
			if !scenario.tells(alert.Expr) {
				continue
			}
			fired, kept := scenario.shows(alert.Name)
			switch {
			case fired:
				fires++
			case kept:
				quiet++
			}
		}
		// An absent metric has no series.
		if !strings.HasPrefix(alert.Expr, "absent(") {
			require.NotZero(t, fires, "%s is never seen to fire", alert.Name)
		}
		require.NotZero(t, quiet, "%s is never seen to be quiet where it might fire", alert.Name)
	}
}

func TestPrometheus_CollectsUnderTheNameThatTheAlertsLookFor(t *testing.T) {
	t.Parallel()
	var file struct {
		RuleFiles []string `yaml:"rule_files"`
		Jobs      []struct {
			Name string `yaml:"job_name"`
		} `yaml:"scrape_configs"`
	}
	readYAML(t, "deploy/prometheus/prometheus.yml", &file)
	require.Equal(t, []string{"alerts.yml"}, file.RuleFiles)
	require.Len(t, file.Jobs, 1)
	for _, alert := range readAlerts(t) {
		for _, job := range regexp.MustCompile(`job="([^"]*)"`).FindAllStringSubmatch(alert.Expr, -1) {
			require.Equal(t, file.Jobs[0].Name, job[1], alert.Name)
		}
	}
}

func TestAlerts_NameOnlyMetricsThatThereAre(t *testing.T) {
	t.Parallel()
	there := metricsThereAre(t)
	for _, alert := range readAlerts(t) {
		for name := range metricsIn(alert.Expr) {
			require.Contains(t, there, name, "%s; there are %v", alert.Name, slices.Sorted(maps.Keys(there)))
		}
	}
}
