package dispatch

import (
	"time"

	"github.com/sirupsen/logrus"

	"auto-message-sender/internal/models"
)

// lane writes one batch at a time, beside the recorder's other lanes. An outcome
// goes by whichever lane is free; they are all of different claims, so their order
// does not matter.
type lane struct {
	recorder *recorder
	recorded chan<- []landing // told of what is durable

	parked   []landing        // refused by the store, for a reason of their own
	left     int              // not recorded when the recorder's time was up
	outcomes []models.Outcome // of the batch in hand; the memory is used again
}

// run writes batches until landings is closed and empty.
func (n *lane) run() {
	retry := time.NewTicker(parkedRetry)
	defer retry.Stop()
	for {
		select {
		case first, open := <-n.recorder.landings:
			if !open {
				n.retryParked()
				n.left += len(n.parked)
				return
			}
			n.land(n.gather(first))
		case <-retry.C:
			n.retryParked()
		}
	}
}

// land makes a batch durable and frees its slots. One outcome that the store
// refuses must not hold up the others: they are written one by one, and that one
// is parked.
func (n *lane) land(batch []landing) {
	began := n.recorder.options.Now()
	err := n.write(batch)
	switch {
	case err == nil:
		n.recorder.options.written(batch, began)
		keys := make([]claimKey, len(batch))
		for i, l := range batch {
			keys[i] = keyOf(l.message.Claim)
		}
		n.recorder.flight.land(keys)
		n.recorder.freed()
		n.recorded <- batch
	case !isRefusal(err):
		n.left += len(batch)
	case len(batch) > 1:
		for i := range batch {
			n.land(batch[i : i+1 : i+1])
		}
	default:
		n.parked = append(n.parked, batch[0])
		n.recorder.lines.WithError(err).WithFields(logrus.Fields{
			"message_id": batch[0].message.ID.Text, "attempt": batch[0].message.Attempt,
		}).Error("the store refuses the outcome of this message; it is tried again, the others go on")
	}
}

func (n *lane) retryParked() {
	parked := n.parked
	n.parked = nil
	for i := range parked {
		n.land(parked[i : i+1 : i+1])
	}
}

// gather takes what else has come in by now, without waiting.
func (n *lane) gather(first landing) []landing {
	batch := append(make([]landing, 0, 1+len(n.recorder.landings)), first)
	for len(batch) < recordBatch {
		select {
		case next, open := <-n.recorder.landings:
			if !open {
				return batch
			}
			batch = append(batch, next)
		default:
			return batch
		}
	}
	return batch
}

// write makes the batch durable. It returns an error only once the recorder's
// time is up, or where the store refuses something in the batch.
func (n *lane) write(batch []landing) error {
	outcomes := n.outcomes[:0]
	var unbegun []models.Claim
	for _, l := range batch {
		if l.begun() {
			outcomes = append(outcomes, l.outcome)
		} else {
			unbegun = append(unbegun, l.message.Claim)
		}
	}
	n.outcomes = outcomes
	if len(outcomes) > 0 {
		applied, err := n.recorder.record(outcomes)
		if err != nil {
			return err
		}
		next := 0
		for i := range batch {
			if batch[i].begun() {
				batch[i].applied = applied[next]
				next++
			}
		}
	}
	if len(unbegun) == 0 {
		return nil
	}
	return n.recorder.giveBack(unbegun)
}
