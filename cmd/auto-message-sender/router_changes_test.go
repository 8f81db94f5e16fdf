package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

func decodeAs[T any](t *testing.T, answer *httptest.ResponseRecorder) T {
	t.Helper()
	var value T
	require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &value))
	return value
}

func TestRouter_AMessageUnderAKeyIsStoredOnce(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	body := fmt.Sprintf(`{"to":"+90 555 123 45 67","content":"x","send_at":%q,"validity_period":60}`, a.store.Now().Add(time.Hour).Format(time.RFC3339))
	key := withHeader("Idempotency-Key", "order 42")

	// Killed between key and message: the store fails after the reservation.
	a.store.acceptFails.Store(true)
	requireProblem(t, a.ask(http.MethodPost, "/api/v1/messages", body, key), http.StatusServiceUnavailable)
	a.store.acceptFails.Store(false)
	first := a.ask(http.MethodPost, "/api/v1/messages", body, key)
	require.Equal(t, http.StatusCreated, first.Code, first.Body.String())

	again := a.ask(http.MethodPost, "/api/v1/messages", strings.ReplaceAll(body, ",", " ,\n"), key)
	require.Equal(t, http.StatusCreated, again.Code)
	require.Equal(t, first.Body.String(), again.Body.String())
	require.Equal(t, first.Header().Get("Location"), again.Header().Get("Location"))
	require.Equal(t, "true", again.Header().Get("Idempotent-Replayed"))
	requireProblem(t, a.ask(http.MethodPost, "/api/v1/messages", strings.Replace(body, "60", "61", 1), key), http.StatusUnprocessableEntity)
	requireProblem(t, a.ask(http.MethodPost, "/api/v1/messages", body, withHeader("Idempotency-Key", "ş")), http.StatusBadRequest)
	list := decodeAs[handlers.MessageList](t, a.ask(http.MethodGet, "/api/v1/messages", ""))
	require.Len(t, list.Messages, 1)

	stored := object(t, a.ask(http.MethodGet, first.Header().Get("Location"), ""))
	require.Subset(t, stored, object(t, first), "what was answered is what was stored")

	answers := make([]*httptest.ResponseRecorder, 20)
	var asking sync.WaitGroup
	for i := range answers {
		asking.Go(func() {
			answers[i] = a.ask(http.MethodPost, "/api/v1/messages", `{"to":"+905551234567","content":"at once"}`, withHeader("Idempotency-Key", "k"))
		})
	}
	asking.Wait()
	fresh := 0
	for _, answer := range answers {
		require.Equal(t, http.StatusCreated, answer.Code)
		require.Equal(t, answers[0].Body.String(), answer.Body.String())
		if answer.Header().Get("Idempotent-Replayed") == "" {
			fresh++
		}
	}
	require.Equal(t, 1, fresh)
	counts, err := a.store.Counts(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, counts[models.StatusPending])
}

func TestRouter_WalksTheListToItsEndWhileMoreComesIn(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	for i := range 23 {
		a.accept(t, fmt.Sprint("message ", i))
	}
	seen := map[string]bool{}
	path := "/api/v1/messages?limit=5&to=%2B905551234567"
	for path != "" {
		answer := a.ask(http.MethodGet, path, "")
		list := decodeAs[handlers.MessageList](t, answer)
		for _, message := range list.Messages {
			require.False(t, seen[message.ID], "twice")
			seen[message.ID] = true
		}
		a.accept(t, "meanwhile")
		path = ""
		if link := answer.Header().Get("Link"); link != "" {
			path = strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
		}
	}
	require.Len(t, seen, 23)
	require.Empty(t, decodeAs[handlers.MessageList](t, a.ask(http.MethodGet, "/api/v1/messages?to=%2B905551234568", "")).Messages)
	require.Empty(t, decodeAs[handlers.MessageList](t, a.ask(http.MethodGet, "/api/v1/messages?status=failed", "")).Messages)
	requireProblem(t, a.ask(http.MethodGet, "/api/v1/messages?stauts=failed", ""), http.StatusBadRequest)
}

func TestRouter_CancelsRetriesAndErases(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	id := a.accept(t, "x")
	path := "/api/v1/messages/" + id
	require.Equal(t, "1", object(t, a.ask(http.MethodGet, path, ""))["position"])
	require.Equal(t, "the scheduler is stopped", object(t, a.ask(http.MethodGet, path, ""))["note"])
	require.Equal(t, http.StatusOK, a.ask(http.MethodPost, "/api/v1/scheduler/start", "").Code)
	require.NotEmpty(t, object(t, a.ask(http.MethodGet, path, ""))["estimated_send_at"])

	requireProblem(t, a.ask(http.MethodPost, path+"/retry", ""), http.StatusConflict)
	requireProblem(t, a.ask(http.MethodPost, path+"/cancel?dry_run=true", ""), http.StatusBadRequest)
	requireProblem(t, a.ask(http.MethodPost, path+"/cancel", `{"dry_run":true}`), http.StatusBadRequest)
	requireProblem(t, a.ask(http.MethodDelete, path+"?dry_run=true", ""), http.StatusBadRequest)
	require.Equal(t, "pending", object(t, a.ask(http.MethodGet, path, ""))["status"], "what was refused was not done")
	canceled := object(t, a.ask(http.MethodPost, path+"/cancel", ""))
	require.Equal(t, "canceled", canceled["status"])
	require.Equal(t, "canceled", object(t, a.ask(http.MethodPost, path+"/cancel", ""))["status"], "after a lost answer, say")
	requireProblem(t, a.ask(http.MethodPost, "/api/v1/messages/none/cancel", ""), http.StatusNotFound)

	sent := a.accept(t, "z")
	a.send(t, "provider-1")
	requireProblem(t, a.ask(http.MethodPost, "/api/v1/messages/"+sent+"/cancel", ""), http.StatusConflict)
	failed := a.accept(t, "y")
	a.fail(t)
	retried := object(t, a.ask(http.MethodPost, "/api/v1/messages/"+failed+"/retry", ""))
	require.Equal(t, "pending", retried["status"])
	require.Len(t, retried["attempts"], 1, "its history stays")

	erased := object(t, a.ask(http.MethodDelete, "/api/v1/messages/"+failed, ""))
	require.Empty(t, erased["to"])
	require.Empty(t, erased["content"])
	require.NotEmpty(t, erased["erased_at"])
	require.Equal(t, http.StatusOK, a.ask(http.MethodDelete, "/api/v1/messages/"+failed, "").Code)
	requireProblem(t, a.ask(http.MethodPost, "/api/v1/messages/"+failed+"/retry", ""), http.StatusConflict)
	requireProblem(t, a.ask(http.MethodDelete, "/api/v1/messages/none", ""), http.StatusNotFound)
	logs := decodeAs[handlers.SchedulerLogs](t, a.ask(http.MethodGet, "/api/v1/scheduler/logs", ""))
	require.EqualValues(t, 2, logs.Total, "the start, and one erasure")
	require.Equal(t, "erase", logs.Logs[0].Action)
	require.Equal(t, "tests", logs.Logs[0].Actor)
}

func TestRouter_ChangesManyAtOnce(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	require.Equal(t, http.StatusOK, a.ask(http.MethodPut, "/api/v1/scheduler/pace", `{"interval":"1s","messages_per_interval":0}`).Code)
	require.Equal(t, http.StatusOK, a.ask(http.MethodPost, "/api/v1/scheduler/start", "").Code)
	for range 3 {
		a.accept(t, "x")
	}
	a.fail(t)
	since := fmt.Sprintf(`{"failed_after":%q}`, a.store.Now().Add(-time.Hour).Format(time.RFC3339))
	dry := decodeAs[handlers.RetriedAnswer](t, a.ask(http.MethodPost, "/api/v1/messages/retry?dry_run=true", since))
	require.Equal(t, 3, dry.Matched)
	require.Nil(t, dry.Retried)
	done := decodeAs[handlers.RetriedAnswer](t, a.ask(http.MethodPost, "/api/v1/messages/retry", since))
	require.Equal(t, 3, *done.Retried)
	require.True(t, done.Complete)
	before, err := time.Parse(time.RFC3339, done.Before)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return !a.store.Now().Before(before) }, time.Second, time.Millisecond)
	// They fail again. As of the first call they are passed over, as of now they are not.
	a.fail(t)
	goesOn := fmt.Sprintf(`{"all":true,"before":%q}`, done.Before)
	none := decodeAs[handlers.RetriedAnswer](t, a.ask(http.MethodPost, "/api/v1/messages/retry", goesOn))
	require.Zero(t, none.Matched)
	require.Equal(t, done.Before, none.Before)
	require.Equal(t, 3, *decodeAs[handlers.RetriedAnswer](t, a.ask(http.MethodPost, "/api/v1/messages/retry", since)).Retried)
	requireProblem(t, a.ask(http.MethodPost, "/api/v1/messages/cancel", goesOn), http.StatusBadRequest)
	canceled := decodeAs[handlers.CanceledAnswer](t, a.ask(http.MethodPost, "/api/v1/messages/cancel", `{"to":"+90 555 123 45 67"}`))
	require.Equal(t, 3, *canceled.Canceled)
	requireProblem(t, a.ask(http.MethodPost, "/api/v1/messages/cancel", `{}`), http.StatusBadRequest)
	logs := decodeAs[handlers.SchedulerLogs](t, a.ask(http.MethodGet, "/api/v1/scheduler/logs", ""))
	require.Equal(t, "3 messages: to=…67", logs.Logs[0].Reason)
	require.Equal(t, "retry", logs.Logs[1].Action)
}

func TestRouter_TellsStatisticsAndTakesDeliveryReports(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	require.Equal(t, http.StatusOK, a.ask(http.MethodPost, "/api/v1/scheduler/start", "").Code)
	id := a.accept(t, "x")
	a.send(t, "provider-1")
	a.accept(t, "waits")
	told := decodeAs[handlers.Stats](t, a.ask(http.MethodGet, "/api/v1/stats", ""))
	require.EqualValues(t, 1, told.Counts.Sent)
	require.Len(t, told.PerMinute, 60)
	var sent int64
	for _, minute := range told.PerMinute {
		sent += minute.Sent
	}
	require.EqualValues(t, 1, sent)
	require.NotNil(t, told.OldestWaiting)
	require.NotEmpty(t, told.Forecast.DrainsAt)

	const report = `{"messageId":"provider-1","status":"delivered","occurred_at":"2026-01-02T15:04:09Z"}`
	require.JSONEq(t, `{"applied":true}`, a.ask(http.MethodPost, "/api/v1/delivery-reports", report).Body.String())
	require.JSONEq(t, `{"applied":false}`, a.ask(http.MethodPost, "/api/v1/delivery-reports", strings.Replace(report, "delivered", "failed", 1)).Body.String())
	requireProblem(t, a.ask(http.MethodPost, "/api/v1/delivery-reports", strings.Replace(report, "provider-1", "p-2", 1)), http.StatusNotFound)
	shown := object(t, a.ask(http.MethodGet, "/api/v1/messages/"+id, ""))
	require.Equal(t, "delivered", shown["delivery_status"])
	require.Equal(t, "2026-01-02T15:04:09.000Z", shown["delivered_at"])

	preview := decodeAs[handlers.PreviewAnswer](t, a.ask(http.MethodPost, "/api/v1/messages/preview", `{"content":"hi"}`))
	require.True(t, preview.Valid)
	state := decodeAs[handlers.SchedulerState](t, a.ask(http.MethodPut, "/api/v1/scheduler/pace", `{"interval":"5m","messages_per_interval":7}`))
	require.Equal(t, "5m0s", state.Interval)
	require.Equal(t, 7, state.MessagesPerInterval)
}
