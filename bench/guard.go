package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// verdict is what became of one accepted ratio.
type verdict struct {
	key      string
	accepted float64 // median of the file
	least    float64 // what it may fall to
	measured float64 // median of this run; 0: it was not measured
}

func (v verdict) unmeasured() bool { return v.measured == 0 }

func (v verdict) worse() bool { return !v.unmeasured() && v.measured < v.least }

// compare judges every accepted ratio, in the order of their names. Ratios and not
// times are compared, because another machine, or a busy one, changes those less.
func compare(accepted ratioFile, ratios []ratio) []verdict {
	measured := map[string]float64{}
	for _, r := range ratios {
		measured[r.key] = r.spread.Median
	}
	var verdicts []verdict
	for _, key := range slices.Sorted(maps.Keys(accepted.Ratios)) {
		median := accepted.Ratios[key].Median
		verdicts = append(verdicts, verdict{key, median, median * (1 - accepted.Tolerance), measured[key]})
	}
	return verdicts
}

// judge is the guard's word: an error when a ratio is worse, or when there was
// nothing to compare. A ratio that was not measured, because its peer is not
// installed, is only shown.
func judge(verdicts []verdict) error {
	var wrong []error
	compared := 0
	for _, v := range verdicts {
		if v.worse() {
			wrong = append(wrong, fmt.Errorf("%s: %.2f is less than %.2f", v.key, v.measured, v.least))
		}
		if !v.unmeasured() {
			compared++
		}
	}
	if compared == 0 {
		return errors.New("no accepted ratio was measured: there was nothing to compare")
	}
	return errors.Join(wrong...)
}

// keepAndCompare does what -json and -guard ask for. The guard reads first, so
// that both may name one file.
func (b bench) keepAndCompare(ratios []ratio) error {
	var accepted ratioFile
	var err error
	if b.guardFile != "" {
		if accepted, err = readRatios(b.guardFile); err != nil {
			return err
		}
	}
	if b.jsonFile != "" {
		if err := writeRatios(b.jsonFile, b.about(), ratios); err != nil {
			return err
		}
	}
	if b.guardFile == "" {
		return nil
	}
	verdicts := compare(accepted, ratios)
	if err := b.printVerdicts(verdicts); err != nil {
		return err
	}
	if err := judge(verdicts); err != nil {
		return fmt.Errorf("the guard, %s: %w", b.guardFile, err)
	}
	return nil
}

func (b bench) printVerdicts(verdicts []verdict) error {
	var g grid
	g.title("")
	g.line("guard, "+b.guardFile, "accepted", "at least", "measured", "")
	for _, v := range verdicts {
		word, measured := "ok", twoDigits(v.measured)
		switch {
		case v.unmeasured():
			word, measured = "not measured", ""
		case v.worse():
			word = "WORSE"
		}
		g.line(v.key, twoDigits(v.accepted), twoDigits(v.least), measured, word)
	}
	return g.print(b.out)
}
