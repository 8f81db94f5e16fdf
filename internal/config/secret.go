package config

import (
	"net/url"
	"strings"
)

// masked stands for whatever must not be shown.
const masked = "***"

// Secret is a value that no print, log or JSON encoding shows: it appears as
// "***", or as nothing when it is empty.
type Secret string

// Reveal returns the value itself, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// String hides the value.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return masked
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the value from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Endpoint is an http or https address whose user, password and query are shown
// nowhere, because webhooks carry their tokens there.
type Endpoint string

// Reveal returns the address itself, for the one place that calls it.
func (e Endpoint) Reveal() string { return string(e) }

// String returns the address without its secrets.
func (e Endpoint) String() string { return withoutCredentials(string(e)) }

// GoString hides the secrets from %#v.
func (e Endpoint) GoString() string { return e.String() }

// MarshalText hides the secrets from encoders.
func (e Endpoint) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// withoutCredentials returns an address as it may be shown. It is used for every
// value that is not a secret as well, because the address of a database, with
// its password, is easily pasted where only the host belongs.
func withoutCredentials(text string) string {
	if !strings.ContainsAny(text, "@?") {
		return text
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Host == "" {
		return masked
	}
	shown := parsed.Scheme + "://"
	if parsed.User != nil {
		shown += masked + "@"
	}
	shown += parsed.Host + parsed.EscapedPath()
	if strings.Contains(text, "?") {
		shown += "?" + masked
	}
	// A user written where url.Parse does not look for one ends up in the rest.
	if strings.Contains(parsed.Host+parsed.Path, "@") {
		return masked
	}
	return shown
}
