package storetest

import (
	"maps"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// walkList walks a list from its beginning by pages of up to limit, on one store
// after the other, and returns all messages that it met. between is done after
// each page.
func (s *scene) walkList(filter models.Filter, limit int, between func(met int)) []models.Message {
	s.t.Helper()
	stores := []dataoperations.Store{s.store, s.open()}
	var all []models.Message
	var cursor models.Cursor
	for page := 0; ; page++ {
		require.Less(s.t, page, 1000, "the list does not end")
		got, err := stores[page%len(stores)].List(s.t.Context(), filter, cursor, limit)
		require.NoError(s.t, err)
		require.LessOrEqual(s.t, len(got.Messages), limit)
		all = append(all, got.Messages...)
		if got.Next.IsZero() {
			return all
		}
		require.NotEqual(s.t, cursor, got.Next, "the list stands still")
		cursor = got.Next
		between(len(all))
	}
}

func nothing(int) {}

// list returns the ids of a whole list.
func (s *scene) list(filter models.Filter, limit int) []string {
	s.t.Helper()
	return ids(s.walkList(filter, limit, nothing))
}

// orderTime is the time by which the order goes.
func orderTime(message models.Message, order models.Order) time.Time {
	switch order {
	case models.OrderSent:
		return message.SentAt
	case models.OrderFailed:
		return message.FailedAt
	case models.OrderCreated:
	}
	return message.CreatedAt
}

// selects says which messages a filter means, as its comments do.
func selects(filter models.Filter, message models.Message) bool {
	within := func(at, after, before time.Time) bool {
		if after.IsZero() && before.IsZero() {
			return true
		}
		return !at.IsZero() && !at.Before(after) && (before.IsZero() || at.Before(before))
	}
	return (filter.Status == "" || message.Status == filter.Status) &&
		(filter.To == "" || message.To == filter.To) &&
		(filter.Reference == "" || message.Reference == filter.Reference) &&
		(filter.MessageID == "" || message.MessageID == filter.MessageID) &&
		within(message.CreatedAt, filter.CreatedAfter, filter.CreatedBefore) &&
		within(message.SentAt, filter.SentAfter, filter.SentBefore) &&
		within(message.FailedAt, filter.FailedAfter, filter.FailedBefore)
}

// variety makes messages of every status, with two recipients and references, over
// some seconds, several in each millisecond; it returns them as they are stored.
func (s *scene) variety() []models.Message {
	s.t.Helper()
	s.run(0)
	var made []models.Message
	for i := range 18 {
		made = append(made, s.acceptOne(func(m *models.Message) {
			m.To = []string{recipient, "+905552222222"}[i%2]
			m.Reference = []string{"", "order-1", "order-2"}[i%3]
			m.CreatedAt = s.clock.Now().Add(-time.Second)
			if i >= 14 {
				m.SendAt = s.clock.Now().Add(time.Hour)
			}
			if i == 12 {
				m.ExpiresAt = s.clock.Now().Add(time.Minute)
			}
		}))
		if i%3 == 2 {
			s.clock.Move(time.Second)
		}
	}
	for i, claimed := range s.claim(9) {
		switch {
		case i < 4:
			require.True(s.t, s.record(s.sent(claimed)))
		case i < 8:
			require.True(s.t, s.record(s.failed(claimed)))
		}
		if i%2 == 1 {
			s.clock.Move(time.Second)
		}
	}
	s.cancel(made[10].ID, made[17].ID)
	s.clock.Move(time.Minute)
	require.Len(s.t, s.expire(10), 1)
	for i := range made {
		made[i] = s.message(made[i].ID)
	}
	return made
}

// requireListed walks the list, and demands that it is right.
func (s *scene) requireListed(filter models.Filter, all []models.Message, limit int) {
	s.t.Helper()
	listed := s.walkList(filter, limit, nothing)
	for i := range listed {
		require.Empty(s.t, listed[i].Attempts, "a list is without attempts")
		listed[i] = plain(listed[i])
	}
	requireList(s.t, filter, all, listed)
}

// requireList demands that those of all were listed which the filter selects, and
// no others, the newest first.
func requireList(t require.TestingT, filter models.Filter, all, listed []models.Message) {
	expected := map[string]models.Message{}
	for _, message := range all {
		if selects(filter, message) {
			message.Attempts = nil
			expected[message.ID.Text] = message
		}
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(expected)), ids(listed), "%+v", filter)
	for _, message := range listed {
		require.Equal(t, plain(expected[message.ID.Text]), message)
	}
	require.True(t, slices.IsSortedFunc(listed, func(a, b models.Message) int {
		return orderTime(b, filter.Order()).Compare(orderTime(a, filter.Order()))
	}), "newest first by %s: %v", filter.Order(), ids(listed))
}

// filters returns one or more filters of every kind, around what was made.
func filters(all []models.Message) map[string]models.Filter {
	sent := all[slices.IndexFunc(all, func(m models.Message) bool { return m.Status == models.StatusSent })]
	failed := all[slices.IndexFunc(all, func(m models.Message) bool { return m.Status == models.StatusFailed })]
	created := all[len(all)/2].CreatedAt
	found := map[string]models.Filter{
		"all":                         {},
		"recipient":                   {To: recipient},
		"recipient and status":        {To: recipient, Status: models.StatusPending},
		"nobody":                      {To: "+905559999999"},
		"reference":                   {Reference: "order-1"},
		"reference and recipient":     {Reference: "order-1", To: recipient},
		"part of a reference":         {Reference: "order"},
		"message id":                  {MessageID: sent.MessageID},
		"message id of another state": {MessageID: sent.MessageID, Status: models.StatusFailed},
		"created after":               {CreatedAfter: created},
		"created before":              {CreatedBefore: created},
		"created between":             {CreatedAfter: created, CreatedBefore: created.Add(time.Millisecond)},
		"created after its end":       {CreatedAfter: created, CreatedBefore: created},
		"sent after":                  {SentAfter: sent.SentAt},
		"sent before":                 {SentBefore: sent.SentAt},
		"sent by when created":        {Status: models.StatusSent, CreatedAfter: sent.CreatedAt},
		"sent and pending":            {Status: models.StatusPending, SentAfter: sent.SentAt},
		"failed after":                {FailedAfter: failed.FailedAt},
		"failed before, a recipient":  {FailedBefore: failed.FailedAt.Add(time.Second), To: recipient},
		"failed by when created":      {Status: models.StatusFailed, CreatedBefore: created},
		"everything at once": {
			Status: sent.Status, To: sent.To, Reference: sent.Reference, MessageID: sent.MessageID,
			CreatedAfter: sent.CreatedAt, CreatedBefore: sent.CreatedAt.Add(time.Millisecond),
			SentAfter: sent.SentAt, SentBefore: sent.SentAt.Add(time.Millisecond),
		},
		"injection": {Reference: `{"$ne": null}`, To: `' OR 1=1 --`},
	}
	for _, status := range models.Statuses() {
		found["status "+string(status)] = models.Filter{Status: status}
	}
	return found
}

func listTests() []test {
	return []test{
		{"every filter selects what it says, in its order", func(s *scene) {
			all := s.variety()
			statuses := map[models.Status]bool{}
			for _, message := range all {
				statuses[message.Status] = true
			}
			require.Len(s.t, statuses, len(models.Statuses()), "there is one of each")
			for name, filter := range filters(all) {
				s.t.Logf("%s", name)
				s.requireListed(filter, all, 4)
			}
		}},
		{"pages of any size make the same list", func(s *scene) {
			s.variety()
			for _, filter := range []models.Filter{{}, {To: recipient}, {Status: models.StatusSent}, {Status: models.StatusFailed}} {
				whole := s.list(filter, 100)
				for _, limit := range []int{1, 2, 3, 5} {
					require.Equal(s.t, whole, s.list(filter, limit), "%+v by %d", filter, limit)
				}
			}
		}},
		{"messages of one millisecond keep one order and are met once", sameMillisecond},
		{"a time called after is included, one called before is not", func(s *scene) {
			at := s.clock.Now()
			for i := range 3 {
				s.acceptOne(func(m *models.Message) { m.CreatedAt = at.Add(time.Duration(i-1) * time.Millisecond) })
			}
			require.Equal(s.t, []string{"message-000003", "message-000002"}, s.list(models.Filter{CreatedAfter: at}, 10))
			require.Equal(s.t, []string{"message-000001"}, s.list(models.Filter{CreatedBefore: at}, 10))
		}},
		{"an empty list ends at once", func(s *scene) {
			require.Empty(s.t, s.list(models.Filter{}, 10))
			require.Empty(s.t, s.list(models.Filter{Status: models.StatusSent}, 10))
		}},
		{"a cursor past the end finds nothing", pastTheEnd},
		{"messages inserted by hand are listed once they are adopted", func(s *scene) {
			s.reference("good", unchanged)
			s.reference("bad", func(f map[string]any) { f["to"] = "garbage" })
			require.Empty(s.t, s.list(models.Filter{}, 10))
			s.adopt(10, 1, 1)
			require.Equal(s.t, []string{"good"}, s.list(models.Filter{Status: models.StatusPending}, 10))
			require.Equal(s.t, []string{"bad"}, s.list(models.Filter{Status: models.StatusFailed}, 10))
		}},
		{"messages that the reference had sent are listed", func(s *scene) {
			at := s.clock.Now().Add(-time.Hour)
			s.data.InsertByHand(s.t, map[string]any{
				"_id": "old", "to": recipient, "content": "long ago", "status": "sent",
				"created_at": at.Add(-time.Minute), "sent_at": at, "message_id": "provider-old", "retry_count": 1,
			})
			require.Equal(s.t, []string{"old"}, s.list(models.Filter{Status: models.StatusSent}, 10))
			require.Equal(s.t, []string{"old"}, s.list(models.Filter{SentAfter: at, SentBefore: at.Add(time.Second)}, 10))
		}},
		{"walking meets every message once, whatever comes in and changes meanwhile", walkWhileChanging},
		{"walking the sent ones meets each once while others are being sent", walkWhileSending},
		{"walking what is changed on the way, as many are canceled at once", walkAndCancel},
	}
}

func sameMillisecond(s *scene) {
	made := s.accept(11)
	slices.Reverse(made)
	s.clock.Move(time.Millisecond)
	newer := s.accept(1)[0]
	whole := s.list(models.Filter{}, 100)
	require.Equal(s.t, newer.ID.Text, whole[0])
	require.ElementsMatch(s.t, ids(made), whole[1:])
	for _, limit := range []int{1, 4} {
		require.Equal(s.t, whole, s.list(models.Filter{}, limit))
	}
	require.NoError(s.t, s.store.Close())
	s.store = s.open()
	require.Equal(s.t, whole, s.list(models.Filter{}, 3), "also when the store is opened again")
}

func pastTheEnd(s *scene) {
	made := s.accept(3)
	last := models.Cursor{At: s.clock.Now().Add(-time.Hour), Tie: "m"}
	page, err := s.store.List(s.t.Context(), models.Filter{}, models.Cursor{}, 2)
	require.NoError(s.t, err)
	require.False(s.t, page.Next.IsZero(), "there is a third")
	last.Tie = page.Next.Tie
	past, err := s.store.List(s.t.Context(), models.Filter{}, last, 2)
	require.NoError(s.t, err)
	require.Empty(s.t, past.Messages)
	require.True(s.t, past.Next.IsZero())

	// What it pointed at is gone, and it still points at its place.
	s.cancel(idsOf(made)...)
	s.clock.Move(time.Hour)
	s.prune(dataoperations.PruneRequest{Before: s.clock.Now(), Limit: 10}, 3)
	gone, err := s.store.List(s.t.Context(), models.Filter{}, page.Next, 2)
	require.NoError(s.t, err)
	require.Empty(s.t, gone.Messages)
	require.True(s.t, gone.Next.IsZero())
}

func walkWhileChanging(s *scene) {
	s.run(0)
	var there []models.Message
	for range 10 {
		there = append(there, s.accept(2)...)
		s.clock.Move(time.Second)
	}
	met := s.walkList(models.Filter{}, 3, func(int) {
		s.accept(2)
		for _, claimed := range s.claim(2) {
			require.True(s.t, s.record(s.failed(claimed)))
		}
		s.clock.Move(time.Second)
	})
	requireMetOnce(s, there, met)
	require.True(s.t, slices.IsSortedFunc(met, func(a, b models.Message) int { return b.CreatedAt.Compare(a.CreatedAt) }))
}

// requireMetOnce demands that each of those there was met, and nobody twice.
func requireMetOnce(s *scene, there, met []models.Message) {
	s.t.Helper()
	times := map[string]int{}
	for _, message := range met {
		times[message.ID.Text]++
		require.Equal(s.t, 1, times[message.ID.Text], "%s was met again", message.ID)
	}
	for _, message := range there {
		require.Equal(s.t, 1, times[message.ID.Text], "%s was passed by", message.ID)
	}
}

func walkWhileSending(s *scene) {
	s.run(0)
	s.accept(60)
	send := func(n int) {
		for _, claimed := range s.claim(n) {
			require.True(s.t, s.record(s.sent(claimed)))
		}
		s.clock.Move(time.Millisecond)
	}
	for range 5 {
		send(3)
	}
	there := s.walkList(models.Filter{Status: models.StatusSent}, 100, nothing)
	require.Len(s.t, there, 15)
	requireMetOnce(s, there, s.walkList(models.Filter{Status: models.StatusSent}, 2, func(int) { send(2) }))
}

// walkAndCancel is how many are canceled at once: what is met leaves the list.
func walkAndCancel(s *scene) {
	for i := range 20 {
		s.acceptOne(func(m *models.Message) { m.To = []string{recipient, "+905552222222"}[i%2] })
	}
	filter, canceled := models.Filter{Status: models.StatusPending, To: recipient}, 0
	for cursor := (models.Cursor{}); ; {
		page, err := s.store.List(s.t.Context(), filter, cursor, 3)
		require.NoError(s.t, err)
		for _, did := range s.cancel(idsOf(page.Messages)...) {
			require.True(s.t, did)
			canceled++
		}
		if cursor = page.Next; cursor.IsZero() {
			break
		}
	}
	require.Equal(s.t, 10, canceled)
	s.requireCounts(models.Counts{models.StatusCanceled: 10, models.StatusPending: 10})
}
