package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

// later returns one new message that is to be sent after the wait, and may be for as
// long as the validity says; 0: for ever.
func (s *scene) later(wait, validity time.Duration) models.Message {
	s.t.Helper()
	return s.acceptOne(func(m *models.Message) {
		m.SendAt, m.Validity = s.clock.Now().Add(wait), validity
		if validity > 0 {
			m.ExpiresAt = m.SendAt.Add(validity)
		}
	})
}

// valid returns one new message that is due now and valid for so long.
func (s *scene) valid(validity time.Duration) models.Message {
	s.t.Helper()
	return s.acceptOne(func(m *models.Message) { m.Validity, m.ExpiresAt = validity, m.CreatedAt.Add(validity) })
}

func acceptLaterTests() []test {
	return []test{
		{"a message for later is scheduled and keeps all that it was given", func(s *scene) {
			made := s.acceptOne(func(m *models.Message) {
				m.Priority, m.Reference = models.PriorityLow, "order 7 – ş"
				m.NumSegments, m.Encoding = 3, models.EncodingUCS2
				m.SendAt, m.Validity = s.clock.Now().Add(time.Hour), time.Minute
				m.ExpiresAt = m.SendAt.Add(time.Minute)
			})
			got := s.message(made.ID)
			require.Equal(s.t, models.StatusScheduled, got.Status)
			requireTime(s.t, made.SendAt, got.SendAt, "send at")
			requireTime(s.t, made.SendAt, got.NextAttemptAt, "due")
			requireTime(s.t, made.ExpiresAt, got.ExpiresAt, "expires at")
			require.Equal(s.t, time.Minute, got.Validity)
			require.Equal(s.t, "order 7 – ş", got.Reference)
			require.Equal(s.t, 3, got.NumSegments)
			require.Equal(s.t, models.EncodingUCS2, got.Encoding)
			require.Equal(s.t, models.PriorityLow, got.Priority)
			s.requireCounts(models.Counts{models.StatusScheduled: 1})
		}},
		{"a message whose send time has come is pending and due since then", func(s *scene) {
			for _, ago := range []time.Duration{0, time.Second} {
				made := s.later(-ago, 0)
				got := s.message(made.ID)
				require.Equal(s.t, models.StatusPending, got.Status)
				requireTime(s.t, made.SendAt, got.NextAttemptAt, "due")
			}
			s.requireCounts(models.Counts{models.StatusPending: 2})
		}},
		{"what was not given is not there", func(s *scene) {
			got := s.message(s.accept(1)[0].ID)
			require.True(s.t, got.SendAt.IsZero())
			require.True(s.t, got.ExpiresAt.IsZero())
			require.True(s.t, got.ErasedAt.IsZero())
			require.Zero(s.t, got.Validity)
			require.Empty(s.t, got.Reference)
			require.Zero(s.t, got.PriorAttempts)
			require.Equal(s.t, models.Delivery{}, got.Delivery)
		}},
		{"a message for later is neither claimed nor adopted", func(s *scene) {
			s.run(0)
			s.later(time.Second, 0)
			require.Empty(s.t, s.claim(1))
			s.adopt(10, 0, 0)
			s.clock.Move(time.Hour)
			require.Empty(s.t, s.claim(1), "nobody has promoted it")
		}},
		{"of many only those that are new are stored", onlyNewOnes},
		{"where an id is given twice the first is stored", func(s *scene) {
			batch := s.messages(3)
			batch[2].ID = batch[0].ID
			s.acceptNew(batch, true, true, false)
			require.Equal(s.t, batch[0].Content, s.message(batch[0].ID).Content)
			s.requireCounts(models.Counts{models.StatusPending: 2})
		}},
		{"what is new is accepted like any other", func(s *scene) {
			s.run(0)
			batch := s.messages(2)
			batch[1].SendAt = s.clock.Now().Add(time.Minute)
			s.acceptNew(batch, true, true)
			require.Equal(s.t, models.StatusScheduled, s.message(batch[1].ID).Status)
			require.Equal(s.t, []string{batch[0].ID.Text}, claimedIDs(s.claim(2)))
		}},
		{"nothing is new without complaint", func(s *scene) {
			s.acceptNew(nil)
			s.requireCounts(models.Counts{})
		}},
	}
}

// acceptNew accepts those that are new, and demands which those are.
func (s *scene) acceptNew(messages []models.Message, expected ...bool) {
	s.t.Helper()
	stored, err := s.store.AcceptNew(s.t.Context(), messages)
	require.NoError(s.t, err)
	require.Len(s.t, stored, len(messages), "one answer for each")
	for i := range expected {
		require.Equal(s.t, expected[i], stored[i], "whether %s is new", messages[i].ID)
	}
}

func onlyNewOnes(s *scene) {
	s.run(0)
	known := s.accept(2)
	require.True(s.t, s.record(s.sent(s.claim(1)[0])))
	batch := []models.Message{known[0], s.messages(1)[0], known[1], s.messages(1)[0]}
	batch[0].Content, batch[2].Content = "other", "other"
	for _, message := range known {
		s.unchangedBy(message.ID, func() { s.acceptNew(batch[:1], false) })
	}
	s.acceptNew(batch, false, true, false, true)
	s.acceptNew(batch, false, false, false, false)
	require.Equal(s.t, known[1].Content, s.message(known[1].ID).Content)
	s.requireCounts(models.Counts{models.StatusSent: 1, models.StatusPending: 3})
}
