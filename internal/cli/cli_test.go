package cli_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/cli"
)

const message = `{"id":"m1","to":"+905551234567","content":"Hi\u001b[2J\nyou","status":"sent","created_at":"2026-01-02T12:00:00.000Z","sent_at":"2026-01-02T12:00:05.000Z","attempts":[{"number":1,"started_at":"2026-01-02T12:00:04.000Z","duration_ms":12,"status_code":202,"replica":"r"}]}`

// Each command asks what it should, and shows a person what came.
func TestCommands_AskTheServerAndShowTheAnswer(t *testing.T) {
	t.Parallel()
	state := `{"is_active":true,"started_at":"2026-01-02T12:00:00.000Z","interval":"1m0s","messages_per_interval":10,"window":{"next_at":"2026-01-02T12:01:00.000Z"},"counts":{"pending":3},"webhook":{"state":"open","reason":"it said 503"}}`
	tests := map[string]struct {
		args  string
		asked []string
		reply []string // one for each of asked, by its method and path
		shown []string
	}{
		"send": {
			"send --to +90 --content x --send-at +2h --validity 1h --priority high --reference r",
			[]string{`POST /messages {"to":"+90","content":"x","priority":"high","send_at":"2026-01-02T14:00:00Z","validity_period":3600,"reference":"r"}`},
			[]string{message},
			[]string{"m1", "sent"},
		},
		"cancel, to see": {
			"cancel m1 m2 m3 --dry-run",
			[]string{"GET /messages/m1", "GET /messages/m2", "GET /messages/m3"},
			[]string{`{"id":"m1","status":"pending"}`, `{"id":"m2","status":"canceled"}`, `{"id":"m3","status":"sending"}`},
			[]string{"m1 is pending: it would be canceled", "m2 is canceled already", "m3 is sending: it would not be canceled, only what is scheduled or pending can"},
		},
		"retry what never can": {
			"retry m1 m2 --dry-run",
			[]string{"GET /messages/m1", "GET /messages/m2"},
			[]string{`{"id":"m1","status":"failed","error_code":"invalid"}`, `{"id":"m2","status":"expired","erased_at":"2026-01-02T15:00:00Z"}`},
			[]string{"m1 is failed and not valid: it would not be retried", "m2 is expired and erased: it would not be retried"},
		},
		"send, in days": {
			"send --to +90 --content x --send-at +1d12h --validity 1d",
			[]string{`POST /messages {"to":"+90","content":"x","send_at":"2026-01-04T00:00:00Z","validity_period":86400}`},
			[]string{message},
			[]string{"m1"},
		},
		"list, days ago": {
			"list --failed-after -2d --limit 5",
			[]string{"GET /messages?failed_after=2025-12-31T12%3A00%3A00Z&limit=5"},
			[]string{`{"messages":[]}`},
			nil,
		},
		"scheduler pace, a day": {
			"scheduler pace --interval 1d --messages 10 --wait 1d",
			[]string{`PUT /scheduler/pace {"interval":"24h0m0s","messages_per_interval":10}`},
			[]string{state},
			nil,
		},
		"send, local time": {
			"send --to +90 --content x --send-at 2026-01-03T15:04",
			[]string{`POST /messages {"to":"+90","content":"x","send_at":"2026-01-03T12:04:00Z"}`},
			[]string{message},
			[]string{"m1"},
		},
		"send --dry-run": {
			"send --to +90 --content x --dry-run",
			[]string{`POST /messages/preview {"to":"+90","content":"x"}`},
			[]string{`{"to":"+90","num_segments":2,"encoding":"UCS-2","characters":71,"characters_left":63,"segments":["aa","b\u001b"],"valid":true}`},
			[]string{"UCS-2", "71, 63 left", "aa", "b\ufffd"},
		},
		"list": {
			"list --status sent --sent-after -24h --limit 5",
			[]string{"GET /messages?limit=5&sent_after=2026-01-01T12%3A00%3A00Z&status=sent"},
			[]string{`{"messages":[` + message + `]}`},
			[]string{"ID", "+905551234567", "2026-01-02 15:00:00", "Hi\ufffd[2J you"},
		},
		"list, what became of it": {
			"list --status failed",
			[]string{"GET /messages?limit=20&status=failed"},
			[]string{`{"messages":[{"id":"m1","status":"failed","failed_at":"2026-01-02T12:00:00Z","error_code":"http_400"},` +
				`{"id":"m2","status":"sent","sent_at":"2026-01-02T12:00:00Z","delivery_status":"undelivered","delivered_at":"2026-01-02T12:00:01Z","delivery_error_code":"30003"},` +
				`{"id":"m3","status":"sent","sent_at":"2026-01-02T12:00:00Z","delivery_status":"delivered","delivered_at":"2026-01-02T12:00:02Z"}]}`},
			[]string{"CODE", "failed 2026-01-02 15:00:00", "http_400", "  undelivered 2026-01-02 15:00:01", "30003", "  delivered 2026-01-02 15:00:02"},
		},
		"show":             {"show m1", []string{"GET /messages/m1"}, []string{message}, []string{"2026-01-02 15:00:05", "202", "12 ms"}},
		"cancel":           {"cancel m1", []string{"POST /messages/m1/cancel"}, []string{message}, []string{"canceled m1"}},
		"retry, to see":    {"retry m1 --dry-run", []string{"GET /messages/m1"}, []string{message}, []string{"m1 is sent: it would not be retried, only what is failed or expired can"}},
		"erase":            {"erase m1 --yes", []string{"DELETE /messages/m1"}, []string{message}, []string{"erased m1"}},
		"scheduler start":  {"scheduler start --reason go", []string{`POST /scheduler/start {"reason":"go"}`}, []string{`{"message":"Scheduler started successfully"}`}, []string{"started successfully"}},
		"scheduler stop":   {"scheduler stop", []string{`POST /scheduler/stop {}`}, []string{`{"message":"Stopped","in_flight":2}`}, []string{"Stopped; 2 attempts are still under way"}},
		"scheduler status": {"scheduler status", []string{"GET /scheduler"}, []string{state}, []string{"running since 2026-01-02 15:00:00", "10 every 1m0s", "fails; nothing is sent: it said 503", "pending"}},
		"scheduler pace": {
			"scheduler pace --interval 1m --messages 10",
			[]string{`PUT /scheduler/pace {"interval":"1m0s","messages_per_interval":10}`},
			[]string{state},
			[]string{"10 every 1m0s"},
		},
		"stats": {
			"stats",
			[]string{"GET /stats"},
			[]string{`{"counts":{"sent":7},"per_minute":[{"sent":5,"failed":1},{"sent":1},{"sent":1}],"oldest_waiting":{"created_at":"2026-01-02T11:00:00Z","age_seconds":3600},"forecast":{"waiting":9,"note":"the scheduler is stopped"},"webhook":{"state":"closed"},"scheduler":{"is_active":false,"pace":{"interval":"2m0s","messages_per_interval":2}}}`},
			[]string{"stopped, 2 every 2m0s", "2 sent, 0 failed", "7 sent, 1 failed", "for 1h0m0s", "9 wait (the scheduler is stopped)"},
		},
		"cancel, by filter": {
			"cancel --reference spring --yes",
			[]string{`POST /messages/cancel {"reference":"spring"}`},
			[]string{`{"matched":3,"canceled":3,"complete":true}`},
			[]string{"3 canceled"},
		},
		"retry all, how many": {
			"retry --all --dry-run",
			[]string{`POST /messages/retry {"all":true,"dry_run":true}`},
			[]string{`{"dry_run":true,"matched":3,"complete":false}`},
			[]string{"more than 3 would be retried", "Not counted: invalid and erased messages, which are never sent again"},
		},
		"export, csv": {
			"export --format csv",
			[]string{"GET /messages?limit=1000"},
			[]string{`{"messages":[` + message + `]}`},
			[]string{"id,to,content,", "m1,+905551234567,\"Hi"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := map[string]string{}
			for i, asked := range test.asked {
				path, _, _ := strings.Cut(asked, " {")
				answers[path] = test.reply[i]
			}
			p := setup(t, answers)
			code, says := p.run(strings.Fields(test.args)...)
			require.Zero(t, code, says)
			require.Equal(t, test.asked, p.asked)
			for _, shown := range test.shown {
				require.Contains(t, p.stdout.String(), shown)
			}
			if name != "export, csv" {
				require.NotContains(t, p.stdout.String(), "\x1b", "a content does nothing to the terminal")
			}
		})
	}
}

func TestCommands_WithJSONTheAnswerIsTheAPIsOwn(t *testing.T) {
	t.Parallel()
	answers := map[string]string{
		"GET /messages/m1": message, "POST /messages": message, "POST /messages/m1/cancel": message,
		"GET /messages?limit=20": `{"messages":[` + message + "," + message + `]}`, "GET /scheduler": `{"x":1}`,
		"POST /messages/retry": `{"matched":1,"retried":1,"complete":true}`, "GET /messages?limit=1000": `{"messages":[` + message + `]}`,
	}
	for args, want := range map[string]string{
		"show m1 --json": message + "\n", "send --to +1 --content x --json": message + "\n", "cancel m1 --json": message + "\n",
		"list --json": message + "\n" + message + "\n", "scheduler status --json": `{"x":1}` + "\n",
		"retry --all -y --json": `{"matched":1,"retried":1,"complete":true}` + "\n", "export": message + "\n",
	} {
		p := setup(t, answers)
		code, says := p.run(strings.Fields(args)...)
		require.Zero(t, code, says)
		require.Equal(t, want, p.stdout.String(), args)
	}
}

func TestCommands_ExitCodesMeanWhatHelpSays(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args, answer string // answer to GET /messages/m1
		code         int
		says         string
	}{
		"unknown flag":        {"show m1 --loud", "", cli.ExitUsage, "--help"},
		"no argument":         {"show", "", cli.ExitUsage, "accepts 1 arg"},
		"required":            {"send --to +1", "", cli.ExitUsage, "--content is required"},
		"a time":              {"list --sent-after yesterday", "", cli.ExitUsage, "--sent-after must be as in"},
		"a time that is past": {"send --to +1 --content x --send-at -2h", "", cli.ExitUsage, "--send-at -2h is in the past; leave it out"},
		"arguments":           {"send +1 x", "", cli.ExitUsage, "send takes no arguments; use --to and --content; see auto-message-sender send --help"},
		"arguments below":     {"scheduler stop now", "", cli.ExitUsage, "scheduler stop takes no arguments; see"},
		"a command below":     {"keys nwe", "", cli.ExitUsage, `unknown command "nwe" for "auto-message-sender keys"; did you mean new?`},
		"no scheme":           {"list --server sms.example.com", "", cli.ExitUsage, "put http:// or https:// in front"},
		"a period":            {"send --to +1 --content x --validity 1.5s", "", cli.ExitUsage, "--validity must be whole seconds"},
		"a server":            {"show m1 --server here", "", cli.ExitUsage, "AMS_SERVER"},
		"which":               {"cancel", "", cli.ExitUsage, "say which messages"},
		"both":                {"cancel m1 --all", "", cli.ExitUsage, "not both"},
		"ids and before":      {"retry m1 --before -1h", "", cli.ExitUsage, "not both"},
		"before what":         {"retry --all -y --before noon", "", cli.ExitUsage, "--before must be as in"},
		"a cancel from":       {"cancel --all -y --before -1h", "", cli.ExitUsage, "unknown flag"},
		"all of some":         {"cancel --all --to +1", "", cli.ExitUsage, "leave it out"},
		"nobody to ask":       {"cancel --all", "", cli.ExitUsage, "--yes"},
		"nobody to ask, too":  {"erase m1", "", cli.ExitUsage, "--yes"},
		"a campaign":          {"import -", "", cli.ExitUsage, "--campaign"},
		"a file":              {"import /none/such", "", cli.ExitUsage, "no such file"},
		"a role":              {"keys new --name a --role king", "", cli.ExitUsage, "reader, sender and operator"},
		"invalid":             {"show m1", "400 the id is not valid", cli.ExitUsage, "the id is not valid"},
		"no key":              {"show m1", "401 an API key is needed", cli.ExitNotAllowed, "set AMS_API_KEY"},
		"too small a role":    {"show m1", "403 the role reader may not", cli.ExitNotAllowed, "use a key of a role"},
		"not found":           {"show m1", "404 there is no such message", cli.ExitConflict, "list shows"},
		"conflict":            {"show m1", "409 it was sent", cli.ExitConflict, "it was sent"},
		"later":               {"show m1 --wait 0s", "503 the store is away", cli.ExitUnreachable, "try again later"},
		"too many":            {"show m1 --wait 0s", "429 too many requests", cli.ExitUnreachable, "--wait"},
		"broken":              {"show m1", "500 an internal error", cli.ExitFailed, "an internal error"},
		"nobody there":        {"show m1 --server http://127.0.0.1:1", "", cli.ExitUnreachable, "is the service running there?"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := setup(t, map[string]string{"GET /messages/m1": test.answer})
			code, says := p.run(strings.Fields(test.args)...)
			require.Equal(t, test.code, code, says)
			require.Contains(t, says, test.says)
			require.Empty(t, p.stdout.String())
		})
	}
}

func TestChange_AnErrorOfOneDoesNotKeepTheOthers(t *testing.T) {
	t.Parallel()
	p := setup(t, map[string]string{"POST /messages/a/cancel": "409 it was sent", "POST /messages/b/cancel": `{"id":"b"}`})
	code, says := p.run("cancel", "a", "none", "b")
	require.Equal(t, cli.ExitConflict, code)
	require.Contains(t, says, "a: it was sent")
	require.Contains(t, says, "none: ")
	require.Equal(t, "canceled b\n", p.stdout.String())
}

func TestChange_AsksAPersonBeforeItChangesMany(t *testing.T) {
	t.Parallel()
	for answer, code := range map[string]int{"y\n": 0, "YES\n": 0, "n\n": cli.ExitFailed, "\n": cli.ExitFailed, "": cli.ExitFailed} {
		p := setup(t, map[string]string{"POST /messages/cancel": `{"matched":1234,"canceled":1234,"complete":true}`})
		p.terminal = true
		p.Stdin = strings.NewReader(answer)
		got, _ := p.run("cancel", "--all")
		require.Equal(t, code, got, answer)
		require.Contains(t, p.stderr.String(), "cancel 1234 messages? [y/N]")
		require.Len(t, p.asked, map[bool]int{true: 2, false: 1}[code == 0])
		require.Contains(t, p.asked[0], `"dry_run":true`)
	}
}

func TestChange_CtrlCAtTheQuestionChangesNothing(t *testing.T) {
	t.Parallel()
	p := setup(t, map[string]string{"POST /messages/cancel": `{"matched":2,"complete":true}`})
	p.terminal = true
	silent, end := io.Pipe()
	p.Stdin = silent
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for !strings.Contains(p.stderr.String(), "[y/N]") {
			if ctx.Err() != nil {
				return
			}
		}
		cancel()
	}()
	code, says := p.runIn(ctx, "cancel", "--all")
	cancel()
	<-done
	require.Equal(t, cli.ExitInterrupted, code)
	require.Contains(t, says, "nothing was changed")
	require.Len(t, p.asked, 1)
	require.NoError(t, end.Close())
}

func TestChange_GoesOnWhereTheServersTimeWasUp(t *testing.T) {
	t.Parallel()
	p := setup(t, map[string]string{"POST /messages/retry": `{"matched":0,"retried":0,"complete":false}`})
	code, says := p.run("retry", "--all", "--yes")
	require.Equal(t, cli.ExitFailed, code, "a server that gets no further is not asked for ever")
	require.Contains(t, says, "got no further")
}

func TestChange_ARetryGoesOnToThoseThatItHasNotComeTo(t *testing.T) {
	t.Parallel()
	p := setup(t, map[string]string{
		"POST /messages/retry": `{"matched":5,"retried":5,"complete":false,"before":"2026-01-02T12:00:00.001Z"}`,
	})
	p.then = map[string][]string{"POST /messages/retry": {`{"matched":2,"retried":2,"complete":true,"before":"2026-01-02T12:00:00.001Z"}`}}
	code, says := p.run("retry", "--all", "--yes")
	require.Zero(t, code, says)
	require.Equal(t, []string{
		`POST /messages/retry {"all":true}`, `POST /messages/retry {"all":true,"before":"2026-01-02T12:00:00.001Z"}`,
	}, p.asked)
	require.Equal(t, "7 retried\n", p.stdout.String())

	// Those that were counted are retried; and whoever breaks it off is told how it goes on.
	p = setup(t, map[string]string{
		"POST /messages/retry": `{"dry_run":true,"matched":7,"complete":true,"before":"2026-01-02T12:00:00.001Z"}`,
	})
	p.then = map[string][]string{"POST /messages/retry": {
		`{"matched":5,"retried":5,"complete":false,"before":"2026-01-02T12:00:00.001Z"}`, "500 an internal error",
	}}
	p.terminal, p.Stdin = true, strings.NewReader("y\n")
	code, _ = p.run("retry", "--all")
	require.Equal(t, cli.ExitFailed, code)
	require.Equal(t, `POST /messages/retry {"all":true,"before":"2026-01-02T12:00:00.001Z"}`, p.asked[1])
	require.Contains(t, p.stderr.String(), "5 were retried before this; the same command with --before 2026-01-02T12:00:00.001Z goes on")

	p = setup(t, map[string]string{"POST /messages/retry": `{"matched":1,"retried":1,"complete":true,"before":"2026-01-02T11:00:00Z"}`})
	code, says = p.run("retry", "--status", "failed", "--before", "-1h", "--yes")
	require.Zero(t, code, says)
	require.Equal(t, []string{`POST /messages/retry {"status":"failed","before":"2026-01-02T11:00:00Z"}`}, p.asked)
}

func TestKey_ComesFromTheEnvironmentAFileOrAFlagThatIsWarnedOf(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte("from-a-file-0123456789\n"), 0o600))
	answers := map[string]string{"GET /messages/m1": message}

	p := setup(t, answers)
	p.Environ["AMS_API_KEY_FILE"] = file
	code, says := p.run("show", "m1")
	require.Zero(t, code, says)
	require.Empty(t, p.stderr.String())

	p.Environ["AMS_API_KEY"] = "x"
	code, says = p.run("show", "m1")
	require.Equal(t, cli.ExitUsage, code)
	require.Contains(t, says, "both set")

	p = setup(t, answers)
	code, says = p.run("show", "m1", "--api-key", "secret-0123456789")
	require.Zero(t, code, says)
	require.Contains(t, p.stderr.String(), "can be read by others")
	require.NotContains(t, p.stderr.String(), "secret")

	p = setup(t, answers)
	code, _ = p.run("show", "m1", "--server", "http://127.0.0.2.nip.invalid", "--api-key", "secret-0123456789")
	require.Equal(t, cli.ExitUnreachable, code)
	require.Contains(t, p.stderr.String(), "unencrypted")
}

func TestKeysNew_PrintsTheEntryAloneOnStandardOutput(t *testing.T) {
	t.Parallel()
	p := setup(t, nil)
	code, says := p.run("keys", "new", "--name", "shop", "--role", "sender")
	require.Zero(t, code, says)
	require.Regexp(t, `^shop:sender:\S{16,}\n$`, p.stdout.String())
	key := strings.TrimSpace(strings.TrimPrefix(p.stdout.String(), "shop:sender:"))
	require.Contains(t, p.stderr.String(), key)
	require.Empty(t, p.asked)
}

func TestList_SaysWhenThereIsMore(t *testing.T) {
	t.Parallel()
	p := setup(t, map[string]string{
		"GET /messages?limit=1000":        `{"messages":[` + strings.Repeat(message+",", 999) + message + `],"next_cursor":"c1"}`,
		"GET /messages?cursor=c1&limit=1": `{"messages":[` + message + `],"next_cursor":"c2"}`,
	})
	code, says := p.run("list", "--limit", "1001")
	require.Zero(t, code, says)
	require.Equal(t, 1002, strings.Count(p.stdout.String(), "\n"))
	require.Contains(t, p.stderr.String(), "--cursor c2")
}

func TestExport_AFileHasItsNameOnceItIsComplete(t *testing.T) {
	t.Parallel()
	p := setup(t, map[string]string{"GET /messages?limit=1000": `{"messages":[` + message + `],"next_cursor":"c"}`})
	path := filepath.Join(t.TempDir(), "all.ndjson")
	code, _ := p.run("export", "-o", path)
	require.Equal(t, cli.ExitConflict, code, "the second page is a 404")
	require.NoFileExists(t, path)
	require.Contains(t, p.stderr.String(), "1 messages are in "+path+".part, and that is not all")

	p.answers["GET /messages?cursor=c&limit=1000"] = `{"messages":[` + message + `]}`
	code, says := p.run("export", "-o", path)
	require.Zero(t, code, says)
	content, err := os.ReadFile(path) //nolint:gosec // the test's own
	require.NoError(t, err)
	require.Equal(t, []string{message, message, ""}, strings.Split(string(content), "\n"))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestSession_SaysWhenTheKeyLooksLikeAnEntryOfTheServersKeys(t *testing.T) {
	t.Parallel()
	for key, hints := range map[string]bool{"ops:operator:0123456789abcdef": true, "0123456789abcdef": false, "a:b:c": false} {
		p := setup(t, map[string]string{"GET /messages/m1": message})
		p.Environ["AMS_API_KEY"] = key
		code, says := p.run("show", "m1")
		require.Zero(t, code, says)
		require.Equal(t, hints, strings.Contains(p.stderr.String(), "behind the second colon"), key)
		require.NotContains(t, p.stderr.String(), "0123456789")
	}
}
