package e2e_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/e2e/program"
	"auto-message-sender/pkg/redisdb/redistest"
)

// cluster is a database, a Redis, and what replicas need to use them.
type cluster struct {
	database *mongo.Database
	redis    *redis.Client
	settings map[string]string
}

func newCluster(t *testing.T, hook *receiver) *cluster {
	t.Helper()
	uri, server := program.MongoDB(t), redistest.Start(t)
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	require.NoError(t, err)
	name := "e2e_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	database := client.Database(name)
	cache := redis.NewClient(&redis.Options{Addr: server.Address()})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = database.Drop(ctx)
		_ = client.Disconnect(ctx)
		_ = cache.Close()
	})
	return &cluster{database: database, redis: cache, settings: map[string]string{
		"MONGODB_URI": uri, "MONGODB_DATABASE": name,
		"REDIS_HOST": server.Host(), "REDIS_PORT": strconv.Itoa(server.Port()),
		"WEBHOOK_URL": hook.URL, "SCHEDULER_INTERVAL": "2s", "MESSAGES_PER_INTERVAL": "2", "WEBHOOK_TIMEOUT": "5s",
	}}
}

// insert puts a document in as users of the reference do: as Extended JSON.
func (c *cluster) insert(t *testing.T, document string) {
	t.Helper()
	var parsed bson.D
	require.NoError(t, bson.UnmarshalExtJSON([]byte(document), false, &parsed))
	_, err := c.database.Collection("messages").InsertOne(t.Context(), parsed)
	require.NoError(t, err)
}

func TestReplicas_DocumentsInsertedByHandAreSentLikeAnyOther(t *testing.T) {
	t.Parallel()
	hook := newReceiver(t, nil)
	c := newCluster(t, hook)
	c.insert(t, `{"_id":"68a795179072a717e6a17f37","to":"+905551234570","content":"Test mesajı 9","status":"pending","created_at":{"$date":{"$numberLong":"1755798743223"}},"retry_count":{"$numberInt":"0"}}`)
	c.insert(t, `{"_id":{"$oid":"68a795179072a717e6a17f38"},"to":"+905551234571","content":"Test mesajı 10","status":"pending","created_at":{"$date":{"$numberLong":"1755798743224"}},"retry_count":{"$numberInt":"0"}}`)
	c.insert(t, `{"_id":"poison","to":"+12","content":"never","status":"pending","created_at":{"$date":{"$numberLong":"1755798743222"}}}`)
	p := serve(t, c.settings)
	p.must(http.StatusOK, "POST", "/api/v1/scheduler/start", "")

	require.Eventually(t, func() bool { return len(hook.perKey()) == 2 }, patience, 20*time.Millisecond)
	require.JSONEq(t, `{"to":"+905551234570","content":"Test mesajı 9"}`, hook.call(t, "68a795179072a717e6a17f37").body)
	require.JSONEq(t, `{"to":"+905551234571","content":"Test mesajı 10"}`, hook.call(t, "68a795179072a717e6a17f38").body)
	for _, id := range []any{"68a795179072a717e6a17f37", objectID(t, "68a795179072a717e6a17f38")} {
		require.Equal(t, "sent", c.waitForStatus(t, id, "sent")["status"], "its _id kept its type")
	}
	poison := c.waitForStatus(t, "poison", "failed")
	require.Contains(t, poison["error"], "to")

	require.Eventually(t, func() bool {
		keys, err := c.redis.Keys(t.Context(), "message_sent:provider-*").Result()
		return err == nil && len(keys) == 2
	}, patience, 20*time.Millisecond, "receipts")
	ttl, err := c.redis.TTL(t.Context(), "message_sent:provider-68a795179072a717e6a17f37").Result()
	require.NoError(t, err)
	require.InDelta(t, 24*time.Hour, ttl, float64(time.Minute))

	sent := p.must(http.StatusOK, "GET", "/api/v1/messages/sent", "")
	require.Len(t, sent["messages"], 2)
	p.signal(syscall.SIGTERM)
	require.Zero(t, p.exit())
	require.Len(t, hook.seen(), 2, "each once")
}

func objectID(t *testing.T, hex string) bson.ObjectID {
	t.Helper()
	id, err := bson.ObjectIDFromHex(hex)
	require.NoError(t, err)
	return id
}

// waitForStatus returns the document once it has the status.
func (c *cluster) waitForStatus(t *testing.T, id any, status string) bson.M {
	t.Helper()
	var document bson.M
	require.Eventually(t, func() bool {
		err := c.database.Collection("messages").FindOne(t.Context(), bson.D{{Key: "_id", Value: id}}).Decode(&document)
		return err == nil && document["status"] == status
	}, patience, 50*time.Millisecond, "%v is never %s", id, status)
	return document
}

func TestReplicas_TwoOnOneMongoDBShareTheBudget(t *testing.T) {
	t.Parallel()
	hook := newReceiver(t, nil)
	c := newCluster(t, hook)
	a, b := serve(t, c.settings), serve(t, c.settings)
	a.accept(12)
	requireTwoPerWindow(t, a, b, hook)
}

func TestReplicas_SendsGoOnWhenRedisIsGone(t *testing.T) {
	t.Parallel()
	hook := newReceiver(t, nil)
	server := redistest.Start(t)
	p := serve(t, map[string]string{
		"WEBHOOK_URL": hook.URL, "MESSAGES_PER_INTERVAL": "0",
		"REDIS_HOST": server.Host(), "REDIS_PORT": strconv.Itoa(server.Port()),
	})
	p.must(http.StatusOK, "POST", "/api/v1/scheduler/start", "")
	p.accept(5)
	p.waitForSent(5)
	server.Stop()
	p.accept(20)
	p.waitForSent(25)
	p.must(http.StatusOK, "GET", "/readyz", "")
	require.Len(t, hook.seen(), 25)
}

func TestReplicas_AMongoDBThatIsAwayAtStartIsWaitedFor(t *testing.T) {
	t.Parallel()
	p := serveUnready(t, map[string]string{
		"MONGODB_URI": "mongodb://user:canary-password@127.0.0.1:" + strconv.Itoa(program.FreePort(t)), "MONGODB_TIMEOUT": "1s",
	})
	p.waitFor("/livez")
	require.Eventually(t, func() bool { return strings.Contains(p.Stderr.String(), "waiting for the store") }, patience, 20*time.Millisecond)
	answer := p.must(http.StatusServiceUnavailable, "GET", "/readyz", "")
	require.Equal(t, "unavailable", answer["status"])
	p.must(http.StatusServiceUnavailable, "POST", "/api/v1/scheduler/start", "")
	p.signal(syscall.SIGTERM)
	require.Zero(t, p.exit())
	require.NotContains(t, p.Stderr.String(), "canary-password")
}
