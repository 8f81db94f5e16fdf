package deploytest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
)

// dashboard is the part of Grafana's model that the tests look at.
type dashboard struct {
	UID           string `json:"uid"`
	SchemaVersion int    `json:"schemaVersion"`
	Templating    struct {
		List []struct {
			Name  string `json:"name"`
			Type  string `json:"type"`
			Query any    `json:"query"`
		} `json:"list"`
	} `json:"templating"`
	Panels []panel `json:"panels"`
}

type panel struct {
	ID    int    `json:"id"`
	Type  string `json:"type"`
	Title string `json:"title"`
	Grid  struct {
		X int `json:"x"`
		Y int `json:"y"`
		W int `json:"w"`
		H int `json:"h"`
	} `json:"gridPos"`
	Datasource struct {
		UID string `json:"uid"`
	} `json:"datasource"`
	Targets []struct {
		Expr string `json:"expr"`
	} `json:"targets"`
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	var read dashboard
	require.NoError(t, json.Unmarshal([]byte(readFile(t, "deploy/grafana/auto-message-sender.json")), &read))
	require.NotEmpty(t, read.Panels)
	return read
}

// expressions returns every query, by the panel and its place there, with the variables
// filled in.
func (d dashboard) expressions() map[string]string {
	fill := strings.NewReplacer("$__rate_interval", "5m", "$job", "auto-message-sender", "$replica", "sender-1|sender-2")
	all := make(map[string]string)
	for _, panel := range d.Panels {
		for i, target := range panel.Targets {
			all[fmt.Sprintf("%s/%d", panel.Title, i)] = fill.Replace(target.Expr)
		}
	}
	return all
}

func TestDashboard_PanelsShowSomethingAndDoNotOverlap(t *testing.T) {
	t.Parallel()
	read := readDashboard(t)
	require.GreaterOrEqual(t, read.SchemaVersion, 39)

	ids, taken := make(map[int]bool), make(map[[2]int]string)
	for _, panel := range read.Panels {
		require.NotEmpty(t, panel.Title)
		require.False(t, ids[panel.ID], panel.Title)
		ids[panel.ID] = true
		for x := panel.Grid.X; x < panel.Grid.X+panel.Grid.W; x++ {
			for y := panel.Grid.Y; y < panel.Grid.Y+panel.Grid.H; y++ {
				require.Less(t, x, 24, panel.Title)
				require.Empty(t, taken[[2]int{x, y}], "%s lies over it", panel.Title)
				taken[[2]int{x, y}] = panel.Title
			}
		}
		if panel.Type != "row" {
			require.NotEmpty(t, panel.Targets, panel.Title)
			require.Equal(t, "${datasource}", panel.Datasource.UID, panel.Title)
		}
	}
}

func TestDashboard_UsesTheVariablesThatItAsksFor(t *testing.T) {
	t.Parallel()
	read := readDashboard(t)
	var names []string
	for _, variable := range read.Templating.List {
		names = append(names, variable.Name)
	}
	require.Equal(t, []string{"datasource", "job", "replica"}, names)

	for where, expr := range read.expressions() {
		require.NotContains(t, expr, "$", "%s has a variable that nobody sets", where)
		for _, selector := range regexp.MustCompile(`\b(?:ams|go|process)_[a-z0-9_]+(\{job="auto-message-sender"|.?)`).FindAllStringSubmatch(expr, -1) {
			require.Equal(t, `{job="auto-message-sender"`, selector[1], "%s would mix deployments", where)
		}
	}
}

func TestDashboard_NamesOnlyMetricsThatThereAre(t *testing.T) {
	t.Parallel()
	there := metricsThereAre(t)
	asked := make(map[string]bool)
	for where, expr := range readDashboard(t).expressions() {
		for name := range metricsIn(expr) {
			require.Contains(t, there, name, where)
			asked[name] = true
		}
	}
	// And of ours each is shown somewhere.
	shown := strings.Join(slices.Collect(maps.Keys(asked)), " ")
	for name := range there {
		if strings.HasPrefix(name, "ams_") && !regexp.MustCompile(`_(bucket|count|sum)$`).MatchString(name) {
			require.Contains(t, shown, name, "no panel shows it")
		}
	}
}

// promtool checks rules, so each query becomes one.
func TestDashboard_QueriesArePromQL(t *testing.T) {
	t.Parallel()
	type rule struct {
		Record string            `yaml:"record"`
		Expr   string            `yaml:"expr"`
		Labels map[string]string `yaml:"labels"`
	}
	type group struct {
		Name  string `yaml:"name"`
		Rules []rule `yaml:"rules"`
	}
	queries := group{Name: "dashboard"}
	for where, expr := range readDashboard(t).expressions() {
		queries.Rules = append(queries.Rules, rule{
			Record: fmt.Sprintf("query:%d", len(queries.Rules)), Expr: expr, Labels: map[string]string{"panel": where},
		})
	}
	text, err := yaml.Marshal(map[string][]group{"groups": {queries}})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "dashboard.yml")
	require.NoError(t, os.WriteFile(file, text, 0o600))

	promtool(t, "check", "rules", file)
}
