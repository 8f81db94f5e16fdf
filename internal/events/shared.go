package events

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/sirupsen/logrus"

	"auto-message-sender/internal/models"
)

const (
	// streamKey is the stream in Redis, wantedKey says that somebody listens somewhere.
	streamKey, wantedKey = "message_events", "message_events_wanted"
	// streamLength is about how many events the stream keeps.
	streamLength = 10_000
	// queueLength is how many events may wait to be written; further ones are lost,
	// and readers are told.
	queueLength = 8192
	writeBatch  = 500
	// wantedFor is how long after the last listener events are still written.
	wantedFor = time.Minute
	// beat is how often it is looked at, and said, whether somebody listens: so long a
	// first listener may have to wait for events of other replicas.
	beat = time.Second
	// patience bounds one call.
	patience = 2 * time.Second
	// readBlock is how long a read waits for an event; shorter than patience and the
	// client's own read time-out.
	readBlock = 250 * time.Millisecond
)

// Shared tells the events of all replicas, by a stream in Redis. Every replica reads
// all of it into its ring, so a place holds in each of them. While Redis is away
// events are lost, and readers are told once it is back.
type Shared struct {
	client *redis.Client
	log    logrus.FieldLogger
	ring   *ring

	queue  chan models.Event
	lost   atomic.Bool   // the queue was full, or a write failed
	wanted atomic.Bool   // by some replica
	ready  chan struct{} // closed once the reading has a beginning
	cancel context.CancelFunc
	steps  sync.WaitGroup
}

// NewShared returns a feed that lives until Close.
func NewShared(client *redis.Client, log logrus.FieldLogger) *Shared {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Shared{
		client: client, log: log, ring: newRing(), cancel: cancel,
		queue: make(chan models.Event, queueLength), ready: make(chan struct{}),
	}
	s.steps.Go(func() { s.keepWanted(ctx) })
	s.steps.Go(func() { s.write(ctx) })
	s.steps.Go(func() { s.read(ctx) })
	return s
}

// Publish hands events over to be written. It never blocks.
func (s *Shared) Publish(happened ...models.Event) {
	if !s.Wanted() {
		return
	}
	for _, event := range happened {
		select {
		case s.queue <- event:
		default:
			s.lost.Store(true)
			return
		}
	}
}

// Wanted reports whether anybody listens, at any replica, or did a minute ago. Where
// it says no, events need not be published: who comes back is told.
func (s *Shared) Wanted() bool {
	if s.wanted.Load() {
		return true
	}
	s.lost.Store(true)
	return false
}

// Lose tells readers, of every replica, that something has happened which is not among
// the events.
func (s *Shared) Lose() { s.lost.Store(true) }

// Listeners returns how many follow what happens here, by this process.
func (s *Shared) Listeners() int { return s.ring.listeners() }

// Hush ends every reader.
func (s *Shared) Hush() { s.ring.close() }

// Close ends every reader, and the goroutines.
func (s *Shared) Close() {
	s.ring.close()
	s.cancel()
	s.steps.Wait()
}

// keepWanted tells the other replicas that somebody listens here, and learns whether
// somebody does there.
func (s *Shared) keepWanted(ctx context.Context) {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		s.exchangeWanted(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (s *Shared) exchangeWanted(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if s.ring.wanted() {
		s.wanted.Store(true)
		s.client.Set(ctx, wantedKey, "1", wantedFor) // where this fails, the stream does too, and that is told
	} else if there, err := s.client.Exists(ctx, wantedKey).Result(); err == nil {
		s.wanted.Store(there > 0)
	}
	// With the next event it would be told, too, but that may be long in coming.
	if s.wanted.Load() && s.lost.Load() && !s.add(ctx, nil) {
		s.lost.Store(true)
	}
}

// write moves events from the queue to the stream, as many as have come together.
func (s *Shared) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case first := <-s.queue:
			if !s.add(ctx, s.gather(first)) {
				s.lost.Store(true)
			}
		}
	}
}

func (s *Shared) gather(first models.Event) []models.Event {
	batch := []models.Event{first}
	for len(batch) < writeBatch {
		select {
		case next := <-s.queue:
			batch = append(batch, next)
		default:
			return batch
		}
	}
	return batch
}

// add writes a batch in one round trip, with a word first where some were lost.
func (s *Shared) add(ctx context.Context, batch []models.Event) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	pipeline := s.client.Pipeline()
	lost := s.lost.Swap(false)
	if lost {
		addEntry(ctx, pipeline, "lost", "1")
	}
	for _, event := range batch {
		addEntry(ctx, pipeline, "type", string(event.Type), "id", event.ID,
			"status", string(event.Status), "at", strconv.FormatInt(event.At.UnixMilli(), 10))
	}
	_, err := pipeline.Exec(ctx)
	return err == nil
}

func addEntry(ctx context.Context, pipeline redis.Pipeliner, fields ...string) {
	pipeline.XAdd(ctx, &redis.XAddArgs{Stream: streamKey, MaxLen: streamLength, Approx: true, Values: fields})
}

// read moves what all replicas wrote into the ring, from now on.
func (s *Shared) read(ctx context.Context) {
	place, away := "", false
	begun := sync.OnceFunc(func() { close(s.ready) })
	for ctx.Err() == nil {
		var err error
		if place == "" {
			if place, err = s.newest(ctx); err == nil {
				begun()
			}
		}
		if err == nil {
			place, err = s.readAfter(ctx, place)
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if !away {
				s.log.WithError(err).Warn("events of other replicas cannot be read; messages are not affected")
			}
			away, place = true, ""
			s.rest(ctx)
		case away:
			away = false
			s.log.Info("events are read again")
			s.ring.lose()
		}
	}
}

func (s *Shared) rest(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(beat):
	}
}

// newest returns the place of the newest entry, 0-0 where there is none.
func (s *Shared) newest(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	last, err := s.client.XRevRangeN(ctx, streamKey, "+", "-", 1).Result()
	switch {
	case err != nil:
		return "", fmt.Errorf("find the newest event: %w", err)
	case len(last) == 0:
		return "0-0", nil
	}
	return last[0].ID, nil
}

// readAfter waits a moment for entries after the place, and returns the new one.
func (s *Shared) readAfter(ctx context.Context, place string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	streams, err := s.client.XRead(ctx, &redis.XReadArgs{
		Streams: []string{streamKey, place}, Count: batchSize, Block: readBlock,
	}).Result()
	if errors.Is(err, redis.Nil) {
		return place, nil
	}
	if err != nil {
		return place, fmt.Errorf("read the events: %w", err)
	}
	for _, stream := range streams {
		for _, message := range stream.Messages {
			s.take(message)
			place = message.ID
		}
	}
	return place, nil
}

// take puts an entry of the stream into the ring.
func (s *Shared) take(message redis.XMessage) {
	if _, lost := message.Values["lost"]; lost {
		s.ring.lose()
		return
	}
	if entry, ok := toEntry(message); ok {
		s.ring.add(entry)
	}
}

// toEntry reads an entry of the stream; one that is not ours is none.
func toEntry(message redis.XMessage) (Entry, bool) {
	text := func(field string) string {
		value, _ := message.Values[field].(string)
		return value
	}
	at, err := strconv.ParseInt(text("at"), 10, 64)
	if err != nil || text("type") == "" {
		return Entry{}, false
	}
	return Entry{Place: message.ID, Event: models.Event{
		Type: models.EventType(text("type")), ID: text("id"),
		Status: models.Status(text("status")), At: time.UnixMilli(at).UTC(),
	}}, true
}

// Subscribe listens from now on, or from after the place given: what the ring has
// no more is read from the stream.
func (s *Shared) Subscribe(ctx context.Context, after string) *Reader {
	s.wanted.Store(true)
	position, known := s.ring.find(after)
	reader := s.ring.reader(position)
	reader.after = later
	switch {
	case !s.begun(ctx):
		reader.pending.Reset = true
		return reader
	case known:
		return reader
	}
	reader.pending = s.backlog(ctx, after)
	if last := len(reader.pending.Entries); last > 0 {
		reader.seen = reader.pending.Entries[last-1].Place
	}
	return reader
}

// begun waits a moment for the reading to begin: what is written before that does
// not come by the ring. It reports whether it has.
func (s *Shared) begun(ctx context.Context) bool {
	select {
	case <-s.ready:
		return true
	case <-ctx.Done():
	case <-time.After(patience):
	}
	return false
}

// backlog returns what the stream has after the place, all of it or a reset.
func (s *Shared) backlog(ctx context.Context, after string) Batch {
	if _, _, ok := parsePlace(after); !ok {
		return Batch{Reset: true}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	oldest, err := s.client.XRangeN(ctx, streamKey, "-", "+", 1).Result()
	if err != nil || len(oldest) == 0 || later(oldest[0].ID, after) {
		return Batch{Reset: true} // trimmed, flushed, or nobody can tell
	}
	messages, err := s.client.XRangeN(ctx, streamKey, "("+after, "+", ringSize).Result()
	if err != nil || len(messages) == ringSize {
		return Batch{Reset: true}
	}
	var batch Batch
	for _, message := range messages {
		if _, lost := message.Values["lost"]; lost {
			batch = Batch{Reset: true}
			continue
		}
		if entry, ok := toEntry(message); ok {
			batch.Entries = append(batch.Entries, entry)
		}
	}
	return batch
}

// later reports whether a place in the stream comes after another.
func later(place, than string) bool {
	ms, seq, ok := parsePlace(place)
	thanMS, thanSeq, thanOK := parsePlace(than)
	return ok && (!thanOK || ms > thanMS || (ms == thanMS && seq > thanSeq))
}

// parsePlace reads a place in the stream: milliseconds, and a number within them.
func parsePlace(place string) (ms, seq uint64, ok bool) {
	before, after, found := strings.Cut(place, "-")
	ms, err := strconv.ParseUint(before, 10, 64)
	if err != nil || !found {
		return 0, 0, false
	}
	seq, err = strconv.ParseUint(after, 10, 64)
	return ms, seq, err == nil
}
