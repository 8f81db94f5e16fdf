package mongostore

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// candidate is a message that was due when it was looked for.
type candidate struct {
	id       models.ID
	priority models.Priority
	due      time.Time
	drawn    bool // a retry; false: a first attempt, which draws from the window
}

// inOrder compares by priority, then by due time, then by id.
func inOrder(a, b candidate) int {
	return cmp.Or(
		cmp.Compare(a.priority, b.priority),
		a.due.Compare(b.due),
		cmp.Compare(a.id.Text, b.id.Text),
	)
}

// due finds up to limit messages to claim under the state: retries, and as many
// first attempts as the window allows, in their order. Without a cap it may look at
// more than it returns, see crowding; with one it is always the oldest that go first.
func (s *Store) due(ctx context.Context, state models.Scheduler, limit int) ([]candidate, error) {
	look := limit
	if state.PerWindow == 0 {
		look *= s.crowd.lookAhead()
	}
	found, err := s.dueNow(ctx, true, look)
	if err != nil {
		return nil, err
	}
	if state.Allowance(limit) > 0 {
		first, err := s.dueNow(ctx, false, look)
		if err != nil {
			return nil, err
		}
		found = append(found, first...)
	}
	slices.SortFunc(found, inOrder)
	if look > limit {
		spread(found)
	}
	return chosen(found, state.Allowance(limit), limit), nil
}

// dueNow finds retries (drawn) or first attempts that are due, by the index due.
func (s *Store) dueNow(ctx context.Context, drawn bool, limit int) ([]candidate, error) {
	now := s.Now()
	documents, err := find(ctx, s.messages, bson.M{
		"status":          pending,
		"drawn":           drawn,
		"next_attempt_at": bson.M{"$lte": now},
		"expires_at":      stillValid(now),
	}, options.Find().
		SetSort(bson.D{
			{Key: "priority", Value: 1}, {Key: "next_attempt_at", Value: 1}, {Key: "_id", Value: 1},
		}).
		SetLimit(int64(limit)).
		SetProjection(bson.M{"priority": 1, "next_attempt_at": 1, "attempt_count": 1, "created_at": 1}))
	if err != nil {
		return nil, explain("find messages that are due", err)
	}
	candidates := make([]candidate, 0, len(documents))
	for _, document := range documents {
		one, reason := newCandidate(document, drawn)
		if reason == "" {
			candidates = append(candidates, one)
			continue
		}
		// Counting its attempt would fail, and with it the claim of all others.
		if _, err := s.write(ctx, []mongo.WriteModel{refusal(document, reason, s.Now())}); err != nil {
			return nil, explain("refuse a message", err)
		}
	}
	return candidates, nil
}

// stillValid is the condition of an expires_at that has not come, or is not there.
func stillValid(now time.Time) bson.M { return bson.M{"$not": bson.M{"$lte": now}} }

// newCandidate reads a candidate, or says why the message can never be claimed.
func newCandidate(document bson.Raw, drawn bool) (one candidate, reason string) {
	if reason := idProblem(document.Lookup("_id")); reason != "" {
		return candidate{}, reason
	}
	r := &reader{document: document}
	id, _ := identify(document.Lookup("_id"))
	one = candidate{id: id, due: r.moment("next_attempt_at"), drawn: drawn}
	one.priority, _ = r.priority()
	r.countable("attempt_count")
	if len(r.problems) > 0 {
		return candidate{}, r.problems[0]
	}
	return one, ""
}

// chosen returns the first limit candidates, with no more first attempts among
// them than are allowed, in their order.
func chosen(found []candidate, allowed, limit int) []candidate {
	var picked []candidate
	for _, one := range found {
		if len(picked) == limit {
			break
		}
		if !one.drawn {
			if allowed == 0 {
				continue
			}
			allowed--
		}
		picked = append(picked, one)
	}
	slices.SortFunc(picked, inOrder)
	return picked
}

// spread shuffles sorted candidates, each priority for itself.
func spread(found []candidate) {
	for start := 0; start < len(found); {
		end := start
		for end < len(found) && found[end].priority == found[start].priority {
			end++
		}
		same := found[start:end]
		//nolint:gosec // to be out of each other's way, not to be unguessable
		rand.Shuffle(len(same), func(i, j int) { same[i], same[j] = same[j], same[i] })
		start = end
	}
}

// crowding knows how much replicas get into each other's way. All look at the head
// of one queue, so those that look at the same moment claim the same messages, and
// all but one get nothing. A replica that has lost messages so looks further ahead
// than it takes, and chooses at random; one that is alone keeps to the order. A cap
// bounds how much there is to gain by it, so only an uncapped pace uses it.
type crowding struct {
	mu    sync.Mutex
	level int // in steps of a calmAfter-th; see lookAhead
}

const (
	calmAfter    = 8  // claims without a loss, per step back
	maxLookAhead = 16 // times the number of messages wanted
)

// lookAhead returns how many times the messages wanted to look at: 1 when alone.
func (c *crowding) lookAhead() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return min(maxLookAhead, 1+c.level/calmAfter)
}

// learn takes in that got of the wanted messages were claimed.
func (c *crowding) learn(wanted, got int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if got < wanted {
		c.level = min(maxLookAhead*calmAfter, 2*c.level+calmAfter)
	} else if wanted > 0 {
		c.level = max(0, c.level-1)
	}
}
