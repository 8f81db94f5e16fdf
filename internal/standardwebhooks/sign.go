// Package standardwebhooks is the Standard Webhooks specification 1.0.0, symmetric
// scheme (v1): a call carries a signature, so that its receiver can tell that it
// comes from whoever shares a secret, that nobody changed it, and that it is not an
// old one played again.
//
//	Webhook-Id         names the call, the same when it is made again
//	Webhook-Timestamp  when it was made, in seconds since 1970
//	Webhook-Signature  "v1,<base64 of HMAC-SHA256(secret, id.timestamp.body)>", one
//	                   for each secret, separated by spaces
//
// Our own calls of the webhook are signed by it, and a provider's delivery reports
// may be.
package standardwebhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// The names of the header fields, in canonical form.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// version begins a signature of the symmetric scheme.
const version = "v1,"

// Sign returns one signature, such as "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".
// What is signed is parted by full stops, so the id must not have one.
func Sign(secret []byte, id, timestamp string, body []byte) string {
	return version + base64.StdEncoding.EncodeToString(code(secret, id, timestamp, body))
}

// code is the message authentication code of a call.
func code(secret []byte, id, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	for _, part := range [][]byte{[]byte(id), {'.'}, []byte(timestamp), {'.'}, body} {
		_, _ = mac.Write(part) // a hash takes everything
	}
	return mac.Sum(nil)
}
