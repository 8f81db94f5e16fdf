package dispatch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sirupsen/logrus"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

const (
	// startMargin is what must be left of the lease when an attempt is over: the
	// time to record its outcome before anybody may rescue it.
	startMargin = time.Second
	// pollInterval is how often the scheduler's record and the queue are looked
	// at when nothing wakes the loop: another replica may have changed them.
	pollInterval = 250 * time.Millisecond
	// freshness is the greatest age of the scheduler's record at which an attempt
	// may still start: after a stop was answered, none does for longer than this.
	freshness = time.Second
)

// Store is what dispatch needs of the durable store.
type Store interface {
	Pipeline
	dataoperations.Scheduler
	dataoperations.Replicas
	dataoperations.Upkeep
	dataoperations.Clock
}

// Pipeline is the store as messages pass through it.
type Pipeline interface {
	dataoperations.Queue
	dataoperations.Waiting
	dataoperations.Leases
}

// Sender makes one attempt; see webhook.Client.
type Sender interface {
	Send(ctx context.Context, request webhook.Request) webhook.Reply
}

// Receipts is told of every message sent. It must not block.
type Receipts interface {
	Sent(messageID string, at time.Time)
}

// Options is what a Dispatcher is made of. All fields are required, but those that
// say what their zero value means.
type Options struct {
	Store    Store
	Sender   Sender
	Receipts Receipts
	Inspect  dataoperations.Inspect // validates a message inserted by hand
	Log      logrus.FieldLogger     // with the replica in its fields

	Replica        string        // this process, unlike any other, also after a restart
	AttemptTimeout time.Duration // the sender's time limit
	Lease          time.Duration // of a claim: longer, by what claiming, connecting and recording take
	MaxInFlight    int           // claims held at once
	MaxAttempts    int           // per message
	Hold           bool          // an unknown outcome waits for a person instead of being sent again
	Validity       time.Duration // of messages inserted by hand that name none; 0: for ever
	Retention      time.Duration // how long final messages are kept; 0: for ever
	EraseOnly      bool          // then their recipient and content go, and the rest stays

	Events   Events   // nil: nobody listens
	Observer Observer // nil: nobody counts
	Tracer   Tracer   // nil: no message is followed
	Version  string   // of the program, for people who look at the replicas

	NewID func() string
	Now   func() time.Time // monotonic: leases and ages, never due times
}

// check reports everything that is missing.
func (o Options) check() error {
	var problems []error
	require := func(ok bool, what string) {
		if !ok {
			problems = append(problems, fmt.Errorf("dispatch: %s is required", what))
		}
	}
	require(o.Store != nil, "Store")
	require(o.Sender != nil, "Sender")
	require(o.Receipts != nil, "Receipts")
	require(o.Inspect != nil, "Inspect")
	require(o.Log != nil, "Log")
	require(o.Replica != "", "Replica")
	require(o.AttemptTimeout > 0, "AttemptTimeout")
	require(o.Lease >= o.AttemptTimeout+startMargin, "Lease, longer than AttemptTimeout by a second,")
	require(o.MaxInFlight > 0, "MaxInFlight")
	require(o.MaxAttempts > 0, "MaxAttempts")
	require(o.NewID != nil, "NewID")
	require(o.Now != nil, "Now")
	return errors.Join(problems...)
}

// Dispatcher is the pipeline of one replica. Its steps are goroutines that it
// owns: started by Start, ended by Drain.
type Dispatcher struct {
	options   Options
	scheduler *Scheduler
	breaker   *breaker
	pool      *pool
	recorder  *recorder
	rescuer   *rescuer
	upkeep    *upkeep
	presence  *presence
}

// New checks the options and wires the steps; nothing runs yet.
func New(options Options) (*Dispatcher, error) {
	if err := options.check(); err != nil {
		return nil, err
	}
	flight := newFlight(options.MaxInFlight)
	view := newView(options.Now)
	breaker := newBreaker(options)
	recorder := newRecorder(options, flight)
	pool := newPool(options, view, breaker, recorder)
	scheduler := newScheduler(options, view, flight, breaker, pool)
	recorder.freed = scheduler.slotsFreed
	return &Dispatcher{
		options:   options,
		scheduler: scheduler,
		breaker:   breaker,
		pool:      pool,
		recorder:  recorder,
		rescuer:   newRescuer(options, flight),
		upkeep:    newUpkeep(options),
		presence:  newPresence(options, flight, breaker),
	}, nil
}

// Scheduler returns the control over the shared scheduler.
func (d *Dispatcher) Scheduler() *Scheduler { return d.scheduler }

// Webhook returns how the webhook is, by the answers that this replica got, in
// the store's time.
func (d *Dispatcher) Webhook() models.WebhookHealth {
	return inStoreTime(d.breaker.health(), d.options)
}

func inStoreTime(health models.WebhookHealth, options Options) models.WebhookHealth {
	ahead := options.Store.Now().Sub(options.Now())
	for _, moment := range []*time.Time{&health.Since, &health.RetryAt} {
		if !moment.IsZero() {
			*moment = moment.Add(ahead)
		}
	}
	return health
}

// InFlight returns how many claims this replica holds.
func (d *Dispatcher) InFlight() int { return d.scheduler.flight.size() }

// Start runs the pipeline until Drain.
func (d *Dispatcher) Start() {
	d.recorder.Start()
	d.rescuer.Start()
	d.upkeep.Start()
	d.presence.Start()
	d.scheduler.Run()
}

// Drain stops claiming at once, lets the attempts under way end and be
// recorded, gives back what has not begun, and ends every goroutine. Where ctx
// ends first, attempts are cut off and what is left is recovered by its lease;
// the error says how much that is.
func (d *Dispatcher) Drain(ctx context.Context) error {
	d.scheduler.Close()
	d.rescuer.Close()
	d.upkeep.Close()
	d.pool.Close(ctx)
	left := d.recorder.Close(ctx)
	d.presence.Close(ctx)
	if left > 0 {
		return fmt.Errorf("dispatch: %d outcomes could not be recorded in time; their leases recover them", left)
	}
	return nil
}
