package main

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	apiPath = "/api/v1"
	// The deep cursor and the deep page are after so many messages, or half of a
	// smaller store; to get there, pages of walkLimit are read.
	deepAfter    = 500_000
	deepPerPage  = 50
	walkLimit    = 1000
	jsonType     = "application/json"
	listedWithin = time.Hour // of the range of times
)

// apiCall is a kind of request that is timed.
type apiCall struct {
	name  string
	finds string // what some answer has, so that it is no empty list that is timed
	// every is in how many rounds it is asked once: fewer for one that would hold
	// up the others.
	every    int
	question func() question
}

// apiCalls lists what is timed. The values differ from request to request.
func (m *mixed) apiCalls(deep string) []apiCall {
	list := func(query ...string) string { return apiPath + "/messages?" + values(query...) }
	same := func(path string) func() question { return func() question { return get(path) } }
	page := min(deepAfter, m.size/2) / deepPerPage
	next := m.size
	return []apiCall{
		{"GET /messages", `"status":"pending"`, 1, same(apiPath + "/messages")},
		{"  ?status=sent", `"status":"sent"`, 1, same(list("status", "sent"))},
		{"  ?status=failed", `"status":"failed"`, 1, same(list("status", "failed"))},
		{"  ?to=…", `"to":"+90555`, 1, func() question { return get(list("to", m.recipient())) }},
		{"  ?reference=…", `"reference":"order-`, 1, func() question { return get(list("reference", reference(m.random.IntN(m.size)))) }},
		{"  ?sent_after=…&sent_before=…, an hour", `"status":"sent"`, 1, func() question {
			from := m.moment()
			return get(list("sent_after", from.UTC().Format(time.RFC3339), "sent_before", from.Add(listedWithin).UTC().Format(time.RFC3339)))
		}},
		{fmt.Sprintf("  ?cursor=…, %s deep", grouped(float64(page*deepPerPage))), `"status":"sent"`, 1, same(list("cursor", deep))},
		{"GET /messages/sent", `"status":"sent"`, 1, same(apiPath + "/messages/sent")},
		{fmt.Sprintf("  ?page=%d&per_page=%d", page, deepPerPage), `"status":"sent"`, 10, same(apiPath + "/messages/sent?" +
			values("page", strconv.Itoa(page), "per_page", strconv.Itoa(deepPerPage)))},
		{"GET /messages/{id}, sent or failed", `"status":"failed"`, 1, func() question { return get(apiPath + "/messages/" + m.doneID()) }},
		{"  waiting, with its position", `"position":"10000+"`, 1, func() question { return get(apiPath + "/messages/" + m.waitingID()) }},
		{"GET /stats", `"per_minute"`, 1, same(apiPath + "/stats")},
		{"GET /scheduler", `"counts"`, 1, same(apiPath + "/scheduler")},
		{"POST /messages", `"status":"pending"`, 1, func() question {
			next++
			return question{http.MethodPost, apiPath + "/messages", m.body(next, ""), jsonType, http.StatusCreated}
		}},
	}
}

// values makes a query of names and values.
func values(query ...string) string {
	made := url.Values{}
	for pair := range slices.Chunk(query, 2) {
		made.Set(pair[0], pair[1])
	}
	return made.Encode()
}

// body is a new message as JSON, with a key where one is given.
func (m *mixed) body(number int, key string) string {
	if key != "" {
		key = fmt.Sprintf(`,"idempotency_key":%q`, key)
	}
	return fmt.Sprintf(`{"to":%q,"content":%q,"reference":%q%s}`, m.recipient(), content(number), reference(number), key)
}

// walk follows the list of all messages, and returns the cursor after so many.
func (s service) walk(ctx context.Context, enough int) (cursor string, err error) {
	for met := 0; met < enough; {
		query := []string{"limit", strconv.Itoa(min(walkLimit, enough-met))}
		if cursor != "" {
			query = append(query, "cursor", cursor)
		}
		var page struct {
			Messages []struct{} `json:"messages"`
			Next     string     `json:"next_cursor"`
		}
		if err := s.call(ctx, http.MethodGet, apiPath+"/messages?"+values(query...), &page); err != nil {
			return "", err
		}
		if met += len(page.Messages); page.Next == "" {
			return "", fmt.Errorf("the list ends after %d messages", met)
		}
		cursor = page.Next
	}
	return cursor, nil
}

// timed is how long the answers to one kind of request took, in milliseconds, by
// repeat.
type timed struct{ p50, p99 []float64 }

func (t *timed) add(samples []time.Duration) {
	t.p50 = append(t.p50, quantile(samples, 0.5))
	t.p99 = append(t.p99, quantile(samples, 0.99))
}

// quantile returns the smallest sample that is not below that share of them (nearest
// rank), in milliseconds; there is at least one.
func quantile(samples []time.Duration, share float64) float64 {
	sorted := slices.Sorted(slices.Values(samples))
	rank := int(math.Ceil(share * float64(len(sorted))))
	return float64(sorted[max(rank, 1)-1].Nanoseconds()) / 1e6
}
