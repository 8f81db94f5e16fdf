package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// What the tests use where it does not matter.
const (
	replica   = "replica-1"
	lease     = 35 * time.Second
	interval  = 2 * time.Minute
	recipient = "+905551111111"
)

// scene is one test's data, the clock it is told in, and a first store on it.
type scene struct {
	t     *testing.T
	suite Suite
	data  Data
	clock *Clock
	store dataoperations.Store
	next  int // numbers the messages
}

// newScene returns a scene on new, empty data, its scheduler not yet configured.
func newScene(t *testing.T, suite Suite) *scene {
	t.Helper()
	s := &scene{t: t, suite: suite, data: suite.New(t), clock: NewClock()}
	s.store = s.open()
	return s
}

// open opens one more store on the scene's data.
func (s *scene) open() dataoperations.Store {
	s.t.Helper()
	return s.data.Open(s.t, s.clock.Now)
}

// run configures the pace, per window and interval, and starts the scheduler.
func (s *scene) run(perWindow int) {
	s.t.Helper()
	require.NoError(s.t, s.store.Configure(s.t.Context(), models.Pace{Interval: interval, PerWindow: perWindow}))
	s.start()
}

// start starts the scheduler.
func (s *scene) start() models.Scheduler {
	s.t.Helper()
	s.next++
	state, err := s.store.Start(s.t.Context(), models.SchedulerLog{
		ID: fmt.Sprintf("start-%d", s.next), Action: models.ActionStart, Actor: "test", Replica: replica,
	})
	require.NoError(s.t, err)
	return state
}

// stop stops the scheduler.
func (s *scene) stop() models.Scheduler {
	s.t.Helper()
	s.next++
	state, err := s.store.Stop(s.t.Context(), models.SchedulerLog{
		ID: fmt.Sprintf("stop-%d", s.next), Action: models.ActionStop, Actor: "test", Replica: replica,
	})
	require.NoError(s.t, err)
	return state
}

// messages returns n new messages, created now, in the order of their ids.
func (s *scene) messages(n int) []models.Message {
	made := make([]models.Message, 0, n)
	for range n {
		s.next++
		made = append(made, models.Message{
			ID:        models.ID{Text: fmt.Sprintf("message-%06d", s.next)},
			To:        recipient,
			Content:   fmt.Sprintf("text %d", s.next),
			Status:    models.StatusPending,
			Priority:  models.PriorityNormal,
			CreatedAt: s.clock.Now(),
		})
	}
	return made
}

// accept stores n new messages, created now.
func (s *scene) accept(n int) []models.Message {
	s.t.Helper()
	made := s.messages(n)
	require.NoError(s.t, s.store.Accept(s.t.Context(), made...))
	return made
}

// acceptOne stores one message, after change has changed it.
func (s *scene) acceptOne(change func(*models.Message)) models.Message {
	s.t.Helper()
	made := s.messages(1)
	change(&made[0])
	require.NoError(s.t, s.store.Accept(s.t.Context(), made...))
	return made[0]
}

// claim claims up to limit messages.
func (s *scene) claim(limit int) []models.Claimed {
	s.t.Helper()
	return s.claimResult(limit).Claimed
}

// claimResult claims up to limit messages and returns all that Claim said.
func (s *scene) claimResult(limit int) dataoperations.ClaimResult {
	s.t.Helper()
	result, err := s.store.Claim(s.t.Context(), dataoperations.ClaimRequest{Owner: replica, Lease: lease, Max: limit})
	require.NoError(s.t, err)
	require.LessOrEqual(s.t, len(result.Claimed), limit, "a claim gave more than there are free slots")
	return result
}

// claimOne accepts one message under a scheduler without a cap, and claims it.
func (s *scene) claimOne() models.Claimed {
	s.t.Helper()
	s.run(0)
	s.accept(1)
	claimed := s.claim(1)
	require.Len(s.t, claimed, 1)
	return claimed[0]
}

// message reads one message.
func (s *scene) message(id models.ID) models.Message {
	s.t.Helper()
	message, err := s.store.Message(s.t.Context(), id.Text)
	require.NoError(s.t, err)
	return message
}

// record records one outcome and returns whether it applied.
func (s *scene) record(outcome models.Outcome) bool {
	s.t.Helper()
	applied, err := s.store.Record(s.t.Context(), []models.Outcome{outcome})
	require.NoError(s.t, err)
	require.Len(s.t, applied, 1, "one answer for each outcome")
	return applied[0]
}

// scheduler reads the scheduler's state.
func (s *scene) scheduler() models.Scheduler {
	s.t.Helper()
	state, err := s.store.Scheduler(s.t.Context())
	require.NoError(s.t, err)
	return state
}

// rescue rescues the claims and returns how many this call did.
func (s *scene) rescue(policy dataoperations.RescuePolicy, claims ...models.Claim) int {
	s.t.Helper()
	rescued, err := s.store.Rescue(s.t.Context(), claims, policy)
	require.NoError(s.t, err)
	return rescued
}

// requireCounts demands that Counts says what is expected: nothing more of any
// status, and within the age that the store may have.
func (s *scene) requireCounts(expected models.Counts) {
	s.t.Helper()
	differs := func() string {
		counts, err := s.store.Counts(s.t.Context())
		require.NoError(s.t, err)
		for _, status := range models.Statuses() {
			if counts[status] != expected[status] {
				return fmt.Sprintf("%d are %s, Counts says %d", expected[status], status, counts[status])
			}
		}
		return ""
	}
	if s.suite.CountsAge == 0 {
		require.Empty(s.t, differs())
		return
	}
	require.Eventually(s.t, func() bool { return differs() == "" }, s.suite.CountsAge+5*time.Second,
		20*time.Millisecond, "the counts never became right")
}

// sent returns the outcome of an attempt that the webhook took.
func (s *scene) sent(claimed models.Claimed) models.Outcome {
	return models.Outcome{
		ID: claimed.ID, ClaimID: claimed.ClaimID, Result: models.ResultSent,
		Attempt: s.attempt(claimed, 202, ""), At: s.clock.Now(), MessageID: "provider-" + claimed.ID.Text,
	}
}

// retry returns the outcome of an attempt that is to be repeated after the wait.
func (s *scene) retry(claimed models.Claimed, wait time.Duration) models.Outcome {
	return models.Outcome{
		ID: claimed.ID, ClaimID: claimed.ClaimID, Result: models.ResultRetry,
		Attempt: s.attempt(claimed, 503, "the webhook answered 503"), At: s.clock.Now(),
		NextAttemptAt: s.clock.Now().Add(wait),
		Error:         "the webhook answered 503", ErrorCode: "http_503",
	}
}

// postponed returns the outcome of an attempt that is taken back, to be drawn again
// after the wait.
func (s *scene) postponed(claimed models.Claimed, wait time.Duration) models.Outcome {
	outcome := s.retry(claimed, wait)
	outcome.Uncounted, outcome.Redraw = true, true
	return outcome
}

// failed returns the outcome of an attempt that the webhook refused for good.
func (s *scene) failed(claimed models.Claimed) models.Outcome {
	return models.Outcome{
		ID: claimed.ID, ClaimID: claimed.ClaimID, Result: models.ResultFailed,
		Attempt: s.attempt(claimed, 400, "the webhook answered 400"), At: s.clock.Now(),
		Error: "the webhook answered 400", ErrorCode: "http_400",
	}
}

// attempt returns the attempt that the claim journalled.
func (s *scene) attempt(claimed models.Claimed, status int, text string) models.Attempt {
	return models.Attempt{
		Number: claimed.Attempt, StartedAt: s.clock.Now(), Duration: 40 * time.Millisecond,
		StatusCode: status, Error: text, Replica: claimed.Owner,
	}
}

// ids returns the ids of messages, as text.
func ids(messages []models.Message) []string {
	texts := make([]string, 0, len(messages))
	for _, message := range messages {
		texts = append(texts, message.ID.Text)
	}
	return texts
}

// claimedIDs returns the ids of claimed messages, as text, in their order.
func claimedIDs(claimed []models.Claimed) []string {
	texts := make([]string, 0, len(claimed))
	for _, one := range claimed {
		texts = append(texts, one.ID.Text)
	}
	return texts
}

// claimsOf returns the claims of claimed messages.
func claimsOf(claimed []models.Claimed) []models.Claim {
	claims := make([]models.Claim, 0, len(claimed))
	for _, one := range claimed {
		claims = append(claims, one.Claim)
	}
	return claims
}

// requireTime demands the same moment, to the millisecond that stores keep.
func requireTime(t *testing.T, expected, actual time.Time, what string) {
	t.Helper()
	require.Equal(t, expected.UnixMilli(), actual.UnixMilli(), what)
	require.False(t, actual.IsZero(), what)
}
