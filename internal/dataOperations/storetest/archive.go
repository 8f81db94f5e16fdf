package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// contents is everything that is walked, in an order that stores share.
type contents struct {
	messages     []dataoperations.ArchivedMessage
	logs         []dataoperations.ArchivedLog
	reservations []models.Reservation
}

// walkAll walks everything.
func (s *scene) walkAll(archive dataoperations.Archive) contents {
	s.t.Helper()
	var all contents
	for _, collection := range dataoperations.Collections() {
		require.NoError(s.t, archive.Walk(s.t.Context(), collection, func(batch dataoperations.ArchivedBatch) error {
			for _, message := range batch.Messages {
				all.messages = append(all.messages, message.Normal())
			}
			all.logs = append(all.logs, batch.Logs...)
			all.reservations = append(all.reservations, batch.Reservations...)
			return nil
		}))
	}
	slices.SortFunc(all.messages, func(a, b dataoperations.ArchivedMessage) int { return cmp.Compare(a.ID.Text, b.ID.Text) })
	slices.SortFunc(all.logs, func(a, b dataoperations.ArchivedLog) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(all.reservations, func(a, b models.Reservation) int { return cmp.Compare(a.Key, b.Key) })
	return all
}

// archive closes the scene's store, and opens its data as an archive.
func (s *scene) archive() (archive dataoperations.Archive, end func()) {
	s.t.Helper()
	require.NoError(s.t, s.store.Close())
	return s.suite.Archive(s.t, s.data, s.clock.Now)
}

// everything leaves a message of each kind behind, and the scheduler stopped.
func (s *scene) everything() {
	s.t.Helper()
	s.run(0)
	s.accept(7)
	claimed := s.claim(7)
	require.Len(s.t, claimed, 7)
	s.clock.Move(time.Second)
	for i, outcome := range []models.Outcome{
		s.sent(claimed[0]), s.retry(claimed[1], time.Hour), s.failed(claimed[2]), s.sent(claimed[3]), s.postponed(claimed[4], time.Hour), s.failed(claimed[5]),
	} {
		require.True(s.t, s.record(outcome), i)
	}
	s.deliver("provider-"+claimed[0].ID.Text, models.DeliveryUndelivered)
	s.erase(claimed[3].ID)
	// claimed[6] stays sending, its replica gone.
	held := s.acceptOne(func(m *models.Message) { m.Content = "held ş\n\"quoted\"" })
	s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3, Hold: true}, s.claim(9)[0].Claim)
	require.Equal(s.t, models.StatusFailed, s.message(held.ID).Status)
	s.again(claimed[5].ID)
	s.acceptOne(func(m *models.Message) {
		m.SendAt, m.Validity, m.ExpiresAt = s.clock.Now().Add(time.Hour), time.Hour, s.clock.Now().Add(2*time.Hour)
		m.Reference, m.NumSegments, m.Encoding, m.Priority = "order 7", 2, models.EncodingUCS2, models.PriorityHigh
	})
	canceled, erased := s.accept(1)[0], s.accept(1)[0]
	s.cancel(canceled.ID)
	s.erase(erased.ID)
	s.acceptOne(func(m *models.Message) { m.ExpiresAt = s.clock.Now() })
	s.expire(10)
	s.accept(3)
	s.reserve("alice:k", "f1", "m1")
	s.reserve("bob:k", "f2", "m2")
	s.setPace(time.Minute, 3)
	s.stop()
	s.data.InsertByHand(s.t, map[string]any{"_id": "by hand", "to": recipient, "content": "by hand", "status": "pending"})
	s.data.InsertByHand(s.t, map[string]any{
		"_id": "sent by hand", "to": recipient, "content": "x", "status": "sent", "sent_at": s.clock.Now(), "created_at": s.clock.Now(),
	})
	if s.suite.ObjectIDs {
		s.data.InsertByHand(s.t, map[string]any{
			"_id": ObjectID("68a795179072a717e6a17f37"), "to": recipient, "content": "x", "status": "pending", "created_at": s.clock.Now(),
			"campaign": "spring", "tags": map[string]any{"n": int64(7), "at": s.clock.Now()},
		})
	}
	s.clock.Move(lease) // the claim that is left is nobody's
}

// fill loads everything into the archive, as a migration does.
func (s *scene) fill(from, to dataoperations.Archive, completed bool) {
	s.t.Helper()
	ctx, migration := s.t.Context(), s.migration()
	require.NoError(s.t, to.Begin(ctx, migration))
	s.load(from, to)
	if completed {
		require.NoError(s.t, to.Complete(ctx, s.clock.Now()))
	}
}

func (s *scene) migration() dataoperations.Migration {
	return dataoperations.Migration{ID: "migration-1", Source: "somewhere", Fingerprint: "f", BegunAt: s.clock.Now()}
}

func (s *scene) load(from, to dataoperations.Archive) {
	s.t.Helper()
	ctx := s.t.Context()
	pacing, err := from.Pacing(ctx)
	require.NoError(s.t, err)
	require.NoError(s.t, to.LoadPacing(ctx, pacing))
	require.NoError(s.t, to.Hold(ctx, models.Hold("hold", models.ActorMigrate, "moved", s.clock.Now())))
	for _, collection := range dataoperations.Collections() {
		require.NoError(s.t, from.Walk(ctx, collection, func(batch dataoperations.ArchivedBatch) error { return to.Load(ctx, batch) }))
	}
}

// other returns a scene on other data, at the same time.
func (s *scene) other() *scene {
	s.t.Helper()
	another := newScene(s.t, s.suite)
	another.clock = s.clock
	return another
}

func archiveTests() []test {
	return []test{
		{"what is loaded is walked as it was, in every field", func(s *scene) {
			s.everything()
			from, endFrom := s.archive()
			target := s.other()
			to, endTo := target.archive()
			s.fill(from, to, true)
			expected, found := s.walkAll(from), s.walkAll(to)
			require.Equal(s.t, expected.messages, found.messages)
			require.Equal(s.t, expected.reservations, found.reservations)
			found.logs = slices.DeleteFunc(found.logs, func(l dataoperations.ArchivedLog) bool { return l.ID == "hold" })
			require.Equal(s.t, expected.logs, found.logs)
			require.GreaterOrEqual(s.t, len(expected.messages), 15, "of every kind")
			endFrom()
			endTo()
			counts := models.Counts{}
			for _, message := range expected.messages {
				if !message.Waits() || message.Inspected { // others count once they are adopted
					counts[message.Status]++
				}
			}
			target.store = target.open()
			target.requireCounts(counts)
		}},
		{"what was loaded goes its way once a person starts it, and not before", loadedGoesItsWay},
		{"loading twice is loading once", func(s *scene) {
			s.everything()
			from, endFrom := s.archive()
			defer endFrom()
			to, endTo := s.other().archive()
			defer endTo()
			s.fill(from, to, false)
			before := s.walkAll(to)
			s.load(from, to)
			require.Equal(s.t, before, s.walkAll(to))
			require.NoError(s.t, to.Complete(s.t.Context(), s.clock.Now()))
			require.NoError(s.t, to.Complete(s.t.Context(), s.clock.Now()))
		}},
		{"a target that is not empty is refused, and told why", func(s *scene) {
			for name, put := range map[string]func(s *scene){
				"messages": func(s *scene) { s.accept(1) },
				"audit":    func(s *scene) { s.setPace(time.Minute, 1) },
				"keys":     func(s *scene) { s.reserve("k", "f", "m") },
			} {
				target := s.other()
				put(target)
				to, end := target.archive()
				err := to.Begin(s.t.Context(), s.migration())
				require.Equal(s.t, models.KindConflict, models.KindOf(err), name)
				require.ErrorContains(s.t, err, "is not empty", name)
				migration, err := to.Migration(s.t.Context())
				require.NoError(s.t, err)
				require.Zero(s.t, migration, name)
				end()
			}
		}},
		{"a migration is noted until it is complete, and after", func(s *scene) {
			require.NoError(s.t, s.store.Configure(s.t.Context(), models.Pace{Interval: interval, PerWindow: 2}))
			to, end := s.archive()
			defer end()
			none, err := to.Migration(s.t.Context())
			require.NoError(s.t, err)
			require.NoError(s.t, none.Unfinished())
			require.NoError(s.t, to.Begin(s.t.Context(), s.migration()), "a pace that was only configured is nothing")
			noted, err := to.Migration(s.t.Context())
			require.NoError(s.t, err)
			require.Equal(s.t, s.migration(), noted)
			require.ErrorContains(s.t, noted.Unfinished(), "half of a migration from somewhere")
			require.NoError(s.t, to.Complete(s.t.Context(), s.clock.Now()))
			noted, err = to.Migration(s.t.Context())
			require.NoError(s.t, err)
			require.NoError(s.t, noted.Unfinished())
		}},
		{"a store is quiet when it is stopped and no lease runs", func(s *scene) {
			s.claimOne()
			s.stop()
			archive, end := s.archive()
			defer end()
			err := archive.Quiet(s.t.Context())
			require.Equal(s.t, models.KindConflict, models.KindOf(err))
			require.ErrorContains(s.t, err, "1 messages")
			require.ErrorContains(s.t, err, "wait until "+s.clock.Now().Add(lease).UTC().Format(time.RFC3339))
			s.clock.Move(lease)
			require.NoError(s.t, archive.Quiet(s.t.Context()))
		}},
		{"one that runs is not quiet until it is held", func(s *scene) {
			s.run(1)
			archive, end := s.archive()
			err := archive.Quiet(s.t.Context())
			require.Equal(s.t, models.KindConflict, models.KindOf(err))
			require.ErrorContains(s.t, err, "is not stopped")
			// A clock that lags does not make the entry an old one.
			entry := models.Hold("hold", models.ActorMigrate, "moved", s.clock.Now().Add(-time.Hour))
			for range 2 {
				require.NoError(s.t, archive.Hold(s.t.Context(), entry))
				require.NoError(s.t, archive.Quiet(s.t.Context()))
			}
			end()
			s.store = s.open()
			require.False(s.t, s.scheduler().Running)
			logs := s.requireLogs(2)
			require.True(s.t, logs[0].Holds(), "the latest entry")
			require.Equal(s.t, logs[1].ID, logs[0].StartID)
			require.False(s.t, logs[1].Holds())
		}},
		{"walking ends with the error of whoever is handed a batch", func(s *scene) {
			s.accept(3)
			archive, end := s.archive()
			defer end()
			enough, calls := errors.New("enough"), 0
			err := archive.Walk(s.t.Context(), dataoperations.CollectionMessages, func(dataoperations.ArchivedBatch) error {
				calls++
				return enough
			})
			require.ErrorIs(s.t, err, enough)
			require.Equal(s.t, 1, calls)
		}},
		{"every record is walked once, however many there are", func(s *scene) {
			n := min(s.suite.Messages, 2500)
			s.accept(n)
			archive, end := s.archive()
			defer end()
			all := s.walkAll(archive)
			require.Len(s.t, all.messages, n)
			for i, message := range all.messages {
				require.Equal(s.t, fmt.Sprintf("message-%06d", i+1), message.ID.Text)
			}
		}},
	}
}

// loadedGoesItsWay claims from a store that was filled.
func loadedGoesItsWay(s *scene) {
	s.everything()
	from, endFrom := s.archive()
	target := s.other()
	to, endTo := target.archive()
	s.fill(from, to, true)
	endFrom()
	endTo()
	target.store = target.open()
	require.False(s.t, target.scheduler().Running)
	require.Empty(s.t, target.claim(100))
	require.Equal(s.t, models.Pace{Interval: time.Minute, PerWindow: 3}, target.scheduler().Pace)
	target.next = 1000 // ids of its own
	target.start()
	claimed := target.claim(100)
	require.Len(s.t, claimed, 3, "the pace came along")
	for _, one := range claimed {
		require.True(s.t, target.record(target.sent(one)))
	}
	claims, err := target.store.Claims(s.t.Context(), 10)
	require.NoError(s.t, err)
	require.Len(s.t, claims, 1, "the claim whose replica is gone")
	require.Equal(s.t, 1, target.rescue(dataoperations.RescuePolicy{MaxAttempts: 3}, claims...))
	require.Equal(s.t, "m1", target.reserve("alice:k", "f1", "another").MessageID)
	listed := target.list(models.Filter{Reference: "order 7"}, 10)
	require.Len(s.t, listed, 1)
}
