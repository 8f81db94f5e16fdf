package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/middleware"
	"auto-message-sender/internal/models"
)

const (
	testKey   = "router-key-0123456789abcdef"
	otherKey  = "other-key-fedcba9876543210"
	recipient = "+905551234567"
	sensitive = "Geheimnis ş 🙂 kod 4711"
)

// store is a real one that can be taken away.
type store struct {
	*sqlitestore.Store
	away atomic.Bool
}

// or returns err, or that the store is away.
func (s *store) or(err error) error {
	if s.away.Load() {
		return &models.Error{Kind: models.KindUnavailable, Detail: "the store is away", Cause: errors.New("dial tcp 10.0.0.7:27017")}
	}
	return err
}

func (s *store) Accept(ctx context.Context, messages ...models.Message) error {
	return s.or(s.Store.Accept(ctx, messages...))
}

func (s *store) Message(ctx context.Context, id string) (models.Message, error) {
	message, err := s.Store.Message(ctx, id)
	return message, s.or(err)
}

func (s *store) Sent(ctx context.Context, offset, limit int64) ([]models.Message, error) {
	sent, err := s.Store.Sent(ctx, offset, limit)
	return sent, s.or(err)
}

func (s *store) Counts(ctx context.Context) (models.Counts, error) {
	counts, err := s.Store.Counts(ctx)
	return counts, s.or(err)
}

func (s *store) Scheduler(ctx context.Context) (models.Scheduler, error) {
	state, err := s.Store.Scheduler(ctx)
	return state, s.or(err)
}

func (s *store) Start(ctx context.Context, entry models.SchedulerLog) (models.Scheduler, error) {
	state, err := s.Store.Start(ctx, entry)
	return state, s.or(err)
}

func (s *store) Stop(ctx context.Context, entry models.SchedulerLog) (models.Scheduler, error) {
	state, err := s.Store.Stop(ctx, entry)
	return state, s.or(err)
}

func (s *store) SchedulerLogs(ctx context.Context, offset, limit int64) ([]models.SchedulerLog, int64, error) {
	entries, total, err := s.Store.SchedulerLogs(ctx, offset, limit)
	return entries, total, s.or(err)
}

func (s *store) Ping(ctx context.Context) error { return s.or(s.Store.Ping(ctx)) }

// api is the router over a store, and what it logs at the lowest level.
type api struct {
	engine *gin.Engine
	store  *store
	log    *bytes.Buffer
	parts  []handlers.Part
	deps   routerDeps
	woken  atomic.Int64
	failed error // what the control answers, where set

	webhook models.WebhookHealth
}

// Start, Stop and State make the store the scheduler's control; the pipeline
// that follows it is not needed here.
func (a *api) Start(ctx context.Context, actor, reason string) (models.Scheduler, error) {
	if a.failed != nil {
		return models.Scheduler{}, a.failed
	}
	return a.store.Start(ctx, models.SchedulerLog{ID: uuid.NewString(), Action: models.ActionStart, Actor: actor, Reason: reason, Replica: "r-1"})
}

func (a *api) Stop(ctx context.Context, actor, reason string) (state models.Scheduler, inFlight int, err error) {
	state, err = a.store.Stop(ctx, models.SchedulerLog{ID: uuid.NewString(), Action: models.ActionStop, Actor: actor, Reason: reason, Replica: "r-1"})
	return state, 3, err
}

func (a *api) State(ctx context.Context) (models.Scheduler, error) { return a.store.Scheduler(ctx) }

// startAPI returns a router that asks for testKey and has a rate limit that no
// test reaches by accident; change alters what it is made of.
func startAPI(t *testing.T, change ...func(*api)) *api {
	t.Helper()
	wallClock := time.Now //nolint:forbidigo // a real store and real requests
	log := logrus.New()
	a := &api{log: new(bytes.Buffer), webhook: models.WebhookHealth{State: models.WebhookClosed}}
	log.SetOutput(a.log)
	log.SetLevel(logrus.TraceLevel)
	newID := func() string { return uuid.Must(uuid.NewV7()).String() }

	opened, err := sqlitestore.Open(t.Context(), sqlitestore.Options{Dir: t.TempDir(), Now: wallClock, NewID: newID, Log: log})
	require.NoError(t, err)
	a.store = &store{Store: opened}
	t.Cleanup(func() { require.NoError(t, a.store.Close()) })
	require.NoError(t, a.store.Configure(t.Context(), models.Pace{Interval: 2 * time.Minute, PerWindow: 2}))

	a.parts = []handlers.Part{{Name: "store", Required: true, Check: a.store.Ping}}
	a.deps = routerDeps{
		Log: log, Now: wallClock, NewRequestID: newID, RequestTimeout: 10 * time.Second, Keys: new(middleware.Keyring),
	}
	a.deps.Keys.Add("tests", testKey)
	a.deps.Limiter = limiterOf(t, 1_000_000, a.deps)
	for _, apply := range change {
		apply(a)
	}
	a.deps.Messages, err = handlers.NewMessages(handlers.MessagesOptions{
		Store: a.store, Wake: func() { a.woken.Add(1) }, Now: a.store.Now, NewID: newID,
	})
	require.NoError(t, err)
	a.deps.Scheduler, err = handlers.NewScheduler(handlers.SchedulerOptions{
		Control: a, Trail: a.store, Counter: a.store, Replica: "r-1",
		Webhook: func() models.WebhookHealth { return a.webhook },
	})
	require.NoError(t, err)
	a.deps.Probes, err = handlers.NewProbes(handlers.ProbesOptions{Parts: a.parts, Now: wallClock, Log: log})
	require.NoError(t, err)
	a.engine, err = newRouter(a.deps)
	require.NoError(t, err)
	return a
}

func limiterOf(t *testing.T, limit int64, deps routerDeps) *middleware.RateLimiter {
	t.Helper()
	limiter, err := middleware.NewRateLimiter(middleware.RateLimitOptions{Limit: limit, Period: time.Minute, Log: deps.Log, Now: deps.Now})
	require.NoError(t, err)
	return limiter
}

// ask sends a request with the key; a body is JSON.
func (a *api) ask(method, path, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	request := httptest.NewRequest(method, path, content) //nolint:noctx // a recorder needs none
	request.Header.Set("X-API-Key", testKey)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, apply := range change {
		apply(request)
	}
	answer := httptest.NewRecorder()
	a.engine.ServeHTTP(answer, request)
	return answer
}

func withHeader(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// object returns the JSON object that an answer is.
func object(t *testing.T, answer *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var body map[string]any
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &body), answer.Body.String())
	return body
}

// requireProblem holds that an answer is a problem of this status.
func requireProblem(t *testing.T, answer *httptest.ResponseRecorder, status int) map[string]any {
	t.Helper()
	require.Equal(t, status, answer.Code, answer.Body.String())
	require.Equal(t, "application/problem+json", answer.Header().Get("Content-Type"))
	body := object(t, answer)
	require.Equal(t, "about:blank", body["type"])
	require.Equal(t, http.StatusText(status), body["title"])
	require.InDelta(t, status, body["status"], 0)
	require.NotEmpty(t, body["detail"])
	require.Equal(t, body["detail"], body["error"], "clients of the reference read error")
	require.Equal(t, answer.Header().Get("X-Request-ID"), body["request_id"])
	return body
}

// keys lists the names in an object.
func keys(body map[string]any) []string {
	names := make([]string, 0, len(body))
	for name := range body {
		names = append(names, name)
	}
	return names
}

const milliseconds = `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`

// accept stores a message and returns its id.
func (a *api) accept(t *testing.T, content string) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"to": recipient, "content": content})
	require.NoError(t, err)
	answer := a.ask(http.MethodPost, "/api/v1/messages", string(body))
	require.Equal(t, http.StatusCreated, answer.Code, answer.Body.String())
	id, ok := object(t, answer)["id"].(string)
	require.True(t, ok)
	return id
}

// send takes every due message through claim and record, a second apart each.
func (a *api) send(t *testing.T, messageID string) {
	t.Helper()
	claimed, err := a.store.Claim(t.Context(), dataoperations.ClaimRequest{Owner: "r-1", Lease: time.Minute, Max: 100})
	require.NoError(t, err)
	for _, claim := range claimed.Claimed {
		at := a.store.Now()
		applied, err := a.store.Record(t.Context(), []models.Outcome{{
			ID: claim.ID, ClaimID: claim.ClaimID, Result: models.ResultSent, At: at, MessageID: messageID,
			Attempt: models.Attempt{Number: claim.Attempt, StartedAt: at, Duration: 20 * time.Millisecond, StatusCode: 202, Replica: "r-1"},
		}})
		require.NoError(t, err)
		require.Equal(t, []bool{true}, applied)
	}
}
