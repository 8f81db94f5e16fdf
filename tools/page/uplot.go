package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// cuts are what of uPlot the page has no use for, and what takes its place: it draws
// bars without a legend, and tells minutes from numbers itself. esbuild leaves out what nothing refers to any more.
func cuts() [][2]string {
	return [][2]string{
		{"(paths.linear  = linear);", ""},
		{"(paths.stepped = stepped);", ""},
		{"(paths.spline  = monotoneCubic);", ""},
		{"const linearPath = linear() ;", "const linearPath = null;"}, // the default of a series
		{"uPlot.join = join;", ""},
		{"uPlot.sync = _sync;", ""},
		{"uPlot.addGap = addGap;", ""},
		{"uPlot.clipGaps = clipGaps;", ""},
		{"const showLegend = legend.show;", ""},
		{"showLegend", "false"},
		{"uPlot.rangeAsinh = rangeAsinh;", ""},
		{"uPlot.fmtDate = fmtDate;", ""},
		{"uPlot.tzDate  = tzDate;", ""},
		{"const _fmtDate = (opts.fmtDate || fmtDate);", ""},
		{"const _timeAxisVals   = timeAxisVals(_tzDate, timeAxisStamps((ms == 1 ? _timeAxisStampsMs : _timeAxisStampsS), _fmtDate));", ""},
		{"const _timeSeriesVal  = timeSeriesVal(_tzDate, timeSeriesStamp(_timeSeriesStamp, _fmtDate));", ""},
		{"timeSeriesVal(_tzDate, timeSeriesStamp(sv, _fmtDate)) : sv || _timeSeriesVal)", "sv : sv)"},
		{"timeAxisVals(_tzDate, timeAxisStamps(av, _fmtDate)) :", "av :"},
		{"timeAxisVal(_tzDate, av) :", "av :"},
		{"av || _timeAxisVals", "av"},
		{"const _timeAxisSplits = (ms == 1 ? timeAxisSplitsMs(_tzDate) : timeAxisSplitsS(_tzDate));", ""},
		{"(isTime ? (ms == 1 ? timeIncrsMs : timeIncrsS) : numIncrs)", "numIncrs"},
		{"isTime && sc.distr == 1 ? _timeAxisSplits : sc.distr == 3", "sc.distr == 3"},
		{"const [ timeIncrsMs, _timeAxisStampsMs, timeAxisSplitsMs ] = genTimeStuffs(1);", ""},
		{"const [ timeIncrsS,  _timeAxisStampsS,  timeAxisSplitsS  ] = genTimeStuffs(1e-3);", ""},
	}
}

// lessOfUPlot makes the cuts while uPlot is read. The file itself stays as it was
// published; one that the cuts do not fit is refused.
func lessOfUPlot() api.Plugin {
	return api.Plugin{Name: "less-of-uplot", Setup: func(build api.PluginBuild) {
		build.OnLoad(api.OnLoadOptions{Filter: `vendor/uplot\.js$`}, func(file api.OnLoadArgs) (api.OnLoadResult, error) {
			content, err := os.ReadFile(file.Path)
			if err != nil {
				return api.OnLoadResult{}, fmt.Errorf("read uPlot: %w", err)
			}
			text := string(content)
			for _, cut := range cuts() {
				if !strings.Contains(text, cut[0]) {
					return api.OnLoadResult{}, fmt.Errorf("uPlot has changed: %q is not in it", cut[0])
				}
				text = strings.ReplaceAll(text, cut[0], cut[1])
			}
			return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS}, nil
		})
	}}
}
