package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/http/httpguts"
)

// maxEcho bounds what a problem repeats of a wrong value.
const maxEcho = 32

// rule says which values are right. An empty value is never asked about: it
// means that the setting is not given.
type rule struct {
	wants string // which values are right, in words
	// tidy brings a value into the one form that faults and Config know.
	tidy func(text string) string
	// faults returns what is wrong with a value, one text for each fault, and
	// nothing when it is right. It must not repeat the value, which may be a
	// secret, or hold one.
	faults func(text string) []string
	// echo allows the problem to repeat the wrong value: for settings so narrow
	// that nobody keeps a secret there.
	echo bool
}

// must returns a rule with one way to break it.
func must(wants string, ok func(text string) bool) rule {
	return rule{wants: wants, faults: func(text string) []string {
		if ok(text) {
			return nil
		}
		return []string{"must be " + wants}
	}}
}

// check adds what is wrong with a value of the setting.
func (s Setting) check(text string, found *problems) {
	for _, fault := range s.rule.faults(text) {
		if s.rule.echo && len(text) <= maxEcho && withoutCredentials(text) == text {
			fault += fmt.Sprintf(", not %q", text)
		}
		found.add(s.Name, fault, s.Example)
	}
}

// number allows whole numbers between two bounds, both included.
func number(low, high int) rule {
	r := must(fmt.Sprintf("a whole number from %d to %d", low, high), func(text string) bool {
		n, err := strconv.ParseInt(text, 10, 32)
		return err == nil && int64(low) <= n && n <= int64(high)
	})
	r.echo = true
	return r
}

// oneOf allows the words given, in any case; the value becomes lower case.
func oneOf(words ...string) rule {
	r := must("one of "+strings.Join(words, ", "), func(text string) bool {
		return slices.Contains(words, text)
	})
	r.tidy = strings.ToLower
	r.echo = true
	return r
}

// replicaID allows what reads well in logs and in the audit trail.
func replicaID() rule {
	return must("up to 128 letters, digits, dots, hyphens or underscores", func(text string) bool {
		return len(text) <= 128 && !strings.ContainsFunc(text, func(r rune) bool { return !isNameRune(r) })
	})
}

func isNameRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
		r == '.' || r == '-' || r == '_'
}

// oneLine allows anything printable.
func oneLine() rule {
	return must("without control characters and line breaks", isOneLine)
}

// path allows what can name a file or a directory.
func path() rule {
	return must("a path without control characters", isOneLine)
}

func isOneLine(text string) bool {
	return !strings.ContainsFunc(text, unicode.IsControl)
}

// headerName allows a token (RFC 9110, 5.6.2) that the call itself has no use for.
func headerName() rule {
	const form = "the name of an HTTP header: letters, digits and hyphens"
	return rule{wants: form, faults: func(text string) []string {
		switch {
		case !httpguts.ValidHeaderFieldName(text):
			return []string{"must be " + form}
		case ownHeader(text):
			return []string{"names a header that the call itself sets"}
		}
		return nil
	}}
}

// ownHeader reports whether a key in this header would spoil the call: it frames
// the message, belongs to one connection and not to the request (RFC 9110, 7.6.1),
// or tells the receiver what the call itself has to tell.
func ownHeader(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "expect", "host",
		"idempotency-key", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
		"te", "traceparent", "trailer", "transfer-encoding", "upgrade", "user-agent":
		return true
	}
	return strings.HasPrefix(name, "webhook-") // the signature's
}

// headerValue allows a field value (RFC 9110, 5.5) that is ASCII, since what a
// receiver makes of other bytes is its own affair.
func headerValue() rule {
	return must("printable ASCII on one line, as an HTTP header can carry it", func(text string) bool {
		return httpguts.ValidHeaderFieldValue(text) &&
			!strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
	})
}
