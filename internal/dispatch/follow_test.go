package dispatch_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dispatch"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

// diary is a Tracer that writes down what it is told.
type diary struct {
	mu    sync.Mutex
	lines []string
	skips func(id string) bool
}

func (d *diary) write(format string, values ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, values...))
}

func (d *diary) Follow(message models.Claimed, claimed dispatch.Period) dispatch.Trace {
	if d.skips != nil && d.skips(message.ID.Text) {
		return nil
	}
	d.write("%s %d claimed %t", message.ID, message.Attempt, !claimed.From.IsZero() && !claimed.To.Before(claimed.From))
	return &page{d, fmt.Sprintf("%s %d", message.ID, message.Attempt)}
}

type page struct {
	diary *diary
	name  string
}

func (p *page) ID() string          { return p.name }
func (p *page) TraceParent() string { return "parent of " + p.name }

func (p *page) Sent(reply webhook.Reply) { p.diary.write("%s sent %d", p.name, reply.StatusCode) }

func (p *page) Recorded(outcome dispatch.AttemptOutcome, applied bool, written dispatch.Period) {
	p.diary.write("%s recorded %s, stands %t, later %t", p.name, outcome, applied, !written.To.Before(written.From))
}

// telling is a hook that remembers which traceparent it was told.
type telling struct {
	*hook

	mu   sync.Mutex
	told map[string]string
}

func (h *telling) Send(ctx context.Context, request webhook.Request) webhook.Reply {
	h.mu.Lock()
	h.told[request.ID] = request.TraceParent
	h.mu.Unlock()
	return h.hook.Send(ctx, request)
}

func TestTracer_FollowsEachAttemptFromItsClaimToItsRecord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(_ context.Context, id string, attempt int) webhook.Reply {
			if attempt == 1 {
				return busy()
			}
			return accepted(id)
		})
		book := &diary{skips: func(id string) bool { return id != "m-0000" }}
		sender := &telling{hook: s.hook, told: map[string]string{}}
		r := s.replica(uncapped(), func(o *dispatch.Options) { o.Tracer, o.Sender = book, sender })
		r.accept(t, 2)
		r.start(t)
		r.Start()
		pause(10 * time.Second)
		require.Equal(t, []string{
			"m-0000 1 claimed true", "m-0000 1 sent 503", "m-0000 1 recorded retry, stands true, later true",
			"m-0000 2 claimed true", "m-0000 2 sent 202", "m-0000 2 recorded sent, stands true, later true",
		}, book.lines)
		require.Equal(t, map[string]string{"m-0000": "parent of m-0000 2", "m-0001": ""}, sender.told)
		r.end(t)
	})
}
