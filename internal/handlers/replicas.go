package handlers

import (
	"context"
	"errors"
	"time"

	"auto-message-sender/internal/models"
)

// ReplicaRecord is who runs; see dataoperations.Replicas.
type ReplicaRecord interface {
	Replicas(ctx context.Context) ([]models.Replica, error)
}

// Fleet tells which replicas run.
type Fleet struct {
	record ReplicaRecord
	now    func() time.Time
	self   string
}

// NewFleet takes the store, its time, and the id of this process.
func NewFleet(record ReplicaRecord, now func() time.Time, self string) (*Fleet, error) {
	if record == nil || now == nil || self == "" {
		return nil, errors.New("handlers: Fleet needs the store, its time, and the id of this process")
	}
	return &Fleet{record: record, now: now, self: self}, nil
}

// States of a replica.
const (
	replicaLive = "live"
	replicaGone = "gone"
)

// ReplicaList is all replicas.
type ReplicaList struct {
	Replicas []Replica `json:"replicas"`
} //	@name	ReplicaList

// Replica is one process, by what it told the store last.
type Replica struct {
	ID        string `json:"id" example:"sender-1"`
	Version   string `json:"version" example:"1.4.0"`
	StartedAt string `json:"started_at" format:"date-time" example:"2026-01-02T15:04:05.000Z"`
	SeenAt    string `json:"seen_at" format:"date-time" example:"2026-01-02T15:14:05.000Z"`
	// live: seen within 35 s. gone: it was killed, or does not reach the store; its claims are rescued.
	State string `json:"state" enums:"live,gone" example:"live"`
	// Attempts that it had under way, or whose outcome was not stored yet.
	InFlight int `json:"in_flight" example:"3"`
	// And may have.
	MaxInFlight int `json:"max_in_flight" example:"64"`
	// The webhook, by the answers that it got.
	Webhook Webhook `json:"webhook"`
	// Whether it is the one that answered.
	Self bool `json:"self" example:"true"`
} //	@name	Replica

// List tells which replicas run.
//
//	@Summary		List the replicas
//	@Description	The processes that share this store, by id. Each tells the store every 10 s that it lives; one that was not seen for 35 s is
//	@Description	gone, and forgotten after 24 hours. One that was shut down in order is forgotten at once.
//	@ID				listReplicas
//	@Tags			service
//	@Produce		json,application/problem+json
//	@Success		200	{object}	ReplicaList
//	@Failure		401	{object}	Problem	"No key, or an unknown one"
//	@Failure		403	{object}	Problem	"Without API_KEYS: the server was asked by a name that is not this machine's own"
//	@Failure		429	{object}	Problem	"Too many requests"
//	@Failure		500	{object}	Problem	"An internal error"
//	@Failure		503	{object}	Problem	"The store is away"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/replicas [get]
func (f *Fleet) List(ctx context.Context, _ Nothing) (ReplicaList, error) {
	record, err := f.record.Replicas(ctx)
	if err != nil {
		return ReplicaList{}, err //nolint:wrapcheck // its kind decides the answer
	}
	now := f.now()
	list := ReplicaList{Replicas: make([]Replica, 0, len(record))}
	for _, one := range record {
		state := replicaGone
		if one.Live(now) {
			state = replicaLive
		}
		list.Replicas = append(list.Replicas, Replica{
			ID: one.ID, Version: one.Version, StartedAt: timestamp(one.StartedAt), SeenAt: timestamp(one.SeenAt), State: state,
			InFlight: one.InFlight, MaxInFlight: one.MaxInFlight, Webhook: newWebhook(one.Webhook), Self: one.ID == f.self,
		})
	}
	return list, nil
}
