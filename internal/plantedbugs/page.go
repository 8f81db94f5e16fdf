package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// preface is the page above its table.
const preface = `# Planted bugs

What a test is worth shows when the code is wrong. Each row below is a fault of a few
lines that somebody could really make. ` + "`make planted-bugs`" + ` copies the tree, sees the
named tests pass, then plants one fault at a time and runs the test that should
notice. A fault counts as caught when a test fails; a tree that no longer builds does
not count. The seconds are those of the test's program until its first failure.

*Promise* names what breaks: R1 to R7 are the promises of the
[README](../README.md#what-it-promises), the rest is from its other sections. Tests in
` + "`internal/chaos`" + ` run real processes that are killed, frozen and ended, and hold the
webhook's ledger against the store.

The page is written by ` + "`make planted-bugs PLANTED=-write`" + `; one fault alone is planted by
` + "`make planted-bugs PLANTED='-only 07'`" + `. A test that runs with all others holds that every
patch still applies and that this list is complete.

| | fault | promise | caught by | seconds |
|---|---|---|---|---|
`

// page returns docs/planted-bugs.md for the results of all faults.
func page(results []result) string {
	var text strings.Builder
	text.WriteString(preface)
	for _, r := range results {
		fmt.Fprintf(&text, "%s `%s` in `%s` | %.1f |\n", r.row(), r.by, r.target.pkg, r.after.Seconds())
	}
	return text.String()
}

// row returns the columns of the page that do not depend on a run.
func (b bug) row() string {
	number, _, _ := strings.Cut(b.name, "-")
	return fmt.Sprintf("| [%s](../%s/%s.patch) | %s | %s |", number, patchesPath, b.name, b.fault, b.promise)
}

// table returns the results for a terminal.
func table(results []result) string {
	var text strings.Builder
	columns := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	caught := 0
	for _, r := range results {
		if !r.caught {
			_, _ = fmt.Fprintf(columns, "%s\t%s\t\n", r.name, r.why)
			continue
		}
		caught++
		_, _ = fmt.Fprintf(columns, "%s\t%s %s\t%.1f s\n", r.name, r.target.pkg, r.by, r.after.Seconds())
	}
	_ = columns.Flush()
	return fmt.Sprintf("%s\n%d of %d planted faults were caught", text.String(), caught, len(results))
}
