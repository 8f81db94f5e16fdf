package mongostore_test

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/wireproxy"
)

// perWindow is the cap that the writes are made under.
const perWindow = 4

// everyWrite is every kind of write that the store makes, and the reads that a
// claim depends on: which command of a call suffers, and the call.
func everyWrite() map[string]write {
	insert := wireproxy.Target{Name: "insert", Collection: "messages"}
	reading := wireproxy.Target{Name: "find", Collection: "messages"}
	readingState := wireproxy.Target{Name: "find", Collection: "scheduler"}
	all := map[string]write{
		"accept one":               {insert, 1, accepting(1)},
		"accept three":             {insert, 1, accepting(3)},
		"adopt":                    {claimUpdate, 1, adopting},
		"refuse to adopt":          {claimUpdate, 2, adopting},
		"open a window":            {windowUpdate, 1, claiming},
		"draw":                     {draw, 1, claiming},
		"claim":                    {claimUpdate, 1, claiming},
		"read back a claim":        {reading, 3, claiming},
		"look whether still on":    {readingState, 2, claiming},
		"record":                   {claimUpdate, 1, recording},
		"give back":                {claimUpdate, 1, givingBack},
		"give back what was drawn": {windowUpdate, 1, givingBack},
		"rescue":                   {claimUpdate, 1, rescuing},
		"redraw":                   {claimUpdate, 1, redrawing},
		"start":                    {startStop, 1, starting},
		"stop":                     {startStop, 1, stopping},
		"audit":                    {auditUpdate, 1, starting},
		"configure":                {windowUpdate, 1, configuring},
	}
	maps.Copy(all, everyChange())
	return all
}

// write is one kind of write: the nth command of the target in a call.
type write struct {
	target wireproxy.Target
	nth    int
	begin  func(t *testing.T, m *trial) call
}

// call is a call of the store, made again after an error as its caller would, and
// what must then be so.
type call struct {
	do    func(ctx context.Context) error
	check func(t *testing.T)
}

func accepting(n int) func(*testing.T, *trial) call {
	return func(_ *testing.T, m *trial) call {
		batch := m.messages(n)
		return call{do: func(ctx context.Context) error {
			err := m.store.Accept(ctx, batch...)
			if models.KindOf(err) == models.KindConflict {
				return nil // as good: it is there
			}
			return err //nolint:wrapcheck // it goes straight to the trial.
		}}
	}
}

func adopting(t *testing.T, m *trial) call {
	t.Helper()
	for _, one := range m.messages(2) {
		m.InsertByHand(t, map[string]any{"_id": one.ID.Text, "to": one.To, "content": one.Content, "status": "pending"})
	}
	m.made++
	bad := fmt.Sprintf("message-%d", m.made)
	m.InsertByHand(t, map[string]any{"_id": bad, "to": "+12", "content": "text", "status": "pending"})
	return call{
		do: func(ctx context.Context) error {
			_, _, err := m.store.Adopt(ctx, dataoperations.AdoptRequest{Limit: 10, Inspect: func(to, _ string) (models.Inspected, error) {
				if to == "+12" {
					return models.Inspected{}, fmt.Errorf("to is too short")
				}
				return models.Inspected{To: to}, nil
			}})
			return err //nolint:wrapcheck // likewise.
		},
		check: func(t *testing.T) {
			t.Helper()
			refused := m.read(t, models.ID{Text: bad})
			require.Equal(t, models.StatusFailed, refused.Status)
			require.Equal(t, models.ErrorCodeInvalid, refused.ErrorCode)
		},
	}
}

func claiming(t *testing.T, m *trial) call {
	t.Helper()
	m.store1(t, m.messages(perWindow+1))
	return call{do: func(ctx context.Context) error {
		result, err := m.store.Claim(ctx, request(perWindow+1))
		if err != nil {
			require.Empty(t, result.Claimed, "nobody looks at them")
			return err //nolint:wrapcheck // likewise.
		}
		m.live = append(m.live, result.Claimed...)
		return nil
	}}
}

func recording(t *testing.T, m *trial) call {
	t.Helper()
	m.store1(t, m.messages(4))
	results := []models.Result{models.ResultSent, models.ResultRetry, models.ResultFailed, models.ResultRetry}
	var outcomes []models.Outcome
	for i, one := range m.claim(t, m.store, 4, 4) {
		outcomes = append(outcomes, m.outcome(one, results[i]))
	}
	outcomes[3].Uncounted, outcomes[3].Redraw = true, true
	m.expected[outcomes[2].ID] = models.StatusFailed
	return call{
		do: func(ctx context.Context) error {
			applied, err := m.store.Record(ctx, outcomes)
			if err == nil {
				require.Equal(t, []bool{true, true, true, true}, applied, "its own outcomes")
			}
			return err //nolint:wrapcheck // likewise.
		},
		check: func(t *testing.T) {
			t.Helper()
			for i, outcome := range outcomes {
				message := m.read(t, outcome.ID)
				require.Equal(t, outcome.Result.Status(), message.Status)
				require.Len(t, message.Attempts, []int{1, 1, 1, 0}[i])
				require.Equal(t, []int{1, 1, 1, 0}[i], message.AttemptCount)
				require.Equal(t, []int{0, 1, 1, 0}[i], message.RetryCount)
			}
		},
	}
}

func givingBack(t *testing.T, m *trial) call {
	t.Helper()
	m.store1(t, m.messages(2))
	var claims []models.Claim
	for _, one := range m.claim(t, m.store, 2, 2) {
		claims = append(claims, one.Claim)
	}
	return call{
		do: func(ctx context.Context) error { return m.store.GiveBack(ctx, claims) },
		check: func(t *testing.T) {
			t.Helper()
			for _, claim := range claims {
				message := m.read(t, claim.ID)
				require.Equal(t, models.StatusPending, message.Status)
				require.Zero(t, message.AttemptCount)
			}
		},
	}
}

func rescuing(t *testing.T, m *trial) call {
	t.Helper()
	m.store1(t, m.messages(2))
	var claims []models.Claim
	for _, one := range m.claim(t, m.replica, 2, 2) {
		claims = append(claims, one.Claim)
	}
	return call{
		do: func(ctx context.Context) error {
			_, err := m.store.Rescue(ctx, claims, dataoperations.RescuePolicy{MaxAttempts: 3})
			return err //nolint:wrapcheck // likewise.
		},
		check: func(t *testing.T) {
			t.Helper()
			for _, claim := range claims {
				message := m.read(t, claim.ID)
				require.Equal(t, models.StatusPending, message.Status)
				require.Len(t, message.Attempts, 1)
				require.Equal(t, 1, message.RetryCount)
			}
		},
	}
}

func redrawing(t *testing.T, m *trial) call {
	t.Helper()
	m.store1(t, m.messages(2))
	var outcomes []models.Outcome
	for _, one := range m.claim(t, m.replica, 2, 2) {
		outcome := m.outcome(one, models.ResultRetry)
		outcome.NextAttemptAt = m.clock.Now()
		outcomes = append(outcomes, outcome)
	}
	_, err := m.replica.Record(t.Context(), outcomes)
	require.NoError(t, err)
	return call{
		do: func(ctx context.Context) error { _, err := m.store.Redraw(ctx); return err }, //nolint:wrapcheck // likewise.
		check: func(t *testing.T) {
			t.Helper()
			again := m.claim(t, m.store, 2, 2)
			for _, one := range again {
				require.NotZero(t, one.Window, "it draws")
			}
			m.live = append(m.live, again...)
		},
	}
}

func starting(t *testing.T, m *trial) call {
	t.Helper()
	_, err := m.replica.Stop(t.Context(), m.entry("stop"))
	require.NoError(t, err)
	m.clock.Move(time.Second)
	entry := m.entry("start")
	return call{
		do: func(ctx context.Context) error { _, err := m.store.Start(ctx, entry); return err }, //nolint:wrapcheck // likewise.
		check: func(t *testing.T) {
			t.Helper()
			require.True(t, m.state(t).Running)
			require.Equal(t, entry.ID, m.state(t).StartID)
		},
	}
}

func stopping(_ *testing.T, m *trial) call {
	entry := m.entry("stop")
	return call{
		do: func(ctx context.Context) error { _, err := m.store.Stop(ctx, entry); return err }, //nolint:wrapcheck // likewise.
		check: func(t *testing.T) {
			t.Helper()
			require.False(t, m.state(t).Running)
			m.clock.Move(time.Second)
			_, err := m.store.Start(t.Context(), m.entry("start"))
			require.NoError(t, err)
		},
	}
}

func configuring(t *testing.T, m *trial) call {
	t.Helper()
	// Another pace than the one before, and never a larger cap.
	pace := models.Pace{Interval: m.state(t).Interval + time.Second, PerWindow: perWindow}
	return call{
		do: func(ctx context.Context) error { return m.store.Configure(ctx, pace) },
		check: func(t *testing.T) {
			t.Helper()
			require.Equal(t, pace, m.state(t).Pace)
		},
	}
}
