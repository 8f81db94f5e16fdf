package e2e_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/e2e/program"
	"auto-message-sender/pkg/mongodb"
)

// storeOf puts the files of a store into a directory.
func storeOf(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	return dir
}

// newDatabase returns the URI of a new database, which is dropped when the test ends.
func newDatabase(t *testing.T) string {
	t.Helper()
	uri, name := program.MongoDB(t), "move_"+uuid.NewString()[:18]
	server, options, _ := strings.Cut(uri, "?")
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		client, err := mongodb.Connect(ctx, mongodb.Options{URI: uri, Database: name})
		require.NoError(t, err)
		require.NoError(t, client.Database().Drop(ctx))
		require.NoError(t, client.Close(ctx))
	})
	return strings.TrimSuffix(server, "/") + "/" + name + "?" + options
}

// batch gives the service n messages at once.
func (p *process) batch(n int) {
	p.t.Helper()
	var lines strings.Builder
	for i := range n {
		_, _ = fmt.Fprintf(&lines, `{"to":"+90555%07d","content":"message %d"}`+"\n", i, i)
	}
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.URL("/api/v1/messages/batch"), strings.NewReader(lines.String()))
	require.NoError(p.t, err)
	request.Header.Set("Content-Type", "application/x-ndjson")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(p.t, err)
	require.NoError(p.t, answer.Body.Close())
	require.Equal(p.t, http.StatusOK, answer.StatusCode)
}

// end ends the service in order.
func (p *process) end() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	require.Zero(p.t, p.exit())
}

// command runs a command to its end.
func command(t *testing.T, environment map[string]string, arguments ...string) (code int, stdout, stderr string) {
	t.Helper()
	p := start(t, environment, arguments...)
	code = p.exit()
	return code, p.Stdout.String(), p.Stderr.String()
}

// requireHeld demands that the service leaves the scheduler to a person, and says so.
func (p *process) requireHeld() {
	p.t.Helper()
	require.Equal(p.t, false, p.must(http.StatusOK, "GET", "/api/v1/scheduler", "")["is_active"])
	require.Contains(p.t, p.Stderr.String(), "THE SCHEDULER STAYS STOPPED")
}

func TestBackup_UnderLoadLosesNothingAndWaitsForAPerson(t *testing.T) {
	t.Parallel()
	dir, restored := t.TempDir(), t.TempDir()
	p := serve(t, map[string]string{"DATA_DIR": dir, "WEBHOOK_URL": newReceiver(t, nil).URL, "MESSAGES_PER_INTERVAL": "0", "SCHEDULER_INTERVAL": "1s"})
	p.must(http.StatusOK, "POST", "/api/v1/scheduler/start", "")
	p.batch(2000)
	before := p.accept(20)
	backup := start(t, map[string]string{"DATA_DIR": dir}, "backup", filepath.Join(restored, storeFile))
	var meanwhile []string
	for ended := false; !ended; {
		meanwhile = append(meanwhile, p.accept(5)...)
		select {
		case <-backup.Ended():
			ended = true
		default:
		}
	}
	require.Zero(t, backup.exit(), backup.Stderr.String())
	require.Contains(t, backup.Stdout.String(), "its scheduler is stopped")
	p.waitForSent(2020 + len(meanwhile)) // nobody was held up
	p.end()

	info, err := os.Stat(filepath.Join(restored, storeFile))
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm(), "it has recipients and contents")
	require.Len(t, filesIn(t, restored), 1)
	hook := newReceiver(t, nil)
	settings := map[string]string{
		"DATA_DIR": restored, "WEBHOOK_URL": hook.URL, "SCHEDULER_AUTOSTART": "always", "MESSAGES_PER_INTERVAL": "0", "SCHEDULER_INTERVAL": "1s",
		"WEBHOOK_TIMEOUT": "1s",
	}
	for range 2 { // at each start
		p = serve(t, settings)
		p.requireHeld()
		for _, id := range before {
			p.must(http.StatusOK, "GET", "/api/v1/messages/"+id, "")
		}
		require.Empty(t, hook.seen())
		p.end()
	}
	p = serve(t, settings)
	p.accept(1)
	p.must(http.StatusOK, "POST", "/api/v1/scheduler/start", `{"reason":"looked at"}`)
	require.Eventually(t, func() bool {
		return p.count("pending")+p.count("sending") == 0 && p.count("sent") >= 2021
	}, patience, 50*time.Millisecond)
	p.end()
	p = serve(t, settings)
	require.Equal(t, true, p.must(http.StatusOK, "GET", "/api/v1/scheduler", "")["is_active"], "a person has started it")
}

func TestBackup_SaysWhyItMakesNone(t *testing.T) {
	t.Parallel()
	dir := storeOf(t, seeded(t, 3, false))
	taken := filepath.Join(t.TempDir(), "taken.db")
	require.NoError(t, os.WriteFile(taken, []byte("mine"), 0o600))
	foreign := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(foreign, storeFile), []byte(strings.Repeat("not a store ", 400)), 0o600))
	for name, test := range map[string]struct {
		environment map[string]string
		arguments   []string
		code        int
		says        string
	}{
		"MongoDB":         {map[string]string{"MONGODB_URI": "mongodb://127.0.0.1:1"}, []string{t.TempDir()}, 2, "mongodump"},
		"target exists":   {map[string]string{"DATA_DIR": dir}, []string{taken}, 3, "a backup overwrites nothing"},
		"no store":        {map[string]string{"DATA_DIR": t.TempDir()}, []string{t.TempDir()}, 2, "there is no store"},
		"no target":       {map[string]string{"DATA_DIR": dir}, nil, 2, "name one TARGET"},
		"nowhere":         {map[string]string{"DATA_DIR": dir}, []string{filepath.Join(dir, "none", "x.db")}, 2, "does not exist"},
		"another's file":  {map[string]string{"DATA_DIR": foreign}, []string{t.TempDir()}, 1, "is not a message store"},
		"a flag of none":  {nil, []string{"--data", "x", "y"}, 2, "unknown flag"},
		"wrong settings":  {map[string]string{"DATA_DIR": dir, "MONGODB_URI": "http://x"}, []string{t.TempDir()}, 2, "MONGODB_URI"},
		"MongoDB, but --": {map[string]string{"MONGODB_URI": "mongodb://127.0.0.1:1"}, []string{"--data-dir", dir, t.TempDir()}, 0, ""},
	} {
		code, _, stderr := command(t, test.environment, append([]string{"backup"}, test.arguments...)...)
		require.Equal(t, test.code, code, "%s: %s", name, stderr)
		require.Contains(t, stderr, test.says, name)
	}
	require.Len(t, filesIn(t, dir), 1)
	require.Equal(t, "mine", filesIn(t, filepath.Dir(taken))["taken.db"])
}

func TestMigrate_KilledInTheMiddleTheSameCommandGoesOn(t *testing.T) {
	t.Parallel()
	target, dir := newDatabase(t), t.TempDir()
	p := serve(t, map[string]string{"DATA_DIR": dir})
	p.batch(1500)
	p.end()
	environment := map[string]string{"DATA_DIR": dir, "AMS_MIGRATE_TO_FILE": file(t, "target", target+"\n")}
	arguments := []string{"migrate", "--from", "sqlite", "--batch", "20"}
	first := start(t, environment, arguments...)
	require.Eventually(t, func() bool {
		return strings.Contains(first.Stderr.String(), "reading the source:") // and now it copies
	}, patience, time.Millisecond)
	first.Kill()
	require.NotContains(t, first.Stdout.String(), "equal")

	server, options, _ := strings.Cut(target, "?")
	slash := strings.LastIndex(server, "/")
	settings := map[string]string{
		"MONGODB_URI": server[:slash] + "/?" + options, "MONGODB_DATABASE": server[slash+1:], "SCHEDULER_AUTOSTART": "always",
		"MESSAGES_PER_INTERVAL": "1",
	}
	half := serveUnready(t, settings)
	require.Equal(t, 1, half.exit())
	require.Contains(t, half.Stderr.String(), "this store is half of a migration from sqlite:"+dir)

	code, stdout, stderr := command(t, environment, arguments...)
	require.Zero(t, code, stderr)
	require.Contains(t, stderr, "an interrupted migration was completed")
	require.Equal(t, 4, strings.Count(stdout, " equal\n"), stdout)
	require.Contains(t, stdout, "1,500")
	code, _, stderr = command(t, environment, arguments...)
	require.Zero(t, code, stderr)
	require.Contains(t, stderr, "nothing was done")

	moved := serve(t, settings)
	moved.requireHeld()
	require.Eventually(t, func() bool { return moved.count("pending") == 1500 }, patience, 100*time.Millisecond)
	left := serve(t, map[string]string{"DATA_DIR": dir, "SCHEDULER_AUTOSTART": "always"})
	left.requireHeld()
}

func TestMigrate_SaysWhatStandsInTheWay(t *testing.T) {
	t.Parallel()
	target := newDatabase(t)
	served, running := t.TempDir(), t.TempDir()
	serve(t, map[string]string{"DATA_DIR": served})
	p := serve(t, map[string]string{"DATA_DIR": running})
	p.must(http.StatusOK, "POST", "/api/v1/scheduler/start", "")
	p.end()
	quiet := storeOf(t, seeded(t, 1, false))
	const secret = "s3cr3t-1"
	for name, test := range map[string]struct {
		environment map[string]string
		arguments   string
		code        int
		says        string
	}{
		"served":           {nil, "--from sqlite:" + served + " --to " + target, 3, "is open in another process: end the service"},
		"target served":    {nil, "--from " + target + " --to sqlite:" + served, 3, "is open in another process: end the service"},
		"running":          {nil, "--from sqlite:" + running + " --to " + target, 3, "or say --stop-source"},
		"target not empty": {nil, "--from " + target + " --to sqlite:" + quiet, 3, "is not empty: it holds messages"},
		"no source":        {nil, "--from sqlite:" + filepath.Join(quiet, "none") + " --to " + target, 2, "there is no store"},
		"no from":          {nil, "--to " + target, 2, "--from, or AMS_MIGRATE_FROM, must be given"},
		"no URI":           {nil, "--from sqlite --to mongodb", 2, "MONGODB_URI names, and that is not set"},
		"both embedded":    {nil, "--from sqlite:a --to sqlite:b", 2, "auto-message-sender backup"},
		"both in MongoDB":  {nil, "--from mongodb://a/x --to mongodb://b/x", 2, "mongodump and mongorestore"},
		"a word":           {map[string]string{"AMS_MIGRATE_TO": secret}, "--from sqlite", 2, "--to: must be sqlite"},
		"MongoDB's own":    {nil, "--from sqlite --to mongodb://u:" + secret + "@a,b/admin", 2, "is MongoDB's own"},
		"nobody there":     {nil, "--from sqlite:" + quiet + " --to mongodb://u:" + secret + "@127.0.0.1:1/x?serverSelectionTimeoutMS=100", 4, "MongoDB does not answer"},
		"a batch of none":  {nil, "--from sqlite --to mongodb://a/x --batch 0", 2, "--batch"},
	} {
		environment := map[string]string{"MONGODB_TIMEOUT": "1s"}
		maps.Copy(environment, test.environment)
		if strings.Contains(test.arguments, target) {
			environment["MONGODB_TIMEOUT"] = "10s"
		}
		code, stdout, stderr := command(t, environment, append([]string{"migrate"}, strings.Fields(test.arguments)...)...)
		require.Equal(t, test.code, code, "%s: %s", name, stderr)
		require.Contains(t, stderr, test.says, name)
		require.NotContains(t, stdout+stderr, secret, name)
	}
	code, _, stderr := command(t, nil, "migrate", "--from", "sqlite:"+running, "--to", target, "--stop-source", "--batch", "20")
	require.Zero(t, code, stderr)
}

func TestMigrate_NamesTheReplicasThatServeMongoDB(t *testing.T) {
	t.Parallel()
	source := newDatabase(t)
	server, options, _ := strings.Cut(source, "?")
	slash := strings.LastIndex(server, "/")
	settings := map[string]string{
		"MONGODB_URI": server[:slash] + "/?" + options, "MONGODB_DATABASE": server[slash+1:], "REPLICA_ID": "replica-7",
	}
	p := serve(t, settings)
	p.accept(3)
	into := "sqlite:" + t.TempDir()
	require.Eventually(t, func() bool {
		code, _, stderr := command(t, nil, "migrate", "--from", source, "--to", into, "--dry-run")
		return code == 3 && strings.Contains(stderr, "is served by replica-7 (seen ")
	}, patience, 100*time.Millisecond)
	p.end()
	code, stdout, stderr := command(t, settings, "migrate", "--from", "mongodb", "--to", into)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "equal")
}
