package main

import (
	"crypto/rand"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"auto-message-sender/internal/cli"
)

// addAPICommands adds the commands that speak to a running server.
func addAPICommands(root *cobra.Command, p process) {
	root.AddGroup(&cobra.Group{ID: cli.GroupID, Title: "Commands that speak to a running server:"})
	root.AddCommand(cli.Commands(cli.Process{
		Environ: p.environ, Stdin: p.stdin, Stdout: p.stdout, Stderr: p.stderr, Terminal: isTerminal,
		Now: p.now, Zone: time.Local, NewID: uuid.NewString, Random: rand.Reader,
	})...)
}

// isTerminal reports whether a person reads from, or writes to, the stream.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}
