package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/config"
)

func TestExecute_ServesWithoutASubcommand(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"serve"}} {
		term := setup(t, map[string]string{"SERVER_PORT": "no"})
		require.Equal(t, exitConfiguration, term.run(t, args...))
		require.Contains(t, term.stderr.String(), "error: SERVER_PORT: must be a whole number")
		require.Contains(t, term.stderr.String(), "error: WEBHOOK_URL: must be set")
		require.Empty(t, term.stdout.String())
	}
}

func TestExecute_ConfigurationProblemsStandOnALineEach(t *testing.T) {
	t.Parallel()
	term := setup(t, map[string]string{"SERVER_PORT": "no", "SERVER_HOST": "0.0.0.0", "LOG_LEVEL": "loud"})
	require.Equal(t, exitConfiguration, term.run(t, "serve"))
	require.Regexp(t, `^error: SERVER_PORT: [^\n]+\nerror: API_KEYS: [^\n]+\nerror: WEBHOOK_URL: [^\n]+\nerror: LOG_LEVEL: [^\n]+\n$`,
		term.stderr.String())
}

func TestExecute_WarnsOfTheMisspeltNameBehindAMissingSetting(t *testing.T) {
	t.Parallel()
	term := setup(t, nil)
	term.writeDotenv(t, "WEBHOK_URL=http://127.0.0.1:9090\n")
	require.Equal(t, exitConfiguration, term.run(t))
	require.Regexp(t, `^warning: .*did you mean WEBHOOK_URL\?\nerror: WEBHOOK_URL: `, term.stderr.String())
}

func TestExecute_RefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		says string
	}{
		"command":               {[]string{"sevre"}, `unknown command "sevre"`},
		"command, with a guess": {[]string{"sevre"}, "did you mean serve?"},
		"no command":            {[]string{"bogus"}, `unknown command "bogus" for "auto-message-sender"; see auto-message-sender --help`},
		"a command of the API":  {[]string{"scheduler", "halt"}, `unknown command "halt"`},
		"subcommand":            {[]string{"config", "chekc"}, `unknown command "chekc"`},
		"argument":              {[]string{"serve", "now"}, "serve takes no arguments; see auto-message-sender serve --help"},
		"a letter wrong there":  {[]string{"scheduler", "sttart"}, "did you mean start?"},
		"arguments of send":     {[]string{"send", "+905551234567", "hi"}, "send takes no arguments; use --to and --content"},
		"arguments of stats":    {[]string{"stats", "all"}, "stats takes no arguments; see auto-message-sender stats --help"},
		"no target":             {[]string{"backup"}, "name one TARGET: a file that does not exist yet, or a directory; see auto-message-sender backup --help"},
		"target in nowhere":     {[]string{"backup", "--data-dir", "/", "/does/not/exist/x.db"}, "the directory /does/not/exist does not exist"},
		"arguments of migrate":  {[]string{"migrate", "sqlite"}, "migrate takes no arguments"},
		"source in nowhere":     {[]string{"migrate", "--from", "sqlite:/does/not/exist", "--to", "mongodb://127.0.0.1:1/x"}, "messages.db does not exist; --from sqlite:DIR names its directory\n"},
		"flag":                  {[]string{"--port", "1"}, "unknown flag: --port"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			term := setup(t, nil)
			require.Equal(t, exitConfiguration, term.run(t, test.args...))
			require.Contains(t, term.stderr.String(), "error: ")
			require.Contains(t, term.stderr.String(), test.says)
			require.Empty(t, term.stdout.String())
		})
	}
}

func TestExecute_HelpNamesEveryCommand(t *testing.T) {
	t.Parallel()
	term := setup(t, nil)
	require.Equal(t, exitDone, term.run(t, "--help"))
	for _, command := range []string{"serve", "demo", "sink", "healthcheck", "config", "version", "completion"} {
		require.Regexp(t, `(?m)^  `+command+` `, term.stdout.String())
	}
	require.Empty(t, term.stderr.String())

	term = setup(t, nil)
	require.Equal(t, exitDone, term.run(t, "config"))
	require.Contains(t, term.stdout.String(), "check")
}

func TestExecute_WritesCompletions(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		term := setup(t, nil)
		require.Equal(t, exitDone, term.run(t, "completion", shell))
		require.Contains(t, term.stdout.String(), "auto-message-sender")
	}
}

// Who collects JSON finds there, and in no line of another kind, why a start failed.
func TestServe_TellsInTheFormOfTheLogWhyItEnded(t *testing.T) {
	t.Parallel()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, taken.Close()) })
	_, port, err := net.SplitHostPort(taken.Addr().String())
	require.NoError(t, err)
	for format, want := range map[string]string{"json": `"error":"listen for the API`, "text": "error: listen for the API"} {
		term := setup(t, map[string]string{"WEBHOOK_URL": "http://127.0.0.1:9", "SERVER_PORT": port, "LOG_FORMAT": format, "DATA_DIR": t.TempDir()})
		require.Equal(t, exitFailed, term.run(t, "serve"))
		require.Contains(t, term.stderr.String(), want)
		for line := range strings.Lines(term.stderr.String()) {
			require.Equal(t, format == "json", json.Valid([]byte(line)), line)
		}
	}
}

func TestReport_GivesEachKindOfErrorItsExitCode(t *testing.T) {
	t.Parallel()
	wrong := &config.Error{Problems: []config.Problem{{Name: "A", Fault: "is wrong"}, {Name: "B", Fault: "too"}}}
	tests := map[string]struct {
		err    error
		code   int
		stderr string
	}{
		"none":                 {nil, exitDone, ""},
		"any":                  {errors.New("broken"), exitFailed, "error: broken\n"},
		"several":              {errors.Join(errors.New("a"), errors.New("b")), exitFailed, "error: a\nerror: b\n"},
		"configuration":        {wrong, exitConfiguration, "error: A: is wrong\nerror: B: too\n"},
		"configuration, whole": {fmt.Errorf("configuration: %w", wrong), exitConfiguration, "error: A: is wrong\nerror: B: too\n"},
		"told by the log":      {&toldError{errors.New("broken")}, exitFailed, ""},
		"context, by itself":   {context.Canceled, exitFailed, "error: context canceled\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			term := setup(t, nil)
			require.Equal(t, test.code, term.report(test.err))
			require.Equal(t, test.stderr, term.stderr.String())
		})
	}
}
