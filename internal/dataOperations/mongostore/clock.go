package mongostore

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
)

// clock tells the server's time: this machine's, put right by an offset that is
// measured now and then. So all replicas agree when a window opens, whatever their
// own clocks say. Nothing that must be safe depends on it.
type clock struct {
	now     func() time.Time
	server  func(ctx context.Context) (time.Time, error)
	log     logrus.FieldLogger
	timeout time.Duration
	offset  atomic.Int64 // nanoseconds to add to now
}

// Now returns the server's time, in milliseconds, UTC.
func (c *clock) Now() time.Time {
	return inTime(c.now().Add(time.Duration(c.offset.Load())))
}

// measure compares the clocks. The server's time is taken to be that of the middle
// of the round trip, so it is wrong by half of that at most, and by the millisecond
// that the server cuts off. A difference from the old offset that is no more than
// this is none, and the offset stays.
func (c *clock) measure(ctx context.Context) error {
	asked := c.now()
	server, err := c.server(ctx)
	if err != nil {
		return err
	}
	trip := c.now().Sub(asked)
	offset := server.Sub(asked.Add(trip / 2))
	old := time.Duration(c.offset.Load())
	if (offset - old).Abs() <= trip/2+time.Millisecond {
		return nil
	}
	c.offset.Store(int64(offset))
	if change := offset - old; change.Abs() >= time.Second {
		c.log.WithField("offset", offset.String()).Warn("this machine's clock and MongoDB's differ; MongoDB's is used")
	}
	return nil
}

// follow measures again every so often, until ctx is done. Where it fails, the
// offset stays; the other steps notice that the database is away.
func (c *clock) follow(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(orDefault(every, defaultClockEvery))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		bounded, cancel := context.WithTimeout(ctx, c.timeout)
		if err := c.measure(bounded); err != nil && ctx.Err() == nil {
			c.log.WithError(err).Debug("MongoDB's clock could not be read")
		}
		cancel()
	}
}
