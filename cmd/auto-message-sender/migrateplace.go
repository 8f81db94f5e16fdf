package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/sirupsen/logrus"

	"auto-message-sender/internal/config"
	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/mongostore"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/models"
	"auto-message-sender/pkg/mongodb"
)

// place is one side of a migration.
type place struct {
	name     string // for people: no credentials
	dir      string // embedded; empty: MongoDB
	uri      string
	database string
	// opened and end are set by open.
	opened dataoperations.Archive
	end    func(context.Context) error
}

func (p *place) embedded() bool { return p.dir != "" }

const waysToName = "sqlite (the store in DATA_DIR), sqlite:DIR, mongodb (that of MONGODB_URI and MONGODB_DATABASE), or mongodb://HOST/DATABASE"

// placeOf reads a side of a migration: the flag, or the variable of the environment, or
// the file that the variable names with _FILE.
func (p process) placeOf(flag, value, variable string, cfg config.Config) (*place, error) {
	if value == "" {
		value = p.environ[variable]
	}
	if path := p.environ[variable+"_FILE"]; value == "" && path != "" {
		content, err := os.ReadFile(path) //nolint:gosec // the person's own choice
		if err != nil {
			return nil, &usageError{fmt.Errorf("%s_FILE: %w", variable, err)}
		}
		value = strings.TrimSpace(string(content))
	}
	if value == "" {
		return nil, &usageError{fmt.Errorf("%s, or %s, must be given: %s", flag, variable, waysToName)}
	}
	named, err := parsePlace(value, cfg)
	if err != nil {
		return nil, &usageError{fmt.Errorf("%s: %w", flag, err)}
	}
	return named, nil
}

func parsePlace(text string, cfg config.Config) (*place, error) {
	kind, rest, _ := strings.Cut(text, ":")
	switch {
	case kind == "sqlite" && strings.HasPrefix(text, "sqlite:") && rest == "":
		return nil, errors.New("sqlite: names no directory")
	case kind == "sqlite":
		dir := rest
		if dir == "" {
			dir = cfg.DataDir
		}
		return &place{name: "sqlite:" + dir, dir: dir}, nil
	case text == "mongodb":
		if !cfg.UsesMongoDB() {
			return nil, errors.New("mongodb is the database that MONGODB_URI names, and that is not set")
		}
		return mongoPlace(cfg.MongoDBURI.Reveal(), cfg.MongoDBDatabase), nil
	case kind == "mongodb" || kind == "mongodb+srv":
		database := databaseOf(text)
		if slices.Contains([]string{"admin", "local", "config"}, database) {
			return nil, errors.New("the database " + database + " is MongoDB's own: name the service's in the URI, " +
				"as in mongodb://HOST/auto_message_sender?authSource=admin")
		}
		if database == "" {
			database = cfg.MongoDBDatabase
		}
		return mongoPlace(text, database), nil
	}
	return nil, fmt.Errorf("must be %s", waysToName) // not the text: it may have a password
}

func mongoPlace(uri, database string) *place {
	scheme, rest, _ := strings.Cut(uri, "://")
	hosts, _, _ := strings.Cut(rest, "?")
	hosts, _, _ = strings.Cut(hosts, "/")
	if i := strings.LastIndex(hosts, "@"); i >= 0 {
		hosts = hosts[i+1:]
	}
	return &place{name: scheme + "://" + hosts + "/" + database, uri: uri, database: database}
}

// databaseOf returns the database that a URI names, empty if it names none. It is no
// URL: it may have several hosts.
func databaseOf(uri string) string {
	_, rest, _ := strings.Cut(uri, "://")
	rest, _, _ = strings.Cut(rest, "?")
	_, database, _ := strings.Cut(rest, "/")
	return database
}

// open opens the place; create makes an embedded store where there is none.
func (p *place) open(ctx context.Context, proc process, cfg config.Config, log logrus.FieldLogger, batch int, create bool) error {
	if p.embedded() {
		archive, err := sqlitestore.OpenArchive(ctx, sqlitestore.Options{
			Dir: p.dir, Now: proc.now, NewID: uuid.NewString, Log: log,
		}, create)
		if err != nil {
			return err //nolint:wrapcheck // it says what failed
		}
		p.opened, p.end = archive, func(context.Context) error { return archive.Close() }
		return nil
	}
	client, err := mongodb.Connect(ctx, mongodb.Options{
		URI: p.uri, Database: p.database, Timeout: cfg.MongoDBTimeout, AppName: "auto-message-sender migrate",
	})
	switch {
	case errors.Is(err, mongodb.ErrURI):
		return &usageError{err}
	case err != nil:
		return models.Unavailable("MongoDB does not answer", err)
	}
	archive, err := mongostore.OpenArchive(ctx, mongostore.Options{
		Database: client.Database(), Now: proc.now, NewID: uuid.NewString, Log: log, BatchSize: batch, Timeout: cfg.MongoDBTimeout,
	})
	if err != nil {
		return errors.Join(err, client.Close(ctx))
	}
	p.opened, p.end = archive, client.Close
	return nil
}

// close closes what was opened.
func (p *place) close(ctx context.Context) error {
	if p.end == nil {
		return nil
	}
	return p.end(ctx)
}
