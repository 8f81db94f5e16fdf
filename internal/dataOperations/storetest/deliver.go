package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// report is what a provider says about its message.
func (s *scene) report(messageID string, status models.DeliveryStatus) models.DeliveryReport {
	return models.DeliveryReport{MessageID: messageID, Delivery: models.Delivery{Status: status, At: s.clock.Now(), ErrorCode: "E" + string(status)}}
}

// deliver stores a report, and returns whether this call did.
func (s *scene) deliver(messageID string, status models.DeliveryStatus) bool {
	s.t.Helper()
	stored, err := s.store.Deliver(s.t.Context(), s.report(messageID, status))
	require.NoError(s.t, err)
	return stored
}

func deliverTests() []test {
	return []test{
		{"a report is stored with the message that it is about", func(s *scene) {
			s.run(0)
			s.accept(2)
			claimed := s.claim(2)
			for _, one := range claimed {
				require.True(s.t, s.record(s.sent(one)))
			}
			expected := s.report("provider-"+claimed[0].ID.Text, models.DeliveryUndelivered)
			s.clock.Move(time.Second)
			stored, err := s.store.Deliver(s.t.Context(), expected)
			require.NoError(s.t, err)
			require.True(s.t, stored)
			got := s.message(claimed[0].ID)
			got.Delivery.At = got.Delivery.At.UTC()
			require.Equal(s.t, expected.Delivery, got.Delivery)
			require.Equal(s.t, models.StatusSent, got.Status, "which stays")
			requireTime(s.t, s.clock.Now().Add(-time.Second), got.SentAt, "sent at")
			require.Equal(s.t, models.Delivery{}, s.message(claimed[1].ID).Delivery)
		}},
		{"the first report stands", func(s *scene) {
			claimed := s.claimOne()
			require.True(s.t, s.record(s.sent(claimed)))
			id := "provider-" + claimed.ID.Text
			require.True(s.t, s.deliver(id, models.DeliveryDelivered))
			s.clock.Move(time.Second)
			s.unchangedBy(claimed.ID, func() {
				require.False(s.t, s.deliver(id, models.DeliveryDelivered), "the reply was lost, not the write")
				require.False(s.t, s.deliver(id, models.DeliveryUndelivered))
			})
		}},
		{"a report about nothing sent is not found", func(s *scene) {
			s.run(0)
			s.accept(2)
			claimed := s.claim(1)
			nameless := s.sent(claimed[0])
			nameless.MessageID = ""
			require.True(s.t, s.record(nameless))
			for _, id := range []string{"", "nobody", claimed[0].ID.Text, "$ne"} {
				s.unchangedBy(claimed[0].ID, func() {
					_, err := s.store.Deliver(s.t.Context(), s.report(id, models.DeliveryDelivered))
					require.Equal(s.t, models.KindNotFound, models.KindOf(err), "id %q", id)
				})
			}
		}},
		{"of many reports one is stored", func(s *scene) {
			claimed := s.claimOne()
			require.True(s.t, s.record(s.sent(claimed)))
			s.onlyOne(func(store dataoperations.Store, caller int) (bool, error) {
				status := []models.DeliveryStatus{models.DeliveryDelivered, models.DeliveryUndelivered}[caller%2]
				return store.Deliver(s.t.Context(), s.report("provider-"+claimed.ID.Text, status))
			})
		}},
	}
}
