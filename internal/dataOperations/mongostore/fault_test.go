package mongostore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/mongostore"
	"auto-message-sender/internal/dataOperations/storetest"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/wireproxy"
)

const (
	interval = 2 * time.Minute
	lease    = 35 * time.Second
)

// What the faults are done to: the commands that each step of the store sends.
//
//nolint:gochecknoglobals // names for constants that Go has no constants for
var (
	claimUpdate  = wireproxy.Target{Name: "update", Collection: "messages"} // also record, rescue, give back
	draw         = wireproxy.Target{Name: "findAndModify", Collection: "scheduler"}
	startStop    = draw
	windowUpdate = wireproxy.Target{Name: "update", Collection: "scheduler"}
	auditUpdate  = wireproxy.Target{Name: "update", Collection: "scheduler_logs"}
)

// stage is a store behind a proxy that can fail, and a replica with a way of its
// own to the same database, on a clock that stands still.
type stage struct {
	*data
	clock   *storetest.Clock
	proxy   *wireproxy.Proxy
	store   *mongostore.Store // behind the proxy
	replica dataoperations.Store
	made    int
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{data: newData(t), clock: storetest.NewClock()}
	s.replica = s.Open(t, s.clock.Now)
	var err error
	s.proxy, err = wireproxy.Listen(t.Context(), "127.0.0.1:0", hostOf(s.uri))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.proxy.Close()) })
	behind := connect(t, through(t, s.uri, s.proxy.Addr()), s.database.Name())
	s.store = s.open(t, options(behind, s.clock.Now))
	return s
}

// fail makes the next command that is meant suffer the fault, and demands that one did.
func (s *stage) fail(t *testing.T, target wireproxy.Target, effect wireproxy.Effect) {
	t.Helper()
	fault := wireproxy.Fault{Effect: effect}
	if effect == wireproxy.Refuse {
		fault = wireproxy.NotWritablePrimary()
	}
	hook, hits := wireproxy.Times(1, target, fault)
	s.proxy.Inject(hook)
	t.Cleanup(func() { require.Equal(t, 1, hits(), "the fault happened to nothing") })
}

// before makes something happen just before the next command that is meant.
func (s *stage) before(target wireproxy.Target, happen func()) {
	hook, hits := wireproxy.Times(1, target, wireproxy.Fault{})
	done := 0
	s.proxy.Inject(func(c wireproxy.Command) wireproxy.Fault {
		hook(c)
		if hits() > done {
			done = hits()
			happen()
		}
		return wireproxy.Fault{}
	})
}

// run starts the scheduler with a pace.
func (s *stage) run(t *testing.T, perWindow int) {
	t.Helper()
	require.NoError(t, s.replica.Configure(t.Context(), models.Pace{Interval: interval, PerWindow: perWindow}))
	_, err := s.replica.Start(t.Context(), models.SchedulerLog{ID: "start"})
	require.NoError(t, err)
}

// accept stores n messages.
func (s *stage) accept(t *testing.T, n int) {
	t.Helper()
	for range n {
		s.made++
		require.NoError(t, s.replica.Accept(t.Context(), s.message()))
	}
}

// message returns a message that is not stored, in the order of acceptance.
func (s *stage) message() models.Message {
	return models.Message{
		ID: models.ID{Text: fmt.Sprintf("message-%d", s.made)}, To: "+905551111111", Content: "text",
		Priority: models.PriorityNormal, CreatedAt: s.clock.Now(),
	}
}

// request asks for up to n messages.
func request(n int) dataoperations.ClaimRequest {
	return dataoperations.ClaimRequest{Owner: "replica-1", Lease: lease, Max: n}
}

// claim claims and demands n messages.
func (s *stage) claim(t *testing.T, store dataoperations.Store, limit, n int) []models.Claimed {
	t.Helper()
	result, err := store.Claim(t.Context(), request(limit))
	require.NoError(t, err)
	require.Len(t, result.Claimed, n)
	return result.Claimed
}

// read reads a message.
func (s *stage) read(t *testing.T, id models.ID) models.Message {
	t.Helper()
	message, err := s.replica.Message(t.Context(), id.Text)
	require.NoError(t, err)
	return message
}

// state reads the scheduler's state.
func (s *stage) state(t *testing.T) models.Scheduler {
	t.Helper()
	state, err := s.replica.Scheduler(t.Context())
	require.NoError(t, err)
	return state
}

// outcome returns what came of an attempt.
func (s *stage) outcome(claimed models.Claimed, result models.Result) models.Outcome {
	outcome := models.Outcome{
		ID: claimed.ID, ClaimID: claimed.ClaimID, Result: result, At: s.clock.Now(),
		Attempt: models.Attempt{Number: claimed.Attempt, StartedAt: s.clock.Now(), StatusCode: 202, Replica: claimed.Owner},
	}
	if result != models.ResultSent {
		outcome.NextAttemptAt = s.clock.Now().Add(time.Hour)
		outcome.Error, outcome.ErrorCode = "the webhook answered 503", "http_503"
		outcome.Attempt.StatusCode, outcome.Attempt.Error = 503, outcome.Error
	}
	return outcome
}

// requireAway demands an error that says that the database is away.
func requireAway(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, models.KindUnavailable, models.KindOf(err), "%v", err)
}
