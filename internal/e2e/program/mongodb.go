package program

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// MongoDB returns the URI of a MongoDB to test on: the one that MONGODB_TEST_URI
// names, or the stand-in that `make test` builds, behind its proxy and only for
// this test. Where there is neither, the test is skipped or, with CI=true, fails.
func MongoDB(t T) string {
	if uri := os.Getenv("MONGODB_TEST_URI"); uri != "" {
		return uri
	}
	program, err := StandIn()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v", err)
		}
		t.Skipf("%v", err)
	}
	uri, err := runStandIn(t, program)
	if err != nil {
		t.Fatalf("start %s: %v", program, err)
	}
	return uri
}

// StandIn finds bin/ferretdb beside go.mod.
func StandIn() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("look for go.mod: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("go.mod is nowhere above the tests")
		}
		dir = filepath.Dir(dir)
	}
	program := filepath.Join(dir, "bin", "ferretdb")
	if _, err := os.Stat(program); err != nil {
		return "", errors.New("there is no bin/ferretdb, the stand-in for MongoDB: `make test` builds it, or set MONGODB_TEST_URI")
	}
	return program, nil
}

// runStandIn starts the program and returns the URI that it prints first. It ends
// when its standard input closes, so also when this process dies.
func runStandIn(t T, program string) (uri string, err error) {
	server := exec.Command(program) //nolint:noctx // built by make test; ended by its standard input, below
	server.Stderr = os.Stderr
	stdin, err := server.StdinPipe()
	if err != nil {
		return "", fmt.Errorf("its standard input: %w", err)
	}
	stdout, err := server.StdoutPipe()
	if err != nil {
		return "", fmt.Errorf("its standard output: %w", err)
	}
	if err := server.Start(); err != nil {
		return "", fmt.Errorf("run it: %w", err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_, _ = io.Copy(io.Discard, stdout)
		_ = server.Wait()
	})
	uri, err = bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("it said no URI: %w", err)
	}
	return strings.TrimSpace(uri), nil
}
