package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

// crowd is a store with messages that can be changed many at a time.
type crowd struct {
	messages []models.Message
	entries  []models.SchedulerLog
	steps    []int
	fail     error // of the second step
	failLog  error
}

func newCrowd(statuses map[models.Status]int) *crowd {
	c := new(crowd)
	for _, status := range models.Statuses() {
		for i := range statuses[status] {
			c.messages = append(c.messages, models.Message{ID: models.ID{Text: fmt.Sprint(status, i)}, Status: status})
		}
	}
	return c
}

func (c *crowd) store() *store {
	return &store{
		list: func(filter models.Filter, after models.Cursor, limit int) (models.Page, error) {
			page := models.Page{}
			passed := after.IsZero()
			for _, message := range c.messages {
				if passed && message.Status == filter.Status {
					if len(page.Messages) == limit {
						page.Next = models.Cursor{At: due(), Tie: page.Messages[limit-1].ID.Text}
						break
					}
					page.Messages = append(page.Messages, message)
				}
				passed = passed || message.ID.Text == after.Tie
			}
			return page, nil
		},
		cancel: func(ids []models.ID) ([]bool, error) { return c.change(ids, models.StatusCanceled) },
		retry:  func(ids []models.ID) ([]bool, error) { return c.change(ids, models.StatusPending) },
		audit: func(entry models.SchedulerLog) error {
			c.entries = append(c.entries, entry)
			return c.failLog
		},
	}
}

func (c *crowd) change(ids []models.ID, to models.Status) ([]bool, error) {
	if c.steps = append(c.steps, len(ids)); c.fail != nil && len(c.steps) == 2 {
		return nil, c.fail
	}
	changed := make([]bool, len(ids))
	for i, id := range ids {
		for at := range c.messages {
			if c.messages[at].ID == id && id.Text != "pending3" { // that one was claimed meanwhile
				c.messages[at].Status, changed[i] = to, true
			}
		}
	}
	return changed, nil
}

func newOperations(t *testing.T, s *store, change ...func(*handlers.OperationsOptions)) *handlers.Operations {
	t.Helper()
	log, _ := logged()
	options := handlers.OperationsOptions{
		Lists: s, Changes: s, Message: s.Message, Trail: s, Inspect: takes().Inspect, Wake: func() {},
		Now: epoch, NewID: func() string { return "log-1" }, Replica: "r-1", Log: log,
	}
	for _, apply := range change {
		apply(&options)
	}
	operations, err := handlers.NewOperations(options)
	require.NoError(t, err)
	return operations
}

func all() handlers.BulkRequest { return handlers.BulkRequest{All: true} }

func allAgain() handlers.RetryRequest { return handlers.RetryRequest{BulkRequest: all()} }

func TestCancelAll_CancelsWhatWaitsInSteps(t *testing.T) {
	t.Parallel()
	c := newCrowd(map[models.Status]int{models.StatusScheduled: 3, models.StatusPending: 1200, models.StatusSent: 5, models.StatusSending: 1})
	published := new(heard)
	operations := newOperations(t, c.store(), func(o *handlers.OperationsOptions) { o.Events = published })

	counted, err := operations.CancelAll(t.Context(), handlers.BulkRequest{All: true, DryRun: true})
	require.NoError(t, err)
	require.Equal(t, handlers.CanceledAnswer{BulkAnswer: handlers.BulkAnswer{DryRun: true, Matched: 1203, Complete: true}}, counted)
	require.Empty(t, c.steps)
	require.Empty(t, c.entries, "nothing happened")

	done, err := operations.CancelAll(handlers.WithActor(t.Context(), "ops"), all())
	require.NoError(t, err)
	require.Equal(t, 1203, done.Matched)
	require.Equal(t, 1202, *done.Canceled, "one was claimed meanwhile")
	require.Equal(t, []int{3, 500, 500, 200}, c.steps)
	require.Len(t, published.events, 1202)
	require.Equal(t, []models.SchedulerLog{{ID: "log-1", Action: models.ActionCancel, Actor: "ops", Replica: "r-1", Reason: "1202 messages: all"}}, c.entries)
}

func TestRetryAll_PassesByWhatIsNeverSent(t *testing.T) {
	t.Parallel()
	c := newCrowd(map[models.Status]int{models.StatusFailed: 4, models.StatusExpired: 2, models.StatusPending: 3})
	c.messages[3].ErasedAt = due() // after 3 pending
	c.messages[4].ErrorCode = models.ErrorCodeInvalid
	woken := 0
	operations := newOperations(t, c.store(), func(o *handlers.OperationsOptions) { o.Wake = func() { woken++ } })
	done, err := operations.RetryAll(t.Context(), allAgain())
	require.NoError(t, err)
	require.Equal(t, 4, done.Matched)
	require.Equal(t, 4, *done.Retried)
	require.Equal(t, 2, woken)
}

func TestBulk_WantsAFilterThatCanMatch(t *testing.T) {
	t.Parallel()
	operations := newOperations(t, new(store)) // nothing is asked of it
	for name, tt := range map[string]struct {
		request handlers.BulkRequest
		says    string
	}{
		"none":                 {handlers.BulkRequest{}, "all must be true where no filter"},
		"none, dry":            {handlers.BulkRequest{DryRun: true}, "all must be true where no filter"},
		"all and a filter":     {handlers.BulkRequest{All: true, FilterFields: handlers.FilterFields{Reference: "r"}}, "all must be left out"},
		"a status not for it":  {handlers.BulkRequest{FilterFields: handlers.FilterFields{Status: "sent"}}, "status must be scheduled or pending"},
		"a status of no kind":  {handlers.BulkRequest{FilterFields: handlers.FilterFields{Status: "x"}}, "status must be"},
		"a number of no kind":  {handlers.BulkRequest{FilterFields: handlers.FilterFields{To: "12"}}, "to must start with +"},
		"a time of no kind":    {handlers.BulkRequest{FilterFields: handlers.FilterFields{FailedAfter: "14:00"}}, "failed_after must be"},
		"all and a wrong time": {handlers.BulkRequest{All: true, FilterFields: handlers.FilterFields{SentAfter: "x"}}, "sent_after must be"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := operations.CancelAll(t.Context(), tt.request)
			require.Equal(t, models.KindInvalid, models.KindOf(err))
			require.ErrorContains(t, err, tt.says)
		})
	}
}

func TestBulk_EndsInTimeAndSaysSo(t *testing.T) {
	t.Parallel()
	c := newCrowd(map[models.Status]int{models.StatusPending: 2600})
	now := epoch()
	operations := newOperations(t, c.store(), func(o *handlers.OperationsOptions) {
		o.Now = func() time.Time {
			now = now.Add(9 * time.Second)
			return now
		}
	})
	first, err := operations.CancelAll(t.Context(), handlers.BulkRequest{FilterFields: handlers.FilterFields{Status: "pending"}})
	require.NoError(t, err)
	require.False(t, first.Complete)
	require.Equal(t, 2000, first.Matched)
	require.Len(t, c.entries, 1)
	second, err := operations.CancelAll(t.Context(), all())
	require.NoError(t, err)
	require.True(t, second.Complete)
	require.Equal(t, 600, *second.Canceled)
}

// What is retried fails again at once, and is then the newest failure.
func TestRetryAll_RepeatedComesToTheOlderOnes(t *testing.T) {
	t.Parallel()
	c := newCrowd(map[models.Status]int{models.StatusFailed: 2600})
	now := due()
	for i := range c.messages {
		c.messages[i].UpdatedAt = now.Add(-time.Hour)
	}
	tried := map[string]int{}
	s := c.store()
	s.retry = func(ids []models.ID) ([]bool, error) {
		changed, failedAgain := make([]bool, len(ids)), []models.Message{}
		for i, id := range ids {
			tried[id.Text]++
			changed[i] = true
			failedAgain = append(failedAgain, models.Message{ID: id, Status: models.StatusFailed, UpdatedAt: now})
		}
		c.messages = slices.DeleteFunc(c.messages, func(m models.Message) bool { return slices.Contains(ids, m.ID) })
		c.messages = append(failedAgain, c.messages...)
		return changed, nil
	}
	list := s.list
	s.list = func(filter models.Filter, after models.Cursor, limit int) (models.Page, error) {
		// The walk keeps its place behind what has moved to the front.
		if !after.IsZero() {
			after.Tie = c.messages[len(tried)-1].ID.Text
		}
		return list(filter, after, limit)
	}
	operations := newOperations(t, s, func(o *handlers.OperationsOptions) {
		o.Now = func() time.Time {
			now = now.Add(12 * time.Second)
			return now
		}
	})
	request, calls := allAgain(), 0
	for complete := false; !complete; calls++ {
		require.Less(t, calls, 4)
		done, err := operations.RetryAll(t.Context(), request)
		require.NoError(t, err)
		require.NotEmpty(t, done.Before)
		require.True(t, request.Before == "" || request.Before == done.Before)
		request.Before, complete = done.Before, done.Complete
	}
	require.Greater(t, calls, 1)
	require.Len(t, tried, 2600)
	for id, times := range tried {
		require.Equal(t, 1, times, id)
	}
}

func TestRetryAll_WalksNoFailureThatIsPassedOver(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		request handlers.RetryRequest
		failed  models.Filter // asked of the store
		before  string        // answered
	}{
		"as of the call": {
			handlers.RetryRequest{BulkRequest: handlers.BulkRequest{FilterFields: handlers.FilterFields{Status: "failed"}}},
			models.Filter{Status: models.StatusFailed, FailedBefore: due().Add(time.Millisecond)},
			"2026-01-02T12:04:05.679Z",
		},
		"as asked": {
			handlers.RetryRequest{Before: "2026-01-02T12:00:00Z", BulkRequest: handlers.BulkRequest{FilterFields: handlers.FilterFields{Status: "failed", FailedBefore: "2026-01-02T13:00:00Z"}}},
			models.Filter{Status: models.StatusFailed, FailedBefore: time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)},
			"2026-01-02T12:00:00.000Z",
		},
		"narrower already": {
			handlers.RetryRequest{BulkRequest: handlers.BulkRequest{FilterFields: handlers.FilterFields{Status: "failed", FailedBefore: "2026-01-02T11:00:00Z"}}},
			models.Filter{Status: models.StatusFailed, FailedBefore: time.Date(2026, 1, 2, 11, 0, 0, 0, time.UTC)},
			"2026-01-02T12:04:05.679Z",
		},
		"in another order": {
			handlers.RetryRequest{BulkRequest: handlers.BulkRequest{FilterFields: handlers.FilterFields{Status: "expired"}}},
			models.Filter{Status: models.StatusExpired},
			"2026-01-02T12:04:05.679Z",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newCrowd(nil).store()
			var asked models.Filter
			s.list = func(filter models.Filter, _ models.Cursor, _ int) (models.Page, error) {
				asked = filter
				return models.Page{}, nil
			}
			done, err := newOperations(t, s).RetryAll(t.Context(), tt.request)
			require.NoError(t, err)
			require.Equal(t, tt.failed, asked)
			require.Equal(t, tt.before, done.Before)
		})
	}
	_, err := newOperations(t, new(store)).RetryAll(t.Context(), handlers.RetryRequest{Before: "now"})
	require.ErrorContains(t, err, "before must be")
	require.ErrorContains(t, err, "all must be true", "it is no filter")
}

// What waits is canceled even where it moved on while the walk was under way.
func TestCancelAll_PassesOverNothingThatChangedMeanwhile(t *testing.T) {
	t.Parallel()
	c := newCrowd(map[models.Status]int{models.StatusPending: 1})
	c.messages[0].UpdatedAt = epoch().Add(time.Minute)
	done, err := newOperations(t, c.store()).CancelAll(t.Context(), all())
	require.NoError(t, err)
	require.Equal(t, 1, *done.Canceled)
	require.Equal(t, "1 message: all", c.entries[0].Reason)
}

func TestBulk_NotesWhatWasDoneBeforeAFailure(t *testing.T) {
	t.Parallel()
	c := newCrowd(map[models.Status]int{models.StatusPending: 1200})
	c.fail = models.Unavailable("the store is away", nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // and whoever asked has left
	_, err := newOperations(t, c.store()).CancelAll(ctx, all())
	require.Equal(t, models.KindUnavailable, models.KindOf(err))
	require.Equal(t, "499 messages: all", c.entries[0].Reason)

	c = newCrowd(map[models.Status]int{models.StatusPending: 1})
	c.failLog = errors.New("no room for it")
	_, err = newOperations(t, c.store()).CancelAll(t.Context(), all())
	require.ErrorContains(t, err, "no room for it", "it is not passed over")
}

func TestBulk_TellsTheFilterAndOfANumberItsEnd(t *testing.T) {
	t.Parallel()
	c := newCrowd(nil)
	_, err := newOperations(t, c.store()).RetryAll(t.Context(), handlers.RetryRequest{Before: "2026-01-02T15:00:00Z", BulkRequest: handlers.BulkRequest{FilterFields: handlers.FilterFields{
		Status: "failed", To: "+90 555 123 45 67", Reference: "r", MessageID: "p", FailedAfter: "2026-01-02T14:00:00Z",
	}}})
	require.NoError(t, err)
	require.Equal(t, "0 messages: status=failed to=…67 reference=r message_id=p failed_after=2026-01-02T14:00:00Z before=2026-01-02T15:00:00Z", c.entries[0].Reason)
}

func TestBulkBody_ADryRunMayBeAskedForInTheQuery(t *testing.T) {
	t.Parallel()
	log, _ := logged()
	dry := handlers.Handle(handlers.NewProblems(log), handlers.BulkBody, func(_ context.Context, request handlers.BulkRequest) (handlers.BulkRequest, error) {
		return request, nil
	}, handlers.OK)
	for query, want := range map[string]string{
		"": `"dry_run":false`, "dry_run=true": `"dry_run":true`, "dry_run=false": `"dry_run":false`, "dryrun=true": "400", "dry_run=1": "400", "dry_run=": "400",
		"dry_run=true&dry_run=true": "400", "dry_run=%zz": "400", "status=failed": "filters go in the body",
	} {
		answer := ask(dry, http.MethodPost, query, "application/json", strings.NewReader(`{"all":true}`))
		require.Contains(t, answer.Body.String(), want, query)
	}
	again := handlers.Handle(handlers.NewProblems(log), handlers.RetryBody, func(_ context.Context, request handlers.RetryRequest) (handlers.RetryRequest, error) {
		return request, nil
	}, handlers.OK)
	answer := ask(again, http.MethodPost, "dry_run=true", "application/json", strings.NewReader(`{"all":true,"before":"x"}`)).Body.String()
	require.Contains(t, answer, `"dry_run":true`)
	require.Contains(t, answer, `"before":"x"`)
	require.Equal(t, http.StatusBadRequest, ask(again, http.MethodPost, "dryrun=true", "application/json", strings.NewReader(`{"all":true}`)).Code)
	require.Contains(t, ask(dry, http.MethodPost, "dry_run=false", "application/json", strings.NewReader(`{"dry_run":true}`)).Body.String(), `"dry_run":true`)
	for _, wrong := range []string{"", "{", `{"limit":1}`, `{"status":null,"Status":1}`, `{"dry_run":"true"}`, `[]`} {
		require.Equal(t, http.StatusBadRequest, ask(dry, http.MethodPost, "", "application/json", strings.NewReader(wrong)).Code, wrong)
	}
}

func TestErase_IsNotedOnce(t *testing.T) {
	t.Parallel()
	c, published := new(crowd), new(heard)
	erased := models.Message{ID: models.ID{Text: "m-1", ObjectID: true}, Status: models.StatusCanceled, ErasedAt: due()}
	found := models.Message{ID: erased.ID, Status: models.StatusPending, To: "+905551234567"}
	s := c.store()
	s.message = func(string) (models.Message, error) { return found, nil }
	s.erase = func(id models.ID) (models.Message, error) {
		require.Equal(t, erased.ID, id)
		found = erased
		return erased, nil
	}
	c.failLog = models.Unavailable("the store is away", nil)
	log, lines := logged()
	operations := newOperations(t, s, func(o *handlers.OperationsOptions) { o.Events, o.Log = published, log })
	left, leave := context.WithCancel(t.Context())
	leave() // whoever asked; what was done is noted all the same
	_, err := operations.Erase(left, "m-1")
	require.Equal(t, models.KindUnavailable, models.KindOf(err))
	require.Contains(t, lines.LastEntry().Message, "missing in the audit trail")
	require.Len(t, lines.AllEntries(), 1)
	c.failLog = nil
	shown, err := operations.Erase(t.Context(), "m-1")
	require.NoError(t, err)
	require.Equal(t, "2026-01-02T12:04:05.678Z", shown.ErasedAt)
	require.Len(t, c.entries, 2)
	require.Equal(t, c.entries[0].ID, c.entries[1].ID, "the same entry, completed")
	require.Equal(t, "message m-1", c.entries[1].Reason)
	require.Equal(t, []models.Event{{Type: models.EventErased, ID: "m-1", Status: models.StatusCanceled, At: epoch().UTC()}}, published.events)
}
