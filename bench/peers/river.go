package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

const (
	// What River is tuned by: it fetches as often as that, through as many connections.
	riverFetchCooldown = 10 * time.Millisecond
	riverPool          = 16
	// riverInsertBatch is how many jobs one COPY inserts.
	riverInsertBatch = 5000
)

// Kind names the job; River asks for it.
func (message) Kind() string { return "message" }

// riverWorker does the jobs.
type riverWorker struct {
	river.WorkerDefaults[message]
	posts *poster
}

// Work POSTs one message.
func (w *riverWorker) Work(ctx context.Context, job *river.Job[message]) error {
	body, err := job.Args.body()
	if err != nil {
		return err
	}
	return w.posts.post(ctx, strconv.FormatInt(job.ID, 10), body)
}

// riverWorkers sends through River: j.inFlight workers in this process.
func riverWorkers(ctx context.Context, j job) (took time.Duration, err error) {
	pool, err := riverConnect(ctx, j)
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	posts := newPoster(j)
	workers := river.NewWorkers()
	river.AddWorker(workers, &riverWorker{posts: posts})
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: j.inFlight}},
		Workers:           workers,
		FetchCooldown:     riverFetchCooldown,
		FetchPollInterval: riverFetchCooldown,
		JobTimeout:        -1, // none: the call has its own
		MaxAttempts:       1,  // a call that fails ends the measurement
		Logger:            slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		return 0, fmt.Errorf("make the client: %w", err)
	}
	if err := riverFill(ctx, client, pool, j); err != nil {
		return 0, err
	}
	started := time.Now()
	if err := client.Start(ctx); err != nil {
		return 0, fmt.Errorf("start the workers: %w", err)
	}
	defer func() { err = errors.Join(err, client.Stop(context.WithoutCancel(ctx))) }()
	if err := posts.wait(ctx); err != nil {
		return 0, err
	}
	err = until(ctx, func() (done bool, err error) {
		err = pool.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM river_job WHERE state IN ('available', 'running'))`).Scan(&done)
		if err != nil {
			return false, fmt.Errorf("ask for jobs that are not done: %w", err)
		}
		return done, nil
	})
	took = time.Since(started)
	if err != nil {
		return 0, err
	}
	return took, riverCheck(ctx, pool, j)
}

func riverConnect(ctx context.Context, j job) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(j.database)
	if err != nil {
		return nil, fmt.Errorf("read -database: %w", err)
	}
	config.MaxConns = riverPool
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return pool, nil
}

// riverFill makes the tables, empties them, and stores the messages. The planner
// is told how large they are, as it would know of tables that have been there for longer.
func riverFill(ctx context.Context, client *river.Client[pgx.Tx], pool *pgxpool.Pool, j job) error {
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return fmt.Errorf("make the migrator: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("make the tables: %w", err)
	}
	if _, err := pool.Exec(ctx, `TRUNCATE river_job`); err != nil {
		return fmt.Errorf("empty the table: %w", err)
	}
	batch := make([]river.InsertManyParams, 0, riverInsertBatch)
	for i := range j.messages {
		batch = append(batch, river.InsertManyParams{Args: j.message(i)})
		if len(batch) == riverInsertBatch || i == j.messages-1 {
			if _, err := client.InsertManyFast(ctx, batch); err != nil {
				return fmt.Errorf("insert jobs: %w", err)
			}
			batch = batch[:0]
		}
	}
	for _, statement := range []string{`VACUUM ANALYZE river_job`, `CHECKPOINT`} {
		if _, err := pool.Exec(ctx, statement); err != nil {
			return fmt.Errorf("prepare the table: %w", err)
		}
	}
	return nil
}

// riverCheck holds that every job is stored as completed.
func riverCheck(ctx context.Context, pool *pgxpool.Pool, j job) error {
	var completed int
	if err := pool.QueryRow(ctx, `SELECT count(*) FROM river_job WHERE state = 'completed'`).Scan(&completed); err != nil {
		return fmt.Errorf("count the completed jobs: %w", err)
	}
	if completed != j.messages {
		return fmt.Errorf("%d of %d jobs are completed", completed, j.messages)
	}
	return nil
}
