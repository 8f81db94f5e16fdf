package config

import (
	"errors"
	"fmt"
	"strings"
)

// Keys are keys without names and roles: each opens the one thing that its
// setting is for.
type Keys []Secret

// UnmarshalText reads key,key,… Its error does not repeat the text.
func (k *Keys) UnmarshalText(text []byte) error {
	parsed, faults := parseKeys(string(text))
	if len(faults) > 0 {
		return errors.New(strings.Join(faults, "; "))
	}
	*k = parsed
	return nil
}

// Reveal returns the keys themselves, for the one place that makes hashes of them.
func (k Keys) Reveal() []string {
	revealed := make([]string, 0, len(k))
	for _, key := range k {
		revealed = append(revealed, key.Reveal())
	}
	return revealed
}

func keys() rule {
	return rule{
		wants: fmt.Sprintf("keys of %d to %d characters, separated by commas", minKeyLength, maxKeyLength),
		faults: func(text string) []string {
			_, faults := parseKeys(text)
			return faults
		},
	}
}

// parseKeys returns the keys, or all that is wrong with them, named by their place.
func parseKeys(text string) (parsed Keys, faults []string) {
	places := map[string]int{}
	for i, key := range entries(text) {
		key = strings.TrimSpace(key)
		wrong := func(format string, args ...any) {
			faults = append(faults, fmt.Sprintf("entry %d %s", i+1, fmt.Sprintf(format, args...)))
		}
		checkKey(key, wrong)
		if first, taken := places[key]; taken {
			wrong("is entry %d once more", first)
		}
		places[key] = i + 1
		parsed = append(parsed, Secret(key))
	}
	return parsed, faults
}
