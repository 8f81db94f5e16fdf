// Command ferretdb runs a stand-in for MongoDB, for tests and for trying the
// service where no mongod is to be had: FerretDB with SQLite behind it.
//
// It prints the URI to connect to as the first line on standard output, and ends
// when standard input closes – so that it never outlives the test binary that
// started it, however that ends – or on SIGINT and SIGTERM.
//
// FerretDB's writes are not atomic as MongoDB's are, so the printed URI is that
// of our wire proxy, which passes one write at a time. Tests that bring a proxy
// of their own ask for the bare server with --proxy=false.
//
// The files in wireproxy are symbolic links to those of internal/wireproxy in the
// main module. Requiring that module here, with a replace, would work as well, but
// then this go.mod would have to be tidied after each change of the service's
// dependencies, and those would decide which SQLite the stand-in runs on.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"

	"auto-message-sender/tools/ferretdb/wireproxy"
)

// settings are the command line.
type settings struct {
	dir       string // where the databases are kept; empty: a temporary directory
	listen    string // what clients connect to
	proxy     bool
	keepStdin bool // run on when standard input closes
}

// gcPercent lets the heap grow to five times what is in use before it is collected:
// the server decodes whole collections for every command, and a third of its time
// went into collecting that again.
const gcPercent = 400

func main() {
	debug.SetGCPercent(gcPercent)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "ferretdb:", err)
		os.Exit(1)
	}
}

// parse reads the command line.
func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("ferretdb", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.dir, "dir", "", "directory for the databases, kept afterwards (default: a temporary one)")
	flags.StringVar(&s.listen, "listen", "127.0.0.1:0", "address to listen on")
	flags.BoolVar(&s.proxy, "proxy", true, "let one write pass at a time, as MongoDB's atomicity needs")
	flags.BoolVar(&s.keepStdin, "ignore-stdin", false, "go on when standard input closes; end by a signal only")
	if err := flags.Parse(args); err != nil {
		return settings{}, fmt.Errorf("command line: %w", err)
	}
	return s, nil
}

// run serves until ctx is done or standard input closes.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	dir, remove, err := directory(s.dir)
	if err != nil {
		return err
	}
	defer remove()
	location := "file:" + dir + "/"
	if s.dir == "" {
		// What is deleted at the end need not survive a power cut before.
		location += "?_pragma=synchronous(off)"
	}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if !s.keepStdin {
		go func() {
			_, _ = io.Copy(io.Discard, stdin) // any end of it is the end of us
			cancel()
		}()
	}
	return serve(ctx, s, location, stdout, stderr)
}

// directory returns the directory for the databases, and what to do at the end.
func directory(given string) (dir string, remove func(), err error) {
	if given == "" {
		dir, err = os.MkdirTemp("", "ferretdb-")
		if err != nil {
			return "", nil, fmt.Errorf("temporary directory: %w", err)
		}
		return dir, func() { _ = os.RemoveAll(dir) }, nil
	}
	dir, err = filepath.Abs(given)
	if err != nil {
		return "", nil, fmt.Errorf("directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, fmt.Errorf("directory: %w", err)
	}
	return dir, func() {}, nil
}

// serve runs the server, and the proxy where it is wanted, until ctx is done.
func serve(ctx context.Context, s settings, location string, stdout, stderr io.Writer) error {
	address := s.listen
	if s.proxy {
		address = "127.0.0.1:0" // only the proxy is to be found
	}
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: address},
		Handler:   "sqlite",
		SQLiteURL: location,
		Logger:    slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()

	uri := strings.TrimSuffix(server.MongoDBURI(), "/") + "/?directConnection=true"
	if s.proxy {
		parsed, err := url.Parse(server.MongoDBURI())
		if err != nil {
			return fmt.Errorf("the server's URI: %w", err)
		}
		proxy, err := wireproxy.Listen(ctx, s.listen, parsed.Host)
		if err != nil {
			return fmt.Errorf("start the proxy: %w", err)
		}
		defer func() { _ = proxy.Close() }()
		uri = proxy.URI()
	}
	if _, err := fmt.Fprintln(stdout, uri); err != nil {
		return fmt.Errorf("say the URI: %w", err)
	}
	if err := <-ended; err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}
