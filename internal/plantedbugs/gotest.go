package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// buildTime is what a test may take to be built, beyond its own limit.
const buildTime = 5 * time.Minute

// verdict is what came of running one test.
type verdict string

// The verdicts.
const (
	passed    verdict = "passed"
	failed    verdict = "failed"
	unbuilt   verdict = "does not build"
	undecided verdict = "proves nothing" // skipped, not there, or ended outside of any test
)

// outcome is a verdict, and of a failure what is to be told.
type outcome struct {
	verdict verdict
	test    string        // the first that failed
	after   time.Duration // from the start of the test's program until then
	output  string        // what was printed
}

// event is one line of go test -json, see `go doc test2json`.
type event struct {
	Time   time.Time `json:"Time"`
	Action string    `json:"Action"`
	Test   string    `json:"Test"`
	Output string    `json:"Output"`
}

// goTest runs one test of the copy, and ends whatever it leaves behind: a test that
// was cut off leaves the processes that it started.
func (t tree) goTest(ctx context.Context, target target) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, target.limit+buildTime)
	defer cancel()
	//nolint:gosec // arguments of ours
	command := exec.CommandContext(ctx, "go", "test", "-json", "-count=1", "-failfast", "-vet=off", "-tags", "nomsgpack",
		"-timeout", target.limit.String(), "-run", target.pattern(), target.pkg)
	command.Dir = t.dir
	command.Env = append(os.Environ(), "PWD="+t.dir)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	killGroup := func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	command.Cancel = killGroup
	command.WaitDelay = 10 * time.Second
	var printed bytes.Buffer
	command.Stdout, command.Stderr = &printed, &printed
	if err := command.Start(); err != nil {
		return outcome{}, fmt.Errorf("start go test: %w", err)
	}
	_ = command.Wait() // the events say how it ended
	_ = killGroup()
	if err := ctx.Err(); err != nil {
		return outcome{}, fmt.Errorf("go test -run %s %s: %w", target.pattern(), target.pkg, err)
	}
	return judge(&printed, target.test), nil
}

// judge reads the events of a run of one test, with the subtests that it has.
func judge(events io.Reader, test string) outcome {
	judged := outcome{verdict: undecided}
	var began time.Time
	var printed bytes.Buffer
	crashed := false
	lines := bufio.NewScanner(events)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			e = event{Action: "output", Output: lines.Text() + "\n"} // go itself has something to say
		}
		printed.WriteString(e.Output)
		crashed = crashed || strings.HasPrefix(e.Output, "panic: ") || strings.HasPrefix(e.Output, "fatal error: ")
		switch {
		case e.Action == "start":
			began = e.Time
		case e.Action == "build-fail":
			judged.verdict = unbuilt
		case e.Action == "fail" && e.Test != "" && judged.verdict == undecided:
			// A subtest is told before the test that it belongs to.
			judged.verdict, judged.test, judged.after = failed, e.Test, e.Time.Sub(began)
		case e.Action == "fail" && crashed && judged.verdict == undecided:
			// Its time was over, or another goroutine took the program with it.
			judged.verdict, judged.test, judged.after = failed, test, e.Time.Sub(began)
		case e.Action == "pass" && e.Test == test && judged.verdict == undecided:
			judged.verdict = passed
		}
	}
	judged.output = printed.String()
	return judged
}
