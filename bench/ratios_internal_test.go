package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSpreadOf_SortsAndTakesTheMiddle(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		values []float64
		want   spread
	}{
		"one":  {[]float64{3}, spread{3, 3, 3}},
		"two":  {[]float64{4, 2}, spread{2, 3, 4}},
		"odd":  {[]float64{9, 1, 2}, spread{1, 2, 9}},
		"even": {[]float64{8, 1, 2, 4}, spread{1, 3, 8}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := append([]float64(nil), test.values...)
			require.Equal(t, test.want, spreadOf(test.values))
			require.Equal(t, before, test.values, "the order of the repeats is kept")
		})
	}
}

func TestRatiosOf_DividesRowsOfTheSameRepeat(t *testing.T) {
	t.Parallel()
	// In the second repeat the machine was half as fast: the ratio is the same.
	blocks := []block{{latency: 20 * time.Millisecond, rows: []measuredRow{
		{row: row{name: "a", short: "loop"}, perSecond: []float64{1000, 500}},
		{row: row{name: ourName}, perSecond: []float64{800, 400}},
		{row: row{name: "b", short: "absent"}, lacking: "not installed"},
		{row: row{name: "c", short: "broken"}, perSecond: []float64{10}, lacking: "failed: in the second repeat"},
	}}}
	require.Equal(t, []ratio{{
		name: "ours ÷ loop", key: "ours ÷ loop, sink 20ms", spread: spread{0.8, 0.8, 0.8},
	}}, ratiosOf(blocks))
}

func baseline(ratios map[string]float64) ratioFile {
	file := ratioFile{Tolerance: 0.1, Ratios: map[string]spread{}}
	for key, median := range ratios {
		file.Ratios[key] = spread{Median: median}
	}
	return file
}

func measured(ratios map[string]float64) []ratio {
	var all []ratio
	for key, median := range ratios {
		all = append(all, ratio{key: key, spread: spread{Min: 0, Median: median, Max: 100}})
	}
	return all
}

func TestGuard_FailsOnlyOnARatioThatIsWorseThanItsTolerance(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		accepted, measured map[string]float64
		wrong              string // part of the error; empty: none
	}{
		"the same":              {map[string]float64{"a": 2}, map[string]float64{"a": 2}, ""},
		"better":                {map[string]float64{"a": 2}, map[string]float64{"a": 9}, ""},
		"at the tolerance":      {map[string]float64{"a": 2}, map[string]float64{"a": 1.8}, ""},
		"below it":              {map[string]float64{"a": 2}, map[string]float64{"a": 1.79}, "a: 1.79 is less than 1.80"},
		"one of two":            {map[string]float64{"a": 2, "b": 3}, map[string]float64{"a": 2, "b": 2}, "b: 2.00 is less than 2.70"},
		"one was not measured":  {map[string]float64{"a": 2, "b": 3}, map[string]float64{"a": 2}, ""},
		"a new one":             {map[string]float64{"a": 2}, map[string]float64{"a": 2, "b": 0.1}, ""},
		"none was measured":     {map[string]float64{"a": 2}, map[string]float64{"b": 2}, "nothing to compare"},
		"none is accepted yet":  {nil, map[string]float64{"a": 2}, "nothing to compare"},
		"neither of the two is": {map[string]float64{"a": 2, "b": 2}, map[string]float64{"a": 1, "b": 1}, "a: 1.00 is less than 1.80\nb: "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := judge(compare(baseline(test.accepted), measured(test.measured)))
			if test.wrong == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.wrong)
		})
	}
}

func TestKeepAndCompare_WritesAFileThatTheGuardReads(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ratios.json")
	found := []ratio{{key: "ours ÷ loop, sink 0s", spread: spread{0.70004, 0.75, 0.8}}}
	var out bytes.Buffer
	b := bench{settings: settings{jsonFile: path}, out: &out}
	require.NoError(t, b.keepAndCompare(found))
	require.Empty(t, out.String())

	b = bench{settings: settings{guardFile: path}, out: &out}
	require.NoError(t, b.keepAndCompare(found))
	require.Contains(t, out.String(), "ours ÷ loop, sink 0s")

	found[0].spread.Median = 0.5
	require.ErrorContains(t, b.keepAndCompare(found), path+": ours ÷ loop, sink 0s: 0.50 is less than 0.64")
	require.Contains(t, out.String(), "WORSE")
}

func TestWriteRatios_KeepsTheToleranceOfTheFileThatItWritesOver(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "baseline.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"tolerance":0.3,"ratios":{"gone":{"median":1}}}`), 0o600))
	require.NoError(t, writeRatios(path, "here", []ratio{{key: "a", spread: spread{0.12345, 2, 3}}}))
	file, err := readRatios(path)
	require.NoError(t, err)
	require.Equal(t, ratioFile{About: "here", Tolerance: 0.3, Ratios: map[string]spread{"a": {0.123, 2, 3}}}, file)
}

func TestReadRatios_RefusesWhatWouldLetEverythingPass(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no tolerance":   `{"ratios":{}}`,
		"all is allowed": `{"tolerance":1,"ratios":{}}`,
		"no JSON":        `tolerance: 0.1`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "baseline.json")
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			_, err := readRatios(path)
			require.ErrorContains(t, err, path)
			require.Error(t, writeRatios(path, "", nil), "nor is it written over")
		})
	}
}

func TestBaseline_CanBeReadAndNamesRowsThatExist(t *testing.T) {
	t.Parallel()
	file, err := readRatios("baseline.json")
	require.NoError(t, err)
	known := map[string]bool{}
	b := bench{settings: settings{peers: true}}
	for _, latency := range []time.Duration{0, 20 * time.Millisecond} {
		made := newBlock(b.rows(), b.settings, latency)
		for i := range made.rows {
			made.rows[i].lacking, made.rows[i].perSecond = "", []float64{1}
		}
		for _, r := range ratiosOf([]block{made}) {
			known[r.key] = true
		}
	}
	require.Len(t, known, 10)
	for key := range file.Ratios {
		require.True(t, known[key], "%s is no ratio of the table", key)
	}
}
