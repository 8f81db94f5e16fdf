// Command plantedbugs shows that the tests notice when a promise is broken.
//
// Each file in patches/ is a fault of a few lines that somebody could really make:
// an outcome recorded without its fence, a draw that is not written, a retry under
// another key. It says which promise that breaks and which test must notice. The
// program copies the tree into a temporary directory – the working tree is never
// touched – and there
//
//  1. runs every test that is named, without any fault: all must pass;
//  2. plants one fault after the other, runs its test, and takes the fault out again.
//
// A fault is caught when a test fails. A tree that does not build, a patch that does
// not apply, a test that was skipped prove nothing, and end the program with status 1
// as a fault that survives does.
//
// With -only the faults are those whose names begin so; with -write the result of a
// complete run goes to docs/planted-bugs.md. The tests of this package, which run
// with all the others, hold that the patches still apply and that the page has
// exactly these.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Paths from the module's root, which the program is run in.
const (
	patchesPath = "internal/plantedbugs/patches"
	pagePath    = "docs/planted-bugs.md"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "plantedbugs:", err)
		os.Exit(1)
	}
}

// run does what the arguments say in the module whose root is the working directory.
func run(ctx context.Context, arguments []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("plantedbugs", flag.ContinueOnError)
	flags.SetOutput(out)
	only := flags.String("only", "", "plant only the faults whose names begin so, as in 07 or 07,12")
	write := flags.Bool("write", false, "write the result to "+pagePath)
	if err := flags.Parse(arguments); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err //nolint:wrapcheck // flag has said it all
	}
	bugs, err := readBugs(os.DirFS(patchesPath))
	if err != nil {
		return err
	}
	chosen := beginningWith(bugs, strings.Split(*only, ","))
	if len(chosen) == 0 {
		return fmt.Errorf("no fault's name begins with %q", *only)
	}
	if *write && len(chosen) < len(bugs) {
		return errors.New("-write is for the result of all, without -only")
	}
	dir, err := os.MkdirTemp("", "plantedbugs-")
	if err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	planted, err := copyTree(".", filepath.Join(dir, "tree"))
	if err != nil {
		return err
	}
	trial := trial{tree: planted, test: planted.goTest, out: out}
	if err := trial.healthy(ctx, chosen); err != nil {
		return err
	}
	results, err := trial.all(ctx, chosen)
	if err != nil {
		return err
	}
	if *write {
		if err := os.WriteFile(pagePath, []byte(page(results)), 0o644); err != nil { //nolint:gosec // a page for everybody
			return fmt.Errorf("write the page: %w", err)
		}
	}
	return nil
}

func beginningWith(bugs []bug, prefixes []string) []bug {
	var chosen []bug
	for _, one := range bugs {
		if slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(one.name, prefix) }) {
			chosen = append(chosen, one)
		}
	}
	return chosen
}
