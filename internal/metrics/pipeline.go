package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"auto-message-sender/internal/dispatch"
	"auto-message-sender/internal/webhook"
)

// Pipeline counts what the pipeline tells; it is a dispatch.Observer.
type Pipeline struct {
	messages *messages
	// attempts by outcome and cause; nil where the two cannot meet.
	attempts [][]prometheus.Counter
	others   *prometheus.CounterVec

	claimed, recorded, opened, missed, rescues, fenced prometheus.Counter
	failures                                           []prometheus.Counter // by operation

	attemptTime, claimTime, recordTime prometheus.Histogram
}

func newPipeline(c *catalogue, moved *messages) *Pipeline {
	// Half a millisecond on the disk of this machine, to a store that answers at last.
	storeTimes := []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}
	p := &Pipeline{
		messages: moved,
		others: c.counters("ams_attempts_total", "Attempts at the webhook that have ended, by what they came to and why: "+
			"a class of status, a step that failed, or what kept the attempt from beginning.", "outcome", "reason"),
		attemptTime: c.histogram("ams_attempt_duration_seconds", "How long the webhook's calls took that were begun.",
			[]float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}),
		claimed:   c.counter("ams_claimed_messages_total", "Messages that this replica has claimed."),
		claimTime: c.histogram("ams_claim_duration_seconds", "How long the store took to answer a claim.", storeTimes),
		recorded:  c.counter("ams_recorded_messages_total", "Outcomes that this replica has written and that stand."),
		recordTime: c.histogram("ams_record_duration_seconds", "How long the store took to write outcomes, many at once.",
			storeTimes),
		opened: c.counter("ams_windows_opened_total", "Windows that this replica has opened."),
		missed: c.counter("ams_windows_missed_total", "Windows that no replica has opened when they were due, "+
			"counted by the replica that opened the next."),
		rescues: c.counter("ams_lease_rescues_total", "Claims of replicas that were gone, ended by this one: "+
			"their attempts may have arrived."),
		fenced: c.counter("ams_fenced_outcomes_total", "Outcomes that changed nothing, because the claim no longer stood."),
	}
	failures := c.counters("ams_store_errors_total", "Operations that the store did not do.", "operation")
	for _, operation := range dispatch.Operations() {
		p.failures = append(p.failures, failures.WithLabelValues(operation.String()))
	}
	moved.requestFailures = failures.WithLabelValues("request")
	for _, outcome := range dispatch.AttemptOutcomes() {
		p.attempts = append(p.attempts, p.resolve(outcome))
	}
	return p
}

// resolve looks up the counters of the attempts with one outcome, so that nobody has
// to when an attempt ends, and so that they are there before the first one does.
func (p *Pipeline) resolve(outcome dispatch.AttemptOutcome) []prometheus.Counter {
	var counters []prometheus.Counter
	for _, cause := range webhook.Causes() {
		for len(counters) <= int(cause) {
			counters = append(counters, nil)
		}
		if canMeet(outcome, cause) {
			counters[cause] = p.others.WithLabelValues(outcome.String(), cause.String())
		}
	}
	return counters
}

// canMeet reports whether an attempt can have the outcome for the cause, as far as
// one knows: another combination is counted when it is met.
func canMeet(outcome dispatch.AttemptOutcome, cause webhook.Cause) bool {
	unbegun := cause == webhook.CauseStopped || cause == webhook.CauseExpired || cause == webhook.CauseBreaker
	refused := cause == webhook.Cause3xx || cause == webhook.Cause4xx || cause == webhook.CauseOtherStatus
	switch outcome {
	case dispatch.AttemptSent:
		return cause == webhook.Cause2xx
	case dispatch.AttemptNotBegun:
		return unbegun
	case dispatch.AttemptHeld:
		return cause == webhook.Cause5xx || cause == webhook.CauseTimeout || cause == webhook.CauseReset || cause == webhook.CauseInvalidReply
	case dispatch.AttemptRetry:
		return !unbegun && cause != webhook.Cause2xx && cause != webhook.Cause3xx && cause != webhook.CauseOtherStatus
	case dispatch.AttemptFailed:
		return refused || !unbegun && cause != webhook.Cause2xx
	}
	return false
}

// Claimed is part of dispatch.Observer.
func (p *Pipeline) Claimed(claiming dispatch.Claiming) {
	p.claimTime.Observe(claiming.Took.Seconds())
	p.claimed.Add(float64(claiming.Claimed))
	p.missed.Add(float64(claiming.WindowsMissed))
	if claiming.WindowOpened {
		p.opened.Inc()
	}
}

// Attempted is part of dispatch.Observer.
func (p *Pipeline) Attempted(attempt dispatch.Attempted) {
	if attempt.Outcome != dispatch.AttemptNotBegun {
		p.attemptTime.Observe(attempt.Duration.Seconds())
	}
	counters := p.attempts[attempt.Outcome]
	if int(attempt.Cause) < len(counters) && counters[attempt.Cause] != nil {
		counters[attempt.Cause].Inc()
		return
	}
	p.others.WithLabelValues(attempt.Outcome.String(), attempt.Cause.String()).Inc()
}

// Recorded is part of dispatch.Observer.
func (p *Pipeline) Recorded(recording dispatch.Recording) {
	p.recordTime.Observe(recording.Took.Seconds())
	p.recorded.Add(float64(recording.Sent + recording.Failed + recording.Retry))
	p.fenced.Add(float64(recording.Fenced))
	p.messages.sent.Add(float64(recording.Sent))
	p.messages.failed.Add(float64(recording.Failed))
}

// Moved is part of dispatch.Observer.
func (p *Pipeline) Moved(how dispatch.Movement, n int) {
	switch how {
	case dispatch.MovedAdopted:
		p.messages.accepted.Add(float64(n))
	case dispatch.MovedRefused:
		p.messages.failed.Add(float64(n))
	case dispatch.MovedExpired:
		p.messages.expired.Add(float64(n))
	case dispatch.MovedErased:
		p.messages.erased.Add(float64(n))
	case dispatch.MovedRescued:
		p.rescues.Add(float64(n))
	}
}

// StoreFailed is part of dispatch.Observer.
func (p *Pipeline) StoreFailed(operation dispatch.Operation) { p.failures[operation].Inc() }

// messages counts what became of messages, by the hands of this replica.
type messages struct {
	accepted, sent, failed, expired, canceled, retried, erased prometheus.Counter
	requestFailures                                            prometheus.Counter // set by newPipeline
}

func newMessages(c *catalogue) *messages {
	outcomes := strings.Fields("accepted sent failed expired canceled retried erased")
	counters := c.counters("ams_messages_total", "Messages, by what this replica did: accepted by the API or found where they were "+
		"inserted by hand; sent; failed for good; expired; canceled, retried or erased by people, or erased by RETENTION.", "outcome")
	made := make(map[string]prometheus.Counter, len(outcomes))
	for _, outcome := range outcomes {
		made[outcome] = counters.WithLabelValues(outcome)
	}
	return &messages{
		accepted: made["accepted"], sent: made["sent"], failed: made["failed"], expired: made["expired"],
		canceled: made["canceled"], retried: made["retried"], erased: made["erased"],
	}
}
