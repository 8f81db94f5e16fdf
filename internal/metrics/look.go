package metrics

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"auto-message-sender/internal/models"
)

const (
	// lookEvery is how old what the store knows may be on the page.
	lookEvery = 5 * time.Second
	// lookLimit bounds how long a scrape waits for the store, and for Redis.
	lookLimit = 2 * time.Second
)

// Store is what is asked of the store; see dataoperations.
type Store interface {
	Counts(ctx context.Context) (models.Counts, error)
	OldestWaiting(ctx context.Context) (time.Time, error)
	Scheduler(ctx context.Context) (models.Scheduler, error)
	Replicas(ctx context.Context) ([]models.Replica, error)
	Now() time.Time
}

// Sources are what a scrape looks at.
type Sources struct {
	Store       Store
	StoreUp     func(ctx context.Context) error // whether it can be read and written
	Redis       func(ctx context.Context) error // nil: not configured
	Webhook     func() models.WebhookHealth
	InFlight    func() int
	MaxInFlight int
	Listeners   func() int // of events
}

// look is what is found at a scrape; it is a prometheus.Collector.
type look struct {
	build   Build
	now     func() time.Time
	sources atomic.Pointer[Sources] // nil until the store is there

	mu      sync.Mutex // held while the store is asked: others wait for the answer
	seen    seen
	seenAt  time.Time
	unasked bool // nothing was seen yet

	buildInfo, storeUp, redisUp, queue, oldest, inFlight, maxInFlight      *prometheus.Desc
	running, lastWindow, interval, perWindow, breaker, replicas, listeners *prometheus.Desc
}

// seen is what was found when the store and Redis were asked.
type seen struct {
	storeUp, redisUp bool

	known     bool // the store has said what follows
	counts    models.Counts
	oldest    time.Duration
	scheduler models.Scheduler
	live      int
	gone      int
}

func newLook(c *catalogue, options Options) *look {
	return &look{
		build: options.Build, now: options.Now, unasked: true,
		buildInfo: c.gauge("ams_build_info", "1; what runs is in the labels.", "version", "commit", "goversion"),
		storeUp:   c.gauge("ams_store_up", "Whether the store answers: 1 or 0. Where it does not, what only the store knows is left out."),
		redisUp:   c.gauge("ams_redis_up", "Whether Redis answers: 1 or 0. Only where REDIS_HOST is set."),
		queue: c.gauge("ams_queue_messages", "Messages in the store, by status; the same on every replica, and up to 5 s old "+
			"(10 s with MongoDB).", "status"),
		oldest:      c.gauge("ams_oldest_waiting_age_seconds", "How long ago the oldest pending message was created; 0 while none waits."),
		inFlight:    c.gauge("ams_in_flight", "Messages that this replica has claimed, and has not recorded the outcome of."),
		maxInFlight: c.gauge("ams_max_in_flight", "How many it may have: MAX_IN_FLIGHT."),
		running:     c.gauge("ams_scheduler_running", "Whether messages are being sent: 1 or 0; the same on every replica."),
		lastWindow: c.gauge("ams_last_window_timestamp_seconds", "When the current window was due to open, in seconds since 1970; "+
			"0 before the first one since the scheduler was started, and while it is stopped."),
		interval:  c.gauge("ams_window_interval_seconds", "How often a window opens."),
		perWindow: c.gauge("ams_messages_per_window", "First attempts that a window allows; 0: no cap."),
		breaker: c.gauge("ams_webhook_breaker_state", "How the webhook is to this replica: 1 for the state that is, 0 for the others.",
			"state"),
		replicas:  c.gauge("ams_replicas", "Replicas that have told the store of themselves within a day; gone: not for 35 s.", "state"),
		listeners: c.gauge("ams_event_listeners", "Clients of this replica that follow GET /api/v1/events."),
	}
}

// Look lets scrapes tell of the service, once it has all its parts.
func (m *Metrics) Look(sources Sources) { m.look.sources.Store(&sources) }

// Describe is part of prometheus.Collector.
func (l *look) Describe(descriptions chan<- *prometheus.Desc) {
	for _, description := range []*prometheus.Desc{
		l.buildInfo, l.storeUp, l.redisUp, l.queue, l.oldest, l.inFlight, l.maxInFlight,
		l.running, l.lastWindow, l.interval, l.perWindow, l.breaker, l.replicas, l.listeners,
	} {
		descriptions <- description
	}
}

// Collect is part of prometheus.Collector.
func (l *look) Collect(found chan<- prometheus.Metric) {
	tell := func(description *prometheus.Desc, value float64, labels ...string) {
		found <- prometheus.MustNewConstMetric(description, prometheus.GaugeValue, value, labels...)
	}
	tell(l.buildInfo, 1, l.build.Version, l.build.Commit, l.build.GoVersion)
	sources := l.sources.Load()
	if sources == nil { // it is being waited for
		tell(l.storeUp, 0)
		return
	}
	seen := l.ask(sources)
	tell(l.storeUp, zeroOrOne(seen.storeUp))
	if sources.Redis != nil {
		tell(l.redisUp, zeroOrOne(seen.redisUp))
	}
	tell(l.inFlight, float64(sources.InFlight()))
	tell(l.maxInFlight, float64(sources.MaxInFlight))
	tell(l.listeners, float64(sources.Listeners()))
	now := sources.Webhook().State
	for _, state := range []models.WebhookState{models.WebhookClosed, models.WebhookOpen, models.WebhookProbing, models.WebhookPaused} {
		tell(l.breaker, zeroOrOne(state == now), string(state))
	}
	if seen.known {
		l.tellStored(seen, tell)
	}
}

// tellStored tells what only the store knows.
func (l *look) tellStored(seen seen, tell func(*prometheus.Desc, float64, ...string)) {
	for _, status := range models.Statuses() {
		tell(l.queue, float64(seen.counts[status]), string(status))
	}
	tell(l.oldest, seen.oldest.Seconds())
	scheduler := seen.scheduler
	tell(l.running, zeroOrOne(scheduler.Running))
	tell(l.interval, scheduler.Interval.Seconds())
	tell(l.perWindow, float64(scheduler.PerWindow))
	tell(l.lastWindow, lastWindow(scheduler))
	tell(l.replicas, float64(seen.live), "live")
	tell(l.replicas, float64(seen.gone), "gone")
}

// lastWindow returns when the current window was due to open.
func lastWindow(scheduler models.Scheduler) float64 {
	if !scheduler.Running || !scheduler.NextWindowAt.After(scheduler.StartedAt) {
		return 0
	}
	return float64(scheduler.NextWindowAt.Add(-scheduler.Interval).UnixMilli()) / 1000
}

// ask returns what the store said within the last seconds.
func (l *look) ask(sources *Sources) seen {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.unasked && l.now().Sub(l.seenAt) < lookEvery {
		return l.seen
	}
	// Not of the scrape: others wait for the same answer.
	ctx, cancel := context.WithTimeout(context.Background(), lookLimit)
	defer cancel()
	var redisUp bool
	var asking sync.WaitGroup
	if sources.Redis != nil {
		asking.Go(func() { redisUp = sources.Redis(ctx) == nil })
	}
	l.seen = read(ctx, sources.Store)
	l.seen.storeUp = sources.StoreUp(ctx) == nil
	asking.Wait()
	l.seen.redisUp = redisUp
	l.seenAt, l.unasked = l.now(), false
	return l.seen
}

// read asks one thing after the other: a scrape is to cost the store little. What
// cannot be told now is left out as a whole.
func read(ctx context.Context, store Store) (found seen) {
	counts, err := store.Counts(ctx)
	if err != nil {
		return found
	}
	oldest, err := store.OldestWaiting(ctx)
	if err != nil {
		return found
	}
	scheduler, err := store.Scheduler(ctx)
	if err != nil {
		return found
	}
	replicas, err := store.Replicas(ctx)
	if err != nil {
		return found
	}
	found = seen{known: true, counts: counts, scheduler: scheduler}
	now := store.Now()
	if !oldest.IsZero() {
		found.oldest = max(0, now.Sub(oldest))
	}
	for _, replica := range replicas {
		if replica.Live(now) {
			found.live++
		} else {
			found.gone++
		}
	}
	return found
}

func zeroOrOne(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
