package sink_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/sink"
)

func TestServeHTTP_AcceptsWithAnIDByDefault(t *testing.T) {
	t.Parallel()
	s := setup(t, sink.Options{})
	answer := post(t, s, "k1", message)

	require.Equal(t, http.StatusAccepted, answer.Code)
	require.Equal(t, "application/json", answer.Header().Get("Content-Type"))
	var body map[string]string
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &body))
	require.Len(t, body, 2)
	require.Equal(t, "Accepted", body["message"])
	require.NoError(t, uuid.Validate(body["messageId"]))
	require.Equal(t, "received 1, accepted 1, failed 0", s.Summary().String())
}

func TestServeHTTP_AnswersTheStatusItWasTold(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		options    sink.Options
		code       int
		body       string // part of it; empty: none at all
		retryAfter string
	}{
		"500":                    {sink.Options{FailRate: 1, Status: 500}, 500, `{"error":`, ""},
		"500, retry after":       {sink.Options{FailRate: 1, Status: 500, RetryAfter: time.Second}, 500, `{"error":`, "1"},
		"200":                    {sink.Options{FailRate: 1, Status: 200, RetryAfter: time.Second}, 200, `"messageId":"`, ""},
		"204 has no body":        {sink.Options{FailRate: 1, Status: 204}, 204, "", ""},
		"302":                    {sink.Options{FailRate: 1, Status: 302}, 302, `{"error":`, ""},
		"304 has no body":        {sink.Options{FailRate: 1, Status: 304}, 304, "", ""},
		"429, fraction of 1 s":   {sink.Options{FailRate: 1, Status: 429, RetryAfter: time.Millisecond}, 429, `{"error":`, "1"},
		"503, fraction over 1 s": {sink.Options{FailRate: 1, Status: 503, RetryAfter: 1500 * time.Millisecond}, 503, `{"error":`, "2"},
		"599":                    {sink.Options{FailRate: 1, Status: 599}, 599, `{"error":`, ""},
		"none fails":             {sink.Options{Status: 503, RetryAfter: time.Second}, 202, `"messageId":"`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := post(t, setup(t, test.options), "k1", message)
			require.Equal(t, test.code, answer.Code)
			require.Equal(t, test.retryAfter, answer.Header().Get("Retry-After"))
			if test.body == "" {
				require.Empty(t, answer.Body.String())
				return
			}
			require.Contains(t, answer.Body.String(), test.body)
			require.True(t, json.Valid(answer.Body.Bytes()))
		})
	}
}

func TestServeHTTP_FailsTheShareItWasTold(t *testing.T) {
	t.Parallel()
	draws := []float64{0.1, 0.2, 0.19, 0.99, 0}
	next := 0
	s := setup(t, sink.Options{FailRate: 0.2, Status: 503, Draw: func() float64 {
		next++
		return draws[next-1]
	}})
	var codes []int
	for range draws {
		codes = append(codes, post(t, s, "k1", message).Code)
	}
	require.Equal(t, []int{503, 202, 503, 202, 503}, codes)
	require.Equal(t, sink.Summary{Received: 5, Accepted: 2, Failed: 3}, s.Summary())
}

func TestServeHTTP_AnswersAfterTheLatency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := setup(t, sink.Options{Latency: 20 * time.Second})
		started := time.Now() //nolint:forbidigo // the bubble's clock
		require.Equal(t, http.StatusAccepted, post(t, s, "k1", message).Code)
		require.Equal(t, 20*time.Second, time.Since(started))
	})
}

func TestServeHTTP_DoesNotWaitForASenderThatIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ledger := new(bytes.Buffer)
		s := setup(t, sink.Options{Latency: time.Hour, Ledger: ledger})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		started := time.Now() //nolint:forbidigo // the bubble's clock
		request := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(message))
		s.ServeHTTP(httptest.NewRecorder(), request)
		require.Equal(t, time.Second, time.Since(started))
		require.Len(t, entries(t, ledger.Bytes()), 1, "it had arrived all the same")
	})
}

func TestServeHTTP_TakesPOSTOnly(t *testing.T) {
	t.Parallel()
	s := setup(t, sink.Options{})
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
	require.Equal(t, http.StatusMethodNotAllowed, answer.Code)
	require.Equal(t, "POST", answer.Header().Get("Allow"))
	require.Zero(t, s.Summary())
}

func TestServeHTTP_CallThatCannotBeReadDoesNotCount(t *testing.T) {
	t.Parallel()
	ledger := new(bytes.Buffer)
	s := setup(t, sink.Options{Ledger: ledger})
	cutOff := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", iotest.TimeoutReader(strings.NewReader(message)))
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, cutOff)
	require.Equal(t, http.StatusBadRequest, answer.Code)
	require.Equal(t, http.StatusBadRequest, post(t, s, "k1", strings.Repeat("x", 1<<20+1)).Code)
	require.Zero(t, s.Summary())
	require.Empty(t, ledger.String())
}

func TestNew_RefusesWrongOptionsAllAtOnce(t *testing.T) {
	t.Parallel()
	_, err := sink.New(sink.Options{Latency: -1, FailRate: 1.5, Status: 600, RetryAfter: -time.Second})
	require.EqualError(t, err, "latency must not be negative, as -1ns is\n"+
		"fail-rate must be from 0 to 1, not 1.5\n"+
		"status must be from 200 to 599, not 600\n"+
		"retry-after must not be negative, as -1s is")

	for _, wrong := range []sink.Options{
		{FailRate: -0.1}, {FailRate: math.NaN()}, {FailRate: math.Inf(1)}, {FailRate: 0.1}, {Status: 199}, {Status: -1}, {Status: 100},
	} {
		_, err := sink.New(wrong)
		require.Errorf(t, err, "%+v", wrong)
	}
}
