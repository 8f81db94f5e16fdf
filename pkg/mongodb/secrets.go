package mongodb

import (
	"errors"
	"net/url"
	"strings"
)

// secretOption reports whether an option of a URI has a value that is never shown.
func secretOption(name string) bool {
	switch strings.ToLower(name) {
	case "tlscertificatekeyfilepassword", "sslclientcertificatekeypassword",
		"authmechanismproperties", "proxypassword":
		return true
	}
	return false
}

// secrets are the texts of a URI that must not be seen.
type secrets []string

// secretsOf returns the secrets in a URI, as they stand in it. The
// password reaches from the first colon after the scheme to the last @ of all, so
// that one with an unescaped @ or / is still covered.
func secretsOf(uri string) secrets {
	var found secrets
	rest := uri
	if _, after, ok := strings.Cut(uri, "://"); ok {
		rest = after
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		if _, password, ok := strings.Cut(rest[:at], ":"); ok && password != "" {
			found = append(found, password)
		}
	}
	_, query, _ := strings.Cut(rest, "?")
	for option := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, value, _ := strings.Cut(option, "=")
		if secretOption(name) && value != "" {
			found = append(found, value)
		}
	}
	return found
}

// hide returns err as it is when nothing of the secrets is in its text, and
// otherwise an error that says only what may be the matter. It does not wrap what
// it hides: whoever prints the whole chain would print the secret.
func (s secrets) hide(err error) error {
	text := err.Error()
	for _, secret := range s {
		for _, part := range parts(secret) {
			if strings.Contains(text, part) {
				return errors.New("it cannot be parsed (details are withheld, as they would show the password); " +
					"in user name and password, write : / ? # [ ] @ % as percent codes, for example @ as %40")
			}
		}
	}
	return err
}

// parts returns the forms in which a parser may quote a secret: as it stands, with
// its percent codes resolved, and the pieces between the characters that a parser
// splits at. Pieces below three characters occur in any text and tell nothing.
func parts(secret string) []string {
	forms := []string{secret}
	if plain, err := url.QueryUnescape(secret); err == nil && plain != secret {
		forms = append(forms, plain)
	}
	if plain, err := url.PathUnescape(secret); err == nil && plain != secret {
		forms = append(forms, plain)
	}
	for _, piece := range strings.FieldsFunc(secret, func(r rune) bool { return strings.ContainsRune(":/?#[]@%&=,", r) }) {
		if len(piece) >= 3 {
			forms = append(forms, piece)
		}
	}
	return forms
}
