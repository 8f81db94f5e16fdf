package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

const (
	arrayType = "application/json"
	linesType = "application/x-ndjson"
	oneLine   = `{"to":"+905551234567","content":"x"}`
)

// shelf is a store that takes batches.
type shelf struct {
	mu     sync.Mutex
	stored map[string]models.Message
	steps  []int
	fail   func(step int) error
}

func (s *shelf) store() *store {
	s.stored = map[string]models.Message{}
	return &store{acceptNew: func(messages []models.Message) ([]bool, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.steps = append(s.steps, len(messages))
		if s.fail != nil {
			if err := s.fail(len(s.steps)); err != nil {
				return nil, err
			}
		}
		fresh := make([]bool, len(messages))
		for i, message := range messages {
			if _, known := s.stored[message.ID.Text]; !known {
				s.stored[message.ID.Text], fresh[i] = message, true
			}
		}
		return fresh, nil
	}, message: func(id string) (models.Message, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		message, known := s.stored[id]
		if !known {
			return models.Message{}, models.NotFound("there is none")
		}
		return message, nil
	}}
}

// post sends a batch, and returns the answer to it.
func post(tb testing.TB, messages *handlers.Messages, contentType string, body io.Reader, key string) (int, handlers.BatchAnswer, string) {
	tb.Helper()
	log, _ := logged()
	engine := gin.New()
	engine.POST("/batch", handlers.Handle(handlers.NewProblems(log), handlers.BatchBody, messages.Batch, handlers.OK))
	request := httptest.NewRequest(http.MethodPost, "/batch", body) //nolint:noctx // a recorder needs none
	request.Header.Set("Content-Type", contentType)
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	recorder := httptest.NewRecorder()
	request.Body = http.MaxBytesReader(recorder, request.Body, 16<<20)
	engine.ServeHTTP(recorder, request)
	var answer handlers.BatchAnswer
	if recorder.Code == http.StatusOK {
		require.NoError(tb, json.Unmarshal(recorder.Body.Bytes(), &answer))
	}
	return recorder.Code, answer, recorder.Body.String()
}

func many(n int) string { return strings.Repeat(oneLine+"\n", n) }

func array(n int) string {
	return "[" + strings.TrimSuffix(strings.Repeat(oneLine+",", n), ",") + "]"
}

func TestBatch_TellsOfEachLineWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	items := []string{
		`{"to":"+90 555 123 45 67","content":"şu"}`,
		`{"to":"+12","content":""}`,
		`{"to":"+905551234567","content":"x","send_at":"2026-01-03T00:00:00Z","idempotency_key":"a"}`,
		`{"to":"+90 555 123 45 67","content":"x","idempotency_key":"a"}`,
		`{"to":"+905551234567","content":"x","priority":"urgent","idempotency_key":"ş"}`,
		`{"to":"+905551234567","content":"x","colour":"red"}`,
		`{"to":"+905551234567","content":"x","to":"+905551234568"}`,
		"{\"to\":\"+905551234567\",\"content\":\"\xff\"}",
		`null`,
	}
	check := func(t *testing.T, code int, answer handlers.BatchAnswer, numbers []int) {
		t.Helper()
		require.Equal(t, http.StatusOK, code)
		require.True(t, answer.Complete)
		require.Equal(t, []int{2, 1, 6, 0}, []int{answer.Accepted, answer.Duplicates, answer.Refused, answer.Failed})
		require.Len(t, answer.Results, len(items))
		for i, result := range answer.Results {
			require.Equal(t, numbers[i], result.Line)
		}
		require.Equal(t, "pending", answer.Results[0].Status)
		require.Equal(t, "m-1", answer.Results[0].ID)
		require.Len(t, answer.Results[1].Errors, 2)
		require.Empty(t, answer.Results[1].ID)
		require.Equal(t, "scheduled", answer.Results[2].Status)
		require.True(t, answer.Results[3].Duplicate)
		require.Equal(t, answer.Results[2].ID, answer.Results[3].ID)
		require.Len(t, answer.Results[4].Errors, 2)
		require.Equal(t, "colour", answer.Results[5].Errors[0].Field)
		require.Equal(t, "to", answer.Results[6].Errors[0].Field)
		require.Equal(t, []handlers.FieldProblem{{Field: "line", Message: "is not valid UTF-8"}}, answer.Results[7].Errors)
		require.Equal(t, "line", answer.Results[8].Errors[0].Field)
		require.Contains(t, answer.Results[8].Errors[0].Message, "must be a JSON object")
		for _, result := range answer.Results {
			require.Empty(t, result.Error, "the store has not failed")
		}
		id := uuid.MustParse(answer.Results[2].ID)
		require.Equal(t, uuid.Version(8), id.Version())
		require.Equal(t, uuid.RFC4122, id.Variant())
	}
	t.Run("array", func(t *testing.T) {
		t.Parallel()
		code, answer, _ := post(t, newMessages(t, new(shelf).store()), arrayType, strings.NewReader("[\n"+strings.Join(items, " ,\n")+"]\n"), "")
		check(t, code, answer, []int{1, 2, 3, 4, 5, 6, 7, 8, 9})
	})
	t.Run("lines", func(t *testing.T) {
		t.Parallel()
		code, answer, _ := post(t, newMessages(t, new(shelf).store()), linesType+"; charset=utf-8", strings.NewReader("\r\n"+strings.Join(items, "\r\n\n")), "")
		check(t, code, answer, []int{2, 4, 6, 8, 10, 12, 14, 16, 18})
	})
}

func TestBatch_StoresInDurableStepsAsLinesCome(t *testing.T) {
	t.Parallel()
	s := new(shelf)
	body, sender := io.Pipe()
	messages := newMessages(t, s.store())
	lines, err := handlers.BatchLines(linesType, body)
	require.NoError(t, err)
	done := make(chan handlers.BatchAnswer)
	go func() {
		answer, _ := messages.Batch(context.Background(), lines)
		done <- answer
	}()
	_, err = io.WriteString(sender, many(1500))
	require.NoError(t, err)
	_, err = io.WriteString(sender, many(600))
	require.NoError(t, err)
	require.Eventually(t, func() bool { // before the batch has come to its end
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.stored) >= 1000
	}, 10*time.Second, time.Millisecond)
	require.NoError(t, sender.Close())
	answer := <-done
	require.Equal(t, 2100, answer.Accepted)
	require.Len(t, answer.Results, 2100)
	require.Equal(t, []int{1000, 1000, 100}, s.steps)
}

func TestBatch_NothingAndTheMost(t *testing.T) {
	t.Parallel()
	for contentType, of := range map[string]func(int) string{arrayType: array, linesType: many} {
		for _, n := range []int{0, 1, 999, 1000, 1001, 10_000} {
			s := new(shelf)
			code, answer, _ := post(t, newMessages(t, s.store()), contentType, strings.NewReader(of(n)), "")
			require.Equal(t, http.StatusOK, code)
			require.True(t, answer.Complete)
			require.Equal(t, n, answer.Accepted)
			require.Len(t, s.stored, n)
			require.NotNil(t, answer.Results)
		}
		s := new(shelf)
		code, answer, _ := post(t, newMessages(t, s.store()), contentType, strings.NewReader(of(10_001)), "")
		require.Equal(t, http.StatusOK, code, "what is stored is told")
		require.False(t, answer.Complete)
		require.Contains(t, answer.Error, "more than 10000 lines")
		require.Equal(t, 10_000, answer.Accepted)
	}
}

func TestBatch_RepeatedUnderItsKeyStoresNothingTwice(t *testing.T) {
	t.Parallel()
	s := new(shelf)
	messages := newMessages(t, s.store())
	const body = oneLine + "\n" + `{"to":"+905551234567","content":"x","idempotency_key":"own"}` + "\n" + oneLine
	_, first, _ := post(t, messages, linesType, strings.NewReader(body), "import-7")
	require.Equal(t, 3, first.Accepted)
	_, again, _ := post(t, messages, linesType, strings.NewReader(body), "import-7")
	require.Equal(t, 3, again.Duplicates)
	require.Zero(t, again.Accepted)
	for i := range first.Results {
		require.Equal(t, first.Results[i].ID, again.Results[i].ID)
		require.True(t, again.Results[i].Duplicate)
	}
	_, other, _ := post(t, messages, linesType, strings.NewReader(body), "import-8")
	require.Equal(t, 2, other.Accepted)
	require.Equal(t, 1, other.Duplicates, "a line's own key goes before the batch's")
	// A line named as the header names it is the same line.
	_, named, _ := post(t, messages, linesType, strings.NewReader(`{"to":"+905551234567","content":"x","idempotency_key":"import-7:3"}`), "")
	require.Equal(t, first.Results[2].ID, named.Results[0].ID)

	code, _, _ := post(t, messages, linesType, strings.NewReader(body), strings.Repeat("a", 250))
	require.Equal(t, http.StatusBadRequest, code)
}

func TestBatch_AKeyThatStandsForAnotherMessageIsRefused(t *testing.T) {
	t.Parallel()
	s := new(shelf)
	messages := newMessages(t, s.store())
	keyed := func(text string) string {
		return `{"to":"+905551234567","content":"` + text + `","idempotency_key":"own"}`
	}
	_, answer, _ := post(t, messages, linesType, strings.NewReader(keyed("one")+"\n"+keyed("two")), "")
	require.Equal(t, []int{1, 0, 1}, []int{answer.Accepted, answer.Duplicates, answer.Refused}, "in one batch")
	_, answer, _ = post(t, messages, linesType, strings.NewReader(keyed("two")+"\n"+keyed("one")), "")
	require.Equal(t, []int{0, 1, 1}, []int{answer.Accepted, answer.Duplicates, answer.Refused}, "later")
	require.Equal(t, "idempotency_key", answer.Results[0].Errors[0].Field)
	require.Empty(t, answer.Results[0].ID)
	require.True(t, answer.Results[1].Duplicate)
}

func TestBatch_SaysWhichLinesAFailureOfTheStoreHit(t *testing.T) {
	t.Parallel()
	away := models.Unavailable("the store is away", errors.New("dial tcp 10.0.0.7"))
	s := &shelf{fail: func(step int) error {
		if step == 2 {
			return away
		}
		return nil
	}}
	_, answer, text := post(t, newMessages(t, s.store()), linesType, strings.NewReader(many(2500)+"{}\n"), "")
	require.Equal(t, []int{1000, 0, 1, 1500}, []int{answer.Accepted, answer.Duplicates, answer.Refused, answer.Failed})
	require.Len(t, answer.Results, 2501)
	require.Equal(t, []int{1000, 1000}, s.steps, "nothing is tried after it")
	for _, result := range answer.Results[1000:2500] {
		require.Contains(t, result.Error, "send it again under the same idempotency key")
		require.Empty(t, result.ID)
		require.Empty(t, result.Status)
	}
	require.NotContains(t, text, "10.0.0.7")

	s = &shelf{fail: func(int) error { return away }}
	code, _, text := post(t, newMessages(t, s.store()), linesType, strings.NewReader(many(2500)), "")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Contains(t, text, "the store is away")
}

func TestBatch_PublishesWhatIsNew(t *testing.T) {
	t.Parallel()
	published := new(heard)
	messages := newMessages(t, new(shelf).store(), func(o *handlers.MessagesOptions) { o.Events = published })
	body := strings.Repeat(`{"to":"+905551234567","content":"x","idempotency_key":"a"}`+"\n", 3) + oneLine
	_, answer, _ := post(t, messages, linesType, strings.NewReader(body), "")
	require.Equal(t, 2, answer.Accepted)
	require.Len(t, published.events, 2)
	require.Equal(t, answer.Results[0].ID, published.events[0].ID)
	require.Equal(t, answer.Results[3].ID, published.events[1].ID)
}

func TestBatch_MemoryStaysFlat(t *testing.T) { // alone: it looks at the whole heap
	// 10,000 lines of 1,600 bytes, almost all that a body may be: what is kept of them is
	// their results, and two steps.
	line := fmt.Sprintf(`{"to":"+905551234567","content":"x","reference":"r"%s}`+"\n", strings.Repeat(" ", 1_500))
	s := newMessages(t, &store{acceptNew: func(messages []models.Message) ([]bool, error) {
		fresh := make([]bool, len(messages))
		for i := range fresh {
			fresh[i] = true
		}
		return fresh, nil
	}})
	gauge := &heapGauge{reader: strings.NewReader(strings.Repeat(line, 10_000)), every: 1 << 20}
	before := heapInUse()
	_, answer, _ := post(t, s, linesType, gauge, "")
	require.Equal(t, 10_000, answer.Accepted)
	t.Log("the heap grew by at most", gauge.peak-before, "bytes")
	require.Less(t, gauge.peak-before, int64(8<<20))
}
