package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// server is a server that a peer stores its messages in, on a port of loopback,
// with its data in a directory that goes with it.
type server struct {
	*process

	port int
}

func lackOfRedis() string {
	if _, err := exec.LookPath("redis-server"); err != nil {
		return "redis-server is not installed"
	}
	return ""
}

// startRedis starts an empty Redis that writes every command to its log, and
// flushes that as appendfsync says.
func startRedis(ctx context.Context, dir, appendfsync string) (server, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return server{}, fmt.Errorf("find redis-server: %w", err)
	}
	port, err := freePort(ctx)
	if err != nil {
		return server{}, err
	}
	redis, err := start(ctx, program{path: path, ready: "Ready to accept connections", arguments: []string{
		"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", dir,
		"--appendonly", "yes", "--appendfsync", appendfsync, "--save", "",
	}})
	return server{redis, port}, err
}

// lackOfPostgres says why there can be no PostgreSQL here.
func lackOfPostgres() string {
	if _, err := postgresPrograms(); err != nil {
		return "PostgreSQL is not installed"
	}
	if _, err := postgresUser(); err != nil {
		return "PostgreSQL does not run as root, and there is no user postgres"
	}
	return ""
}

// startPostgres makes a new, durable PostgreSQL; its superuser is bench. It is tuned
// as for a small server: enough memory for all the data, and no checkpoint in the run.
func startPostgres(ctx context.Context, dir string) (server, error) {
	programs, err := postgresPrograms()
	if err != nil {
		return server{}, err
	}
	credential, err := postgresUser()
	if err != nil {
		return server{}, err
	}
	if credential != nil {
		if err := os.Chown(dir, int(credential.Uid), int(credential.Gid)); err != nil {
			return server{}, fmt.Errorf("hand PostgreSQL its directory: %w", err)
		}
	}
	data := filepath.Join(dir, "data")
	_, err = runToEnd(ctx, program{
		path: filepath.Join(programs, "initdb"), user: credential, environment: []string{"LC_ALL=C"},
		arguments: []string{"-D", data, "-U", "bench", "--auth=trust", "--encoding=UTF8", "--no-sync"},
	})
	if err != nil {
		return server{}, err
	}
	port, err := freePort(ctx)
	if err != nil {
		return server{}, err
	}
	postgres, err := start(ctx, program{
		path: filepath.Join(programs, "postgres"), user: credential, environment: []string{"LC_ALL=C"},
		ready: "database system is ready to accept connections",
		endBy: syscall.SIGINT, // "fast": it does not wait for clients
		arguments: []string{
			"-D", data, "-p", strconv.Itoa(port), "-h", "127.0.0.1", "-k", dir,
			"-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "full_page_writes=on",
			"-c", "shared_buffers=512MB", "-c", "max_wal_size=4GB",
		},
	})
	return server{postgres, port}, err
}

// postgresPrograms returns the directory of initdb and postgres: that of the
// PATH, or Debian's of the newest version.
func postgresPrograms() (string, error) {
	candidates, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", fmt.Errorf("look for PostgreSQL: %w", err)
	}
	slices.Sort(candidates)
	slices.Reverse(candidates)
	if path, err := exec.LookPath("postgres"); err == nil {
		candidates = slices.Insert(candidates, 0, filepath.Dir(path))
	}
	for _, dir := range candidates {
		_, noServer := exec.LookPath(filepath.Join(dir, "postgres"))
		_, noInit := exec.LookPath(filepath.Join(dir, "initdb"))
		if noServer == nil && noInit == nil {
			return dir, nil
		}
	}
	return "", errors.New("PostgreSQL is not installed")
}

// postgresUser returns who runs PostgreSQL, which refuses root: nil is us.
func postgresUser() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // no other user is what nil says
	}
	found, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("find the user postgres: %w", err)
	}
	uid, err := strconv.ParseUint(found.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("read the user postgres: %w", err)
	}
	gid, err := strconv.ParseUint(found.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("read the user postgres: %w", err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
