package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// feeders is how many clients post at the same time.
const feeders = 8

// blockSize is how many messages one client takes at a time, and a batch has.
const blockSize = 20

// feed posts until n messages were accepted, spread over the time given: one by one,
// and with whims also by keys and in batches.
func (tr *traffic) feed(ctx context.Context, seed uint64, n int, over time.Duration) {
	var blocks atomic.Int64
	var clients sync.WaitGroup
	began := moment()
	due := func(number int64) {
		at := began.Add(time.Duration(float64(over) * float64(number) / float64(n)))
		pause(ctx, at.Sub(moment()))
	}
	for client := range feeders {
		chosen := dice(seed, 100+uint64(client))
		clients.Go(func() {
			for ctx.Err() == nil {
				block := blocks.Add(1)
				first, last := (block-1)*blockSize+1, min(block*blockSize, int64(n))
				if first > last {
					return
				}
				orders := make([]*order, 0, blockSize)
				for number := first; number <= last; number++ {
					next := newOrder(seed, number, tr.whims)
					orders = append(orders, &next)
				}
				if tr.whims && block%4 == 0 {
					due(first)
					if whole, err := newBatch(block, orders); err == nil { // it always is
						tr.batch(ctx, chosen, whole, orders)
					}
					continue
				}
				for i, order := range orders {
					due(first + int64(i))
					tr.post(ctx, chosen, order)
				}
			}
		})
	}
	clients.Wait()
}

// post makes one client's message stored: until an answer of 201 it tries again,
// here and there; under its key, or each time with another text, so that each is
// known by its own.
func (tr *traffic) post(ctx context.Context, dice *rand.Rand, order *order) {
	for ; ctx.Err() == nil && !tr.tryOnce(dice, order); pause(ctx, 5*time.Millisecond) {
		if order.Key == "" {
			order.renew()
		}
	}
	if order.repeated {
		order.repeated = false
		first := order.ID
		for n := 0; ctx.Err() == nil && n < 20 && !tr.tryOnce(dice, order); n++ {
			pause(ctx, 5*time.Millisecond)
		}
		order.ID = first
	}
	tr.follow(ctx, order)
}

// tryOnce posts to some process, and reports whether that was answered 201.
func (tr *traffic) tryOnce(dice *rand.Rand, order *order) bool {
	body, err := order.item(nil)
	if err != nil {
		return false // of texts and numbers: it cannot be
	}
	status, answer, err := tr.fleet.send(tr.fleet.any(dice), request{
		method: http.MethodPost, path: "/api/v1/messages", body: body, key: order.Key,
	})
	id, _ := answer["id"].(string)
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if status == http.StatusCreated && id != "" {
		order.ID = id
		tr.posted = append(tr.posted, order.Posted)
		return true
	}
	if status == http.StatusBadRequest && order.overdue(moment()) {
		order.atOnce()
		return false
	}
	tr.refused(status, answer)
	if order.Key == "" && !errors.Is(err, errNotSent) {
		tr.unanswered++
	}
	return false
}

// refused notes an answer that no client of a run should ever get. The caller holds
// the lock.
func (tr *traffic) refused(status int, answer map[string]any) {
	if status >= 400 && status < 500 {
		tr.faults = append(tr.faults, fmt.Sprintf("%d %v", status, answer))
	}
}

// newBatch returns the request that has all of the orders. Some batches name each
// line, some only themselves.
func newBatch(number int64, orders []*order) (request, error) {
	chosen := orders[0].dice
	whole := request{method: http.MethodPost, path: "/api/v1/messages/batch", kind: "application/x-ndjson"}
	separator, array := "\n", chosen.IntN(2) == 0
	if array {
		whole.kind, separator = "application/json", ","
	}
	if chosen.IntN(3) == 0 {
		whole.key = fmt.Sprintf("batch-%d-%x", number, chosen.Uint64())
	}
	lines := make([]string, 0, len(orders))
	for i, order := range orders {
		order.Batch, order.repeated = true, false
		if order.ahead > 0 { // a batch is sent as it is until it is accepted: no line may be overdue by then
			order.Validity = 0
			delete(order.fields, "validity_period")
		}
		own := map[string]any{}
		if whole.key != "" {
			order.Key = fmt.Sprintf("%s:%d", whole.key, i+1)
		} else {
			order.Key = fmt.Sprintf("line-%d-%d-%x", number, i+1, order.dice.Uint64())
			own["idempotency_key"] = order.Key
		}
		line, err := order.item(own)
		if err != nil {
			return request{}, err
		}
		lines = append(lines, line)
	}
	if whole.body = strings.Join(lines, separator); array {
		whole.body = "[" + whole.body + "]"
	}
	return whole, nil
}

// batch makes the messages stored, all together: until every line has its id, the
// whole batch is sent again under the same keys, and some of them once more.
func (tr *traffic) batch(ctx context.Context, dice *rand.Rand, whole request, orders []*order) {
	for ctx.Err() == nil && !tr.tryBatch(dice, whole, orders) {
		pause(ctx, 5*time.Millisecond)
	}
	if ctx.Err() == nil && orders[0].dice.IntN(4) == 0 {
		tr.tryBatch(dice, whole, orders)
	}
	for _, order := range orders {
		tr.follow(ctx, order)
	}
}

// tryBatch sends the batch once, and reports whether every line has its id by now.
func (tr *traffic) tryBatch(dice *rand.Rand, whole request, orders []*order) bool {
	status, answer, err := tr.fleet.send(tr.fleet.any(dice), whole)
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.refused(status, answer)
	results, _ := answer["results"].([]any)
	if err != nil || status != http.StatusOK {
		return false
	}
	for _, one := range results {
		result, _ := one.(map[string]any)
		line, _ := result["line"].(float64)
		id, _ := result["id"].(string)
		if result["errors"] != nil || line < 1 || int(line) > len(orders) {
			tr.faults = append(tr.faults, fmt.Sprintf("line %v: %v", line, result["errors"]))
		} else if id != "" {
			order := orders[int(line)-1]
			order.ID = id
			tr.posted = append(tr.posted, order.Posted)
		}
	}
	for _, order := range orders {
		if order.ID == "" {
			return false
		}
	}
	return true
}
