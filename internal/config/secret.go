package config

import (
	"fmt"
	"io"
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

// Format hides the value from every verb; %d would spell it out in its complaint.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, s.String()) }

// MarshalText hides the value from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Endpoint is an http or https address whose user, password and query are shown
// nowhere, because webhooks carry their tokens there.
type Endpoint string

// Reveal returns the address itself, for the one place that calls it.
func (e Endpoint) Reveal() string { return string(e) }

// String returns the address without its secrets.
func (e Endpoint) String() string { return withoutCredentials(string(e)) }

// Format hides the secrets from every verb.
func (e Endpoint) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, e.String()) }

// MarshalText hides the secrets from encoders.
func (e Endpoint) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// withoutCredentials returns a value as it may be shown. It is used for every
// setting that is not a secret, because the address of a database, with its
// password, is easily pasted where only the host belongs.
func withoutCredentials(text string) string {
	if !strings.Contains(text, "@") && !strings.Contains(text, "://") {
		return text
	}
	parsed, err := url.Parse(text)
	// An @ that url.Parse does not take for the end of a user may still be one:
	// http://user:pa/ss@host.
	if err != nil || parsed.Host == "" || strings.Contains(parsed.Host+parsed.Path, "@") {
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
	return shown
}
