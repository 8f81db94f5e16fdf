package sqlitestore

import (
	"context"
	"fmt"

	"auto-message-sender/internal/models"
)

const (
	replicaColumns = `id, version, started_at, seen_at, in_flight, max_in_flight,
		webhook_state, webhook_since, webhook_retry_at, webhook_reason`
	isKnownReplica = `SELECT 1 FROM replicas WHERE id = ?`
	storeReplica   = `INSERT OR REPLACE INTO replicas (` + replicaColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	forgetReplicas = `DELETE FROM replicas WHERE seen_at < ?`
	forgetReplica  = `DELETE FROM replicas WHERE id = ?`
	listReplicas   = `SELECT ` + replicaColumns + ` FROM replicas WHERE seen_at >= ? ORDER BY id`
)

// Beat stores what a replica says of itself. There are as many as there are processes,
// and a few that are gone: all of them are read to forget the old.
func (s *Store) Beat(ctx context.Context, replica models.Replica) error {
	if err := s.undamaged(); err != nil {
		return err
	}
	return s.write(ctx, "store a heartbeat", func(ctx context.Context, tx *transaction) error {
		known := false
		err := tx.query(ctx, isKnownReplica, func(row) error { known = true; return nil }, replica.ID)
		if err != nil {
			return err
		}
		if !known {
			if _, err := tx.exec(ctx, forgetReplicas, s.replicasSince()); err != nil {
				return fmt.Errorf("forget old replicas: %w", err)
			}
		}
		health := replica.Webhook
		_, err = tx.exec(ctx, storeReplica, replica.ID, replica.Version, millis(replica.StartedAt), millis(s.Now()),
			replica.InFlight, replica.MaxInFlight,
			string(health.State), timeOrNull(health.Since), timeOrNull(health.RetryAt), health.Reason)
		return err
	})
}

// Leave forgets the replica.
func (s *Store) Leave(ctx context.Context, id string) error {
	return s.write(ctx, "forget a replica", func(ctx context.Context, tx *transaction) error {
		_, err := tx.exec(ctx, forgetReplica, id)
		return err
	})
}

// Replicas returns those that were seen lately.
func (s *Store) Replicas(ctx context.Context) ([]models.Replica, error) {
	var replicas []models.Replica
	err := s.read(ctx, "list the replicas", listReplicas, func(values row) error {
		replicas = append(replicas, models.Replica{
			ID:          asText(values[0]),
			Version:     asText(values[1]),
			StartedAt:   asTime(values[2]),
			SeenAt:      asTime(values[3]),
			InFlight:    int(asInt(values[4])),
			MaxInFlight: int(asInt(values[5])),
			Webhook: models.WebhookHealth{
				State:   models.WebhookState(asText(values[6])),
				Since:   asTime(values[7]),
				RetryAt: asTime(values[8]),
				Reason:  asText(values[9]),
			},
		})
		return nil
	}, s.replicasSince())
	return replicas, err
}

// replicasSince returns since when a replica that is remembered was seen.
func (s *Store) replicasSince() int64 { return millis(s.Now().Add(-models.ReplicaKept)) }
