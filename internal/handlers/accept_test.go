package handlers_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

func call(request handlers.AcceptRequest) handlers.AcceptCall {
	return handlers.AcceptCall{Request: request}
}

func TestAccept_StoresAMessageThatIsDueAtOnce(t *testing.T) {
	t.Parallel()
	var stored []models.Message
	published := new(heard)
	messages := newMessages(t, &store{accept: func(messages []models.Message) error {
		stored = messages
		return nil
	}}, func(o *handlers.MessagesOptions) { o.Events = published })
	answer, err := messages.Accept(t.Context(), call(handlers.AcceptRequest{To: "+90 555 123 45 67", Content: "x"}))
	require.NoError(t, err)
	require.Equal(t, []models.Message{{
		ID: models.ID{Text: "m-1"}, To: "+905551234567", Content: "x", Status: models.StatusPending,
		Priority: models.PriorityNormal, NumSegments: 1, Encoding: models.EncodingGSM7, CreatedAt: due(), NextAttemptAt: due(),
	}}, stored)
	require.Equal(t, "2026-01-02T12:04:05.678Z", answer.CreatedAt)
	require.Equal(t, []models.Event{{Type: models.EventAccepted, ID: "m-1", Status: models.StatusPending, At: epoch().UTC()}}, published.events)
}

func TestAccept_WakesNobodyForAMessageThatIsNotStored(t *testing.T) {
	t.Parallel()
	woken := false
	messages := newMessages(t, &store{accept: func([]models.Message) error { return errors.New("disk full") }},
		func(o *handlers.MessagesOptions) { o.Wake = func() { woken = true } })
	_, err := messages.Accept(t.Context(), call(handlers.AcceptRequest{To: "+905551234567", Content: "x"}))
	require.ErrorContains(t, err, "disk full")
	require.False(t, woken)
}

func TestAccept_MakesWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	at := func(d time.Duration) time.Time { return due().Add(d) }
	tests := map[string]struct {
		request  handlers.AcceptRequest
		validity time.Duration // the default
		want     models.Message
	}{
		"a time ahead": {
			handlers.AcceptRequest{SendAt: "2026-01-02T16:04:05.678+03:00"},
			0,
			models.Message{Status: models.StatusScheduled, SendAt: at(time.Hour), NextAttemptAt: at(time.Hour)},
		},
		"a time finer than is stored, never sooner": {
			handlers.AcceptRequest{SendAt: "2026-01-02T13:04:05.6780001Z"},
			0,
			models.Message{Status: models.StatusScheduled, SendAt: at(time.Hour + time.Millisecond), NextAttemptAt: at(time.Hour + time.Millisecond)},
		},
		"a time that has passed means at once": {
			handlers.AcceptRequest{SendAt: "1999-01-01T00:00:00Z"},
			0,
			models.Message{Status: models.StatusPending, NextAttemptAt: at(0)},
		},
		"now means at once": {
			handlers.AcceptRequest{SendAt: "2026-01-02T12:04:05.678Z"},
			0,
			models.Message{Status: models.StatusPending, NextAttemptAt: at(0)},
		},
		"a validity counts from now": {
			handlers.AcceptRequest{ValidityPeriod: new(int64(60))},
			time.Hour,
			models.Message{Status: models.StatusPending, NextAttemptAt: at(0), Validity: time.Minute, ExpiresAt: at(time.Minute)},
		},
		"a validity counts from the time ahead": {
			handlers.AcceptRequest{ValidityPeriod: new(int64(60)), SendAt: "2026-01-02T13:04:05.678Z"},
			0,
			models.Message{
				Status: models.StatusScheduled, SendAt: at(time.Hour), NextAttemptAt: at(time.Hour),
				Validity: time.Minute, ExpiresAt: at(time.Hour + time.Minute),
			},
		},
		"a validity counts from the time that has passed": {
			handlers.AcceptRequest{ValidityPeriod: new(int64(120)), SendAt: "2026-01-02T12:03:05.678Z"},
			0,
			models.Message{Status: models.StatusPending, NextAttemptAt: at(0), Validity: 2 * time.Minute, ExpiresAt: at(time.Minute)},
		},
		"the default validity counts from now where the time has passed": {
			handlers.AcceptRequest{SendAt: "1999-01-01T00:00:00Z"},
			time.Hour,
			models.Message{Status: models.StatusPending, NextAttemptAt: at(0), Validity: time.Hour, ExpiresAt: at(time.Hour)},
		},
		"the default validity": {
			handlers.AcceptRequest{},
			time.Hour,
			models.Message{Status: models.StatusPending, NextAttemptAt: at(0), Validity: time.Hour, ExpiresAt: at(time.Hour)},
		},
		"as late and as long as may be": {
			handlers.AcceptRequest{SendAt: "2027-01-03T12:04:05.678Z", ValidityPeriod: new(int64(366 * 24 * 60 * 60))},
			0,
			models.Message{
				Status: models.StatusScheduled, SendAt: at(models.MaxAhead), NextAttemptAt: at(models.MaxAhead),
				Validity: models.MaxAhead, ExpiresAt: at(2 * models.MaxAhead),
			},
		},
		"high": {
			handlers.AcceptRequest{Priority: "high"},
			0,
			models.Message{Status: models.StatusPending, NextAttemptAt: at(0), Priority: models.PriorityHigh - models.PriorityNormal},
		},
		"low, with a reference": {
			handlers.AcceptRequest{Priority: "low", Reference: strings.Repeat("ş", 64)},
			0,
			models.Message{
				Status: models.StatusPending, NextAttemptAt: at(0), Priority: models.PriorityLow - models.PriorityNormal,
				Reference: strings.Repeat("ş", 64),
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stored models.Message
			messages := newMessages(t, &store{accept: func(messages []models.Message) error {
				stored = messages[0]
				return nil
			}}, func(o *handlers.MessagesOptions) { o.Intake.Validity = tt.validity })
			tt.request.To, tt.request.Content = "+905551234567", "x"
			_, err := messages.Accept(t.Context(), call(tt.request))
			require.NoError(t, err)
			tt.want.ID, tt.want.To, tt.want.Content = models.ID{Text: "m-1"}, "+905551234567", "x"
			tt.want.NumSegments, tt.want.Encoding, tt.want.CreatedAt = 1, models.EncodingGSM7, due()
			tt.want.Priority += models.PriorityNormal
			require.Equal(t, tt.want, stored)
		})
	}
}

func TestAccept_NamesEveryFieldThatIsWrong(t *testing.T) {
	t.Parallel()
	messages := newMessages(t, new(store)) // nothing is stored
	_, err := messages.Accept(t.Context(), call(handlers.AcceptRequest{
		To: "+12", Content: "", Priority: "urgent", SendAt: "2027-01-03T12:04:05.679Z", ValidityPeriod: new(int64(0)), Reference: strings.Repeat("x", 65),
	}))
	var invalid *models.Error
	require.ErrorAs(t, err, &invalid)
	fields := map[string]string{}
	for _, field := range invalid.Fields {
		fields[field.Field] = field.Message
	}
	require.Len(t, fields, 6)
	require.Contains(t, fields["send_at"], "more than a year ahead; the latest now is 2027-01-03T12:04:05.678Z")
	require.Contains(t, fields["validity_period"], "from 1 to 31622400")
	require.Contains(t, fields["reference"], "has 65 characters")
	require.Contains(t, fields["priority"], "high, normal or low")

	for _, wrong := range []handlers.AcceptRequest{
		{SendAt: "2026-01-02T15:04:05"},
		{SendAt: "tomorrow"},
		{SendAt: "2026-02-30T00:00:00Z"},
		{SendAt: "9999-12-31T23:59:59-23:59"},
		{SendAt: "1767366245"},
		{ValidityPeriod: new(int64(-1))},
		{ValidityPeriod: new(int64(366*24*60*60 + 1))},
		{ValidityPeriod: new(int64(1 << 62))},
		{Reference: "a\nb"},
		{Reference: "a\x00b"},
		{Reference: "\u200b"},
		{Priority: "High"},
		{Priority: "0"},
	} {
		wrong.To, wrong.Content = "+905551234567", "x"
		_, err := messages.Accept(t.Context(), call(wrong))
		require.ErrorAs(t, err, &invalid, "%+v", wrong)
		require.Len(t, invalid.Fields, 1, "%+v", wrong)
	}
}

func TestAccept_PassesOnWhatARuleCannotSay(t *testing.T) {
	t.Parallel()
	broken := errors.New("no rules today")
	messages := newMessages(t, new(store), func(o *handlers.MessagesOptions) {
		o.Intake.Inspect = func(string, string) (models.Inspected, error) { return models.Inspected{}, broken }
	})
	_, err := messages.Accept(t.Context(), call(handlers.AcceptRequest{}))
	require.ErrorIs(t, err, broken)
}
