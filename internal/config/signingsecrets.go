package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// What the Standard Webhooks specification says of a symmetric secret, and how
// many there may be: to sign with, the one in use, and while it is being replaced
// the next; to check with, those of several providers.
const (
	signingPrefix     = "whsec_"
	minSigningLength  = 24 // bytes
	maxSigningLength  = 64
	maxSigningSecrets = 2
	maxReportSecrets  = 10
)

// SigningSecrets are the secrets that calls are signed with, ours to the webhook
// each with all of them, a provider's to us with any of them.
type SigningSecrets []Secret

// Reveal returns the secrets' bytes, for the one place that signs.
func (s SigningSecrets) Reveal() [][]byte {
	revealed := make([][]byte, 0, len(s))
	for _, secret := range s {
		revealed = append(revealed, []byte(secret.Reveal()))
	}
	return revealed
}

// UnmarshalText reads whsec_<base64>,… Its error does not repeat the text.
func (s *SigningSecrets) UnmarshalText(text []byte) error {
	secrets, faults := parseSigningSecrets(string(text))
	if len(faults) > 0 {
		return errors.New(strings.Join(faults, "; "))
	}
	*s = secrets
	return nil
}

func signingSecrets(most int) rule {
	return rule{
		wants: fmt.Sprintf("%s and the base64 of %d to %d bytes, or up to %d of them separated by commas",
			signingPrefix, minSigningLength, maxSigningLength, most),
		faults: func(text string) []string {
			secrets, faults := parseSigningSecrets(text)
			if len(secrets) > most {
				faults = append(faults, fmt.Sprintf("has %d secrets; at most %d are allowed", len(secrets), most))
			}
			return faults
		},
	}
}

// parseSigningSecrets returns the secrets, or all that is wrong with them, named
// by their place.
func parseSigningSecrets(text string) (secrets SigningSecrets, faults []string) {
	for i, entry := range entries(text) {
		secret, fault := parseSigningSecret(strings.TrimSpace(entry))
		if fault != "" {
			faults = append(faults, fmt.Sprintf("entry %d %s", i+1, fault))
			continue
		}
		for j, other := range secrets {
			if other == secret {
				faults = append(faults, fmt.Sprintf("entry %d is entry %d once more", i+1, j+1))
			}
		}
		secrets = append(secrets, secret)
	}
	return secrets, faults
}

func parseSigningSecret(entry string) (secret Secret, fault string) {
	encoded, prefixed := strings.CutPrefix(entry, signingPrefix)
	if !prefixed {
		return "", "does not begin with " + signingPrefix
	}
	// The decoder passes over line breaks; a secret has none.
	decoded, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || !isOneLine(encoded) {
		return "", "is not base64 after its " + signingPrefix
	}
	if len(decoded) < minSigningLength || len(decoded) > maxSigningLength {
		return "", fmt.Sprintf("needs %d to %d bytes, such as openssl rand -base64 32 prints", minSigningLength, maxSigningLength)
	}
	return Secret(decoded), ""
}
