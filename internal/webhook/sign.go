package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"auto-message-sender/internal/standardwebhooks"
)

// signer signs calls, see package standardwebhooks.
type signer struct{ secrets [][]byte }

// sign returns the header fields that sign an attempt made at the time given. The
// id is the message's, the same at every attempt. There is a signature for each
// secret: while one is being replaced the receiver may know the old one or the new.
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
		signatures = append(signatures, standardwebhooks.Sign(secret, id, timestamp, body))
	}
	return []headerField{
		{standardwebhooks.HeaderID, id},
		{standardwebhooks.HeaderTimestamp, timestamp},
		{standardwebhooks.HeaderSignature, strings.Join(signatures, " ")},
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
