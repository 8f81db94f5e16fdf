package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/sirupsen/logrus"

	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/models"
)

// acceptBatch is how many messages are preloaded in one write.
const acceptBatch = 1000

func startSink(ctx context.Context, s settings) (*process, error) {
	sink, err := start(ctx, s, []string{
		"sink", "--quiet", "--addr", "127.0.0.1:%port%", "--latency", s.latency.String(),
	}, nil)
	if err != nil {
		return nil, err
	}
	if _, err := sink.until(ctx, http.MethodPost, "/", http.StatusAccepted, time.Now()); err != nil {
		sink.end()
		return nil, err
	}
	return sink, nil
}

// serve starts the service on a store, its scheduler not started yet.
func serve(ctx context.Context, sinkURL, dataDir string, s settings) (*process, error) {
	return start(ctx, s, []string{"serve"}, []string{
		"DATA_DIR=" + dataDir, "WEBHOOK_URL=" + sinkURL, "SERVER_PORT=%port%",
		"MESSAGES_PER_INTERVAL=0", "MAX_IN_FLIGHT=" + strconv.Itoa(s.inFlight), "RATE_LIMIT=1000000/1s",
		"LOG_LEVEL=warn", // the loop that it is compared with logs nothing either
	})
}

// startUp measures how long the service takes from its start, on a new store,
// to its first 200 of /readyz, and its memory a second later.
func startUp(ctx context.Context, sinkURL string, s settings) (ready time.Duration, rss float64, err error) {
	dir, err := os.MkdirTemp("", "ams-bench-")
	if err != nil {
		return 0, 0, fmt.Errorf("make a directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	started := time.Now()
	service, err := serve(ctx, sinkURL, dir, s)
	if err != nil {
		return 0, 0, err
	}
	defer service.end()
	if ready, err = service.until(ctx, http.MethodGet, "/readyz", http.StatusOK, started); err != nil {
		return 0, 0, err
	}
	time.Sleep(time.Second)
	rss, err = service.rss()
	return ready, rss, err
}

// fullSpeed measures the messages per second from the scheduler's start until
// all are sent, and the memory then.
func fullSpeed(ctx context.Context, sinkURL string, s settings) (perSecond, rss float64, err error) {
	dir, err := os.MkdirTemp("", "ams-bench-")
	if err != nil {
		return 0, 0, fmt.Errorf("make a directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := preload(ctx, dir, s.messages); err != nil {
		return 0, 0, err
	}
	service, err := serve(ctx, sinkURL, dir, s)
	if err != nil {
		return 0, 0, err
	}
	defer service.end()
	if _, err := service.until(ctx, http.MethodGet, "/readyz", http.StatusOK, time.Now()); err != nil {
		return 0, 0, err
	}
	started := time.Now()
	if _, err := service.until(ctx, http.MethodPost, "/api/v1/scheduler/start", http.StatusOK, started); err != nil {
		return 0, 0, err
	}
	took, err := service.untilAllSent(ctx, s.messages, started)
	if err != nil {
		return 0, 0, err
	}
	rss, err = service.rss()
	return float64(s.messages) / took.Seconds(), rss, err
}

// untilAllSent polls the counts, which are exact, until n messages are sent.
func (p *process) untilAllSent(ctx context.Context, n int, since time.Time) (time.Duration, error) {
	for last, progress := int64(-1), time.Now(); ; time.Sleep(20 * time.Millisecond) {
		counts, err := p.counts(ctx)
		if err != nil {
			return 0, err
		}
		switch sent := counts[models.StatusSent]; {
		case sent >= int64(n):
			return time.Since(since), nil
		case sent != last:
			last, progress = sent, time.Now()
		case time.Since(progress) > 30*time.Second:
			return 0, fmt.Errorf("stuck at %v; the process said:\n%s", counts, p.said())
		}
	}
}

func (p *process) counts(ctx context.Context) (models.Counts, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url()+"/api/v1/scheduler", http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask for the counts: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Counts models.Counts `json:"counts"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("read the counts: %w", err)
	}
	return answer.Counts, nil
}

// preload fills a new store with n pending messages.
func preload(ctx context.Context, dir string, n int) (err error) {
	log := logrus.New()
	log.SetLevel(logrus.ErrorLevel)
	store, err := sqlitestore.Open(ctx, sqlitestore.Options{Dir: dir, Now: time.Now, NewID: uuid.NewString, Log: log})
	if err != nil {
		return fmt.Errorf("open the store to fill it: %w", err)
	}
	defer func() {
		if closeErr := store.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("close the filled store: %w", closeErr)
		}
	}()
	created := time.Now().Add(-time.Hour)
	batch := make([]models.Message, 0, acceptBatch)
	for i := range n {
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("make an id: %w", err)
		}
		batch = append(batch, models.Message{
			ID: models.ID{Text: id.String()}, To: recipient(i), Content: content(i),
			Priority: models.PriorityNormal, CreatedAt: created,
		})
		if len(batch) == acceptBatch || i == n-1 {
			if err := store.Accept(ctx, batch...); err != nil {
				return fmt.Errorf("fill the store: %w", err)
			}
			batch = batch[:0]
		}
	}
	return nil
}
