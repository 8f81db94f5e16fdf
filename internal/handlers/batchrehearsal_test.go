package handlers_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

// rehearse sends lines as a dry run, and returns the answer.
func rehearse(t *testing.T, s *store, query, body string) (int, handlers.BatchAnswer) {
	t.Helper()
	log, _ := logged()
	events := new(heard)
	messages, err := handlers.NewMessages(handlers.MessagesOptions{
		Store: s, Intake: takes(), Wake: func() { t.Error("nothing was accepted") }, Now: epoch, Pace: &control{state: steady()}, Webhook: closed,
		NewID: func() string { t.Error("nothing is named"); return "" }, Log: log, Events: events,
	})
	require.NoError(t, err)
	engine := gin.New()
	engine.POST("/batch", handlers.Handle(handlers.NewProblems(log), handlers.BatchBody, messages.Batch, handlers.OK))
	request := httptest.NewRequest(http.MethodPost, "/batch"+query, strings.NewReader(body)) //nolint:noctx // a recorder needs none
	request.Header.Set("Content-Type", linesType)
	recorder := httptest.NewRecorder()
	engine.ServeHTTP(recorder, request)
	require.Empty(t, events.events)
	var answer handlers.BatchAnswer
	if recorder.Code == http.StatusOK {
		require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), &answer))
	}
	return recorder.Code, answer
}

func TestBatch_ADryRunSaysWhatTheBatchWouldAndStoresNothing(t *testing.T) {
	t.Parallel()
	lines := []string{
		oneLine,
		`{"to":"+905551234567","content":"x","idempotency_key":"known"}`,
		`{"to":"+905551234567","content":"other","idempotency_key":"known"}`,
		`{"to":"+905551234567","content":"new","idempotency_key":"new"}`,
		`{"to":"+905551234567","content":"new","idempotency_key":"new"}`,
		`{"to":"+905551234567","content":"not the new one","idempotency_key":"new"}`,
		`{"to":"+12","content":"x"}`,
		`{"to":"+905551234567","content":"x","send_at":"2026-01-03T00:00:00Z"}`,
	}
	batch := strings.Join(lines, "\n")
	log, _ := logged()
	taken := new(shelf)
	wet := taken.store()
	messages, err := handlers.NewMessages(handlers.MessagesOptions{
		Store: wet, Intake: takes(), Wake: func() {}, Now: epoch, NewID: uuid.NewString, Pace: &control{state: steady()}, Webhook: closed, Log: log,
	})
	require.NoError(t, err)
	status, first, _ := post(t, messages, linesType, strings.NewReader(lines[1]), "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, 1, first.Accepted)
	before := len(taken.stored)

	status, dry := rehearse(t, wet, "?dry_run=true", batch)
	require.Equal(t, http.StatusOK, status)
	require.True(t, dry.DryRun)
	require.Len(t, taken.stored, before)
	require.Len(t, taken.steps, 1, "AcceptNew is not called")

	_, really, text := post(t, messages, linesType, strings.NewReader(batch), "")
	require.NotContains(t, text, "dry_run")
	dry.DryRun = false
	for i := range really.Results {
		if i == 0 || i == 7 { // those without a key have no id yet
			require.Empty(t, dry.Results[i].ID)
			really.Results[i].ID = ""
		}
	}
	require.Equal(t, really, dry)
	require.Equal(t, []int{3, 2, 3}, []int{dry.Accepted, dry.Duplicates, dry.Refused})
}

func TestBatch_ADryRunSeesKeysOfEarlierSteps(t *testing.T) {
	t.Parallel()
	var batch bytes.Buffer
	for i := range 2500 {
		fmt.Fprintf(&batch, `{"to":"+905551234567","content":"x","idempotency_key":"%d"}`+"\n", i%2400)
	}
	asked := 0
	s := &store{message: func(string) (models.Message, error) {
		asked++
		return models.Message{}, models.NotFound("there is none")
	}}
	_, dry := rehearse(t, s, "?dry_run=true", batch.String())
	require.Equal(t, []int{2400, 100, 0}, []int{dry.Accepted, dry.Duplicates, dry.Refused})
	require.Equal(t, 2400, asked)
}

func TestBatch_ADryRunFailsWithTheStoreAndIsNeverWetByMistake(t *testing.T) {
	t.Parallel()
	away := &store{message: func(string) (models.Message, error) { return models.Message{}, models.Unavailable("away", nil) }}
	status, _ := rehearse(t, away, "?dry_run=true", `{"to":"+905551234567","content":"x","idempotency_key":"a"}`)
	require.Equal(t, http.StatusServiceUnavailable, status)
	for _, query := range []string{"?dry-run=true", "?dry_run=1", "?dry_run", "?dry_run=true&dry_run=false", "?x=1"} {
		status, _ := rehearse(t, &store{}, query, oneLine)
		require.Equal(t, http.StatusBadRequest, status, query)
	}
}
