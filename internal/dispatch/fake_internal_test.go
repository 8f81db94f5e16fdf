package dispatch

import (
	"context"
	"sync"
	"time"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// faultyStore is a store of which a test forces the answers it needs; calling
// any other method is a nil dereference.
type faultyStore struct {
	Store
	now       func() time.Time
	scheduler func() (models.Scheduler, error)
	adopt     func() (int, int, error)
	claim     func(dataoperations.ClaimRequest) (dataoperations.ClaimResult, error)
	record    func([]models.Outcome) ([]bool, error)
	giveBack  func([]models.Claim) error
	claims    func() ([]models.Claim, error)
	rescue    func([]models.Claim) (int, error)
	promote   func(limit int) ([]models.ID, error)
	expire    func(limit int) ([]models.ID, error)
	forget    func(limit int) (int, error)
	prune     func(dataoperations.PruneRequest) (int, dataoperations.PruneCursor, error)
	beat      func(context.Context, models.Replica) error
	leave     func(context.Context, string) error
}

func (s *faultyStore) Now() time.Time { return s.now() }

func (s *faultyStore) Scheduler(context.Context) (models.Scheduler, error) { return s.scheduler() }

func (s *faultyStore) Adopt(context.Context, dataoperations.AdoptRequest) (adopted, refused int, err error) {
	if s.adopt == nil {
		return 0, 0, nil
	}
	return s.adopt()
}

func (s *faultyStore) Claim(_ context.Context, request dataoperations.ClaimRequest) (dataoperations.ClaimResult, error) {
	return s.claim(request)
}

func (s *faultyStore) Record(_ context.Context, outcomes []models.Outcome) ([]bool, error) {
	return s.record(outcomes)
}

func (s *faultyStore) GiveBack(_ context.Context, claims []models.Claim) error {
	return s.giveBack(claims)
}

func (s *faultyStore) Claims(context.Context, int) ([]models.Claim, error) { return s.claims() }

func (s *faultyStore) Rescue(_ context.Context, claims []models.Claim, _ dataoperations.RescuePolicy) (int, error) {
	return s.rescue(claims)
}

func (s *faultyStore) Promote(_ context.Context, limit int) ([]models.ID, error) {
	if s.promote == nil {
		return nil, nil
	}
	return s.promote(limit)
}

func (s *faultyStore) Expire(_ context.Context, limit int) ([]models.ID, error) {
	if s.expire == nil {
		return nil, nil
	}
	return s.expire(limit)
}

func (s *faultyStore) ForgetReservations(_ context.Context, limit int) (int, error) {
	return s.forget(limit)
}

func (s *faultyStore) Prune(_ context.Context, request dataoperations.PruneRequest) (int, dataoperations.PruneCursor, error) {
	return s.prune(request)
}

func (s *faultyStore) Beat(ctx context.Context, replica models.Replica) error {
	return s.beat(ctx, replica)
}

func (s *faultyStore) Leave(ctx context.Context, id string) error { return s.leave(ctx, id) }

// senderFunc is a Sender.
type senderFunc func(ctx context.Context, request webhook.Request) webhook.Reply

func (f senderFunc) Send(ctx context.Context, request webhook.Request) webhook.Reply {
	return f(ctx, request)
}

// noReceipts forgets.
type noReceipts struct{}

func (noReceipts) Sent(string, time.Time) {}
