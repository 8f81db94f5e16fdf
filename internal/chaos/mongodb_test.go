package chaos_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/chaos"
	"auto-message-sender/internal/e2e/program"
	"auto-message-sender/internal/models"
	"auto-message-sender/pkg/redisdb/redistest"
)

// cluster is a database and a Redis of one test.
type cluster struct {
	database *mongo.Database
	settings map[string]string
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	uri, server := program.MongoDB(t), redistest.Start(t)
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	require.NoError(t, err)
	name := "chaos_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	database := client.Database(name)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = database.Drop(ctx)
		_ = client.Disconnect(ctx)
	})
	return &cluster{database: database, settings: map[string]string{
		"MONGODB_URI": uri, "MONGODB_DATABASE": name,
		"REDIS_HOST": server.Host(), "REDIS_PORT": strconv.Itoa(server.Port()),
	}}
}

// idle reports whether nothing waits any more.
func (c *cluster) idle(f *fleet) bool {
	f.revive()
	waiting, err := c.database.Collection("messages").CountDocuments(f.t.Context(),
		bson.M{"$or": bson.A{
			bson.M{"status": bson.M{"$in": bson.A{"pending", "sending"}}},
			bson.M{"status": "scheduled", "next_attempt_at": bson.M{"$lt": moment().Add(farAhead / 4)}},
		}})
	return err == nil && waiting == 0
}

// read reads the database by the driver, with nothing of the program.
func (c *cluster) read(t *testing.T) stored {
	t.Helper()
	var scheduler struct {
		Running    bool  `bson:"running"`
		Seq        int64 `bson:"window_seq"`
		IntervalMS int64 `bson:"interval"`
		PerWindow  int   `bson:"per_window"`
	}
	require.NoError(t, c.database.Collection("scheduler").FindOne(t.Context(), bson.M{"_id": "scheduler"}).Decode(&scheduler))
	s := stored{running: scheduler.Running, seq: scheduler.Seq, reservations: []models.Reservation{}}
	s.pace = models.Pace{Interval: time.Duration(scheduler.IntervalMS) * time.Millisecond, PerWindow: scheduler.PerWindow}

	var documents []document
	found, err := c.database.Collection("messages").Find(t.Context(), bson.M{})
	require.NoError(t, err)
	require.NoError(t, found.All(t.Context(), &documents))
	for _, d := range documents {
		s.messages = append(s.messages, d.message())
	}

	var reservations []struct {
		Key       string `bson:"_id"`
		MessageID string `bson:"message_id"`
	}
	found, err = c.database.Collection("reservations").Find(t.Context(), bson.M{})
	require.NoError(t, err)
	require.NoError(t, found.All(t.Context(), &reservations))
	for _, r := range reservations {
		s.reservations = append(s.reservations, models.Reservation{Key: r.Key, MessageID: r.MessageID})
	}

	var logs []struct {
		ID        string        `bson:"_id"`
		Action    models.Action `bson:"action"`
		StartID   string        `bson:"start_id"`
		Timestamp time.Time     `bson:"timestamp"`
		Reason    string        `bson:"reason"`
	}
	found, err = c.database.Collection("scheduler_logs").Find(t.Context(), bson.M{})
	require.NoError(t, err)
	require.NoError(t, found.All(t.Context(), &logs))
	for _, l := range logs {
		s.audit = append(s.audit, models.SchedulerLog{
			ID: l.ID, Action: l.Action, StartID: l.StartID, Timestamp: l.Timestamp, Reason: l.Reason,
		})
	}
	return s
}

// document is a message as the database has it.
type document struct {
	ID           string        `bson:"_id"`
	To           string        `bson:"to"`
	Content      string        `bson:"content"`
	Status       models.Status `bson:"status"`
	CreatedAt    time.Time     `bson:"created_at"`
	SentAt       time.Time     `bson:"sent_at"`
	FailedAt     time.Time     `bson:"failed_at"`
	SendAt       time.Time     `bson:"send_at"`
	ExpiresAt    time.Time     `bson:"expires_at"`
	ErasedAt     time.Time     `bson:"erased_at"`
	Prior        int           `bson:"prior_attempts"`
	AttemptCount int           `bson:"attempt_count"`
	RetryCount   int           `bson:"retry_count"`
	MessageID    string        `bson:"message_id"`
	Error        string        `bson:"error"`
	ErrorCode    string        `bson:"error_code"`
	Attempts     []struct {
		Number     int       `bson:"number"`
		StartedAt  time.Time `bson:"started_at"`
		DurationMS int64     `bson:"duration_ms"`
		StatusCode int       `bson:"status_code"`
		Error      string    `bson:"error"`
		Replica    string    `bson:"replica"`
	} `bson:"attempts"`
}

func (d document) message() chaos.Message {
	m := models.Message{
		ID: models.ID{Text: d.ID}, To: d.To, Content: d.Content, Status: d.Status, CreatedAt: d.CreatedAt, SentAt: d.SentAt,
		AttemptCount: d.AttemptCount, RetryCount: d.RetryCount, MessageID: d.MessageID, Error: d.Error, ErrorCode: d.ErrorCode,
		FailedAt: d.FailedAt, SendAt: d.SendAt, ExpiresAt: d.ExpiresAt, ErasedAt: d.ErasedAt, PriorAttempts: d.Prior,
	}
	for _, a := range d.Attempts {
		m.Attempts = append(m.Attempts, models.Attempt{
			Number: a.Number, StartedAt: a.StartedAt, Duration: time.Duration(a.DurationMS) * time.Millisecond,
			StatusCode: a.StatusCode, Error: a.Error, Replica: a.Replica,
		})
	}
	return chaos.Message{Message: m}
}
