package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"auto-message-sender/internal/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// setup returns a client of a server that the handler is, and every wait that it
// told of.
func setup(t *testing.T, patience time.Duration, handler http.HandlerFunc) (c *client.Client, waits *[]time.Duration) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	waits = new([]time.Duration)
	c, err := client.New(client.Options{
		Server: server.URL, APIKey: "key-0123456789abcdef", Patience: patience,
		Waiting: func(delay time.Duration, _ error) { *waits = append(*waits, delay) },
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c, waits
}

// problem answers in the words of the API.
func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"type":"about:blank","status":%d,"detail":%q,"request_id":"r-1","errors":[{"field":"to","message":"has too few digits"}],"error":%q}`,
		status, detail, detail)
}

func TestNew_RefusesWhatIsNoAddressOrNoKey(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{"", "ftp://a", "http://", "http://u:p@a", "http://a?x=1", "http://a#x", "http://a b"} {
		_, err := client.New(client.Options{Server: wrong})
		require.ErrorContains(t, err, "http://127.0.0.1:8080", wrong)
	}
	for _, wrong := range []string{"sms.example.com", "sms.example.com:8080/gate", "10.0.0.1:8080", "localhost.example.com"} {
		_, err := client.New(client.Options{Server: wrong})
		require.ErrorContains(t, err, "put http:// or https:// in front", wrong)
	}
	_, err := client.New(client.Options{Server: "http://a", APIKey: "name: key"})
	require.ErrorContains(t, err, "was more copied than the key?")
	require.NotContains(t, err.Error(), "name: key")
	for address, want := range map[string]string{
		"http://a/": "http://a", "http://a/api/v1/": "http://a", "https://a:1/gate": "https://a:1/gate",
		"localhost:8080": "http://localhost:8080", "127.0.0.1/": "http://127.0.0.1", "[::1]:8080": "http://[::1]:8080",
	} {
		c, err := client.New(client.Options{Server: address})
		require.NoError(t, err)
		require.Equal(t, want, c.Server())
	}
}

func TestSend_SendsWhatTheAPITakes(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, 0, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method+r.URL.Path != "POST/api/v1/messages" || r.Header.Get("Authorization") != "Bearer key-0123456789abcdef" ||
			r.Header.Get("Idempotency-Key") != "k" || r.Header.Get("Content-Type") != "application/json" ||
			string(body) != `{"to":"+1","content":"<a>","send_at":"2026-01-02T15:04:05Z","validity_period":60}` {
			problem(w, http.StatusBadRequest, string(body))
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"id":"1","status":"scheduled","created_at":"2026-01-02T15:04:05.000Z","news":true}`)
	})
	at := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	answer, err := c.Send(t.Context(), client.NewMessage{To: "+1", Content: "<a>", SendAt: at, ValidityPeriod: 60}, "k")
	require.NoError(t, err)
	require.Equal(t, "scheduled", answer.Value.Status)
	require.Equal(t, at, answer.Value.CreatedAt)
	require.Contains(t, string(answer.Raw), `"news":true`, "as it came")
}

func TestDo_AnswersThatAreProblemsAreErrorsWithTheirWords(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer http.HandlerFunc
		status int
		says   string
	}{
		"a problem":      {func(w http.ResponseWriter, _ *http.Request) { problem(w, 400, "the message is not valid") }, 400, "the message is not valid; to has too few digits (400 Bad Request)"},
		"ours to blame":  {func(w http.ResponseWriter, _ *http.Request) { problem(w, 500, "an internal error") }, 500, "request r-1"},
		"another server": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusNotFound) }, 404, "is it the right server?"},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://b.example/", http.StatusMovedPermanently)
		}, 301, `sends us on to "https://b.example/"`},
		"no JSON": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, 0, "does not understand"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := setup(t, 0, test.answer)
			_, err := c.Message(t.Context(), "1")
			require.ErrorContains(t, err, test.says)
			require.Equal(t, test.status, client.StatusOf(err))
		})
	}
}

// counted answers the first calls by the handler and all others well.
func counted(bad int32, handler http.HandlerFunc) (http.HandlerFunc, *atomic.Int32) {
	calls := new(atomic.Int32)
	return func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) <= bad {
			handler(w, r)
			return
		}
		_, _ = io.WriteString(w, `{"id":"1"}`)
	}, calls
}

func busy(status int, retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", retryAfter)
		problem(w, status, "later")
	}
}

func TestDo_WaitsAsLongAsTheServerAsksForButNoLongerThanItMay(t *testing.T) {
	t.Parallel()
	handler, calls := counted(1, busy(http.StatusTooManyRequests, "1"))
	c, waits := setup(t, time.Minute, handler)
	_, err := c.Message(t.Context(), "1")
	require.NoError(t, err)
	require.EqualValues(t, 2, calls.Load())
	require.Equal(t, []time.Duration{time.Second}, *waits)

	handler, calls = counted(1, busy(http.StatusTooManyRequests, "61"))
	c, waits = setup(t, time.Minute, handler)
	_, err = c.Message(t.Context(), "1")
	require.Equal(t, http.StatusTooManyRequests, client.StatusOf(err))
	require.Equal(t, 61*time.Second, client.RetryAfter(err))
	require.EqualValues(t, 1, calls.Load())
	require.Empty(t, *waits)
}

//nolint:wrapcheck // the errors are looked at as they are
func TestDo_RepeatsOnlyWhatDoesNoMoreTheSecondTime(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		call   func(c *client.Client, ctx context.Context) error
		status int
		calls  int32
	}{
		"a read, 503": {func(c *client.Client, ctx context.Context) error { _, err := c.Scheduler(ctx); return err }, 503, 3},
		"a send with a key, 503": {func(c *client.Client, ctx context.Context) error {
			_, err := c.Send(ctx, client.NewMessage{}, "k")
			return err
		}, 503, 3},
		"a send without, 503": {func(c *client.Client, ctx context.Context) error {
			_, err := c.Send(ctx, client.NewMessage{}, "")
			return err
		}, 503, 1},
		"a start, 503":  {func(c *client.Client, ctx context.Context) error { _, err := c.Start(ctx, ""); return err }, 503, 1},
		"a start, 429":  {func(c *client.Client, ctx context.Context) error { _, err := c.Start(ctx, ""); return err }, 429, 3},
		"a cancel, 503": {func(c *client.Client, ctx context.Context) error { _, err := c.Cancel(ctx, "1"); return err }, 503, 1},
		"a cancel of many, 503": {func(c *client.Client, ctx context.Context) error {
			_, err := c.CancelMany(ctx, client.Many{All: true})
			return err
		}, 503, 3},
		"a retry of many, 503": {func(c *client.Client, ctx context.Context) error {
			_, err := c.RetryMany(ctx, client.ManyAgain{Many: client.Many{All: true}})
			return err
		}, 503, 1},
		"a retry of many, 429": {func(c *client.Client, ctx context.Context) error {
			_, err := c.RetryMany(ctx, client.ManyAgain{Many: client.Many{All: true}})
			return err
		}, 429, 3},
		"a retry of many as of before, 503": {func(c *client.Client, ctx context.Context) error {
			_, err := c.RetryMany(ctx, client.ManyAgain{Many: client.Many{All: true}, Before: time.Unix(1, 0)})
			return err
		}, 503, 3},
		"a count of many to retry, 503": {func(c *client.Client, ctx context.Context) error {
			_, err := c.RetryMany(ctx, client.ManyAgain{Many: client.Many{All: true, DryRun: true}})
			return err
		}, 503, 3},
		"what will not get better": {func(c *client.Client, ctx context.Context) error { _, err := c.Scheduler(ctx); return err }, 404, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler, calls := counted(2, busy(test.status, ""))
			c, _ := setup(t, time.Minute, handler)
			err := test.call(c, t.Context())
			require.Equal(t, test.calls, calls.Load())
			require.Equal(t, test.calls == 3, err == nil)
		})
	}
}

func TestDo_AServerThatNeverAnsweredIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	c, err := client.New(client.Options{Server: "http://127.0.0.1:1", Patience: time.Hour})
	require.NoError(t, err)
	defer c.Close()
	_, err = c.List(t.Context(), client.Filter{To: "+905551234567"}, 1, "")
	unreachable, ok := errors.AsType[*client.UnreachableError](err)
	require.True(t, ok)
	require.Equal(t, "http://127.0.0.1:1", unreachable.Server)
	require.NotContains(t, err.Error(), "555")
}

func TestDo_AServerThatIsGoneForAMomentIsWaitedFor(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	c, waits := setup(t, time.Minute, func(w http.ResponseWriter, _ *http.Request) {
		if n := calls.Add(1); n == 2 || n == 3 {
			panic(http.ErrAbortHandler) // the connection breaks
		}
		_, _ = io.WriteString(w, `{"id":"1"}`)
	})
	for range 2 {
		_, err := c.Send(t.Context(), client.NewMessage{}, "k")
		require.NoError(t, err)
	}
	require.NotEmpty(t, *waits)
}

func TestDo_AWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, time.Hour, busy(http.StatusTooManyRequests, "600"))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := c.Message(ctx, "1")
	require.Error(t, err)
}

func TestAll_WalksFromPageToPageAndEndsWithAnError(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, 0, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("cursor") {
		case "":
			_, _ = io.WriteString(w, `{"messages":[{"id":"1"},{"id":"2"}],"next_cursor":"a"}`)
		case "a":
			_, _ = io.WriteString(w, `{"messages":[],"next_cursor":"b"}`)
		case "b":
			if r.URL.Query().Get("status") == "failed" {
				problem(w, http.StatusInternalServerError, "broken")
				return
			}
			_, _ = io.WriteString(w, `{"messages":[{"id":"3"}]}`)
		}
	})
	walk := func(filter client.Filter) (ids string, err error) {
		for message, err := range c.All(t.Context(), filter) {
			if err != nil {
				return ids, err
			}
			ids += message.Value.ID
		}
		return ids, nil
	}
	ids, err := walk(client.Filter{})
	require.NoError(t, err)
	require.Equal(t, "123", ids)
	ids, err = walk(client.Filter{Status: "failed"})
	require.Equal(t, http.StatusInternalServerError, client.StatusOf(err))
	require.Equal(t, "12", ids)
}

func TestMessage_AnIDIsOnePartOfThePath(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, 0, func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"id":%q}`, r.URL.EscapedPath()) //nolint:gosec // no browser reads it
	})
	answer, err := c.Message(t.Context(), "../scheduler?a")
	require.NoError(t, err)
	require.Equal(t, "/api/v1/messages/..%2Fscheduler%3Fa", answer.Value.ID)
}
