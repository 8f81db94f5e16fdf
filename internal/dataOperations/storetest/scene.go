package storetest

import (
	"fmt"
	"slices"
	"strings"
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
	suite Suite
	data  Data
	clock *Clock
	store dataoperations.Store
	next  int // numbers the messages
}

// newScene returns a scene on new, empty data, its scheduler not yet configured.
func newScene(t *testing.T, suite Suite) *scene {
	t.Helper()
	s := &scene{suite: suite, data: suite.New(t), clock: NewClock()}
	s.store = s.open(t)
	return s
}

// open opens one more store on the scene's data.
func (s *scene) open(t *testing.T) dataoperations.Store {
	t.Helper()
	return s.data.Open(t, s.clock.Now)
}

// run configures the pace, per window and interval, and starts the scheduler.
func (s *scene) run(t *testing.T, perWindow int) {
	t.Helper()
	require.NoError(t, s.store.Configure(t.Context(), models.Pace{Interval: interval, PerWindow: perWindow}))
	s.start(t)
}

// start starts the scheduler.
func (s *scene) start(t *testing.T) models.Scheduler {
	t.Helper()
	s.next++
	state, err := s.store.Start(t.Context(), models.SchedulerLog{
		ID: fmt.Sprintf("start-%d", s.next), Action: models.ActionStart, Actor: "test", Replica: replica,
	})
	require.NoError(t, err)
	return state
}

// stop stops the scheduler.
func (s *scene) stop(t *testing.T) models.Scheduler {
	t.Helper()
	s.next++
	state, err := s.store.Stop(t.Context(), models.SchedulerLog{
		ID: fmt.Sprintf("stop-%d", s.next), Action: models.ActionStop, Actor: "test", Replica: replica,
	})
	require.NoError(t, err)
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
func (s *scene) accept(t *testing.T, n int) []models.Message {
	t.Helper()
	made := s.messages(n)
	require.NoError(t, s.store.Accept(t.Context(), made...))
	return made
}

// acceptOne stores one message, after change has changed it.
func (s *scene) acceptOne(t *testing.T, change func(*models.Message)) models.Message {
	t.Helper()
	made := s.messages(1)
	change(&made[0])
	require.NoError(t, s.store.Accept(t.Context(), made...))
	return made[0]
}

// claim claims up to limit messages.
func (s *scene) claim(t *testing.T, limit int) []models.Claimed {
	t.Helper()
	return s.claimResult(t, limit).Claimed
}

// claimResult claims up to limit messages and returns all that Claim said.
func (s *scene) claimResult(t *testing.T, limit int) dataoperations.ClaimResult {
	t.Helper()
	result, err := s.store.Claim(t.Context(), dataoperations.ClaimRequest{Owner: replica, Lease: lease, Max: limit})
	require.NoError(t, err)
	require.LessOrEqual(t, len(result.Claimed), limit, "a claim gave more than there are free slots")
	return result
}

// claimOne accepts one message under a scheduler without a cap, and claims it.
func (s *scene) claimOne(t *testing.T) models.Claimed {
	t.Helper()
	s.run(t, 0)
	s.accept(t, 1)
	claimed := s.claim(t, 1)
	require.Len(t, claimed, 1)
	return claimed[0]
}

// message reads one message.
func (s *scene) message(t *testing.T, id models.ID) models.Message {
	t.Helper()
	message, err := s.store.Message(t.Context(), id.Text)
	require.NoError(t, err)
	return message
}

// record records one outcome and returns whether it applied.
func (s *scene) record(t *testing.T, outcome models.Outcome) bool {
	t.Helper()
	applied, err := s.store.Record(t.Context(), []models.Outcome{outcome})
	require.NoError(t, err)
	require.Len(t, applied, 1, "one answer for each outcome")
	return applied[0]
}

// scheduler reads the scheduler's state.
func (s *scene) scheduler(t *testing.T) models.Scheduler {
	t.Helper()
	state, err := s.store.Scheduler(t.Context())
	require.NoError(t, err)
	return state
}

// rescue rescues the claims and returns how many this call did.
func (s *scene) rescue(t *testing.T, policy dataoperations.RescuePolicy, claims ...models.Claim) int {
	t.Helper()
	rescued, err := s.store.Rescue(t.Context(), claims, policy)
	require.NoError(t, err)
	return rescued
}

// requireCounts demands that Counts says what is expected: nothing more of any
// status, and within the age that the store may have.
func (s *scene) requireCounts(t *testing.T, expected models.Counts) {
	t.Helper()
	differs := func() string {
		counts, err := s.store.Counts(t.Context())
		require.NoError(t, err)
		for _, status := range models.Statuses() {
			if counts[status] != expected[status] {
				return fmt.Sprintf("%d are %s, Counts says %d", expected[status], status, counts[status])
			}
		}
		return ""
	}
	if s.suite.CountsAge == 0 {
		require.Empty(t, differs())
		return
	}
	require.Eventually(t, func() bool { return differs() == "" }, s.suite.CountsAge+5*time.Second,
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

// sortedClaims returns the claims in the order of their ids.
func sortedClaims(claims []models.Claim) []models.Claim {
	return slices.SortedFunc(slices.Values(claims), func(a, b models.Claim) int {
		return strings.Compare(a.ID.Text, b.ID.Text)
	})
}

// requireTime demands the same moment, to the millisecond that stores keep.
func requireTime(t *testing.T, expected, actual time.Time, what string) {
	t.Helper()
	require.Equal(t, expected.UnixMilli(), actual.UnixMilli(), what)
	require.False(t, actual.IsZero(), what)
}
