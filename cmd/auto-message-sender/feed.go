package main

import (
	"github.com/google/uuid"

	"auto-message-sender/internal/dispatch"
	"auto-message-sender/internal/events"
	"auto-message-sender/internal/handlers"
	"auto-message-sender/pkg/redisdb"
)

// feed is where events go, and where they are heard.
type feed interface {
	dispatch.Events
	handlers.Feed
	Listeners() int
	Hush()
	Close()
}

// polled is a feed in process that hears of other processes by the store.
type polled struct {
	*events.Local

	poller *events.Poller
}

// Close ends both.
func (p polled) Close() {
	p.Local.Close()
	p.poller.Close()
}

// openFeed returns the feed of all replicas: by Redis where it is configured, and
// otherwise by looking at the store.
func (s *service) openFeed(store events.Store, client *redisdb.Client) feed {
	if client != nil {
		return events.NewShared(client, s.log)
	}
	local := events.NewLocal(uuid.NewString()[:8], s.process.now)
	return polled{Local: local, poller: events.NewPoller(local, store)}
}
