package handlers_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/events"
	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

// listener is a client of the stream on a real server.
type listener struct {
	*testing.T

	feed *events.Local
	url  string
}

func newListener(t *testing.T) listener {
	t.Helper()
	log, _ := logged()
	feed := events.NewLocal("epoch", func() time.Time { return time.Unix(0, 0) })
	engine := gin.New()
	engine.GET("/events", handlers.NewEventStream(feed).Stream(handlers.NewProblems(log)))
	server := httptest.NewUnstartedServer(engine)
	server.Config.ReadTimeout = 100 * time.Millisecond // as any server has: a stream outlives it
	server.Config.WriteTimeout = 100 * time.Millisecond
	server.Start()
	t.Cleanup(func() {
		feed.Close()
		server.Close()
	})
	return listener{t, feed, server.URL + "/events"}
}

// listen opens the stream, and returns its lines.
func (l listener) listen(query, after string) (status int, lines *bufio.Scanner) {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), 20*time.Second)
	l.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url+query, http.NoBody)
	require.NoError(l, err)
	if after != "" {
		request.Header.Set("Last-Event-ID", after)
	}
	client := &http.Client{Transport: &http.Transport{}}
	response, err := client.Do(request)
	require.NoError(l, err)
	l.Cleanup(func() {
		cancel()
		_ = response.Body.Close()
		client.CloseIdleConnections()
	})
	return response.StatusCode, bufio.NewScanner(response.Body)
}

// event reads the next event, as its lines.
func (l listener) event(lines *bufio.Scanner) (event []string) {
	l.Helper()
	for lines.Scan() {
		if lines.Text() != "" {
			event = append(event, lines.Text())
			continue
		}
		if len(event) > 0 && !strings.HasPrefix(event[0], "retry") {
			return event
		}
		event = nil
	}
	require.NoError(l, lines.Err())
	require.Fail(l, "the stream has ended")
	return nil
}

func happened(what models.EventType, id string) models.Event {
	return models.Event{Type: what, ID: id, Status: models.StatusSent, At: time.UnixMilli(1_767_366_246_250)}
}

func TestEventStream_TellsWhatHappensAsItDoes(t *testing.T) {
	t.Parallel()
	l := newListener(t)
	status, lines := l.listen("", "")
	require.Equal(t, http.StatusOK, status)
	require.Eventually(t, l.feed.Wanted, 10*time.Second, time.Millisecond)
	for _, id := range []string{"m-1", "m-2"} {
		time.AfterFunc(150*time.Millisecond, func() { l.feed.Publish(happened(models.EventSent, id)) })
		event := l.event(lines)
		require.Len(t, event, 3)
		require.Regexp(t, `^id: epoch-\d+$`, event[0])
		require.Equal(t, "event: message.sent", event[1])
		require.Equal(t, `data: {"type":"message.sent","id":"`+id+`","status":"sent","at":"2026-01-02T15:04:06.250Z"}`, event[2])
	}
}

func TestEventStream_GoesOnAfterLastEventID(t *testing.T) {
	t.Parallel()
	l := newListener(t)
	l.feed.Publish(happened(models.EventSent, "m-1"), happened(models.EventSent, "m-2"))
	_, lines := l.listen("", "epoch-1")
	require.Contains(t, l.event(lines)[2], `"m-2"`)

	_, lines = l.listen("", "of-a-process-before")
	require.Equal(t, []string{"event: reset", "data: {}"}, l.event(lines))
	_, lines = l.listen("", strings.Repeat("x", 5000))
	require.Equal(t, []string{"event: reset", "data: {}"}, l.event(lines))
}

func TestEventStream_SendsTheTypesAskedFor(t *testing.T) {
	t.Parallel()
	l := newListener(t)
	l.feed.Publish(happened(models.EventAccepted, "first"))
	_, lines := l.listen("?types=message.failed,scheduler.*", "epoch-1")
	require.Eventually(t, l.feed.Wanted, 10*time.Second, time.Millisecond)
	l.feed.Publish(happened(models.EventSent, "m-1"), happened(models.EventFailed, "m-2"), happened(models.EventStopped, "s-1"))
	require.Contains(t, l.event(lines)[2], `"m-2"`)
	require.Contains(t, l.event(lines)[2], `"s-1"`)

	for _, query := range []string{"?types=message.read", "?types=", "?types=*", "?type=message.sent", "?types=message.sent&types=message.failed", "?%zz"} {
		status, _ := l.listen(query, "")
		if query == "?types=" {
			require.Equal(t, http.StatusOK, status)
			continue
		}
		require.Equal(t, http.StatusBadRequest, status, query)
	}
	_, lines = l.listen("?types=message.sent,message.read", "")
	require.True(t, lines.Scan())
	require.Contains(t, lines.Text(), `has the unknown type \"message.read\"; the types are message.accepted, `)
}

func TestEventStream_EndsWithTheService(t *testing.T) {
	t.Parallel()
	l := newListener(t)
	_, lines := l.listen("", "")
	require.Eventually(t, l.feed.Wanted, 10*time.Second, time.Millisecond)
	l.feed.Close()
	for lines.Scan() {
	}
	require.NoError(t, lines.Err())
}

func TestEventStream_TooManyListenersAreRefused(t *testing.T) {
	t.Parallel()
	l := newListener(t)
	for range 256 {
		status, _ := l.listen("", "")
		require.Equal(t, http.StatusOK, status)
	}
	status, _ := l.listen("", "")
	require.Equal(t, http.StatusServiceUnavailable, status)
}
