package handlers_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

// steady sends two every two minutes; the next window opens in a minute.
func steady() models.Scheduler {
	return models.Scheduler{
		Running: true, Pace: models.Pace{Interval: 2 * time.Minute, PerWindow: 2}, StartedAt: due().Add(-time.Minute),
		NextWindowAt: due().Add(time.Minute),
	}
}

func TestMessage_TellsWhatLiesAheadWhileItWaits(t *testing.T) {
	t.Parallel()
	waiting := models.Message{ID: models.ID{Text: "m-1"}, Status: models.StatusPending, NextAttemptAt: due()}
	with := func(change func(*models.Message)) models.Message {
		message := waiting
		change(&message)
		return message
	}
	uncapped := models.Scheduler{Running: true, Pace: models.Pace{Interval: time.Second}, NextWindowAt: due()}
	open := models.WebhookHealth{State: models.WebhookOpen}
	untried := models.WebhookHealth{State: models.WebhookOpen, RetryAt: due().Add(40 * time.Second)}
	tests := map[string]struct {
		message models.Message
		ahead   int
		state   models.Scheduler
		webhook models.WebhookHealth
		want    handlers.Outlook
	}{
		"the next": {waiting, 0, steady(), closed(), handlers.Outlook{Position: "1", EstimatedSendAt: "2026-01-02T12:05:05.678Z"}},
		"the last that is counted": {
			waiting, 9999, steady(), closed(), handlers.Outlook{Position: "10000", EstimatedSendAt: "2026-01-09T10:43:05.678Z"},
		},
		"beyond": {waiting, 10_000, steady(), closed(), handlers.Outlook{Position: "10000+", Note: "its place is not counted that far"}},
		"due later than its turn": {
			with(func(m *models.Message) { m.Status, m.NextAttemptAt = models.StatusScheduled, due().Add(time.Hour) }), 0, steady(), closed(),
			handlers.Outlook{Position: "1", EstimatedSendAt: "2026-01-02T13:04:05.678Z"},
		},
		"a retry does not wait for a window": {
			with(func(m *models.Message) { m.AttemptCount, m.NextAttemptAt = 1, due().Add(time.Second) }), 50, steady(), closed(),
			handlers.Outlook{Position: "51", EstimatedSendAt: "2026-01-02T12:04:06.678Z"},
		},
		"a person's retry does": {
			with(func(m *models.Message) { m.AttemptCount, m.PriorAttempts = 3, 3 }), 0, steady(), closed(),
			handlers.Outlook{Position: "1", EstimatedSendAt: "2026-01-02T12:05:05.678Z"},
		},
		"stopped": {waiting, 3, models.Scheduler{}, closed(), handlers.Outlook{Position: "4", Note: "the scheduler is stopped"}},
		"a retry while it is stopped": {
			with(func(m *models.Message) { m.AttemptCount = 1 }), 3,
			models.Scheduler{},
			closed(),
			handlers.Outlook{Position: "4", Note: "the scheduler is stopped"},
		},
		"the webhook fails": {
			waiting, 0, steady(), open,
			handlers.Outlook{Position: "1", EstimatedSendAt: "2026-01-02T12:05:05.678Z", Note: "the webhook takes no messages at the moment; estimated as if it did"},
		},
		"the webhook is left alone until its next try": {
			waiting, 0, uncapped, untried,
			handlers.Outlook{Position: "1", EstimatedSendAt: "2026-01-02T12:04:45.678Z", Note: "the webhook takes no messages before its next try; estimated as if it did from then on"},
		},
		"a retry, too": {
			with(func(m *models.Message) { m.AttemptCount = 1 }), 3, steady(), untried,
			handlers.Outlook{Position: "4", EstimatedSendAt: "2026-01-02T12:04:45.678Z", Note: "the webhook takes no messages before its next try; estimated as if it did from then on"},
		},
		"it expires before the webhook's next try": {
			with(func(m *models.Message) { m.ExpiresAt = due().Add(30 * time.Second) }), 0, uncapped, untried,
			handlers.Outlook{Position: "1", Note: "it is likely to expire before its turn"},
		},
		"it expires before": {
			with(func(m *models.Message) { m.ExpiresAt = due().Add(time.Minute) }), 0, steady(), closed(),
			handlers.Outlook{Position: "1", Note: "it is likely to expire before its turn"},
		},
		"by the rate of the last minutes": {waiting, 120, uncapped, closed(), handlers.Outlook{Position: "121", EstimatedSendAt: "2026-01-02T12:06:05.678Z"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			messages := newMessages(t, &store{
				message: func(string) (models.Message, error) { return tt.message, nil },
				ahead:   func(models.Message) (int, error) { return tt.ahead, nil },
				activity: func(since time.Time) ([]models.Minute, error) {
					require.Equal(t, time.Date(2026, 1, 2, 11, 59, 0, 0, time.UTC), since.UTC())
					// The current minute has hardly begun, and an idle one says nothing of how fast it goes.
					return []models.Minute{{At: since, Sent: 40}, {At: since.Add(time.Minute), Failed: 5}, {At: since.Add(2 * time.Minute), Sent: 80}, {At: since.Add(5 * time.Minute), Sent: 1}}, nil
				},
			}, func(o *handlers.MessagesOptions) {
				o.Pace = &control{state: tt.state}
				o.Webhook = func() models.WebhookHealth { return tt.webhook }
				o.Now = due
			})
			shown, err := messages.Message(t.Context(), "m-1")
			require.NoError(t, err)
			require.Equal(t, tt.want, shown.Outlook)
		})
	}
}

func TestMessage_HasNothingAheadOfItOnceItIsClaimed(t *testing.T) {
	t.Parallel()
	for _, status := range []models.Status{models.StatusSending, models.StatusSent, models.StatusFailed, models.StatusCanceled, models.StatusExpired} {
		messages := newMessages(t, &store{message: func(string) (models.Message, error) { return models.Message{Status: status}, nil }})
		shown, err := messages.Message(t.Context(), "m-1")
		require.NoError(t, err)
		require.Empty(t, shown.Outlook)
	}
}

func TestCancelAndRetry_SayWhyTheyCannot(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		message models.Message
		retry   bool
		says    string
	}{
		"cancel while sending": {models.Message{Status: models.StatusSending}, false, "the message is sending and can no longer be canceled"},
		"cancel when canceled": {models.Message{Status: models.StatusCanceled}, false, "the message is canceled"},
		"cancel before it is adopted": {
			models.Message{Status: models.StatusPending}, false, "is not taken in yet",
		},
		"retry when sent":    {models.Message{Status: models.StatusSent}, true, "the message is sent and cannot be sent again"},
		"retry when waiting": {models.Message{Status: models.StatusPending, NextAttemptAt: due()}, true, "the message is pending and"},
		"retry when erased":  {models.Message{Status: models.StatusFailed, ErasedAt: due()}, true, "is erased"},
		"retry when invalid": {models.Message{Status: models.StatusFailed, ErrorCode: models.ErrorCodeInvalid}, true, "is never sent"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refuse := func([]models.ID) ([]bool, error) { return []bool{false}, nil }
			published := new(heard)
			messages := newMessages(t, &store{
				message: func(string) (models.Message, error) { return tt.message, nil }, cancel: refuse, retry: refuse,
			}, func(o *handlers.MessagesOptions) { o.Events = published })
			call := messages.Cancel
			if tt.retry {
				call = messages.Retry
			}
			_, err := call(t.Context(), "m-1")
			require.Equal(t, models.KindConflict, models.KindOf(err))
			require.ErrorContains(t, err, tt.says)
			require.Empty(t, published.events)
		})
	}
}

func TestCancelAndRetry_UseTheIDThatTheStoreHas(t *testing.T) {
	t.Parallel()
	id := models.ID{Text: "68a795179072a717e6a17f37", ObjectID: true}
	status := models.StatusPending
	var changed []models.ID
	apply := func(to models.Status) func([]models.ID) ([]bool, error) {
		return func(ids []models.ID) ([]bool, error) {
			changed, status = append(changed, ids...), to
			return []bool{true}, nil
		}
	}
	published, woken := new(heard), 0
	messages := newMessages(t, &store{
		message: func(string) (models.Message, error) { return models.Message{ID: id, Status: status}, nil },
		cancel:  apply(models.StatusCanceled), retry: apply(models.StatusPending),
	}, func(o *handlers.MessagesOptions) {
		o.Events = published
		o.Wake = func() { woken++ }
	})
	shown, err := messages.Cancel(t.Context(), id.Text)
	require.NoError(t, err)
	require.Equal(t, "canceled", shown.Status)
	require.Zero(t, woken)
	_, err = messages.Cancel(t.Context(), id.Text) // again, for which the store says yes
	require.NoError(t, err)
	require.Len(t, published.events, 1)
	shown, err = messages.Retry(t.Context(), id.Text)
	require.NoError(t, err)
	require.Equal(t, "pending", shown.Status)
	require.Equal(t, 1, woken)
	require.Equal(t, []models.ID{id, id, id}, changed)
	require.Equal(t, []models.EventType{models.EventCanceled, models.EventRetried}, []models.EventType{published.events[0].Type, published.events[1].Type})

	missing := newMessages(t, &store{message: func(string) (models.Message, error) { return models.Message{}, models.NotFound("none") }})
	_, err = missing.Cancel(t.Context(), "x")
	require.Equal(t, models.KindNotFound, models.KindOf(err))
	broken := newMessages(t, &store{
		message: func(string) (models.Message, error) { return models.Message{}, nil },
		retry:   func([]models.ID) ([]bool, error) { return nil, errors.New("disk full") },
	})
	_, err = broken.Retry(t.Context(), "x")
	require.ErrorContains(t, err, "disk full")
}
