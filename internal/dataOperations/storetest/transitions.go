package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// step is one message on its way through a status, and the claim that it had, if any.
type step struct {
	name    string
	id      models.ID
	claimed models.Claimed
}

// everyStep makes a message of each kind that there can be of every status.
func (s *scene) everyStep() []step {
	s.t.Helper()
	s.run(0)
	claim := func(validity time.Duration) models.Claimed {
		s.acceptOne(func(m *models.Message) {
			if m.Priority = models.PriorityHigh; validity > 0 {
				m.ExpiresAt = m.CreatedAt.Add(validity)
			}
		})
		claimed := s.claim(1)
		require.Len(s.t, claimed, 1)
		return claimed[0]
	}
	rescued := func(name string, hold bool, validity time.Duration) step {
		claimed := claim(validity)
		require.Equal(s.t, 1, s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3, Hold: hold}, claimed.Claim))
		return step{name, claimed.ID, claimed}
	}
	held, retried := rescued("held", true, 0), rescued("held and retried", true, 0)
	sent, failed := claim(0), claim(0)
	require.True(s.t, s.record(s.sent(sent)))
	require.True(s.t, s.record(s.failed(failed)))
	sending := claim(0)
	canceled := rescued("rescued and canceled", false, 0)
	require.Equal(s.t, []bool{true}, s.cancel(canceled.id))
	expired := rescued("rescued and expired", false, time.Second)
	s.clock.Move(time.Second)
	require.Len(s.t, s.expire(1), 1)
	// What is due from here on would be claimed by the claims above.
	pending := rescued("rescued", false, 0)
	require.Equal(s.t, []bool{true}, s.again(retried.id))
	s.reference("by-hand", func(f map[string]any) { f["to"] = "garbage" })
	steps := []step{
		held, retried, canceled, expired, pending,
		{"sent", sent.ID, sent},
		{"failed", failed.ID, failed},
		{"sending", sending.ID, sending},
		{name: "pending", id: s.accept(1)[0].ID},
		{name: "inserted by hand", id: models.ID{Text: "by-hand"}},
		{name: "pending, not valid any more", id: s.acceptOne(func(m *models.Message) { m.ExpiresAt = s.clock.Now() }).ID},
		{name: "scheduled", id: s.later(time.Hour, 0).ID},
		{name: "scheduled and due", id: s.later(time.Second, 0).ID},
		{name: "scheduled and not valid any more", id: s.later(time.Millisecond, time.Millisecond).ID},
	}
	s.clock.Move(time.Second)
	return steps
}

// everyMove is everything that can be done to a message.
func everyMove() map[string]func(*scene, []step) {
	each := func(do func(*scene, step)) func(*scene, []step) {
		return func(s *scene, steps []step) {
			for _, one := range steps {
				do(s, one)
			}
		}
	}
	record := func(outcome func(*scene, models.Claimed) models.Outcome) func(*scene, []step) {
		return each(func(s *scene, one step) {
			one.claimed.ID = one.id
			s.record(outcome(s, one.claimed))
		})
	}
	return map[string]func(*scene, []step){
		"claim":           func(s *scene, _ []step) { s.claim(100) },
		"promote":         func(s *scene, _ []step) { s.promote(100) },
		"expire":          func(s *scene, _ []step) { s.expire(100) },
		"adopt":           func(s *scene, _ []step) { s.adopt(100, 0, 1) },
		"record sent":     record((*scene).sent),
		"record failed":   record((*scene).failed),
		"record retry":    record(func(s *scene, c models.Claimed) models.Outcome { return s.retry(c, 0) }),
		"record postpone": record(func(s *scene, c models.Claimed) models.Outcome { return s.postponed(c, 0) }),
		"give back":       each(func(s *scene, one step) { s.giveBack(one.claimed) }),
		"rescue":          each(func(s *scene, one step) { s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3}, one.claimed.Claim) }),
		"hold": each(func(s *scene, one step) {
			s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3, Hold: true}, one.claimed.Claim)
		}),
		"cancel": each(func(s *scene, one step) { s.cancel(one.id) }),
		"retry":  each(func(s *scene, one step) { s.again(one.id) }),
		"erase": each(func(s *scene, one step) {
			if s.message(one.id).Status != models.StatusSending {
				s.erase(one.id)
			}
		}),
		"accept again": each(func(s *scene, one step) {
			again := s.messages(1)[0]
			again.ID = one.id
			require.Equal(s.t, models.KindConflict, models.KindOf(s.store.Accept(s.t.Context(), again)))
			s.acceptNew([]models.Message{again}, false)
		}),
		"redraw and prune": func(s *scene, _ []step) {
			_, err := s.store.Redraw(s.t.Context())
			require.NoError(s.t, err)
			s.prune(dataoperations.PruneRequest{Before: s.clock.Now(), Erase: true, Limit: 100}, 5)
		},
	}
}

func transitionTests() []test {
	return []test{{"a message goes where the table says and nowhere else", func(s *scene) {
		left := map[[2]models.Status]bool{}
		for _, from := range models.Statuses() {
			for _, to := range models.Statuses() {
				if from.CanBecome(to) {
					left[[2]models.Status{from, to}] = true
				}
			}
		}
		for name, move := range everyMove() {
			s := newScene(s.t, s.suite)
			steps := s.everyStep()
			before := map[string]models.Status{}
			for _, one := range steps {
				before[one.name] = s.message(one.id).Status
			}
			move(s, steps)
			counts := models.Counts{}
			for _, one := range steps {
				from, to := before[one.name], s.message(one.id).Status
				require.True(s.t, from == to || from.CanBecome(to), "%s: %s became %s by %s", one.name, from, to, name)
				delete(left, [2]models.Status{from, to})
				counts[to]++
			}
			if s.message(models.ID{Text: "by-hand"}).Status == models.StatusPending {
				counts[models.StatusPending]-- // counted once it is adopted
			}
			s.requireCounts(counts)
		}
		require.Empty(s.t, left, "a way that the table allows was never taken")
	}}}
}
