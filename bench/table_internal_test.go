package main

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTable_SaysWhatWasLeftOutAndWhy(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	b := bench{settings: settings{messages: 50_000, inFlight: 256, repeats: 3}, out: &out}
	require.NoError(t, b.printTable([]block{{latency: 0, rows: []measuredRow{
		{row: row{name: "client loop", short: "loop"}, messages: 50_000, perSecond: []float64{28_000, 20_000, 24_000}},
		{row: row{name: ourName}, messages: 50_000, perSecond: []float64{21_000, 16_000, 17_000}},
		{row: row{name: "river", short: "river"}, lacking: "failed: no disk\nmore of it"},
	}}}, self{readyMS: []float64{50}, idleMiB: []float64{33.3}, peakMiB: []float64{70}, othersPercent: []float64{1, 60}}))
	require.Contains(t, out.String(), `
sink answers after 0s                messages     min  median     max
client loop                            50,000  20,000  24,000  28,000  msg/s
auto-message-sender, embedded store    50,000  16,000  17,000  21,000  msg/s
river                                                                  left out: failed: no disk
ours ÷ loop                                      0.71    0.75    0.80  ×

the service by itself                             min  median     max
start to ready, empty store                        50      50      50  ms
memory, idle                                     33.3    33.3    33.3  MiB
memory, peak at full speed                       70.0    70.0    70.0  MiB

processors used by other programs                 1.0    30.5    60.0  %
This machine was not quiet: repeat it before you believe it.
`)
}

func TestMessagesOf_TakesTheRowsShareAndBoundsTheTimeOfALateSink(t *testing.T) {
	t.Parallel()
	require.Equal(t, 50_000, messagesOf(row{share: 1}, 50_000, 256, 0))
	require.Equal(t, 5_000, messagesOf(row{share: 0.1}, 50_000, 256, 0))
	require.Equal(t, 50_000, messagesOf(row{share: 1}, 50_000, 256, 20*time.Millisecond))
	require.Equal(t, 640, messagesOf(row{share: 1}, 50_000, 64, time.Second))
	require.Equal(t, 1, messagesOf(row{share: 0.1}, 1, 1, time.Minute))
}

func TestRows_WithoutPeersAreTheTwoThatNeedNothing(t *testing.T) {
	t.Parallel()
	rows := bench{settings: settings{peers: false}}.rows()
	require.Len(t, rows, 2)
	for _, r := range rows {
		require.Empty(t, r.lacking)
	}
	for _, r := range (bench{settings: settings{peers: true, peersBinary: "does/not/exist"}}).rows() {
		ours := r.short == "" || r.short == "net/http loop"
		require.Equal(t, ours, r.lacking == "", r.name)
	}
}

func TestGrouped_PutsACommaBetweenThousands(t *testing.T) {
	t.Parallel()
	for value, want := range map[float64]string{
		0: "0", 999.4: "999", 999.5: "1,000", 28_000: "28,000", 1_234_567: "1,234,567", -100: "-100", -1234: "-1,234",
	} {
		require.Equal(t, want, grouped(value))
	}
}

func TestParse_ReadsListsAndRefusesNonsense(t *testing.T) {
	t.Parallel()
	s, err := parse([]string{"-latencies", "0, 5ms", "-sizes", "10,20", "-what", "all"}, io.Discard)
	require.NoError(t, err)
	require.Equal(t, []time.Duration{0, 5 * time.Millisecond}, s.latencies)
	require.Equal(t, []int{10, 20}, s.sizes)
	require.Equal(t, []string{whatTable, whatGrowth, whatWindow, whatReplicas, whatAPI}, s.measurements())

	for name, test := range map[string]struct {
		arguments []string
		says      string
	}{
		"what":      {[]string{"-what", "speed"}, `-what: there is no "speed"`},
		"numbers":   {[]string{"-repeats", "0"}, "at least 1"},
		"interval":  {[]string{"-interval", "10ms"}, "-interval"},
		"latencies": {[]string{"-latencies", "-1s"}, "-latencies"},
		"no list":   {[]string{"-latencies", "0,,1s"}, "invalid duration"},
		"sizes":     {[]string{"-sizes", "0"}, "-sizes"},
		"lean sink": {[]string{"-lean-sink", "-peers=false"}, "-lean-sink"},
		"unknown":   {[]string{"-fast"}, "-fast"},
		"several":   {[]string{"-n", "0", "-what", "x"}, "-what: there is no \"x\"\n-n, "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse(test.arguments, io.Discard)
			require.ErrorContains(t, err, test.says)
		})
	}
}
