package models_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

func TestForecastDraw_FollowsTheWindows(t *testing.T) {
	t.Parallel()
	// Two every two minutes; one of this window is left, the next opens in a minute.
	steady := running(2*time.Minute, 2)
	steady.WindowSeq, steady.WindowRemaining, steady.NextWindowAt = 5, 1, epoch().Add(time.Minute)
	steady.StartedAt = epoch().Add(-time.Minute)
	spent := steady
	spent.WindowRemaining = 0
	uncapped := running(time.Second, 0)
	stopped := steady.Stopped(models.SchedulerLog{})
	slow := running(30*24*time.Hour, 1)
	slow.NextWindowAt = epoch().Add(time.Hour)

	in := func(d time.Duration) time.Time { return epoch().Add(d) }
	tests := map[string]struct {
		state     models.Scheduler
		place     int64
		perMinute float64
		want      models.Forecast
	}{
		"within this window":                    {steady, 1, 0, models.Forecast{At: in(0)}},
		"the first of the next":                 {steady, 2, 0, models.Forecast{At: in(time.Minute)}},
		"the last of the next":                  {steady, 3, 0, models.Forecast{At: in(time.Minute)}},
		"the first of the one after":            {steady, 4, 0, models.Forecast{At: in(3 * time.Minute)}},
		"nothing is left of this window":        {spent, 1, 0, models.Forecast{At: in(time.Minute)}},
		"ten thousand":                          {spent, 10_000, 0, models.Forecast{At: in(time.Minute + 4999*2*time.Minute)}},
		"a window that is due opens at once":    {running(2*time.Minute, 2), 2, 0, models.Forecast{At: in(0)}},
		"and the one after it comes in time":    {running(2*time.Minute, 2), 3, 0, models.Forecast{At: in(2 * time.Minute)}},
		"no cap, and no rate is known":          {uncapped, 10_000, 0, models.Forecast{Note: "nothing was sent lately, so no rate is known"}},
		"no cap, no rate, the second":           {uncapped, 2, 0, models.Forecast{Note: "nothing was sent lately, so no rate is known"}},
		"no cap, no rate, the first":            {uncapped, 1, 0, models.Forecast{At: in(0)}},
		"no cap, the first":                     {uncapped, 1, 60, models.Forecast{At: in(0)}},
		"no cap, by the rate":                   {uncapped, 121, 60, models.Forecast{At: in(2 * time.Minute)}},
		"the rate does not count beside a cap":  {spent, 3, 1e6, models.Forecast{At: in(3 * time.Minute)}},
		"stopped":                               {stopped, 1, 60, models.Forecast{Note: "the scheduler is stopped"}},
		"no pace was ever set":                  {models.Scheduler{Running: true}, 1, 60, models.Forecast{Note: "the scheduler is stopped"}},
		"longer than a Duration":                {slow, 1_000_000, 0, models.Forecast{Note: "it takes longer than can be told"}},
		"no cap, longer than a Duration, still": {uncapped, 1 << 62, 1e-9, models.Forecast{Note: "it takes longer than can be told"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, tt.state.ForecastDraw(tt.place, epoch(), tt.perMinute))
		})
	}
	require.InDelta(t, 1, steady.PerMinute(), 1e-9)
	require.Zero(t, uncapped.PerMinute())
	require.Zero(t, models.Pace{}.PerMinute())
}
