package standardwebhooks

import (
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// Tolerance is how far the clocks of the two sides may differ, and how long a
	// call that somebody overheard can be played again.
	Tolerance = 5 * time.Minute

	// maxSignatures bounds the work that a header can ask for.
	maxSignatures = 32
)

// What is wrong with a call, in words for whoever made it.
var (
	ErrUnsigned  = errors.New("webhook-id, webhook-timestamp and webhook-signature are needed, each once")
	ErrID        = errors.New("webhook-id must not have a full stop")
	ErrTimestamp = errors.New("webhook-timestamp must be the seconds since 1970, now, give or take 5 minutes")
	ErrSignature = errors.New("webhook-signature does not fit: it is v1, and the base64 of HMAC-SHA256 over id.timestamp.body, with a secret that is known here")
)

// Signed reports whether a call claims to be signed.
func Signed(header http.Header) bool {
	return header.Get(HeaderID) != "" || header.Get(HeaderTimestamp) != "" || header.Get(HeaderSignature) != ""
}

// Verify returns nil when the body came from somebody who knows one of the
// secrets, at most Tolerance before or after now; otherwise one of the errors
// above. How long it takes tells nothing of how close a signature is.
func Verify(secrets [][]byte, header http.Header, body []byte, now time.Time) error {
	id, okID := only(header, HeaderID)
	timestamp, okTimestamp := only(header, HeaderTimestamp)
	signatures, okSignature := only(header, HeaderSignature)
	switch {
	case !okID || !okTimestamp || !okSignature:
		return ErrUnsigned
	case strings.Contains(id, "."):
		// It could be a shorter id and another time, signed over a longer body.
		return ErrID
	case !isNear(timestamp, now):
		return ErrTimestamp
	}
	given := codes(signatures)
	matches := false
	for _, secret := range secrets {
		right := code(secret, id, timestamp, body)
		for _, one := range given {
			matches = hmac.Equal(one, right) || matches
		}
	}
	if !matches {
		return ErrSignature
	}
	return nil
}

// only returns a field that is there once. Of two, who knows which one the
// receiver's next part reads.
func only(header http.Header, name string) (value string, ok bool) {
	values := header.Values(name)
	if len(values) != 1 || values[0] == "" {
		return "", false
	}
	return values[0], true
}

func isNear(timestamp string, now time.Time) bool {
	// The text itself is signed: without a sign, and no longer than a time is.
	seconds, err := strconv.ParseUint(timestamp, 10, 63)
	if err != nil || seconds > uint64(1)<<40 {
		return false
	}
	off := now.Sub(time.Unix(int64(seconds), 0))
	return -Tolerance <= off && off <= Tolerance
}

// codes returns the codes of the signatures of version 1; those of other versions
// are passed over, as the specification wants it.
func codes(signatures string) [][]byte {
	var found [][]byte
	for one := range strings.FieldsSeq(signatures) {
		encoded, known := strings.CutPrefix(one, version)
		if !known {
			continue
		}
		// Strictly: of one code there is one text, as the specification's own libraries have it.
		if decoded, err := base64.StdEncoding.Strict().DecodeString(encoded); err == nil {
			found = append(found, decoded)
		}
		if len(found) == maxSignatures {
			break
		}
	}
	return found
}
