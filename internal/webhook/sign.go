package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// signer signs calls by the Standard Webhooks specification 1.0.0 (symmetric
// scheme, v1), so that a receiver can tell that a call is ours, that nobody
// changed it, and that it is not an old one played again.
type signer struct{ secrets [][]byte }

// sign returns the header fields that sign an attempt made at the time given:
//
//	Webhook-Id         names the message, the same at every attempt
//	Webhook-Timestamp  the attempt's time, in seconds since 1970
//	Webhook-Signature  "v1,<base64 of HMAC-SHA256(secret, id.timestamp.body)>" for each
//	                   secret, separated by spaces: while a secret is being replaced
//	                   the receiver may know the old one or the new one
//
// Without secrets there are none. The key is IdempotencyKey's, the body what goes
// out, byte for byte.
func (s signer) sign(key string, at time.Time, body []byte) []headerField {
	if len(s.secrets) == 0 {
		return nil
	}
	id, timestamp := signedID(key), strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, 0, len(s.secrets))
	for _, secret := range s.secrets {
		mac := hmac.New(sha256.New, secret)
		for _, part := range [][]byte{[]byte(id), {'.'}, []byte(timestamp), {'.'}, body} {
			_, _ = mac.Write(part) // a hash takes everything
		}
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return []headerField{
		{"Webhook-Id", id},
		{"Webhook-Timestamp", timestamp},
		{"Webhook-Signature", strings.Join(signatures, " ")},
	}
}

// signedID returns the key as it may be signed. What is signed is parted by full
// stops, so an id with one – somebody inserted it by hand – could be read as a
// shorter id and another time; the specification forbids them.
func signedID(key string) string {
	if !strings.Contains(key, ".") {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}
