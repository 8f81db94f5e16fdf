package browsertest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAudit_StartsAndStopsArePairedAndWhoDidWhatIsTold(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"API_KEYS": people})
	s.fail(2) // start, stop
	s.call("PUT", "/scheduler/pace", `{"messages_per_interval":5,"interval":"1m","reason":"more"}`)
	s.call("POST", "/messages/retry", `{"status":"failed"}`)
	s.call("POST", "/scheduler/start", `{"reason":"again"}`)
	tb := openAs(t, s, readerKey, "/audit")
	tb.see("tr", "again")
	rows := evaluate[[]string](tb, `() => [...document.querySelectorAll('.audit tbody tr')].map((row) => `+locate+`.plain(row.innerText))`)
	require.Len(t, rows, 5)
	for i, want := range [][]string{
		{"start", "olga", "still running", "again", "kestrel-1"}, {"retry", "olga"}, {"pace", "olga", "more"}, {"stop", "ran "}, {"start"},
	} {
		for _, words := range want {
			require.Contains(t, rows[i], words, strings.Join(rows, "\n"))
		}
	}
	// A stop that somebody makes elsewhere appears, and ends the run.
	s.call("POST", "/scheduler/stop", `{"reason":"enough"}`)
	tb.see("tr", "enough")
	tb.gone("tr", "still running")
}

func TestAudit_GoesBackPageByPage(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for range 30 {
		s.call("POST", "/scheduler/start", "")
		s.call("POST", "/scheduler/stop", "")
	}
	tb := open(t, s, "/audit")
	tb.see("nav", "Page 1 of 2")
	require.Equal(t, 50, evaluate[int](tb, `() => document.querySelectorAll('.audit tbody tr').length`))
	tb.click("button", "Older")
	tb.see("nav", "Page 2 of 2")
	require.Equal(t, 10, evaluate[int](tb, `() => document.querySelectorAll('.audit tbody tr').length`))
	require.Contains(t, evaluate[string](tb, `() => location.search`), "page=2")
	tb.click("button", "Newer")
	tb.see("nav", "Page 1 of 2")
}
