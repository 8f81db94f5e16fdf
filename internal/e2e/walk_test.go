package e2e_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // "sqlite"
)

// ground is where the walk goes: two replicas on one store, and a webhook.
type ground struct {
	a, b *process
	hook *receiver
	// mended: the webhook takes what it refuses otherwise, contents with "refuse".
	mended atomic.Bool
	// byRedis: every replica hears of everything. Without it one hears of what others
	// did by looking at the store, and so not of all of it.
	byRedis bool
	// insertSent puts a message in by hand that was sent some time ago.
	insertSent func(id string, ago time.Duration)

	operatorKey string
	// dataDir is where both replicas have their store; empty: in MongoDB.
	dataDir string
	// walked holds what was called, and done: commands, and operations of the API.
	walked map[string]bool
}

// Keys of the provider, for delivery reports.
const (
	reportKey    = "report-0123456789abcdef"
	reportSecret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz" //nolint:gosec // the test's own
)

// TestWalk_… go through all that people do with messages, by HTTP and at the command
// line, and through every operation and command that there is: what is added without
// a step here fails them. The processes are started before other tests run beside
// them: RETENTION, the last step, is looked after once a minute.

func TestWalk_OnTheEmbeddedStore(t *testing.T) { //nolint:tparallel // its steps are one way, in this order
	g := newGround(t, embedded)
	t.Parallel()
	g.walk(t)
}

func TestWalk_OnMongoDBAndRedis(t *testing.T) { //nolint:tparallel // likewise
	g := newGround(t, mongoDBAndRedis)
	t.Parallel()
	g.walk(t)
}

// walk takes the steps one after the other.
func (g *ground) walk(t *testing.T) {
	t.Helper()
	_ = t.Run("HTTP", func(t *testing.T) { walkHTTP(t, g) }) &&
		t.Run("what is old", func(*testing.T) { // not before: what is pruned is heard as a reset
			g.insertSent("old", 2*time.Hour)
			g.insertSent("very old", 48*time.Hour)
		}) &&
		t.Run("command line", func(t *testing.T) { walkCLI(t, g) }) &&
		t.Run("every operation and command", g.requireAllWalked) &&
		t.Run("RETENTION", g.requirePruned) &&
		t.Run("farewell", func(t *testing.T) { walkFarewell(t, g) })
}

func newGround(t *testing.T, setup func(t *testing.T, g *ground) map[string]string) *ground {
	t.Helper()
	g := &ground{walked: map[string]bool{}}
	g.hook = newReceiver(t, g.answer)
	made := start(t, nil, "keys", "new", "--name", "olga", "--role", "operator")
	require.Zero(t, made.exit())
	g.walked["keys"] = true
	entry := strings.TrimSpace(made.Stdout.String())
	g.operatorKey = entry[strings.LastIndex(entry, ":")+1:]
	settings := map[string]string{
		"API_KEYS":    "rita:reader:" + readerKey + ",sam:sender:" + senderKey + "," + entry,
		"WEBHOOK_URL": g.hook.URL, "MAX_IN_FLIGHT": "2",
		// One message an hour: whatever else goes out does so by a pace set on the way.
		"SCHEDULER_INTERVAL": "1h", "MESSAGES_PER_INTERVAL": "1",
		"DEFAULT_REGION": "TR", "RETENTION": "1h",
		"DELIVERY_REPORT_KEYS": reportKey, "DELIVERY_REPORT_SECRETS": reportSecret,
	}
	maps.Copy(settings, setup(t, g))
	settings["REPLICA_ID"] = "a"
	g.a = serve(t, settings)
	settings["REPLICA_ID"] = "b"
	g.b = serve(t, settings)
	return g
}

// embedded lets both replicas share a file.
func embedded(t *testing.T, g *ground) map[string]string {
	t.Helper()
	dir := t.TempDir()
	g.dataDir = dir
	g.insertSent = func(id string, ago time.Duration) {
		database, err := sql.Open("sqlite", "file:"+filepath.Join(dir, storeFile)+"?_pragma=busy_timeout(10000)")
		require.NoError(t, err)
		at := time.Now().Add(-ago).UnixMilli() //nolint:forbidigo // real processes
		_, err = database.ExecContext(t.Context(),
			`INSERT INTO messages (id, "to", content, status, created_at, updated_at, sent_at) VALUES (?, '+905551110099', 'long ago', 'sent', ?, ?, ?)`,
			id, at, at, at)
		require.NoError(t, err)
		require.NoError(t, database.Close())
	}
	return map[string]string{"DATA_DIR": dir}
}

func mongoDBAndRedis(t *testing.T, g *ground) map[string]string {
	t.Helper()
	c := newCluster(t, g.hook)
	g.byRedis = true
	g.insertSent = func(id string, ago time.Duration) {
		at := time.Now().Add(-ago).UnixMilli() //nolint:forbidigo // real processes
		c.insert(t, fmt.Sprintf(`{"_id":%q,"to":"+905551110099","content":"long ago","status":"sent","created_at":{"$date":{"$numberLong":"%[2]d"}},`+
			`"sent_at":{"$date":{"$numberLong":"%[2]d"}}}`, id, at))
	}
	settings := maps.Clone(c.settings)
	delete(settings, "SCHEDULER_INTERVAL")
	delete(settings, "MESSAGES_PER_INTERVAL")
	return settings
}

// answer is the webhook's.
func (g *ground) answer(w http.ResponseWriter, r *http.Request) {
	key, body, calls := r.Header.Get("Idempotency-Key"), "", 0
	for _, call := range g.hook.seen() {
		if call.key == key {
			body, calls = call.body, calls+1
		}
	}
	switch {
	case strings.Contains(body, "refuse") && !g.mended.Load():
		w.WriteHeader(http.StatusBadRequest)
		return
	case strings.Contains(body, "falter") && calls == 1:
		w.WriteHeader(http.StatusBadGateway)
		return
	case strings.Contains(body, "slow"):
		<-time.After(200 * time.Millisecond)
	}
	g.hook.accept(w, key)
}

// requireAllWalked holds that every operation that the API documents, and every
// command that speaks to it, was called and did what it does.
func (g *ground) requireAllWalked(t *testing.T) {
	t.Helper()
	var description struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	answer := caller{t: t, server: g.a}.do(http.MethodGet, "/openapi.json", "")
	require.NoError(t, json.Unmarshal(answer.text, &description))
	require.NotEmpty(t, description.Paths)
	for path, operations := range description.Paths {
		for method := range operations {
			if method != "servers" {
				require.Contains(t, g.walked, strings.ToUpper(method)+" "+path)
			}
		}
	}
	for _, above := range [][]string{{}, {"scheduler"}} {
		listed := start(t, nil, append(append([]string{"__complete"}, above...), "")...)
		require.Zero(t, listed.exit())
		for line := range strings.Lines(listed.Stdout.String()) {
			name, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
			switch name {
			case "completion", "config", "demo", "healthcheck", "help", "serve", "sink", "version":
				continue // they do not speak to the API
			}
			if !strings.HasPrefix(name, ":") {
				require.Contains(t, g.walked, strings.Join(append(above, name), " "))
			}
		}
	}
}

// requirePruned waits until RETENTION has erased a message, and removed one that no
// key can stand for any more: the upkeep is done soon after the start, and once a minute.
func (g *ground) requirePruned(t *testing.T) {
	t.Helper()
	operator := caller{t: t, server: g.b, key: g.operatorKey}
	require.Eventually(t, func() bool {
		return operator.do(http.MethodGet, "/api/v1/messages/very%20old", "").status == http.StatusNotFound
	}, 2*time.Minute, 100*time.Millisecond, "it is never deleted")
	require.Eventually(t, func() bool { return operator.message("old")["erased_at"] != nil }, patience, 100*time.Millisecond)
	require.Empty(t, operator.message("old")["content"])
	kept := operator.must(http.StatusOK, http.MethodGet, "/api/v1/messages?status=sent&limit=1", "")
	require.Contains(t, fmt.Sprint(kept["messages"]), "+90555", "the others are not old")
}

// promised is how long what is to happen at every replica within a second may take
// here: the race detector, and other tests, take their part of the machine.
func promised() time.Duration {
	if underRace {
		return 3 * time.Second
	}
	return time.Second
}
