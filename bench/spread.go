package main

import (
	"math"
	"slices"
)

// spread is a figure over the repeats.
type spread struct {
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
}

// spreadOf returns the spread of values, of which there is at least one; of an
// even number the median is the mean of the two in the middle.
func spreadOf(values []float64) spread {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	median := sorted[middle]
	if len(sorted)%2 == 0 {
		median = (sorted[middle-1] + sorted[middle]) / 2
	}
	return spread{Min: sorted[0], Median: median, Max: sorted[len(sorted)-1]}
}

// quotients divides pairwise: a ratio is made of two rows of one repeat.
func quotients(above, below []float64) []float64 {
	ratios := make([]float64, min(len(above), len(below)))
	for i := range ratios {
		ratios[i] = above[i] / below[i]
	}
	return ratios
}

// rounded returns the spread with three digits, for files that people read.
func (s spread) rounded() spread {
	three := func(value float64) float64 { return math.Round(value*1000) / 1000 }
	return spread{three(s.Min), three(s.Median), three(s.Max)}
}
