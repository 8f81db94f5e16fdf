package client

import (
	"net/url"
	"time"
)

// Filter says which messages are meant; its zero value means all. A time called
// After is included, one called Before is not.
type Filter struct {
	Status    string `json:"status,omitempty"`
	To        string `json:"to,omitempty"`
	Reference string `json:"reference,omitempty"`
	MessageID string `json:"message_id,omitempty"` // the provider's

	CreatedAfter  time.Time `json:"created_after,omitzero"`
	CreatedBefore time.Time `json:"created_before,omitzero"`
	SentAfter     time.Time `json:"sent_after,omitzero"`
	SentBefore    time.Time `json:"sent_before,omitzero"`
	FailedAfter   time.Time `json:"failed_after,omitzero"`
	FailedBefore  time.Time `json:"failed_before,omitzero"`
}

// query returns the filter as parameters of a list.
func (f Filter) query() url.Values {
	query := url.Values{}
	for name, value := range map[string]string{
		"status": f.Status, "to": f.To, "reference": f.Reference, "message_id": f.MessageID,
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	for name, at := range map[string]time.Time{
		"created_after": f.CreatedAfter, "created_before": f.CreatedBefore,
		"sent_after": f.SentAfter, "sent_before": f.SentBefore,
		"failed_after": f.FailedAfter, "failed_before": f.FailedBefore,
	} {
		if !at.IsZero() {
			query.Set(name, at.UTC().Format(time.RFC3339Nano))
		}
	}
	return query
}
