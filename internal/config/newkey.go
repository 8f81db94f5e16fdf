package config

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"auto-message-sender/internal/models"
)

const (
	// keyPrefix tells people, and programs that look for leaked secrets, what a key
	// is for.
	keyPrefix = "ams_"
	keyBytes  = 32 // 256 bits
)

// NewAPIKey makes a key from random, which is to be crypto/rand.Reader, for a name
// and a role that API_KEYS takes; the error says what they should be. APIKey.Entry
// is what belongs into API_KEYS, and Key.Reveal what its bearer sends.
func NewAPIKey(random io.Reader, name string, role models.Role) (APIKey, error) {
	key, err := NewKey(random)
	if err != nil {
		return APIKey{}, err
	}
	var faults []error
	checkAPIKey(name, role, key.Reveal(), func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("the key "+format, args...))
	})
	if err := errors.Join(faults...); err != nil {
		return APIKey{}, err
	}
	return APIKey{Name: name, Role: role, Key: key}, nil
}

// NewKey makes a key without a name, as DELIVERY_REPORT_KEYS takes it: ams_ and 64
// hexadecimal digits.
func NewKey(random io.Reader) (Secret, error) {
	var drawn [keyBytes]byte
	if _, err := io.ReadFull(random, drawn[:]); err != nil {
		return "", fmt.Errorf("make a key: %w", err)
	}
	return Secret(keyPrefix + hex.EncodeToString(drawn[:])), nil
}

// Entry returns the key as it stands in API_KEYS, in the clear: name:role:key.
func (k APIKey) Entry() string {
	return fmt.Sprintf("%s:%s:%s", k.Name, k.Role, k.Key.Reveal())
}
