package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// heard is one server-sent event: its place, its name, and the id it is about.
type heard struct{ place, name, id string }

// listener follows GET /events as a browser does.
type listener struct {
	t   testing.TB
	end func()

	mu     sync.Mutex
	events []heard
}

// listen begins to listen; after is the Last-Event-ID, empty where there is none.
func (c caller) listen(query, after string) *listener {
	c.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.server.URL("/api/v1/events"+query), http.NoBody)
	require.NoError(c.t, err)
	request.Header.Set("X-Api-Key", c.key)
	if after != "" {
		request.Header.Set("Last-Event-ID", after)
	}
	response, err := http.DefaultClient.Do(request) //nolint:bodyclose // by the goroutine
	require.NoError(c.t, err)
	require.Equal(c.t, http.StatusOK, response.StatusCode)
	require.Equal(c.t, "text/event-stream", response.Header.Get("Content-Type"))
	c.note(http.MethodGet, "/api/v1/events")

	l, done := &listener{t: c.t}, make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = response.Body.Close() }()
		l.read(bufio.NewScanner(response.Body))
	}()
	l.end = sync.OnceFunc(func() { cancel(); <-done })
	c.t.Cleanup(l.end)
	return l
}

// read takes events in until the stream ends.
func (l *listener) read(lines *bufio.Scanner) {
	var next heard
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			next.place = value
		case "event":
			next.name = value
		case "data":
			var about struct {
				ID string `json:"id"`
			}
			_ = json.Unmarshal([]byte(value), &about)
			next.id = about.ID
		case "":
			if next.name != "" {
				l.mu.Lock()
				l.events = append(l.events, next)
				l.mu.Unlock()
			}
			next = heard{}
		}
	}
}

func (l *listener) all() []heard {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.events)
}

// count returns how many events of a name it has heard.
func (l *listener) count(name string) (n int) {
	for _, event := range l.all() {
		if event.name == name {
			n++
		}
	}
	return n
}

// of returns the names of the events about a message, in their order.
func (l *listener) of(id string) (names []string) {
	for _, event := range l.all() {
		if event.id == id {
			names = append(names, event.name)
		}
	}
	return names
}

// requireHeard waits until it has heard this of a message, or of the scheduler
// where the id is empty.
func (l *listener) requireHeard(name, id string) {
	l.t.Helper()
	require.Eventually(l.t, func() bool {
		return slices.ContainsFunc(l.all(), func(event heard) bool { return event.name == name && (id == "" || event.id == id) })
	}, patience, 20*time.Millisecond, "never heard of %s %s", name, id)
}

// place is that of the last event, for Last-Event-ID.
func (l *listener) place() string {
	l.t.Helper()
	all := l.all()
	require.NotEmpty(l.t, all)
	return all[len(all)-1].place
}

// events holds that all of this was heard, and that a stream goes on where it ended.
func (w *httpWalk) events() {
	// What A did itself is heard there, and with Redis at B, too.
	for _, event := range []heard{
		{name: "message.accepted", id: w.first},
		{name: "message.canceled", id: w.later},
		{name: "message.retried", id: w.brief},
		{name: "message.delivered", id: w.once},
		{name: "message.erased", id: w.first},
	} {
		w.heardAtA.requireHeard(event.name, event.id)
		if w.byRedis {
			w.heardAtB.requireHeard(event.name, event.id)
		}
	}
	// These every replica finds, whoever did it.
	for _, l := range []*listener{w.heardAtA, w.heardAtB} {
		l.requireHeard("message.accepted", w.first)
		l.requireHeard("message.sent", w.once)
		l.requireHeard("message.sent", w.first)
		l.requireHeard("scheduler.started", "")
		l.requireHeard("scheduler.stopped", "")
	}
	// And these whoever did it, A or B.
	for _, event := range []heard{
		{name: "message.due", id: w.due},
		{name: "message.expired", id: w.brief},
		{name: "message.postponed", id: w.faltered},
		{name: "message.undelivered", id: w.faltered},
	} {
		require.Eventually(w.t, func() bool {
			names := append(w.heardAtA.of(event.id), w.heardAtB.of(event.id)...)
			return strings.Contains(strings.Join(names, " "), event.name)
		}, patience, 20*time.Millisecond, "nobody heard of %s", event.name)
	}
	require.Zero(w.t, w.heardAtA.count("reset"))
	require.Zero(w.t, w.heardAtB.count("reset"))

	w.heardAtB.end()
	missed := w.sender.put(`{"to":"+905551110050","content":"Unheard","reference":"unheard"}`)
	w.heardAtA.requireHeard("message.accepted", missed)
	replica := w.b
	if w.byRedis {
		replica = w.a // a place holds at every replica
	}
	again := w.reader.at(replica).listen("", w.heardAtB.place())
	again.requireHeard("message.accepted", missed)
	require.Equal(w.t, []string{"message.accepted"}, again.of(missed))
	require.Empty(w.t, again.of(w.first), "that was told before")
	require.Zero(w.t, again.count("reset"))
	w.reader.listen("", "no place at all").requireHeard("reset", "")
	chosen := w.reader.listen("?types=message.canceled", w.heardAtA.place())
	w.sender.must(http.StatusOK, post, api+"/messages/"+missed+"/cancel", "")
	chosen.requireHeard("message.canceled", missed)
	require.Zero(w.t, chosen.count("message.accepted"))
	w.reader.must(http.StatusBadRequest, get, api+"/events?types=message.misspelt", "")
}
