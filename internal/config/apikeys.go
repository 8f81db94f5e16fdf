package config

import (
	"errors"
	"fmt"
	"strings"

	"auto-message-sender/internal/models"
)

const (
	minKeyLength  = 16 // less can be guessed over a network
	maxKeyLength  = 256
	maxNameLength = 64
)

// APIKey is a key that opens the API. Its name tells who did what, in logs and
// in the audit trail.
type APIKey struct {
	Name string
	Role models.Role
	Key  Secret
}

// APIKeys are the keys of one configuration: names and keys differ.
type APIKeys []APIKey

// UnmarshalText reads name:role:key,… Its error does not repeat the text.
func (k *APIKeys) UnmarshalText(text []byte) error {
	keys, faults := parseAPIKeys(string(text))
	if len(faults) > 0 {
		return errors.New(strings.Join(faults, "; "))
	}
	*k = keys
	return nil
}

func apiKeys() rule {
	return rule{
		wants: fmt.Sprintf("name:role:key, separated by commas, with a role of %s, %s or %s and a key of %d to %d characters",
			models.RoleReader, models.RoleSender, models.RoleOperator, minKeyLength, maxKeyLength),
		faults: func(text string) []string {
			_, faults := parseAPIKeys(text)
			return faults
		},
	}
}

// entries splits a list at its commas and, as in a file, at the ends of its lines.
func entries(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, strings.Split(line, ",")...)
		}
	}
	return all
}

// parseAPIKeys returns the keys, or all that is wrong with them. Entries are
// named by their place, never by what stands in them: where the parts are mixed
// up, the name may be the key.
func parseAPIKeys(text string) (keys APIKeys, faults []string) {
	names, secrets := map[string]int{}, map[string]int{}
	for i, entry := range entries(text) {
		entry = strings.TrimSpace(entry)
		place := i + 1
		wrong := func(format string, args ...any) {
			faults = append(faults, fmt.Sprintf("entry %d %s", place, fmt.Sprintf(format, args...)))
		}
		name, rest, _ := strings.Cut(entry, ":")
		role, key, complete := strings.Cut(rest, ":")
		if !complete {
			wrong("is not name:role:key")
			continue
		}
		checkAPIKey(name, models.Role(role), key, wrong)
		if first, taken := names[name]; taken {
			wrong("has the name of entry %d; each needs its own", first)
		} else {
			names[name] = place
		}
		if first, taken := secrets[key]; taken {
			wrong("has the key of entry %d; each needs its own", first)
		} else {
			secrets[key] = place
		}
		keys = append(keys, APIKey{Name: name, Role: models.Role(role), Key: Secret(key)})
	}
	return keys, faults
}

// checkAPIKey looks at one entry alone.
func checkAPIKey(name string, role models.Role, key string, wrong func(format string, args ...any)) {
	if name == "" || len(name) > maxNameLength || strings.ContainsFunc(name, func(r rune) bool { return !isNameRune(r) }) {
		wrong("needs a name of 1 to %d letters, digits, dots, hyphens or underscores", maxNameLength)
	}
	if !role.Known() {
		wrong("%s; the roles are %s, %s and %s", unknownRole(name, string(role), key), models.RoleReader, models.RoleSender, models.RoleOperator)
	}
	checkKey(key, wrong)
}

// unknownRole names the entry and its role where neither can be the key, at the wrong place.
func unknownRole(name, role, key string) string {
	short := func(text string) bool {
		return text != "" && len(text) < minKeyLength && !strings.ContainsFunc(text, func(r rune) bool { return !isNameRune(r) })
	}
	if len(key) >= minKeyLength && short(name) && short(role) {
		return fmt.Sprintf("(%s) has the unknown role %q", name, role)
	}
	return "has an unknown role"
}

// checkKey looks at a key alone.
func checkKey(key string, wrong func(format string, args ...any)) {
	if len(key) < minKeyLength || len(key) > maxKeyLength {
		wrong("needs a key of %d to %d characters, such as auto-message-sender keys new or openssl rand -hex 32 prints", minKeyLength, maxKeyLength)
	}
	// A key travels in a header, where a space would end it.
	if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		wrong("has a space, or a character that is not ASCII, in its key")
	}
}
