package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// cliWalk is the walk at the command line: the same roles, in front of replica A
// but where B is said.
type cliWalk struct {
	*ground

	t                        *testing.T
	reader, sender, operator person
}

// walkCLI goes on where walkHTTP ended: sending is stopped.
func walkCLI(t *testing.T, g *ground) {
	t.Helper()
	person := func(key string) person { return person{tb: t, server: g.a.URL(""), key: key, walked: g.walked} }
	w := &cliWalk{ground: g, t: t, reader: person(readerKey), sender: person(senderKey), operator: person(g.operatorKey)}
	g.mended.Store(false)
	w.exitCodes()
	w.sendToErased()
	w.failAndRetry()
	w.importAndChange()
	w.exportAndImport()
	w.backUpAndMove()
}

// atB is the same person in front of replica B.
func (w *cliWalk) atB(p person) person {
	p.server = w.b.URL("")
	return p
}

// exitCodes holds what scripts go by.
func (w *cliWalk) exitCodes() {
	for _, wrong := range []struct {
		who       person
		arguments string
		code      int
	}{
		{w.sender, "send --to +12 --content x", 2},
		{w.sender, "cancel --reference none", 2}, // without --yes
		{w.reader, "show none", 3},
		{w.reader, "send --to +905551234567 --content x", 5},
		{w.sender, "scheduler start", 5},
		{person{tb: w.t, server: w.a.URL(""), key: readerKey + "0"}, "list", 5},
	} {
		code, _, stderr := wrong.who.run(strings.Fields(wrong.arguments)...)
		require.Equal(w.t, wrong.code, code, "%s: %s", wrong.arguments, stderr)
		require.Contains(w.t, stderr, "error: ")
	}
}

// sendToErased follows one message from its preview until it is erased.
func (w *cliWalk) sendToErased() {
	preview := w.sender.must("send", "--to", "0555 123 45 67", "--content", strings.Repeat("ş", 71), "--dry-run")
	require.Contains(w.t, preview, "UCS-2")
	require.Contains(w.t, preview, "+905551234567")
	order := []string{"send", "--to", "+90 555 123 45 67", "--content", "Hello", "--idempotency-key", "k1", "--reference", "cli-1"}
	message := w.sender.object(order...)
	require.Equal(w.t, message, w.atB(w.sender).object(order...))
	id := textOf(w.t, message, "id")
	order[4] = "Other"
	code, _, stderr := w.sender.run(order...)
	require.Equal(w.t, 3, code, stderr)
	later := w.sender.object("send", "--to", "+905551234568", "--content", "Later", "--send-at", "+2h", "--validity", "1h", "--priority", "low")
	require.Equal(w.t, "scheduled", later["status"])
	require.Contains(w.t, w.atB(w.reader).must("show", id), "position")

	require.Contains(w.t, w.operator.must("scheduler", "pace", "--interval", "1s", "--messages", "5", "--reason", "test"), "5 every 1s")
	require.Contains(w.t, w.operator.must("scheduler", "start", "--reason", "test"), "started")
	code, _, _ = w.atB(w.operator).run("scheduler", "start")
	require.Equal(w.t, 3, code)
	w.untilSent(id)
	require.Contains(w.t, w.reader.must("show", id), "202")
	require.Contains(w.t, w.atB(w.reader).must("scheduler", "status"), "running since")
	require.Contains(w.t, w.reader.must("stats"), "running, 5 every 1s")
	require.Contains(w.t, w.reader.must("list", "--status", "sent", "--reference", "cli-1"), id)
	code, _, _ = w.sender.run("cancel", id)
	require.Equal(w.t, 3, code, "it is sent")
	laterID := textOf(w.t, later, "id")
	require.Contains(w.t, w.sender.must("cancel", laterID), "canceled "+laterID)
	require.Contains(w.t, w.operator.must("erase", id, "--yes"), "erased")
	require.NotContains(w.t, w.atB(w.reader).must("show", id), "Hello")
}

// untilSent asks the API itself: a command takes longer to start than it takes to ask.
func (w *cliWalk) untilSent(id string) {
	w.t.Helper()
	reader := caller{t: w.t, server: w.b, key: readerKey}
	require.Eventually(w.t, func() bool { return reader.message(id)["status"] == "sent" }, patience, 50*time.Millisecond)
}

// failAndRetry sends again what was refused, and stops.
func (w *cliWalk) failAndRetry() {
	id := textOf(w.t, w.sender.object("send", "--to", "+905551234569", "--content", "refuse", "--reference", "cli-refused"), "id")
	reader := caller{t: w.t, server: w.b, key: readerKey}
	require.Eventually(w.t, func() bool { return reader.message(id)["status"] == "failed" }, patience, 50*time.Millisecond)
	require.Contains(w.t, w.reader.must("list", "--status", "failed", "--failed-after", "-1h"), id)
	w.mended.Store(true)
	require.Contains(w.t, w.operator.must("retry", "--failed-after", "-1h", "--yes"), "1 retried")
	w.untilSent(id)
	require.Contains(w.t, w.atB(w.operator).must("scheduler", "stop"), "stopped")
}

// importAndChange imports a file with a line that is wrong, corrects it, and calls
// all of it off.
func (w *cliWalk) importAndChange() {
	const lines = 30
	path := file(w.t, "customers.csv", customers(lines)+"+12,too short,campaign\n")
	code, stdout, stderr := w.sender.run("import", path)
	require.Equal(w.t, 6, code, stderr)
	require.Contains(w.t, stdout, "31 messages read: 30 accepted, 0 accepted before, 1 refused")
	require.Contains(w.t, stderr, "line 32: ")
	refused, err := os.ReadFile(path + ".errors.csv") //nolint:gosec // the test's own
	require.NoError(w.t, err)
	require.Contains(w.t, string(refused), "+12,too short,campaign")

	corrected := strings.Replace(string(refused), "+12,", "+905559999999,", 1)
	require.Contains(w.t, w.sender.must("import", file(w.t, "again.csv", corrected), "--campaign", "customers.csv"), "1 accepted")
	all := strings.Replace(customers(lines)+"+12,too short,campaign\n", "+12,", "+905559999999,", 1)
	require.Contains(w.t, w.atB(w.sender).must("import", file(w.t, "customers.csv", all)), "0 accepted, 31 accepted before")

	require.EqualValues(w.t, 31, w.operator.object("cancel", "--reference", "campaign", "--dry-run")["matched"])
	require.Contains(w.t, w.operator.must("cancel", "--reference", "campaign", "--yes"), "31 canceled")
	require.Contains(w.t, w.operator.must("retry", "--reference", "campaign", "--yes"), "0 retried")
}

// exportAndImport moves messages by files: our own, and mongoexport's.
func (w *cliWalk) exportAndImport() {
	out := filepath.Join(w.t.TempDir(), "all.ndjson")
	w.atB(w.reader).must("export", "--status", "canceled", "--reference", "campaign", "--output", out)
	exported, err := os.ReadFile(out) //nolint:gosec // the test's own
	require.NoError(w.t, err)
	require.Equal(w.t, 31, strings.Count(string(exported), "\n"))
	asCSV := file(w.t, "all.csv", w.reader.must("export", "--format", "csv", "--reference", "campaign"))
	require.Contains(w.t, w.sender.must("import", asCSV, "--campaign", "once more"), "0 accepted, 0 accepted before, 0 refused, 31 skipped (31 for their status)")
	require.Contains(w.t, w.sender.must("import", asCSV, "--ignore-unknown", "--campaign", "once more", "--again"), "31 accepted")

	documents := `{"_id":"68a795179072a717e6a17f37","to":"+905551234570","content":"Test mesajı 9","status":"pending","created_at":{"$date":{"$numberLong":"1755798743223"}},"retry_count":{"$numberInt":"0"}}` +
		"\n" + `{"_id":{"$oid":"68a795179072a717e6a17f38"},"to":"+905551234570","content":"x","status":"sent"}` + "\n"
	require.Contains(w.t, w.sender.must("import", file(w.t, "messages.json", documents)), "1 accepted, 0 accepted before, 0 refused, 1 skipped (1 for their status)")
	require.Contains(w.t, w.reader.must("list", "--limit", "1", "--json"), "Test mesajı 9")
}
