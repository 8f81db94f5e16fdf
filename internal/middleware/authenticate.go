package middleware

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"auto-message-sender/internal/handlers"
)

const (
	apiKeyHeader = "X-API-Key" //nolint:gosec // the name of a header, not a key
	challenge    = `Bearer realm="auto-message-sender"`
)

// Keyring knows the keys that open the API by their hashes alone.
type Keyring struct {
	names  []string
	hashes [][sha256.Size]byte
}

// Add takes in a key under the name that stands for it in the audit trail.
func (k *Keyring) Add(name, key string) {
	k.names = append(k.names, name)
	k.hashes = append(k.hashes, sha256.Sum256([]byte(key)))
}

// Empty reports whether there are no keys.
func (k *Keyring) Empty() bool { return len(k.names) == 0 }

// find returns the name of the key. How long it takes tells neither whether the
// key is close to one of ours nor which one it is: hashes are compared, in
// constant time, with all of them.
func (k *Keyring) find(key string) (name string, found bool) {
	hash := sha256.Sum256([]byte(key))
	match := -1
	for i := range k.hashes {
		match = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(hash[:], k.hashes[i][:]), i, match)
	}
	if match < 0 {
		return "", false
	}
	return k.names[match], true
}

// Authenticate lets in requests that show a key of the ring, in Authorization:
// Bearer or X-API-Key, and puts its name into the context as the actor. With an
// empty ring it lets everybody in, as handlers.Anonymous.
func Authenticate(keys *Keyring, problems *handlers.Problems) gin.HandlerFunc {
	if keys.Empty() {
		return func(c *gin.Context) { c.Next() }
	}
	return func(c *gin.Context) {
		key, shown := shownKey(c.Request.Header)
		name, known := keys.find(key)
		switch {
		case !shown:
			c.Header("WWW-Authenticate", challenge)
			problems.Answer(c, handlers.Refuse(http.StatusUnauthorized,
				"an API key is needed: send it as Authorization: Bearer <key>, or as X-API-Key: <key>"))
		case !known:
			c.Header("WWW-Authenticate", challenge+`, error="invalid_token"`)
			problems.Answer(c, handlers.Refuse(http.StatusUnauthorized, "the API key is not known"))
		default:
			c.Request = c.Request.WithContext(handlers.WithActor(c.Request.Context(), name))
			c.Next()
		}
	}
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
