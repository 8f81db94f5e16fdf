package mongostore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/wireproxy"
)

// everyChange is every kind of write that people, the provider and the upkeep make;
// it is part of everyWrite.
func everyChange() map[string]write {
	insert := wireproxy.Target{Name: "insert", Collection: "messages"}
	erase := wireproxy.Target{Name: "findAndModify", Collection: "messages"}
	reserve := wireproxy.Target{Name: "findAndModify", Collection: "reservations"}
	renew := wireproxy.Target{Name: "update", Collection: "reservations"}
	forget := wireproxy.Target{Name: "delete", Collection: "reservations"}
	beat := wireproxy.Target{Name: "update", Collection: "replicas"}
	leave := wireproxy.Target{Name: "delete", Collection: "replicas"}
	remove := wireproxy.Target{Name: "delete", Collection: "messages"}
	return map[string]write{
		"accept what is new":   {insert, 1, acceptingNew},
		"reserve a key":        {reserve, 1, reserving(0)},
		"reserve an old key":   {renew, 1, reserving(models.ReservationKept + time.Hour)},
		"forget reservations":  {forget, 1, forgetting},
		"cancel":               {claimUpdate, 1, canceling},
		"retry":                {claimUpdate, 1, retrying},
		"erase":                {erase, 1, erasing},
		"deliver":              {claimUpdate, 1, delivering},
		"promote":              {claimUpdate, 1, promoting},
		"expire":               {claimUpdate, 1, expiring},
		"set the pace":         {startStop, 1, settingPace},
		"audit something else": {auditUpdate, 1, auditing},
		"delete old messages":  {remove, 1, pruning(false)},
		"heartbeat":            {beat, 1, beating},
		"leave":                {leave, 1, leaving},
		"erase old messages":   {claimUpdate, 1, pruning(true)},
	}
}

// requireStatus demands that the messages have a status.
func (m *trial) requireStatus(t *testing.T, status models.Status, ids ...models.ID) {
	t.Helper()
	for _, id := range ids {
		require.Equal(t, status, m.read(t, id).Status, id.Text)
	}
}

// ids returns the ids of messages.
func ids(batch []models.Message) []models.ID {
	all := make([]models.ID, 0, len(batch))
	for _, one := range batch {
		all = append(all, one.ID)
	}
	return all
}

// allTrue demands a yes for each.
func allTrue(t *testing.T, answers []bool, n int) {
	t.Helper()
	require.Len(t, answers, n)
	require.NotContains(t, answers, false)
}

func acceptingNew(t *testing.T, m *trial) call {
	t.Helper()
	batch := m.messages(3)
	m.store1(t, batch[1:2])
	calls := 0
	return call{
		do: func(ctx context.Context) error {
			calls++
			stored, err := m.store.AcceptNew(ctx, batch)
			if err == nil && calls == 1 {
				require.Equal(t, []bool{true, false, true}, stored, "the reply was lost, not the write")
			}
			return err //nolint:wrapcheck // it goes straight to the trial.
		},
		check: func(t *testing.T) { t.Helper(); m.requireStatus(t, models.StatusPending, ids(batch)...) },
	}
}

func reserving(age time.Duration) func(t *testing.T, m *trial) call {
	return func(t *testing.T, m *trial) call {
		t.Helper()
		m.made++
		wanted := models.Reservation{Key: fmt.Sprintf("alice:%d", m.made), Fingerprint: "f", MessageID: "new"}
		if age > 0 {
			old := wanted
			old.MessageID, old.At = "old", m.clock.Now()
			_, err := m.replica.Reserve(t.Context(), old)
			require.NoError(t, err)
			m.clock.Move(age)
		}
		wanted.At = m.clock.Now()
		return call{
			do: func(ctx context.Context) error {
				standing, err := m.store.Reserve(ctx, wanted)
				if err == nil {
					require.Equal(t, wanted, standing)
				}
				return err //nolint:wrapcheck // likewise.
			},
			check: func(t *testing.T) {
				t.Helper()
				other := wanted
				other.MessageID = "another"
				standing, err := m.replica.Reserve(t.Context(), other)
				require.NoError(t, err)
				require.Equal(t, wanted, standing)
			},
		}
	}
}

func forgetting(t *testing.T, m *trial) call {
	t.Helper()
	m.made++
	old := models.Reservation{Key: fmt.Sprintf("alice:%d", m.made), Fingerprint: "f", MessageID: "old", At: m.clock.Now()}
	_, err := m.replica.Reserve(t.Context(), old)
	require.NoError(t, err)
	m.clock.Move(models.ReservationKept + time.Hour)
	young := models.Reservation{Key: old.Key + " young", Fingerprint: "f", MessageID: "young", At: m.clock.Now()}
	_, err = m.replica.Reserve(t.Context(), young)
	require.NoError(t, err)
	return call{
		do: func(ctx context.Context) error { _, err := m.store.ForgetReservations(ctx, 10); return err }, //nolint:wrapcheck // likewise.
		check: func(t *testing.T) {
			t.Helper()
			n, err := m.database.Collection("reservations").CountDocuments(t.Context(), map[string]any{"_id": old.Key})
			require.NoError(t, err)
			require.Zero(t, n)
			standing, err := m.replica.Reserve(t.Context(), young)
			require.NoError(t, err)
			require.Equal(t, young, standing)
		},
	}
}

func canceling(t *testing.T, m *trial) call {
	t.Helper()
	batch := m.messages(3)
	batch[0].SendAt = m.clock.Now().Add(time.Minute)
	m.store1(t, batch)
	for _, id := range ids(batch[:2]) {
		m.expected[id] = models.StatusCanceled
	}
	return call{
		do: func(ctx context.Context) error {
			canceled, err := m.store.Cancel(ctx, ids(batch[:2]))
			if err == nil {
				allTrue(t, canceled, 2)
			}
			return err //nolint:wrapcheck // likewise.
		},
		check: func(t *testing.T) { t.Helper(); m.requireStatus(t, models.StatusCanceled, ids(batch[:2])...) },
	}
}

// failAll lets messages fail for good.
func (m *trial) failAll(t *testing.T, batch []models.Message) {
	t.Helper()
	m.store1(t, batch)
	var outcomes []models.Outcome
	for _, one := range m.claim(t, m.replica, len(batch), len(batch)) {
		outcomes = append(outcomes, m.outcome(one, models.ResultFailed))
	}
	applied, err := m.replica.Record(t.Context(), outcomes)
	require.NoError(t, err)
	allTrue(t, applied, len(batch))
}

func retrying(t *testing.T, m *trial) call {
	t.Helper()
	batch := m.messages(2)
	m.failAll(t, batch)
	calls := 0
	return call{
		do: func(ctx context.Context) error {
			calls++
			retried, err := m.store.Retry(ctx, ids(batch))
			if err == nil && calls == 1 {
				allTrue(t, retried, 2)
			}
			return err //nolint:wrapcheck // likewise.
		},
		check: func(t *testing.T) {
			t.Helper()
			m.requireStatus(t, models.StatusPending, ids(batch)...)
			require.Equal(t, 1, m.read(t, batch[0].ID).PriorAttempts)
		},
	}
}

func erasing(t *testing.T, m *trial) call {
	t.Helper()
	batch := m.messages(1)
	m.store1(t, batch)
	m.expected[batch[0].ID] = models.StatusCanceled
	return call{
		do: func(ctx context.Context) error { _, err := m.store.Erase(ctx, batch[0].ID); return err }, //nolint:wrapcheck // likewise.
		check: func(t *testing.T) {
			t.Helper()
			m.requireStatus(t, models.StatusCanceled, batch[0].ID)
			require.Empty(t, m.read(t, batch[0].ID).To)
		},
	}
}

// sentAll sends messages, each under a provider's id.
func (m *trial) sentAll(t *testing.T, batch []models.Message) {
	t.Helper()
	m.store1(t, batch)
	claimed := m.claim(t, m.replica, len(batch), len(batch))
	var outcomes []models.Outcome
	for _, one := range claimed {
		outcome := m.outcome(one, models.ResultSent)
		outcome.MessageID = "provider-" + one.ID.Text
		outcomes = append(outcomes, outcome)
	}
	applied, err := m.replica.Record(t.Context(), outcomes)
	require.NoError(t, err)
	allTrue(t, applied, len(batch))
}

func delivering(t *testing.T, m *trial) call {
	t.Helper()
	batch := m.messages(1)
	m.sentAll(t, batch)
	report := models.DeliveryReport{
		MessageID: "provider-" + batch[0].ID.Text,
		Delivery:  models.Delivery{Status: models.DeliveryUndelivered, At: m.clock.Now(), ErrorCode: "27"},
	}
	return call{
		do:    func(ctx context.Context) error { _, err := m.store.Deliver(ctx, report); return err }, //nolint:wrapcheck // likewise.
		check: func(t *testing.T) { t.Helper(); require.Equal(t, report.Delivery, m.read(t, batch[0].ID).Delivery) },
	}
}

func promoting(t *testing.T, m *trial) call {
	t.Helper()
	batch := m.messages(2)
	for i := range batch {
		batch[i].SendAt = m.clock.Now().Add(time.Minute)
	}
	return inAMinute(t, m, batch, m.store.Promote, models.StatusPending)
}

func expiring(t *testing.T, m *trial) call {
	t.Helper()
	batch := m.messages(2)
	for i := range batch {
		batch[i].ExpiresAt = m.clock.Now().Add(time.Minute)
		m.expected[batch[i].ID] = models.StatusExpired
	}
	return inAMinute(t, m, batch, m.store.Expire, models.StatusExpired)
}

// inAMinute stores messages that a minute later move to another status.
func inAMinute(
	t *testing.T, m *trial, batch []models.Message, move func(context.Context, int) ([]models.ID, error), status models.Status,
) call {
	t.Helper()
	m.store1(t, batch)
	m.clock.Move(time.Minute)
	calls := 0
	return call{
		do: func(ctx context.Context) error {
			calls++
			moved, err := move(ctx, 10)
			if err == nil && calls == 1 {
				require.ElementsMatch(t, ids(batch), moved)
			}
			return err
		},
		check: func(t *testing.T) { t.Helper(); m.requireStatus(t, status, ids(batch)...) },
	}
}

func settingPace(t *testing.T, m *trial) call {
	t.Helper()
	pace := models.Pace{Interval: m.state(t).Interval + time.Second, PerWindow: perWindow}
	entry := m.entry("pace")
	return call{
		do: func(ctx context.Context) error { _, err := m.store.SetPace(ctx, pace, entry); return err }, //nolint:wrapcheck // likewise.
		check: func(t *testing.T) {
			t.Helper()
			require.Equal(t, pace, m.state(t).Pace)
			require.True(t, m.state(t).Running)
		},
	}
}

func auditing(_ *testing.T, m *trial) call {
	entry := m.entry("cancel")
	entry.Action, entry.Reason = models.ActionCancel, "status=pending: 7"
	return call{do: func(ctx context.Context) error { return m.store.Audit(ctx, entry) }}
}

func pruning(erase bool) func(t *testing.T, m *trial) call {
	return func(t *testing.T, m *trial) call {
		t.Helper()
		before := len(m.all)
		batch := m.messages(2)
		m.sentAll(t, batch)
		if !erase {
			m.all = m.all[:before] // they will be gone
		}
		m.clock.Move(time.Hour)
		request := dataoperations.PruneRequest{Before: m.clock.Now(), Erase: erase, Limit: 10}
		return call{
			do: func(ctx context.Context) error { _, _, err := m.store.Prune(ctx, request); return err }, //nolint:wrapcheck // likewise.
			check: func(t *testing.T) {
				t.Helper()
				for _, id := range ids(batch) {
					if erase {
						require.Empty(t, m.read(t, id).Content)
						continue
					}
					_, err := m.replica.Message(t.Context(), id.Text)
					require.Equal(t, models.KindNotFound, models.KindOf(err))
				}
			},
		}
	}
}

// requireSeen demands that these replicas are told of.
func (m *trial) requireSeen(t *testing.T, expected ...string) {
	t.Helper()
	found, err := m.store.Replicas(t.Context())
	require.NoError(t, err)
	seen := make([]string, 0, len(found))
	for _, replica := range found {
		seen = append(seen, replica.ID)
	}
	require.ElementsMatch(t, expected, seen)
}

func beating(_ *testing.T, m *trial) call {
	return call{
		do: func(ctx context.Context) error { return m.store.Beat(ctx, models.Replica{ID: "here"}) },
		check: func(t *testing.T) {
			t.Helper()
			m.requireSeen(t, "here")
			require.NoError(t, m.store.Leave(t.Context(), "here"))
		},
	}
}

func leaving(t *testing.T, m *trial) call {
	t.Helper()
	require.NoError(t, m.store.Beat(t.Context(), models.Replica{ID: "here"}))
	return call{
		do:    func(ctx context.Context) error { return m.store.Leave(ctx, "here") },
		check: func(t *testing.T) { t.Helper(); m.requireSeen(t) },
	}
}
