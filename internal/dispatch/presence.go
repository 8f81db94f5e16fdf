package dispatch

import (
	"context"
	"sync"
	"time"

	"auto-message-sender/internal/models"
)

const (
	// beatInterval is how often a replica tells the store that it lives. It is gone to
	// others once it has not for models.ReplicaGoneAfter.
	beatInterval = 10 * time.Second
	// beatTimeout bounds one heartbeat: a late one is worth nothing.
	beatTimeout = 5 * time.Second
	// leaveTimeout bounds the farewell: without it the replica is gone a little later.
	leaveTimeout = time.Second
)

// presence tells the store, and so all replicas, that this one lives. Nothing depends
// on it: it is a write in ten seconds, beside the pipeline, and only people look.
type presence struct {
	options Options
	flight  *flight
	breaker *breaker
	began   time.Time // by Now
	started time.Time // the same in the store's time, once it took a heartbeat
	failing bool

	cancel context.CancelFunc
	loop   sync.WaitGroup
}

func newPresence(options Options, flight *flight, breaker *breaker) *presence {
	return &presence{options: options, flight: flight, breaker: breaker}
}

// Start begins at once, and goes on until Close.
func (p *presence) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel, p.began = cancel, p.options.Now()
	p.loop.Go(func() {
		ticker := time.NewTicker(beatInterval)
		defer ticker.Stop()
		for {
			p.runOnce(ctx)
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
}

// Close ends the heartbeat. Where ctx has not ended – all that was under way is –
// the replica takes its leave; otherwise others see it go, with what it left behind.
func (p *presence) Close(ctx context.Context) {
	p.cancel()
	p.loop.Wait()
	if ctx.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, leaveTimeout)
	defer cancel()
	if err := p.options.Store.Leave(ctx, p.options.Replica); err != nil {
		p.options.Log.WithError(err).Debug("the replica could not take its leave; it will be shown as gone")
	}
}

// runOnce sends one heartbeat. Of an outage the log is told once: the pipeline, which
// minds more, tells how it goes on.
func (p *presence) runOnce(ctx context.Context) {
	started := p.started
	if started.IsZero() {
		started = p.options.Store.Now().Add(-p.options.Now().Sub(p.began))
	}
	bounded, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	err := p.options.Store.Beat(bounded, models.Replica{
		ID: p.options.Replica, Version: p.options.Version, StartedAt: started,
		InFlight: p.flight.size(), MaxInFlight: p.options.MaxInFlight, Webhook: inStoreTime(p.breaker.health(), p.options),
	})
	switch {
	case err == nil:
		p.started, p.failing = started, false
	case ctx.Err() == nil && !p.failing:
		p.failing = true
		p.options.Log.WithError(err).WithField("every", beatInterval.String()).
			Warn("the heartbeat of this replica cannot be stored; others see it as gone until it is")
	}
}
