package browsertest_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// inAnHour returns a time as the API takes it.
func inAnHour() string {
	return time.Now().Add(time.Hour).UTC().Format(time.RFC3339) //nolint:forbidigo // real processes
}

func TestOverview_SendingIsStartedAndStoppedWithAReason(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"API_KEYS": people})
	s.accept("+905551110001", "hello")
	tb := openAs(t, s, operatorKey, "/")
	tb.see(".badge", "Stopped")
	tb.see(".tile", "Pending 1")

	tb.click("button", "Start sending")
	tb.fill("dialog input", "the campaign begins")
	tb.click("dialog button", "Start sending")
	tb.see(".badge", "Running")
	tb.see(".tile", "Sent 1")
	tb.see(".tile", "Pending 0")
	s.waitCount(1, "sent")

	tb.click("button", "Stop sending")
	tb.fill("dialog input", "lunch")
	tb.click("dialog button", "Stop sending")
	tb.see(".badge", "Stopped")
	require.Equal(t, false, s.call("GET", "/scheduler", "")["is_active"])

	logs := s.logs()
	require.Len(t, logs, 2)
	for i, want := range [][2]string{{"stop", "lunch"}, {"start", "the campaign begins"}} {
		require.Equal(t, want[0], logs[i]["action"])
		require.Equal(t, want[1], logs[i]["reason"])
		require.Equal(t, "olga", logs[i]["actor"])
	}
}

func TestOverview_ACallThatIsCalledOffChangesNothing(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	tb := open(t, s, "/")
	tb.click("button", "Start sending")
	tb.click("dialog button", "Cancel")
	tb.until(`() => document.querySelector('dialog') === null`)
	tb.click("button", "Start sending")
	tb.key("Escape")
	tb.until(`() => document.querySelector('dialog') === null`)
	tb.see(".badge", "Stopped")
	require.Empty(t, tb.asked("POST"))
	require.Empty(t, s.logs())
}

func TestOverview_ThePaceIsChangedAndAWrongOneIsToldAtItsField(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"MESSAGES_PER_INTERVAL": "2"})
	tb := open(t, s, "/")
	tb.expect("status of 400")
	tb.see("dd", "2 messages every 2 min")
	tb.click("button", "Change the pace")
	tb.fill("dialog input[name=messages_per_interval]", "7")
	tb.fill("dialog input[name=interval]", "soon")
	tb.click("dialog button", "Change the pace")
	tb.see("dialog .field:has(input[name=interval]) .error", "duration")
	require.Equal(t, "true", evaluate[string](tb, `() => document.querySelector('dialog input[name=interval]').getAttribute('aria-invalid')`))
	require.Equal(t, "interval", evaluate[string](tb, `() => document.activeElement.name`), "the focus is where something is wrong")
	require.EqualValues(t, 2, s.call("GET", "/scheduler", "")["messages_per_interval"])

	tb.fill("dialog input[name=interval]", "90s")
	tb.fill("dialog input[name=reason]", "the provider is slow")
	tb.click("dialog button", "Change the pace")
	tb.see("dd", "7 messages every 1 min 30 s")
	now := s.call("GET", "/scheduler", "")
	require.EqualValues(t, 7, now["messages_per_interval"])
	require.Equal(t, "1m30s", now["interval"])
	require.EqualValues(t, 90_000, s.cell(`SELECT interval_ms FROM scheduler`))
	require.Equal(t, "pace", s.logs()[0]["action"])
	require.Contains(t, s.logs()[0]["reason"], "the provider is slow")
}

func TestOverview_TheNextWindowIsCountedDownTo(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"SCHEDULER_INTERVAL": "5m"})
	tb := open(t, s, "/")
	tb.click("button", "Start sending")
	tb.click("dialog button", "Start sending")
	tb.see("[role=timer]", "in 4:")
	seconds := func() int {
		minutes, rest, found := strings.Cut(strings.TrimPrefix(tb.text("[role=timer]"), "in "), ":")
		require.True(t, found)
		m, err := strconv.Atoi(minutes)
		require.NoError(t, err)
		sec, err := strconv.Atoi(rest)
		require.NoError(t, err)
		return 60*m + sec
	}
	began, first := time.Now(), seconds() //nolint:forbidigo // real processes
	require.Eventually(t, func() bool { return seconds() <= first-2 }, patience, tick)
	require.InDelta(t, 2, time.Since(began).Seconds(), 1.5)
}

func TestOverview_AnEmptyStoreOffersACommandThatWorks(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	tb := open(t, s, "/")
	tb.see("h2", "No messages yet")
	run(t, tb.text("section.empty pre"), nil)
	s.waitCount(1, "pending")
	tb.see(".tile", "Pending 1")
	tb.gone("h2", "No messages yet")
}

func TestOverview_TheChartHasItsNumbersAsWordsAndAsATable(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for range 3 {
		s.accept("+905551110001", "hello")
	}
	s.accept("+905551110001", "refuse this")
	s.call("POST", "/scheduler/start", "")
	s.waitCount(3, "sent")
	s.waitCount(1, "failed")
	tb := open(t, s, "/")
	tb.see("figcaption", "3 messages sent and 1 failed")
	tb.until(`() => {
		const canvas = document.querySelector('.chart canvas');
		return canvas !== null && canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte !== 0);
	}`)
	tb.click("summary", "The same as a table")
	tb.see(".chart-rows td", "3")
	tb.click(".tile", "Failed")
	tb.see("h1", "Messages")
	tb.see(".message-row", "refuse this")
	require.Contains(t, evaluate[string](tb, `() => location.search`), "status=failed")
}
