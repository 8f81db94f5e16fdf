package mongostore

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
)

// clock tells the server's time: as it was measured, now and then, and what has
// passed since by this machine's monotonic clock. So all replicas agree when a window
// opens, whatever their own clocks say or are set to. Nothing that must be safe
// depends on it.
type clock struct {
	now     func() time.Time // with a monotonic reading, as time.Now
	server  func(ctx context.Context) (time.Time, error)
	log     logrus.FieldLogger
	timeout time.Duration
	latest  atomic.Pointer[comparison] // nil before the first
}

// comparison is one moment by both clocks.
type comparison struct {
	server, here time.Time
}

// Now returns the server's time, in milliseconds, UTC.
func (c *clock) Now() time.Time { return inTime(c.at(c.now())) }

// at returns the server's time at a moment of this machine's clock: what this machine
// says until the clocks were compared.
func (c *clock) at(here time.Time) time.Time {
	latest := c.latest.Load()
	if latest == nil {
		return here.Round(0) // without the monotonic reading, which is not the server's
	}
	return latest.server.Add(here.Sub(latest.here))
}

// measure compares the clocks. The server's time is taken to be that of the middle
// of the round trip, so it is wrong by half of that at most, and by the millisecond
// that the server cuts off. A difference from what this clock says that is no more
// than this is none, and its time goes on as it was.
func (c *clock) measure(ctx context.Context) error {
	asked := c.now()
	server, err := c.server(ctx)
	if err != nil {
		return err
	}
	trip := c.now().Sub(asked)
	here := asked.Add(trip / 2)
	server = server.Round(0)
	said := c.at(here)
	change := server.Sub(said)
	if change.Abs() <= trip/2+time.Millisecond {
		c.latest.Store(&comparison{server: said, here: here})
		return nil
	}
	c.latest.Store(&comparison{server: server, here: here})
	if change.Abs() >= time.Second {
		offset := server.Sub(here.Round(0))
		c.log.WithField("offset", offset.String()).Warn("this machine's clock and MongoDB's differ; MongoDB's is used")
	}
	return nil
}

// follow measures again every so often, until ctx is done. Where it fails, time
// goes on as it was; the other steps notice that the database is away.
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
