package handlers

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"

	"auto-message-sender/internal/events"
	"auto-message-sender/internal/models"
)

const (
	// maxStreams bounds how many clients listen at one replica.
	maxStreams = 256
	// heartbeat keeps proxies from taking a quiet stream for a dead one.
	heartbeat = 15 * time.Second
	// streamPatience is how long one write to a listener may take: who reads slower
	// is dropped, and may come back with Last-Event-ID.
	streamPatience = 10 * time.Second
	// streamPace is the shortest time between two writes, so that one listener costs
	// little at any speed; what came meanwhile is written together.
	streamPace = 50 * time.Millisecond
	// streamRetry is how long a browser waits before it comes back, in milliseconds.
	streamRetry = 2000
	// maxPlace bounds Last-Event-ID.
	maxPlace = 128
)

// Feed is where events come from.
type Feed interface {
	Subscribe(ctx context.Context, after string) *events.Reader
}

// EventStream is the endpoint of server-sent events.
type EventStream struct {
	feed    Feed
	streams atomic.Int64
}

// NewEventStream returns the endpoint.
func NewEventStream(feed Feed) *EventStream { return &EventStream{feed: feed} }

// Event is one event as clients see it.
type Event struct {
	// What happened.
	Type string `json:"type" enums:"message.accepted,message.due,message.sent,message.postponed,message.failed,message.canceled,message.expired,message.retried,message.erased,message.delivered,message.undelivered,scheduler.started,scheduler.stopped,scheduler.pace" example:"message.sent"`
	// The message's id; of the scheduler's events, the entry's in the audit trail.
	ID string `json:"id" example:"019a2f6e-7a53-7cc0-9d6e-2f0d5b1c4a10"`
	// The message's status after it.
	Status string `json:"status,omitempty" enums:"scheduled,pending,sending,sent,failed,canceled,expired" example:"sent"`
	At     string `json:"at" format:"date-time" example:"2026-01-02T15:04:06.250Z"`
} //	@name	Event

// Stream writes events until the client goes, or the service ends.
//
//	@Summary		Follow what happens
//	@Description	Server-sent events (text/event-stream): the name of each is its type, its data an Event; nothing of what messages say.
//	@Description	Reconnecting with Last-Event-ID goes on where the stream ended. The event "reset" says that events may be missing: ask the API how things stand.
//	@Description	Without Redis, of what other processes do only that is told which lists show by time: accepting, sending, failing, starting, stopping,
//	@Description	changes of pace, up to a second late; not what they cancel, retry, erase, let expire or hear from the provider.
//	@Description	A comment comes every 15 s. A client that reads too slowly is cut off. At full speed events come in bundles, up to 20 a second.
//	@ID				streamEvents
//	@Tags			events
//	@Produce		text/event-stream,application/problem+json
//	@Param			types			query		string	false	"Types to send, separated by commas; message.* and scheduler.* stand for all of each"	example(message.sent,scheduler.*)
//	@Param			Last-Event-ID	header		string	false	"The id of the last event seen"
//	@Success		200				{object}	Event	"The stream"
//	@Failure		400				{object}	Problem	"An unknown type, or a parameter that there is not"
//	@Failure		401				{object}	Problem	"No key, or an unknown one"
//	@Failure		403				{object}	Problem	"Without API_KEYS: the server was asked by a name that is not this machine's own"
//	@Failure		429				{object}	Problem	"Too many requests"
//	@Failure		503				{object}	Problem	"Too many clients listen already"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/events [get]
func (e *EventStream) Stream(problems *Problems) gin.HandlerFunc {
	return func(c *gin.Context) {
		wanted, err := eventTypes(c.Request.URL.RawQuery)
		if err != nil {
			problems.Answer(c, err)
			return
		}
		if e.streams.Add(1) > maxStreams {
			e.streams.Add(-1)
			problems.Answer(c, models.Unavailable("too many clients listen to events already; poll GET /stats instead", nil))
			return
		}
		defer e.streams.Add(-1)
		e.follow(c, wanted)
	}
}

// follow writes what the feed has. Any failure to write ends it: there is nobody to tell.
func (e *EventStream) follow(c *gin.Context, wanted func(models.EventType) bool) {
	ctx := c.Request.Context()
	after := c.GetHeader("Last-Event-ID")
	if len(after) > maxPlace {
		after = "unknown"
	}
	reader := e.feed.Subscribe(ctx, after)
	defer reader.Close()
	stream := stream{writer: c.Writer, control: http.NewResponseController(c.Writer)}
	header := c.Writer.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // nginx would keep the events to itself
	c.Writer.WriteHeader(http.StatusOK)
	// The server's limits are for whole requests; this one never ends by itself.
	err := stream.control.SetReadDeadline(time.Time{})
	if err == nil {
		err = stream.write([]byte("retry: " + strconv.Itoa(streamRetry) + "\n\n"))
	}
	for err == nil {
		err = stream.next(ctx, reader, wanted)
	}
}

// stream is the response of one client.
type stream struct {
	writer  http.ResponseWriter
	control *http.ResponseController
	text    bytes.Buffer
}

// next waits for events and writes them, or a comment when there are none for long.
func (s *stream) next(ctx context.Context, reader *events.Reader, wanted func(models.EventType) bool) error {
	quiet, cancel := context.WithTimeout(ctx, heartbeat)
	batch, err := reader.Next(quiet)
	cancel()
	switch {
	case ctx.Err() != nil:
		return ctx.Err() //nolint:wrapcheck // it only ends the loop
	case errors.Is(err, context.DeadlineExceeded):
		return s.write([]byte(": still here\n\n"))
	case err != nil:
		return err //nolint:wrapcheck // likewise
	}
	s.text.Reset()
	if batch.Reset {
		s.text.WriteString("event: reset\ndata: {}\n\n")
	}
	for _, entry := range batch.Entries {
		if !wanted(entry.Type) {
			continue
		}
		if err := s.add(entry); err != nil {
			return err
		}
	}
	if s.text.Len() > 0 {
		if err := s.write(s.text.Bytes()); err != nil {
			return err
		}
	}
	select {
	case <-time.After(streamPace):
		return nil
	case <-ctx.Done():
		return ctx.Err() //nolint:wrapcheck // likewise
	}
}

// add appends an event. JSON has no bare line break, so its data is one line.
func (s *stream) add(entry events.Entry) error {
	s.text.WriteString("id: " + entry.Place + "\nevent: " + string(entry.Type) + "\ndata: ")
	err := json.MarshalWrite(&s.text, Event{
		Type: string(entry.Type), ID: entry.ID, Status: string(entry.Status), At: timestamp(entry.At),
	})
	s.text.WriteString("\n\n")
	return err //nolint:wrapcheck // likewise
}

// write sends the text now. The server's own limit is for whole answers.
func (s *stream) write(text []byte) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(streamPatience)); err != nil { //nolint:forbidigo // the deadline of a socket is real time
		return err //nolint:wrapcheck // likewise
	}
	if _, err := s.writer.Write(text); err != nil {
		return err //nolint:wrapcheck // likewise
	}
	return s.control.Flush() //nolint:wrapcheck // likewise
}

// eventTypes decodes ?types.
func eventTypes(rawQuery string) (wanted func(models.EventType) bool, err error) {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, &models.Error{Kind: models.KindInvalid, Detail: "the query is malformed; send it like ?types=message.sent"}
	}
	for parameter, values := range query {
		if parameter != "types" {
			return nil, models.Invalid(models.FieldError{Field: parameter, Message: "is unknown here; there is only types"})
		}
		if len(values) > 1 {
			return nil, models.Invalid(models.FieldError{Field: parameter, Message: "is given more than once; separate types by commas"})
		}
	}
	given := query.Get("types")
	if given == "" {
		return func(models.EventType) bool { return true }, nil
	}
	chosen := map[models.EventType]bool{}
	for text := range strings.SplitSeq(given, ",") {
		matched := false
		for _, known := range models.EventTypes() {
			family, all := strings.CutSuffix(text, "*")
			if string(known) == text || (all && family != "" && strings.HasPrefix(string(known), family)) {
				chosen[known], matched = true, true
			}
		}
		if !matched {
			return nil, models.Invalid(models.FieldError{
				Field: "types", Message: "has the unknown type " + strconv.Quote(shownName(text)) + "; the types are " + joinTypes() + ", message.* and scheduler.*",
			})
		}
	}
	return func(what models.EventType) bool { return chosen[what] }, nil
}

func joinTypes() string {
	names := make([]string, 0, len(models.EventTypes()))
	for _, known := range models.EventTypes() {
		names = append(names, string(known))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
