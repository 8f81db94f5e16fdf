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
	"auto-message-sender/internal/events"
	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/middleware"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/sms"
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
	away        atomic.Bool
	acceptFails atomic.Bool // Accept alone, and before it did anything
}

// or returns err, or that the store is away.
func (s *store) or(err error) error {
	if s.away.Load() {
		return &models.Error{Kind: models.KindUnavailable, Detail: "the store is away", Cause: errors.New("dial tcp 10.0.0.7:27017")}
	}
	return err
}

func (s *store) Accept(ctx context.Context, messages ...models.Message) error {
	if s.acceptFails.Load() {
		return models.Unavailable("the disk is full", nil)
	}
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

func (s *store) AcceptNew(ctx context.Context, messages []models.Message) ([]bool, error) {
	stored, err := s.Store.AcceptNew(ctx, messages)
	return stored, s.or(err)
}

func (s *store) Reserve(ctx context.Context, wanted models.Reservation) (models.Reservation, error) {
	standing, err := s.Store.Reserve(ctx, wanted)
	return standing, s.or(err)
}

func (s *store) List(ctx context.Context, filter models.Filter, after models.Cursor, limit int) (models.Page, error) {
	page, err := s.Store.List(ctx, filter, after, limit)
	return page, s.or(err)
}

func (s *store) Deliver(ctx context.Context, report models.DeliveryReport) (bool, error) {
	stored, err := s.Store.Deliver(ctx, report)
	return stored, s.or(err)
}

func (s *store) Replicas(ctx context.Context) ([]models.Replica, error) {
	replicas, err := s.Store.Replicas(ctx)
	return replicas, s.or(err)
}

func (s *store) SetPace(ctx context.Context, pace models.Pace, entry models.SchedulerLog) (models.Scheduler, error) {
	state, err := s.Store.SetPace(ctx, pace, entry)
	return state, s.or(err)
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

func (a *api) SetPace(ctx context.Context, pace models.Pace, actor, reason string) (models.Scheduler, error) {
	return a.store.SetPace(ctx, pace, models.SchedulerLog{ID: uuid.NewString(), Action: models.ActionPace, Actor: actor, Reason: reason, Replica: "r-1"})
}

func (a *api) State(ctx context.Context) (models.Scheduler, error) { return a.store.Scheduler(ctx) }

// startAPI returns a router that asks for testKey and has a rate limit that no
// test reaches by accident; change alters what it is made of.
func startAPI(tb testing.TB, change ...func(*api)) *api {
	tb.Helper()
	wallClock := time.Now //nolint:forbidigo // a real store and real requests
	log := logrus.New()
	a := &api{log: new(bytes.Buffer), webhook: models.WebhookHealth{State: models.WebhookClosed}}
	log.SetOutput(a.log)
	log.SetLevel(logrus.TraceLevel)
	newID := func() string { return uuid.Must(uuid.NewV7()).String() }

	opened, err := sqlitestore.Open(tb.Context(), sqlitestore.Options{Dir: tb.TempDir(), Now: wallClock, NewID: newID, Log: log})
	require.NoError(tb, err)
	a.store = &store{Store: opened}
	tb.Cleanup(func() { require.NoError(tb, a.store.Close()) })
	require.NoError(tb, a.store.Configure(tb.Context(), models.Pace{Interval: 2 * time.Minute, PerWindow: 2}))

	a.parts = []handlers.Part{{Name: "store", Required: true, Check: a.store.Ping}}
	a.deps = routerDeps{
		Log: log, Now: wallClock, NewRequestID: newID, RequestTimeout: 10 * time.Second, Keys: new(middleware.Keyring),
	}
	a.deps.Keys.Add("tests", models.RoleOperator, testKey)
	a.deps.Limiter = limiterOf(tb, 1_000_000, a.deps)
	for _, apply := range change {
		apply(a)
	}
	a.wireHandlers(tb, newID)
	a.engine, err = newRouter(a.deps)
	require.NoError(tb, err)
	return a
}

// wireHandlers makes the endpoints, over the store.
func (a *api) wireHandlers(tb testing.TB, newID func() string) {
	tb.Helper()
	var err error
	webhook := func() models.WebhookHealth { return a.webhook }
	inspect := sms.Rules{}.Inspect
	a.deps.Messages, err = handlers.NewMessages(handlers.MessagesOptions{
		Store: a.store, Intake: handlers.Intake{Inspect: inspect}, Wake: func() { a.woken.Add(1) }, Now: a.store.Now, NewID: newID,
		Pace: a, Webhook: webhook, Log: a.deps.Log,
	})
	require.NoError(tb, err)
	a.deps.Operations, err = handlers.NewOperations(handlers.OperationsOptions{
		Lists: a.store, Changes: a.store, Message: a.store.Message, Trail: a.store, Inspect: inspect, Wake: func() { a.woken.Add(1) },
		Now: a.store.Now, NewID: newID, Replica: "r-1", Log: a.deps.Log,
	})
	require.NoError(tb, err)
	a.deps.Preview, err = handlers.NewPreview(inspect)
	require.NoError(tb, err)
	a.deps.Reports, err = handlers.NewDeliveryReports(handlers.DeliveryReportsOptions{Changes: a.store, Lists: a.store, Now: a.store.Now})
	require.NoError(tb, err)
	a.deps.Statistics, err = handlers.NewStatistics(handlers.StatsOptions{
		Store: a.store, Pace: a, Webhook: webhook, Reports: a.deps.Reports, Now: a.store.Now, Replica: "r-1",
	})
	require.NoError(tb, err)
	feed := events.NewLocal("tests", a.deps.Now)
	feed.Close() // a stream of it ends at once
	a.deps.Events = handlers.NewEventStream(feed)
	a.deps.Scheduler, err = handlers.NewScheduler(handlers.SchedulerOptions{
		Control: a, Trail: a.store, Counter: a.store, Replica: "r-1", Webhook: webhook,
	})
	require.NoError(tb, err)
	a.deps.Identity, err = handlers.NewIdentity(middleware.Role, !a.deps.Keys.Empty())
	require.NoError(tb, err)
	a.deps.Fleet, err = handlers.NewFleet(a.store, a.store.Now, "r-1")
	require.NoError(tb, err)
	a.deps.Configuration, err = handlers.NewConfiguration(handlers.SettingsOptions{
		Version: "1.2.3", StartedAt: a.store.Now(), Replica: "r-1", Store: "sqlite", Values: []handlers.Setting{{Name: "WEBHOOK_URL"}},
	})
	require.NoError(tb, err)
	a.deps.Probes, err = handlers.NewProbes(handlers.ProbesOptions{Parts: a.parts, Now: a.deps.Now, Log: a.deps.Log})
	require.NoError(tb, err)
	a.deps.Reporters, err = middleware.Reports(middleware.ReportsOptions{
		APIKeys: a.deps.Keys, Limiter: a.deps.Limiter, Now: a.deps.Now,
	}, handlers.NewProblems(a.deps.Log))
	require.NoError(tb, err)
}

func limiterOf(tb testing.TB, limit int64, deps routerDeps) *middleware.RateLimiter {
	tb.Helper()
	limiter, err := middleware.NewRateLimiter(middleware.RateLimitOptions{Limit: limit, Period: time.Minute, Log: deps.Log, Now: deps.Now})
	require.NoError(tb, err)
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
	a.end(t, models.Outcome{Result: models.ResultSent, MessageID: messageID}, models.Attempt{StatusCode: 202})
}

// fail does the same, and the webhook refuses each for good.
func (a *api) fail(t *testing.T) {
	t.Helper()
	a.end(t, models.Outcome{Result: models.ResultFailed, Error: "refused", ErrorCode: "http_400"}, models.Attempt{StatusCode: 400, Error: "refused"})
}

func (a *api) end(t *testing.T, outcome models.Outcome, attempt models.Attempt) {
	t.Helper()
	claimed, err := a.store.Claim(t.Context(), dataoperations.ClaimRequest{Owner: "r-1", Lease: time.Minute, Max: 100})
	require.NoError(t, err)
	for _, claim := range claimed.Claimed {
		at := a.store.Now()
		attempt.Number, attempt.StartedAt, attempt.Duration, attempt.Replica = claim.Attempt, at, 20*time.Millisecond, "r-1"
		outcome.ID, outcome.ClaimID, outcome.At, outcome.Attempt = claim.ID, claim.ClaimID, at, attempt
		applied, err := a.store.Record(t.Context(), []models.Outcome{outcome})
		require.NoError(t, err)
		require.Equal(t, []bool{true}, applied)
	}
}
