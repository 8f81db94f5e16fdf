package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// One letter in so many may differ where a name is taken for a misspelt one. The
// environment is full of other programs' names, .env is not.
const (
	lettersInDotenv      = 4
	lettersInEnvironment = 5
	lettersElsewhere     = 10
)

// misspelt warns of names in the environment that are close to a setting's and
// are none. Others are nobody's business: they belong to other programs.
func misspelt(environ map[string]string) []string {
	return closeTo(names(), environ, lettersInEnvironment, "a setting")
}

// Misspelt warns of names in the environment that are very close to one that another part
// of the program reads, and are none of them.
func Misspelt(environ map[string]string, known []string) []string {
	return closeTo(known, environ, lettersElsewhere, "known here")
}

// closeTo warns of names that are close to a known one and are not what is said.
func closeTo(known []string, environ map[string]string, letters int, what string) []string {
	var warnings []string
	for name := range environ {
		if slices.Contains(known, name) {
			continue
		}
		if nearest, near := nearestName(name, known, letters); near {
			warnings = append(warnings, fmt.Sprintf("the environment sets %s, which is not %s; did you mean %s?", name, what, nearest))
		}
	}
	slices.Sort(warnings)
	return warnings
}

// nearestName returns the known name that another one is closest to, and whether
// it is close enough to be meant: one letter in so many may differ, at least one.
// Two letters that changed places are two.
func nearestName(name string, known []string, letters int) (nearest string, near bool) {
	best := -1
	for _, candidate := range known {
		// The distance is at least the difference in length; most names end here.
		if best >= 0 && max(len(name)-len(candidate), len(candidate)-len(name)) >= best {
			continue
		}
		distance := levenshtein.Distance(strings.ToUpper(name), candidate, nil)
		if best < 0 || distance < best {
			best, nearest = distance, candidate
		}
	}
	return nearest, best >= 0 && best <= max(1, len(nearest)/letters)
}
