package handlers_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/sms"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	goleak.VerifyTestMain(m)
}

// store is one whose answers a test decides; a method that is not set is not
// to be called.
type store struct {
	dataoperations.Store // what is not faked is not called

	accept    func(messages []models.Message) error
	acceptNew func(messages []models.Message) ([]bool, error)
	reserve   func(wanted models.Reservation) (models.Reservation, error)
	message   func(id string) (models.Message, error)
	sent      func(offset, limit int64) ([]models.Message, error)
	counts    func() (models.Counts, error)
	list      func(filter models.Filter, after models.Cursor, limit int) (models.Page, error)
	ahead     func(message models.Message) (int, error)
	oldest    func() (time.Time, error)
	activity  func(since time.Time) ([]models.Minute, error)
	cancel    func(ids []models.ID) ([]bool, error)
	retry     func(ids []models.ID) ([]bool, error)
	erase     func(id models.ID) (models.Message, error)
	deliver   func(report models.DeliveryReport) (bool, error)
	audit     func(entry models.SchedulerLog) error
	replicas  func() ([]models.Replica, error)
}

func (s *store) Accept(_ context.Context, messages ...models.Message) error {
	return s.accept(messages)
}

func (s *store) AcceptNew(_ context.Context, messages []models.Message) ([]bool, error) {
	return s.acceptNew(messages)
}

func (s *store) Reserve(_ context.Context, wanted models.Reservation) (models.Reservation, error) {
	return s.reserve(wanted)
}

func (s *store) Message(_ context.Context, id string) (models.Message, error) { return s.message(id) }

func (s *store) Sent(_ context.Context, offset, limit int64) ([]models.Message, error) {
	return s.sent(offset, limit)
}

func (s *store) Counts(context.Context) (models.Counts, error) { return s.counts() }

func (s *store) List(_ context.Context, filter models.Filter, after models.Cursor, limit int) (models.Page, error) {
	return s.list(filter, after, limit)
}

func (s *store) Ahead(_ context.Context, message models.Message, _ int) (int, error) {
	return s.ahead(message)
}

func (s *store) OldestWaiting(context.Context) (time.Time, error) { return s.oldest() }

func (s *store) Activity(_ context.Context, since time.Time) ([]models.Minute, error) {
	return s.activity(since)
}

func (s *store) Cancel(_ context.Context, ids []models.ID) ([]bool, error) { return s.cancel(ids) }

func (s *store) Retry(_ context.Context, ids []models.ID) ([]bool, error) { return s.retry(ids) }

func (s *store) Erase(_ context.Context, id models.ID) (models.Message, error) { return s.erase(id) }

func (s *store) Deliver(_ context.Context, report models.DeliveryReport) (bool, error) {
	return s.deliver(report)
}

func (s *store) Audit(ctx context.Context, entry models.SchedulerLog) error {
	if err := ctx.Err(); err != nil {
		return err //nolint:wrapcheck // as a store does
	}
	return s.audit(entry)
}

func (s *store) Replicas(context.Context) ([]models.Replica, error) { return s.replicas() }

// control is the scheduler; what it answers is what it holds.
type control struct {
	state models.Scheduler
	paced []models.Pace
	said  []string // actors and reasons
}

func (c *control) Start(context.Context, string, string) (models.Scheduler, error) {
	return c.state, nil
}

func (c *control) Stop(context.Context, string, string) (models.Scheduler, int, error) {
	return c.state, 0, nil
}

func (c *control) State(context.Context) (models.Scheduler, error) { return c.state, nil }

func (c *control) SetPace(_ context.Context, pace models.Pace, actor, reason string) (models.Scheduler, error) {
	c.paced, c.said = append(c.paced, pace), append(c.said, actor, reason)
	c.state.Pace = pace
	return c.state, nil
}

// heard keeps the events that are published.
type heard struct {
	mu     sync.Mutex
	events []models.Event
}

func (h *heard) Publish(events ...models.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, events...)
}

// epoch is now, in the store's time, in all of these tests.
func epoch() time.Time {
	return time.Date(2026, 1, 2, 15, 4, 5, 678_901_234, time.FixedZone("TRT", 3*60*60))
}

// due is epoch as it is stored.
func due() time.Time { return time.Date(2026, 1, 2, 12, 4, 5, 678_000_000, time.UTC) }

func takes() handlers.Intake { return handlers.Intake{Inspect: sms.Rules{}.Inspect} }

func closed() models.WebhookHealth { return models.WebhookHealth{State: models.WebhookClosed} }

// messagesOptions are right; a test changes what it is about.
func messagesOptions(s *store) handlers.MessagesOptions {
	log, _ := logged()
	var made atomic.Int64
	return handlers.MessagesOptions{
		Store: s, Intake: takes(), Wake: func() {}, Now: epoch, Log: log, Pace: new(control), Webhook: closed,
		NewID: func() string { return fmt.Sprint("m-", made.Add(1)) },
	}
}

func newMessages(t *testing.T, s *store, change ...func(*handlers.MessagesOptions)) *handlers.Messages {
	t.Helper()
	options := messagesOptions(s)
	for _, apply := range change {
		apply(&options)
	}
	messages, err := handlers.NewMessages(options)
	require.NoError(t, err)
	return messages
}

// ask sends a request through one endpoint at /thing and returns the answer.
func ask(endpoint gin.HandlerFunc, method, query, contentType string, body io.Reader) *httptest.ResponseRecorder {
	engine := gin.New()
	engine.Handle(method, "/thing", endpoint)
	request := httptest.NewRequest(method, "/thing", body) //nolint:noctx // a recorder needs none
	request.URL.RawQuery = query
	request.Header.Set("Content-Type", contentType)
	answer := httptest.NewRecorder()
	engine.ServeHTTP(answer, request)
	return answer
}

func get(endpoint gin.HandlerFunc) *httptest.ResponseRecorder {
	return ask(endpoint, http.MethodGet, "", "", nil)
}

func logged() (*logrus.Logger, *logtest.Hook) {
	log, lines := logtest.NewNullLogger()
	log.SetLevel(logrus.TraceLevel)
	return log, lines
}
