package receipts

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
)

const (
	// queueLength is how many receipts may wait; the next ones are dropped. It
	// rides out a pause of the cache of a few tenths of a second at full speed.
	queueLength = 4096
	// batchSize bounds one Put.
	batchSize = 256
	// putLimit is how long one Put may take.
	putLimit = time.Second
)

// Writer writes receipts behind the back of whoever sends messages: Sent never
// blocks and never fails. Its owner closes it.
type Writer struct {
	cache Cache
	log   logrus.FieldLogger

	queue chan Receipt
	lost  atomic.Uint64

	closing chan struct{}
	close   func() // closes closing, once
	abandon context.CancelFunc
	done    chan struct{}

	reported uint64 // of lost, already seen by the goroutine
	troubled bool   // of the goroutine: the last batch was not all kept
}

// NewWriter returns a Writer that writes to the cache until it is closed.
func NewWriter(cache Cache, log logrus.FieldLogger) *Writer {
	ctx, abandon := context.WithCancel(context.Background())
	w := &Writer{
		cache:   cache,
		log:     log,
		queue:   make(chan Receipt, queueLength),
		closing: make(chan struct{}),
		abandon: abandon,
		done:    make(chan struct{}),
	}
	w.close = sync.OnceFunc(func() { close(w.closing) })
	go w.run(ctx)
	return w
}

// Sent hands over that the provider took a message under the id given, which
// may be empty: then there is no receipt. When the cache is away for long, or
// after Close, the receipt is dropped and counted.
func (w *Writer) Sent(messageID string, at time.Time) {
	if messageID == "" {
		return
	}
	select {
	case <-w.closing:
		w.lost.Add(1)
		return
	default:
	}
	select {
	case w.queue <- Receipt{MessageID: messageID, SentAt: at}:
	default:
		w.lost.Add(1)
	}
}

// Lost returns how many receipts were not written so far.
func (w *Writer) Lost() uint64 { return w.lost.Load() }

// Close writes what is queued and ends the goroutine. Where ctx ends first the
// rest is dropped, and the error says how many.
func (w *Writer) Close(ctx context.Context) error {
	before := w.Lost()
	w.close()
	select {
	case <-w.done:
	case <-ctx.Done():
		w.abandon()
		<-w.done
	}
	w.abandon()
	if lost := w.Lost() - before; lost > 0 {
		return fmt.Errorf("receipts: %d could not be written before the end", lost)
	}
	return nil
}

// run writes batches until the Writer is closed and its queue is empty.
func (w *Writer) run(ctx context.Context) {
	defer close(w.done)
	for {
		select {
		case first := <-w.queue:
			w.put(ctx, w.batch(first))
		case <-w.closing:
			select {
			case first := <-w.queue:
				w.put(ctx, w.batch(first))
			default:
				return
			}
		}
	}
}

// batch returns first and what else is queued already: nobody waits for more.
func (w *Writer) batch(first Receipt) []Receipt {
	batch := append(make([]Receipt, 0, min(batchSize, 1+len(w.queue))), first)
	for len(batch) < batchSize {
		select {
		case next := <-w.queue:
			batch = append(batch, next)
		default:
			return batch
		}
	}
	return batch
}

// put writes a batch, once: a receipt is not worth holding up the next ones.
func (w *Writer) put(ctx context.Context, batch []Receipt) {
	ctx, cancel := context.WithTimeout(ctx, putLimit)
	defer cancel()
	err := w.cache.Put(ctx, batch)
	if err != nil {
		w.lost.Add(uint64(len(batch)))
	}
	w.report(err)
}

// report says it once when receipts begin to be lost, and once when it is over.
func (w *Writer) report(err error) {
	lost := w.lost.Load()
	troubled := lost > w.reported
	w.reported = lost
	if troubled == w.troubled {
		return
	}
	w.troubled = troubled
	entry := w.log.WithField("lost", lost)
	switch {
	case !troubled:
		entry.Info("receipts are written again")
	case err != nil:
		entry.WithError(err).Warn("receipts are being lost, messages are not affected")
	default:
		entry.Warn("receipts are being lost: the cache is too slow; messages are not affected")
	}
}
