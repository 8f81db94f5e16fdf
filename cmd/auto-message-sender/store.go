package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/mongostore"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/models"
	"auto-message-sender/pkg/mongodb"
)

const (
	partStore = "store"
	partRedis = "redis"

	storeRetry    = time.Second
	storeEndLimit = 5 * time.Second
	// storeTroubleEvery is how often the log is told again what is waited for.
	storeTroubleEvery = 30 * time.Second
)

// openStore returns the store that the settings name. One that is away, locked or
// full is waited for; one that is damaged, or settings that cannot work, are errors.
func (s *service) openStore(ctx context.Context, srv *server) (dataoperations.Store, error) {
	open, what := s.openEmbedded, "open the embedded store"
	if s.cfg.UsesMongoDB() {
		open, what = s.openMongoDB, "open MongoDB"
	}
	var store dataoperations.Store
	err := s.untilAnswered(ctx, srv, what, func(ctx context.Context) (err error) {
		store, err = open(ctx)
		return err
	})
	return store, err
}

func (s *service) openEmbedded(ctx context.Context) (dataoperations.Store, error) {
	store, err := sqlitestore.Open(ctx, sqlitestore.Options{
		Dir: s.cfg.DataDir, Now: s.process.now, NewID: uuid.NewString, Log: s.log,
	})
	if err != nil {
		return nil, fmt.Errorf("DATA_DIR=%s: %w", s.cfg.DataDir, err)
	}
	s.end.add(partStore, storeEndLimit, func(context.Context) error { return store.Close() })
	return store, nil
}

func (s *service) openMongoDB(ctx context.Context) (dataoperations.Store, error) {
	client, err := mongodb.Connect(ctx, mongodb.Options{
		URI: s.cfg.MongoDBURI.Reveal(), Database: s.cfg.MongoDBDatabase,
		Timeout: s.cfg.MongoDBTimeout, AppName: "auto-message-sender",
	})
	if err != nil {
		err = fmt.Errorf("connect to MongoDB (MONGODB_URI): %w", err)
		if errors.Is(err, mongodb.ErrURI) {
			return nil, err
		}
		return nil, models.Unavailable("MongoDB does not answer", err)
	}
	store, err := mongostore.Open(ctx, mongostore.Options{
		Database: client.Database(), Now: s.process.now, NewID: uuid.NewString,
		Log: s.log, Timeout: s.cfg.MongoDBTimeout,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the store: %w", err), client.Close(ctx))
	}
	s.end.add("mongodb", storeEndLimit, client.Close)
	s.end.add(partStore, storeEndLimit, func(context.Context) error { return store.Close() })
	return store, nil
}

// untilAnswered repeats a step while the store is away, which the probes and the
// log tell meanwhile. Any other error is final.
func (s *service) untilAnswered(ctx context.Context, srv *server, what string, step func(context.Context) error) error {
	var told time.Time
	for {
		err := step(ctx)
		if err == nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if models.KindOf(err) != models.KindUnavailable {
			return fmt.Errorf("%s: %w", what, err)
		}
		srv.waiting.set(err)
		if now := s.process.now(); told.IsZero() || now.Sub(told) >= storeTroubleEvery {
			told = now
			s.log.WithError(err).WithField("step", what).Warn("waiting for the store, trying again every second")
		}
		if err := sleep(ctx, storeRetry); err != nil {
			return err
		}
	}
}
