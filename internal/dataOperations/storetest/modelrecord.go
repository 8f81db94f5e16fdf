package storetest

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"auto-message-sender/internal/models"
)

// results are what an attempt may come to, by what the draws call it.
var results = []string{"sent", "retry", "retry to be drawn again", "uncounted retry", "uncounted retry to be drawn again", "failed"} //nolint:gochecknoglobals // a constant

// outcome returns an outcome of a claim. Of each kind a claim has one, so that
// recording it once more repeats it as a lost reply makes the dispatcher do.
func (w *walk) outcome(now time.Time, claimed models.Claimed) *models.Outcome {
	kind := rapid.SampledFrom(results).Draw(w.rt, "result")
	key := claimed.ID.Text + "/" + claimed.ClaimID + "/" + kind
	if known := w.outcomes[key]; known != nil {
		w.rt.Logf("%s: %s, as before", claimed.ID, kind)
		return known
	}
	w.next++
	outcome := &models.Outcome{
		ID: claimed.ID, ClaimID: claimed.ClaimID, Result: models.ResultRetry, At: now,
		Attempt: models.Attempt{
			Number: claimed.Attempt, StartedAt: now, Duration: time.Duration(w.next) * time.Millisecond, StatusCode: 202, Replica: claimed.Owner,
		},
	}
	if kind == "sent" {
		outcome.Result, outcome.MessageID = models.ResultSent, rapid.SampledFrom([]string{"", "provider-" + claimed.ID.Text}).Draw(w.rt, "message id")
	} else {
		outcome.Attempt.StatusCode, outcome.ErrorCode = 503, "http_503"
		outcome.Error = fmt.Sprintf("the webhook answered %q\n%d", kind, w.next)
		outcome.Attempt.Error = outcome.Error
	}
	switch kind {
	case "failed":
		outcome.Result = models.ResultFailed
	case "retry", "retry to be drawn again", "uncounted retry", "uncounted retry to be drawn again":
		// No two alike: by it an uncounted one is known again.
		outcome.NextAttemptAt = w.moment(now, "again at now and").Add(time.Duration(w.next) * time.Millisecond)
		outcome.Uncounted = kind == "uncounted retry" || kind == "uncounted retry to be drawn again"
		outcome.Redraw = kind == "retry to be drawn again" || kind == "uncounted retry to be drawn again"
	}
	w.outcomes[key] = outcome
	return outcome
}

func (w *walk) recordOne() { w.recordSome(w.anyClaims(1)) }

func (w *walk) recordMany() { w.recordSome(w.anyClaims(4)) }

// recordSome records outcomes of different messages in one call.
func (w *walk) recordSome(claims []models.Claimed) {
	h := w.any()
	var outcomes []models.Outcome
	var expected []bool
	for _, claimed := range claims {
		outcome := w.outcome(h.now(), claimed)
		one := w.find(claimed.ID)
		if (one.waits && outcome.Result != models.ResultSent) || (one.overlaid && one.shows == outcome) {
			continue // a person has been at it, and nobody promises what it shows
		}
		outcomes = append(outcomes, *outcome)
		expected = append(expected, w.record(h.now(), outcome))
	}
	applied, err := h.Record(w.rt.Context(), outcomes)
	require.NoError(w.rt, err)
	require.Len(w.rt, applied, len(outcomes))
	for i, outcome := range outcomes {
		require.Equal(w.rt, expected[i], applied[i], "%s: whether the outcome applied", outcome.ID)
	}
}
