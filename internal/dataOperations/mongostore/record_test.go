package mongostore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/wireproxy"
)

func TestRecord_RepeatedAfterAFaultAppliesOnce(t *testing.T) {
	t.Parallel()
	results := map[string]models.Outcome{
		"sent": {Result: models.ResultSent}, "retry": {Result: models.ResultRetry}, "failed": {Result: models.ResultFailed},
		"postponed": {Result: models.ResultRetry, Uncounted: true, Redraw: true},
	}
	effects := map[string]wireproxy.Effect{
		"lost reply": wireproxy.LoseReply, "cut": wireproxy.Cut, "not writable primary": wireproxy.Refuse,
	}
	for resultName, result := range results {
		for effectName, effect := range effects {
			t.Run(resultName+" after "+effectName, func(t *testing.T) {
				t.Parallel()
				s := newStage(t)
				s.run(t, 0)
				s.accept(t, 2)
				claimed := s.claim(t, s.store, 2, 2)
				outcomes := []models.Outcome{s.outcome(claimed[0], result.Result), s.outcome(claimed[1], result.Result)}
				attempts := 1
				for i := range outcomes {
					outcomes[i].Uncounted, outcomes[i].Redraw = result.Uncounted, result.Redraw
					if result.Uncounted {
						attempts = 0
					}
				}
				s.fail(t, claimUpdate, effect)
				_, err := s.store.Record(t.Context(), outcomes)
				requireAway(t, err)
				applied, err := s.store.Record(t.Context(), outcomes)
				require.NoError(t, err)
				require.Equal(t, []bool{true, true}, applied)
				for _, one := range claimed {
					message := s.read(t, one.ID)
					require.Equal(t, result.Result.Status(), message.Status)
					require.Len(t, message.Attempts, attempts)
					require.Equal(t, attempts, message.AttemptCount)
					require.LessOrEqual(t, message.RetryCount, attempts)
				}
			})
		}
	}
}

func TestRecord_RescuedMeanwhileIsNotOnesOwnRetry(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 0)
	s.accept(t, 1)
	claimed := s.claim(t, s.store, 1, 1)[0]
	rescued, err := s.replica.Rescue(t.Context(), []models.Claim{claimed.Claim}, dataoperations.RescuePolicy{MaxAttempts: 3})
	require.NoError(t, err)
	require.Equal(t, 1, rescued)
	// The same claim id and the same status as a retry would have: but not ours.
	applied, err := s.store.Record(t.Context(), []models.Outcome{s.outcome(claimed, models.ResultRetry)})
	require.NoError(t, err)
	require.Equal(t, []bool{false}, applied)
}

func TestRecord_ManyBatchesAnswerInOrder(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 0)
	const n = 2*batchSize + 5
	s.accept(t, n)
	claimed := s.claim(t, s.store, n, n)
	outcomes := make([]models.Outcome, 0, n)
	for i, one := range claimed {
		outcome := s.outcome(one, models.ResultSent)
		if i%7 == 3 {
			outcome.ClaimID = "stale"
		}
		outcomes = append(outcomes, outcome)
	}
	applied, err := s.store.Record(t.Context(), outcomes)
	require.NoError(t, err)
	require.Len(t, applied, n)
	for i, did := range applied {
		require.Equal(t, i%7 != 3, did, "outcome %d", i)
	}
}

func TestRecord_TextsThatAreNoUTF8AreStoredAndRecognised(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 0)
	s.accept(t, 1)
	outcome := s.outcome(s.claim(t, s.store, 1, 1)[0], models.ResultRetry)
	outcome.Error = "the webhook answered \xff\xfe"
	outcome.Attempt.Error = outcome.Error
	for range 2 {
		applied, err := s.store.Record(t.Context(), []models.Outcome{outcome})
		require.NoError(t, err)
		require.Equal(t, []bool{true}, applied)
	}
}

func TestRescue_RepeatedAfterALostReplyRescuesOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 0)
	s.accept(t, 1)
	claim := s.claim(t, s.store, 1, 1)[0].Claim
	policy := dataoperations.RescuePolicy{MaxAttempts: 3}
	s.fail(t, claimUpdate, wireproxy.LoseReply)
	_, err := s.store.Rescue(t.Context(), []models.Claim{claim}, policy)
	requireAway(t, err)
	rescued, err := s.store.Rescue(t.Context(), []models.Claim{claim}, policy)
	require.NoError(t, err)
	require.Zero(t, rescued)
	message := s.read(t, claim.ID)
	require.Len(t, message.Attempts, 1)
	require.Equal(t, 1, message.RetryCount)
}

func TestRescue_AttemptIsThatOfTheReplicaThatMadeIt(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 0)
	s.accept(t, 1)
	claim := s.claim(t, s.store, 1, 1)[0].Claim
	asked := claim
	asked.Owner = "whoever the caller says" // what is stored counts
	rescued, err := s.replica.Rescue(t.Context(), []models.Claim{asked}, dataoperations.RescuePolicy{MaxAttempts: 3})
	require.NoError(t, err)
	require.Equal(t, 1, rescued)
	require.Equal(t, claim.Owner, s.read(t, claim.ID).Attempts[0].Replica)
}

func TestRescue_RecordedInBetweenStaysRecorded(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 0)
	s.accept(t, 1)
	claimed := s.claim(t, s.store, 1, 1)[0]
	s.before(claimUpdate, func() {
		applied, err := s.replica.Record(t.Context(), []models.Outcome{s.outcome(claimed, models.ResultSent)})
		require.NoError(t, err)
		require.Equal(t, []bool{true}, applied)
	})
	rescued, err := s.store.Rescue(t.Context(), []models.Claim{claimed.Claim}, dataoperations.RescuePolicy{MaxAttempts: 3})
	require.NoError(t, err)
	require.Zero(t, rescued)
	require.Equal(t, models.StatusSent, s.read(t, claimed.ID).Status)
}

func TestAccept_LostReplyIsAConflictWhenRepeated(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	message := s.message()
	s.fail(t, wireproxy.Target{Name: "insert", Collection: "messages"}, wireproxy.LoseReply)
	requireAway(t, s.store.Accept(t.Context(), message))
	require.Equal(t, models.KindConflict, models.KindOf(s.store.Accept(t.Context(), message)))
	require.Equal(t, models.StatusPending, s.read(t, message.ID).Status)
}

func TestAccept_IDTakenInBetweenTakesBackTheOthers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	batch := make([]models.Message, 0, 3)
	for range 3 {
		s.made++
		batch = append(batch, s.message())
	}
	s.before(wireproxy.Target{Name: "insert", Collection: "messages"}, func() {
		taken := batch[1]
		taken.Content = "first come"
		require.NoError(t, s.replica.Accept(t.Context(), taken))
	})
	require.Equal(t, models.KindConflict, models.KindOf(s.store.Accept(t.Context(), batch...)))
	require.Equal(t, "first come", s.read(t, batch[1].ID).Content)
	for _, i := range []int{0, 2} {
		_, err := s.replica.Message(t.Context(), batch[i].ID.Text)
		require.Equal(t, models.KindNotFound, models.KindOf(err))
	}
}
