package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/cli"
)

// write makes a file and returns its path.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestImport_TellsTheCountsAndTheRefusedLinesAndEndsWithSix(t *testing.T) {
	t.Parallel()
	path := write(t, "customers.csv", "to,content\n+1,a\n+2,b\n+3\n")
	answers := map[string]string{
		"POST /messages/batch": `{"accepted":1,"refused":1,"complete":true,"results":[{"line":1,"id":"x"},{"line":2,"errors":[{"field":"to","message":"is too short"}]}]}`,
	}
	p := setup(t, answers)
	code, says := p.run("import", path)
	require.Equal(t, cli.ExitRefused, code, says)
	require.Contains(t, p.stdout.String(), "3 messages read: 1 accepted, 0 accepted before, 2 refused, 0 skipped")
	require.Contains(t, p.stderr.String(), "campaign: customers.csv (the file's name, without its folder). Another file of this name counts as the same campaign")
	require.Contains(t, p.stderr.String(), "line 3: to is too short")
	require.Contains(t, p.stderr.String(), "line 4: has 1 fields")
	refused, err := os.ReadFile(path + ".errors.csv") //nolint:gosec // the test's own
	require.NoError(t, err)
	require.Contains(t, string(refused), "3,to is too short,+2,b\n")

	p = setup(t, answers)
	code, _ = p.run("import", path, "--json", "--campaign", "spring")
	require.Equal(t, cli.ExitRefused, code)
	var told map[string]any
	require.NoError(t, json.Unmarshal([]byte(p.stdout.String()), &told))
	require.Equal(t, map[string]any{
		"read": 3.0, "accepted": 1.0, "duplicates": 0.0, "refused": 2.0, "skipped": 0.0, "complete": true, "errors_file": path + ".errors-2.csv",
	}, told, "a file of refusals that somebody may be correcting stays")
	require.Contains(t, p.stderr.String(), "campaign: spring\n")
}

func TestImport_FromStandardInputWithoutRefusalsMakesNoFile(t *testing.T) {
	t.Parallel()
	p := setup(t, map[string]string{"POST /messages/batch": `{"results":[{"line":1,"id":"x"}]}`})
	p.Stdin = strings.NewReader(`{"to":"+1","content":"a"}`)
	p.terminal = true // a bar is shown, and taken away
	refusals := filepath.Join(t.TempDir(), "refused")
	code, says := p.run("import", "-", "--campaign", "c", "--errors", refusals)
	require.Zero(t, code, says)
	require.NoFileExists(t, refusals)
	require.Contains(t, p.asked[1], `"idempotency_key":"`)
}

func TestImport_DryRunSendsNothingAndMakesNoFile(t *testing.T) {
	t.Parallel()
	path := write(t, "customers.csv", "to,content\n+1,a\n+2,\n")
	p := setup(t, nil)
	code, says := p.run("import", path, "--dry-run")
	require.Equal(t, cli.ExitRefused, code, says)
	require.Contains(t, p.stdout.String(), "2 messages read: 1 would be sent to the server")
	require.Contains(t, p.stderr.String(), "line 3: content is required")
	require.Empty(t, p.asked)
	require.NoFileExists(t, path+".errors.csv")
}

func TestImport_ThatCannotGoOnSaysHowFarItGotAndWhatToDo(t *testing.T) {
	t.Parallel()
	path := write(t, "customers.csv", "to,content\n+1,a\n")
	for answer, code := range map[string]int{
		"503 the store is away":       cli.ExitUnreachable,
		"403 the role reader may not": cli.ExitNotAllowed,
	} {
		p := setup(t, map[string]string{"POST /messages/batch": answer})
		got, says := p.run("import", path, "--wait", "0s")
		require.Equal(t, code, got, says)
		require.Contains(t, p.stdout.String(), "1 messages read: 0 accepted")
		require.Contains(t, p.stderr.String(), "The same command goes on")
	}
	p := setup(t, nil)
	code, _ := p.run("import", path, "--server", "http://127.0.0.1:1")
	require.Equal(t, cli.ExitUnreachable, code)
	require.Empty(t, p.stdout.String())
}

func TestImport_SaysBeforeAnythingIsSentWhatItPassesOverForItsStatus(t *testing.T) {
	t.Parallel()
	path := write(t, "sent.csv", "id,to,content,status\na,+1,a,sent\nb,+2,b,pending\nc,+3,c,canceled\n")
	answers := map[string]string{"POST /messages/batch": `{"results":[{"line":1,"id":"x"},{"line":2,"id":"y"},{"line":3,"id":"z"}]}`}
	const notice = "2 of 3 messages are passed over: their status is neither pending nor scheduled; --again sends them, too\n"

	p := setup(t, answers)
	code, says := p.run("import", path)
	require.Zero(t, code, says)
	require.True(t, strings.HasPrefix(p.stderr.String(), notice), p.stderr.String())
	require.Contains(t, p.stdout.String(), "3 messages read: 1 accepted, 0 accepted before, 0 refused, 2 skipped (2 for their status)")
	require.NotContains(t, p.asked[1], "+1")
	require.NotContains(t, p.asked[1], "+3")

	p = setup(t, answers)
	code, says = p.run("import", path, "--again")
	require.Zero(t, code, says)
	require.NotContains(t, p.stderr.String(), "--again")
	require.Contains(t, p.stdout.String(), "3 accepted, 0 accepted before, 0 refused, 0 skipped\n")

	p = setup(t, nil)
	code, says = p.run("import", path, "--dry-run", "--json")
	require.Zero(t, code, says)
	require.Equal(t, notice, strings.SplitAfter(p.stderr.String(), "\n")[0])
	require.Contains(t, p.stdout.String(), `"accepted":1,"duplicates":0,"refused":0,"skipped":2,"final":2`)

	p = setup(t, answers)
	p.Stdin = strings.NewReader(`{"to":"+1","content":"a","status":"failed"}`)
	code, says = p.run("import", "-", "--campaign", "c")
	require.Zero(t, code, says)
	require.Contains(t, p.stderr.String(), "messages with a status other than pending or scheduled are passed over; --again sends them, too")
	require.Contains(t, p.stdout.String(), "1 messages read: 0 accepted, 0 accepted before, 0 refused, 1 skipped")
}

func TestImport_ShowsTheFirstRefusedLinesInOrder(t *testing.T) {
	t.Parallel()
	path := write(t, "customers.csv", "to,content\n+1,a\n+2\n+3,c\n+4\n+5\n+6\n+7\n")
	p := setup(t, map[string]string{
		"POST /messages/batch": `{"results":[{"line":1,"errors":[{"field":"to","message":"is too short"}]},{"line":2,"errors":[{"field":"to","message":"is too short"}]}]}`,
	})
	code, _ := p.run("import", path)
	require.Equal(t, cli.ExitRefused, code)
	var shown []string
	for line := range strings.Lines(p.stderr.String()) {
		if number, _, found := strings.Cut(line, ":"); found && strings.HasPrefix(line, "line ") {
			shown = append(shown, number)
		}
	}
	require.Equal(t, []string{"line 2", "line 3", "line 4", "line 5", "line 6"}, shown)
}

func TestImport_OfAFileThatCannotBeOpenedNamesNoCampaign(t *testing.T) {
	t.Parallel()
	p := setup(t, nil)
	code, says := p.run("import", filepath.Join(t.TempDir(), "nowhere.csv"))
	require.Equal(t, cli.ExitUsage, code)
	require.Contains(t, says, "no such file")
	require.Empty(t, p.stderr.String())
}
