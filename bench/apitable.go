package main

import (
	"fmt"
	"runtime"
	"slices"
	"time"
)

func (b bench) printAPI(m *mixed, found apiFound) error {
	n := func(percent int) string { return grouped(float64(m.size * percent / 100)) }
	var g grid
	g.title(fmt.Sprintf("the API beside %s messages: %s waiting, %s for later, %s failed, the others sent",
		grouped(float64(m.size)), n(backlogPercent), n(scheduledPercent), n(failedPercent)))
	g.title(fmt.Sprintf("%d and %d requests of each kind, one at a time, at most one every %v, %d repeats, medians; %d processors, %s",
		found.rest.fewest, found.sending.fewest, apiEvery, b.repeats, runtime.NumCPU(), runtime.Version()))
	g.title("")
	g.line("", "at rest p50", "p99", "sending p50", "p99", "")
	for i, name := range found.names {
		rest, sending := found.rest.calls[i], found.sending.calls[i]
		g.line(name, shown(rest.p50), shown(rest.p99), shown(sending.p50), shown(sending.p99), "ms")
	}
	g.line("sent meanwhile", grouped(spreadOf(found.rest.sentPerSecond).Median), "", grouped(spreadOf(found.sending.sentPerSecond).Median), "",
		fmt.Sprintf("msg/s, of %s wanted", grouped(apiPerWindow*float64(time.Second/apiInterval))))
	g.line("processors used by other programs", oneDigit(spreadOf(found.rest.othersPercent).Median), "",
		oneDigit(spreadOf(found.sending.othersPercent).Median), "", "%")
	g.title("")
	g.line(fmt.Sprintf("POST /messages/batch, %d times %s messages", batches, grouped(batchLines)), "", "min", "median", "max", "")
	g.figures("  NDJSON", "", spreadOf(found.unkeyed), grouped, "msg/s")
	g.figures("  NDJSON, a key on every line", "", spreadOf(found.keyed), grouped, "msg/s")
	g.figures("  array", "", spreadOf(found.array), grouped, "msg/s")
	if slices.Max(append(slices.Clone(found.rest.othersPercent), found.sending.othersPercent...)) > noisyPercent {
		g.title("This machine was not quiet: repeat it before you believe it.")
	}
	return g.print(b.out)
}

func shown(byRepeat []float64) string { return twoDigits(spreadOf(byRepeat).Median) }
