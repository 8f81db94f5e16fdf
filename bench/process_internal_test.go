package main

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func shell(script, ready string) program {
	return program{path: "/bin/sh", arguments: []string{"-c", script}, ready: ready}
}

// gone reports whether there is no such process any more.
func gone(pid int) bool { return syscall.Kill(pid, 0) != nil }

func TestStart_WaitsForTheWordAndEndEndsByPid(t *testing.T) {
	t.Parallel()
	running, err := start(t.Context(), shell(
		"trap 'echo asked to end; exit' TERM; echo warming up; echo ready to go; while :; do sleep 0.05; done", "ready to go"))
	require.NoError(t, err)
	require.False(t, running.hasEnded())
	running.end()
	running.end()
	require.True(t, running.hasEnded())
	require.Equal(t, "warming up\nready to go\nasked to end\n", running.printed.String(), "it was not killed")
	require.True(t, gone(running.pid()))
}

func TestStart_SaysWhatAProgramPrintedThatEndsTooSoon(t *testing.T) {
	t.Parallel()
	_, err := start(t.Context(), shell("echo no such port >&2; exit 3", "ready"))
	require.ErrorContains(t, err, "no such port")
	_, err = start(t.Context(), program{path: "/does/not/exist"})
	require.ErrorContains(t, err, "/does/not/exist")
}

func TestStart_GivesNothingOfOurEnvironment(t *testing.T) {
	t.Setenv("WEBHOOK_URL", "http://somewhere.else")
	printed, err := runToEnd(t.Context(), shell(`echo "url=$WEBHOOK_URL"`, ""))
	require.NoError(t, err)
	require.Equal(t, "url=\n", printed)
}

func TestRunToEnd_FailsWithItsStatusAndWords(t *testing.T) {
	t.Parallel()
	_, err := runToEnd(t.Context(), shell("echo 2 calls failed; exit 1", ""))
	require.ErrorContains(t, err, "ended with status 1: 2 calls failed")
}

func TestRedis_StartsWithTheDurabilityAskedForAndEnds(t *testing.T) {
	t.Parallel()
	if lack := lackOfRedis(); lack != "" {
		t.Skip(lack)
	}
	redis, err := startRedis(t.Context(), t.TempDir(), "always")
	require.NoError(t, err)
	t.Cleanup(redis.end)
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", redis.port))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, connection.Close()) })
	_, err = connection.Write([]byte("CONFIG GET appendfsync\r\n"))
	require.NoError(t, err)
	var answer []string
	for lines := bufio.NewScanner(connection); len(answer) < 5 && lines.Scan(); {
		answer = append(answer, strings.TrimSpace(lines.Text()))
	}
	require.Equal(t, "always", answer[len(answer)-1], answer)
	redis.end()
	require.True(t, gone(redis.pid()))
}

func TestPostgres_StartsAsAnotherUserThanRootAndEnds(t *testing.T) {
	t.Parallel()
	if lack := lackOfPostgres(); lack != "" {
		t.Skip(lack)
	}
	require.NoError(t, inDirectory(func(dir string) error { // t.TempDir is below a directory that is closed to others
		postgres, err := startPostgres(t.Context(), dir)
		require.NoError(t, err)
		connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", postgres.port))
		require.NoError(t, err)
		require.NoError(t, connection.Close())
		postgres.end()
		require.True(t, gone(postgres.pid()))
		return nil
	}))
}
