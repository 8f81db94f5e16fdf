package metrics

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"auto-message-sender/internal/models"
)

// Changes counts what requests have the store do.
type Changes struct {
	byOperation map[string]prometheus.Counter
	failures    prometheus.Counter
	reports     struct{ applied, repeated, unknown prometheus.Counter }
}

func newChanges(c *catalogue, moved *messages) *Changes {
	reports := c.counters("ams_delivery_reports_total", "Delivery reports of the provider: applied, repeated – there was one already –, "+
		"or of a message that is unknown.", "result")
	counts := &Changes{failures: moved.requestFailures, byOperation: map[string]prometheus.Counter{
		"accept": moved.accepted, "accept_new": moved.accepted, "cancel": moved.canceled, "retry": moved.retried, "erase": moved.erased,
	}}
	counts.reports.applied = reports.WithLabelValues("applied")
	counts.reports.repeated = reports.WithLabelValues("repeated")
	counts.reports.unknown = reports.WithLabelValues("unknown")
	return counts
}

// Watch is a watched.Watch.
func (c *Changes) Watch(ctx context.Context, operation string) (_ context.Context, end func(changed int, err error)) {
	return ctx, func(changed int, err error) {
		switch models.KindOf(err) {
		case models.KindUnavailable, models.KindCorrupt:
			c.failures.Inc()
			return
		case models.KindNotFound:
			if operation == "deliver" {
				c.reports.unknown.Inc()
			}
		case models.KindInvalid, models.KindConflict:
		}
		if err != nil {
			return
		}
		if counter, counted := c.byOperation[operation]; counted {
			counter.Add(float64(changed))
		}
		if operation == "deliver" {
			c.delivered(changed > 0)
		}
	}
}

func (c *Changes) delivered(applied bool) {
	if applied {
		c.reports.applied.Inc()
		return
	}
	c.reports.repeated.Inc()
}
