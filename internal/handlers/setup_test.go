package handlers_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	goleak.VerifyTestMain(m)
}

// store is one whose answers a test decides; a method that is not set is not
// to be called.
type store struct {
	accept  func(messages []models.Message) error
	message func(id string) (models.Message, error)
	sent    func(offset, limit int64) ([]models.Message, error)
	counts  func() (models.Counts, error)
}

func (s *store) Accept(_ context.Context, messages ...models.Message) error {
	return s.accept(messages)
}

func (s *store) Message(_ context.Context, id string) (models.Message, error) { return s.message(id) }

func (s *store) Sent(_ context.Context, offset, limit int64) ([]models.Message, error) {
	return s.sent(offset, limit)
}

func (s *store) Counts(context.Context) (models.Counts, error) { return s.counts() }

func newMessages(t *testing.T, s *store) *handlers.Messages {
	t.Helper()
	messages, err := handlers.NewMessages(handlers.MessagesOptions{
		Store: s, Wake: func() {}, NewID: func() string { return "m-1" },
		Now: func() time.Time { return time.Date(2026, 1, 2, 15, 4, 5, 678_901_234, time.FixedZone("TRT", 3*60*60)) },
	})
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
