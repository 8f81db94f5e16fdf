package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"

	"github.com/go-json-experiment/json/jsontext"
)

// maxKeyLength is the longest id sent as it is; see IdempotencyKey.
const maxKeyLength = 255

// payload returns {"to":"…","content":"…"}: the same bytes at every attempt.
func payload(request Request) []byte {
	body := make([]byte, 0, len(request.To)+2*len(request.Content)+32)
	body = append(body, `{"to":`...)
	body = appendString(body, request.To)
	body = append(body, `,"content":`...)
	body = appendString(body, request.Content)
	return append(body, '}')
}

// appendString quotes text; bytes that are not UTF-8 become U+FFFD, which is
// the only thing that AppendQuote complains of.
func appendString(dst []byte, text string) []byte {
	dst, _ = jsontext.AppendQuote(dst, text)
	return dst
}

// IdempotencyKey returns the header value that names a message at the receiver:
// its id. An id that cannot be a header value – somebody inserted it by hand –
// is escaped, and one too long for the usual 255 bytes is hashed.
func IdempotencyKey(id string) string {
	key := id
	for i := range len(id) {
		if id[i] < '!' || id[i] > '~' {
			key = "escaped:" + url.QueryEscape(id)
			break
		}
	}
	if len(key) > maxKeyLength {
		sum := sha256.Sum256([]byte(id))
		return "sha256:" + hex.EncodeToString(sum[:])
	}
	return key
}
