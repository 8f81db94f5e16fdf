package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"
	"golang.org/x/sync/errgroup"
)

const (
	asynqQueue = "default"
	asynqKind  = "message"
	// asynqEnqueuers is how many clients fill the queue: Redis commits what several
	// of them ask for together.
	asynqEnqueuers = 256
)

// asynqWorkers sends through asynq: j.inFlight workers in this process.
func asynqWorkers(ctx context.Context, j job) (time.Duration, error) {
	redis := asynq.RedisClientOpt{Addr: j.redis, PoolSize: j.inFlight}
	if err := asynqFill(ctx, redis, j); err != nil {
		return 0, err
	}
	inspector := asynq.NewInspector(redis)
	defer func() { _ = inspector.Close() }()

	posts := newPoster(j)
	handler := asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
		key, _ := asynq.GetTaskID(ctx)
		return posts.post(ctx, key, task.Payload())
	})
	server := asynq.NewServer(redis, asynq.Config{Concurrency: j.inFlight, LogLevel: asynq.FatalLevel})
	started := time.Now()
	if err := server.Start(handler); err != nil {
		return 0, fmt.Errorf("start the workers: %w", err)
	}
	defer server.Shutdown()
	if err := posts.wait(ctx); err != nil {
		return 0, err
	}
	err := until(ctx, func() (bool, error) {
		queue, err := inspector.GetQueueInfo(asynqQueue)
		if err != nil {
			return false, fmt.Errorf("ask for the queue: %w", err)
		}
		if queue.Retry+queue.Archived > 0 {
			return false, errors.New("tasks failed")
		}
		return queue.Pending+queue.Active == 0, nil
	})
	return time.Since(started), err
}

// asynqFill empties the queue and stores the messages in it.
func asynqFill(ctx context.Context, redis asynq.RedisClientOpt, j job) error {
	inspector := asynq.NewInspector(redis)
	defer func() { _ = inspector.Close() }()
	if err := inspector.DeleteQueue(asynqQueue, true); err != nil && !errors.Is(err, asynq.ErrQueueNotFound) {
		return fmt.Errorf("empty the queue: %w", err)
	}
	client := asynq.NewClient(redis)
	defer func() { _ = client.Close() }()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(asynqEnqueuers)
	for i := range j.messages {
		group.Go(func() error {
			body, err := j.message(i).body()
			if err != nil {
				return err
			}
			// One attempt: a call that fails ends the measurement.
			if _, err := client.EnqueueContext(ctx, asynq.NewTask(asynqKind, body), asynq.MaxRetry(0)); err != nil {
				return fmt.Errorf("enqueue: %w", err)
			}
			return nil
		})
	}
	return group.Wait() //nolint:wrapcheck // each is wrapped above
}
