package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// defaultTolerance is how much worse than accepted a ratio may be, as a share,
// where the file does not say: what a quiet machine differs by from run to run.
const defaultTolerance = 0.15

// ratio is our speed over another's, on one sink.
type ratio struct {
	name   string // in the table
	key    string // in files
	spread spread
}

// ratiosOf compares, in every block, our row with each of the others that has figures.
func ratiosOf(blocks []block) []ratio {
	var ratios []ratio
	for _, measured := range blocks {
		var ours []float64
		for _, r := range measured.rows {
			if r.name == ourName {
				ours = r.perSecond
			}
		}
		for _, r := range measured.rows {
			if r.name == ourName || r.lacking != "" || len(ours) == 0 {
				continue
			}
			name := "ours ÷ " + r.short
			ratios = append(ratios, ratio{
				name: name, key: fmt.Sprintf("%s, sink %v", name, measured.latency),
				spread: spreadOf(quotients(ours, r.perSecond)),
			})
		}
	}
	return ratios
}

// ratioFile is what -json writes and -guard reads.
type ratioFile struct {
	About     string            `json:"about"`     // how the ratios came about
	Tolerance float64           `json:"tolerance"` // share that a median may be worse by
	Ratios    map[string]spread `json:"ratios"`
}

func readRatios(path string) (ratioFile, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the operator names it
	if err != nil {
		return ratioFile{}, fmt.Errorf("read the ratios: %w", err)
	}
	var file ratioFile
	if err := json.Unmarshal(text, &file); err != nil {
		return ratioFile{}, fmt.Errorf("read the ratios of %s: %w", path, err)
	}
	if file.Tolerance <= 0 || file.Tolerance >= 1 {
		return ratioFile{}, fmt.Errorf("%s: the tolerance must be between 0 and 1, not %g", path, file.Tolerance)
	}
	return file, nil
}

// writeRatios writes a file of ratios. One that exists keeps its tolerance, so
// that writing over the baseline accepts the new ratios and nothing else.
func writeRatios(path, about string, ratios []ratio) error {
	file := ratioFile{About: about, Tolerance: defaultTolerance, Ratios: map[string]spread{}}
	switch before, err := readRatios(path); {
	case err == nil:
		file.Tolerance = before.Tolerance
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	for _, r := range ratios {
		file.Ratios[r.key] = r.spread.rounded()
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the ratios: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil { //nolint:gosec // it is no secret
		return fmt.Errorf("write the ratios: %w", err)
	}
	return nil
}
