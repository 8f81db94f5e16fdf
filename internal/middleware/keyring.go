package middleware

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"auto-message-sender/internal/models"
)

// apiKeyHeader carries a key where Authorization is not there.
const apiKeyHeader = "X-API-Key" //nolint:gosec // the name of a header, not a key

// Keyring knows keys by their hashes alone. The zero value is empty. It is filled
// before it is used.
type Keyring struct {
	bearers []bearer
	hashes  [][sha256.Size]byte
}

// bearer is whom a key stands for.
type bearer struct {
	name string
	role models.Role
}

// Add takes in a key with what its bearer may do, under the name that stands for
// it in the audit trail and in rate limits. Nothing of the key itself is kept.
func (k *Keyring) Add(name string, role models.Role, key string) {
	k.bearers = append(k.bearers, bearer{name, role})
	k.hashes = append(k.hashes, sha256.Sum256([]byte(key)))
}

// Empty reports whether there are no keys. A nil ring is empty.
func (k *Keyring) Empty() bool { return k == nil || len(k.hashes) == 0 }

// find returns whom the key stands for. How long it takes tells neither whether the
// key is close to one of ours nor which one it is: hashes are compared, in
// constant time, with all of them.
func (k *Keyring) find(key string) (found bearer, known bool) {
	if k.Empty() {
		return bearer{}, false
	}
	hash := sha256.Sum256([]byte(key))
	match := -1
	for i := range k.hashes {
		match = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(hash[:], k.hashes[i][:]), i, match)
	}
	if match < 0 {
		return bearer{}, false
	}
	return k.bearers[match], true
}

// shownKey returns the key that the client sent. Where both headers are there
// Authorization counts, whatever scheme it has (RFC 6750, 2.1).
func shownKey(header http.Header) (key string, shown bool) {
	authorization := header.Get("Authorization")
	if authorization == "" {
		key = header.Get(apiKeyHeader)
		return key, key != ""
	}
	scheme, key, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	key = strings.TrimSpace(key)
	return key, key != ""
}
