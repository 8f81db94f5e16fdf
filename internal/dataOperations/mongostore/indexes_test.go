package mongostore_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	driver "go.mongodb.org/mongo-driver/v2/mongo/options"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/storetest"
	"auto-message-sender/internal/models"
)

// definitions returns the indexes of a collection: their keys, in their order.
func definitions(t *testing.T, collection *mongo.Collection) map[string]bson.D {
	t.Helper()
	found := map[string]bson.D{}
	specifications, err := collection.Indexes().ListSpecifications(t.Context())
	require.NoError(t, err)
	for _, specification := range specifications {
		var keys bson.D
		require.NoError(t, bson.Unmarshal(specification.KeysDocument, &keys))
		found[specification.Name] = keys
	}
	return found
}

func TestOpen_MakesTheIndexesOnce(t *testing.T) {
	t.Parallel()
	d := newData(t)
	for range 2 {
		d.Open(t, storetest.NewClock().Now)
		messages := definitions(t, d.database.Collection("messages"))
		require.Len(t, messages, 13)
		require.Equal(t, bson.D{
			{Key: "status", Value: int32(1)},
			{Key: "drawn", Value: int32(1)},
			{Key: "priority", Value: int32(1)},
			{Key: "next_attempt_at", Value: int32(1)},
			{Key: "_id", Value: int32(1)},
		}, messages["due"])
		require.Len(t, definitions(t, d.database.Collection("scheduler_logs")), 2)
	}
}

func TestOpen_IndexUnderAnotherNameServesAsWell(t *testing.T) {
	t.Parallel()
	d := newData(t)
	_, err := d.database.Collection("messages").Indexes().CreateOne(t.Context(), mongo.IndexModel{
		Keys:    bson.D{{Key: "status", Value: 1}, {Key: "claim.at", Value: 1}},
		Options: driver.Index().SetName("made_by_hand"),
	})
	require.NoError(t, err)
	d.Open(t, storetest.NewClock().Now)
	messages := definitions(t, d.database.Collection("messages"))
	require.Contains(t, messages, "made_by_hand")
	require.Contains(t, messages, "due")
	require.Contains(t, messages, "sent")
}

// recorder keeps the commands that a client sends.
type recorder struct {
	mu       sync.Mutex
	commands []bson.Raw
}

func (r *recorder) started(_ context.Context, e *event.CommandStartedEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.commands = append(r.commands, slices.Clone(e.Command))
}

// query is what a command asks of a collection.
type query struct {
	collection string
	filter     bson.Raw
	sort       bson.Raw
	hint       string
}

// queries returns all that the commands recorded ask.
func (r *recorder) queries(t *testing.T) []query {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []query
	for _, command := range r.commands {
		elements, err := command.Elements()
		require.NoError(t, err)
		name := elements[0].Key()
		collection, _ := elements[0].Value().StringValueOK() // hello has none
		switch name {
		case "find":
			q := query{collection: collection, filter: command.Lookup("filter").Document()}
			if sort, ok := command.Lookup("sort").DocumentOK(); ok {
				q.sort = sort
			}
			all = append(all, q)
		case "findAndModify":
			all = append(all, query{collection: collection, filter: command.Lookup("query").Document()})
		case "aggregate":
			hint, _ := command.Lookup("hint").StringValueOK()
			all = append(all, query{
				collection: collection, filter: command.Lookup("pipeline", "0", "$match").Document(), hint: hint,
			})
		case "update", "delete":
			updates, err := command.Lookup(name + "s").Array().Values()
			require.NoError(t, err)
			for _, update := range updates {
				all = append(all, query{collection: collection, filter: update.Document().Lookup("q").Document()})
			}
		}
	}
	return all
}

// everything makes a store send every query it has.
func everything(t *testing.T, store dataoperations.Store, s *stage) {
	t.Helper()
	ctx := t.Context()
	must := func(_ any, err error) { require.NoError(t, err) }
	s.insert(t, "by-hand", nil)
	s.insert(t, "bad", bson.M{"to": 5})
	_, _, err := store.Adopt(ctx, dataoperations.AdoptRequest{Limit: 10, Inspect: taken})
	require.NoError(t, err)
	s.made++
	require.NoError(t, store.Accept(ctx, s.message()))
	require.NoError(t, store.Configure(ctx, models.Pace{Interval: interval, PerWindow: 9}))
	must(store.Start(ctx, models.SchedulerLog{ID: "start"}))
	claimed := s.claim(t, store, 2, 2)
	require.NoError(t, store.GiveBack(ctx, []models.Claim{claimed[0].Claim}))
	must(store.Record(ctx, []models.Outcome{s.outcome(claimed[0], models.ResultSent)}))
	claims, err := store.Claims(ctx, 10)
	require.NoError(t, err)
	must(store.Rescue(ctx, claims, dataoperations.RescuePolicy{MaxAttempts: 9}))
	must(store.Message(ctx, "message-1"))
	must(store.Sent(ctx, 0, 10))
	must(store.Counts(ctx))
	everyChangeOnce(t, store, s)
	s.beat(t, store)
	everyList(t, store, s)
	must(store.Stop(ctx, models.SchedulerLog{ID: "stop"}))
	_, _, err = store.SchedulerLogs(ctx, 0, 10)
	require.NoError(t, err)
	require.NoError(t, store.Ping(ctx))
}

// beat makes a replica come, forget one that is gone, and leave.
func (s *stage) beat(t *testing.T, store dataoperations.Store) {
	t.Helper()
	require.NoError(t, store.Beat(t.Context(), models.Replica{ID: "gone"}))
	s.clock.Move(models.ReplicaKept + time.Second)
	require.NoError(t, store.Beat(t.Context(), models.Replica{ID: "here"}))
	found, err := store.Replicas(t.Context())
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.NoError(t, store.Leave(t.Context(), "here"))
}

// everyChangeOnce is what people, the provider and the upkeep do.
func everyChangeOnce(t *testing.T, store dataoperations.Store, s *stage) {
	t.Helper()
	ctx, now := t.Context(), s.clock.Now()
	must := func(_ any, err error) { require.NoError(t, err) }
	batch := []models.Message{s.message(), s.message(), s.message()}
	for i := range batch {
		batch[i].ID.Text = fmt.Sprintf("changed-%d", i)
	}
	batch[1].SendAt, batch[2].ExpiresAt = now.Add(time.Second), now.Add(time.Second)
	must(store.AcceptNew(ctx, batch))
	must(store.Ahead(ctx, batch[0], 10))
	must(store.OldestWaiting(ctx))
	must(store.Reserve(ctx, models.Reservation{Key: "k", At: now}))
	s.clock.Move(models.ReservationKept + time.Second)
	must(store.Promote(ctx, 10))
	must(store.Expire(ctx, 10))
	must(store.Reserve(ctx, models.Reservation{Key: "k", At: s.clock.Now()}))
	must(store.ForgetReservations(ctx, 10))
	must(store.Cancel(ctx, ids(batch)))
	must(store.Retry(ctx, ids(batch)))
	must(store.Erase(ctx, batch[0].ID))
	_, err := store.Deliver(ctx, models.DeliveryReport{MessageID: "unknown"})
	require.Equal(t, models.KindNotFound, models.KindOf(err))
	must(store.Activity(ctx, now.Add(-time.Hour)))
	must(store.SetPace(ctx, models.Pace{Interval: interval, PerWindow: 8}, models.SchedulerLog{ID: "pace"}))
	require.NoError(t, store.Audit(ctx, models.SchedulerLog{ID: "audit", Action: models.ActionErase}))
	for _, erase := range []bool{true, false} {
		request := dataoperations.PruneRequest{Before: now, Erase: erase, Limit: 1}
		for _, status := range []models.Status{models.StatusSent, models.StatusFailed, models.StatusCanceled, models.StatusExpired} {
			request.After = dataoperations.PruneCursor{Status: status}
			_, _, err := store.Prune(ctx, request)
			require.NoError(t, err)
			request.After.Cursor = models.Cursor{At: now.Add(-time.Hour), Tie: "s:m"}
			_, _, err = store.Prune(ctx, request)
			require.NoError(t, err)
		}
	}
}

// everyList asks for every list that has one condition, or a status and one more,
// its first page and one after.
func everyList(t *testing.T, store dataoperations.Store, s *stage) {
	t.Helper()
	now := s.clock.Now()
	conditions := []models.Filter{
		{},
		{To: "+905551111111"},
		{Reference: "order-1"},
		{MessageID: "provider-1"},
		{CreatedAfter: now},
		{CreatedBefore: now},
		{SentAfter: now},
		{SentBefore: now},
		{FailedAfter: now},
		{FailedBefore: now},
	}
	for _, filter := range conditions {
		for _, status := range append(models.Statuses(), "") {
			filter.Status = status
			for _, after := range []models.Cursor{{}, {At: now, Tie: "s:m"}, {At: now, Tie: "o:68a795179072a717e6a17f37"}, {Tie: "s:m"}} {
				_, err := store.List(t.Context(), filter, after, 2)
				require.NoError(t, err)
			}
		}
	}
}

func TestQueries_EveryOneHasAnIndex(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := &recorder{}
	client, err := mongo.Connect(driver.Client().ApplyURI(s.uri).SetMonitor(&event.CommandMonitor{Started: r.started}))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Disconnect(context.WithoutCancel(t.Context()))) })
	everything(t, s.open(t, options(client.Database(s.database.Name()), s.clock.Now)), s)

	asked := r.queries(t)
	require.Greater(t, len(asked), 30)
	indexed := map[string]map[string]bson.D{}
	for _, q := range asked {
		if indexed[q.collection] == nil {
			indexed[q.collection] = definitions(t, s.database.Collection(q.collection))
			indexed[q.collection]["_id_"] = bson.D{{Key: "_id", Value: int32(1)}} // also of one that is not there yet
		}
		require.True(t, served(q, indexed[q.collection]), "no index serves %s, filter %s, sort %s", q.collection, q.filter, q.sort)
	}
}

// served reports whether an index serves a query, by the rule of thumb that MongoDB's
// planner follows: the filter fixes the first field of the index, and the order
// asked for is that of the index from its first field on that is not fixed.
func served(q query, indexes map[string]bson.D) bool {
	if branches, ok := q.filter.Lookup("$or").ArrayOK(); ok {
		if _, err := q.filter.LookupErr("_id"); err != nil {
			values, _ := branches.Values()
			for _, branch := range values {
				if !served(query{collection: q.collection, filter: branch.Document(), sort: q.sort}, indexes) {
					return false
				}
			}
			return true
		}
	}
	for name, keys := range indexes {
		if q.hint == name || servedBy(q, keys) {
			return true
		}
	}
	return false
}

// servedBy reports whether this index serves a query without an $or.
func servedBy(q query, keys bson.D) bool {
	fixed := 0
	for fixed < len(keys) && isFixed(q.filter, keys[fixed].Key) {
		fixed++
	}
	sort, _ := q.sort.Elements()
	if len(sort) == 0 {
		return fixed > 0
	}
	forward, backward := true, true // an index is read in either direction
	for i, by := range sort {
		if fixed+i >= len(keys) || keys[fixed+i].Key != by.Key() {
			return false
		}
		forward = forward && keys[fixed+i].Value == any(by.Value().Int32())
		backward = backward && keys[fixed+i].Value == any(-by.Value().Int32())
	}
	return forward || backward
}

// isFixed reports whether a filter demands one value, or one of several, of a field.
func isFixed(filter bson.Raw, field string) bool {
	value, err := filter.LookupErr(field)
	if err != nil {
		return false
	}
	operators, ok := value.DocumentOK()
	if !ok {
		return true
	}
	elements, err := operators.Elements()
	return err == nil && len(elements) == 1 && (elements[0].Key() == "$eq" || elements[0].Key() == "$in")
}
