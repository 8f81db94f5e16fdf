package importing

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// keys makes the idempotency key of each line.
type keys struct {
	campaign string
	seen     map[[16]byte]uint32 // how often each line came: 16 bytes of its hash tell lines apart
	buffer   []byte
}

func newKeys(campaign string) *keys {
	return &keys{campaign: campaign, seen: make(map[[16]byte]uint32)}
}

// next returns the key of a row: the same for the same campaign, the same row, and
// the same number of equal rows before it; 43 characters of base64url.
func (k *keys) next(row Row) string {
	k.buffer = k.buffer[:0]
	for _, text := range []string{k.campaign, row.To, row.Content, row.Priority, row.Reference} {
		// The length keeps a field's end from passing for the next one's beginning.
		k.buffer = binary.AppendUvarint(k.buffer, uint64(len(text)))
		k.buffer = append(k.buffer, text...)
	}
	for _, number := range []int64{unixMilli(row.SendAt), row.Validity.Milliseconds(), unixMilli(row.ExpiresAt)} {
		k.buffer = binary.AppendVarint(k.buffer, number)
	}
	sum := sha256.Sum256(k.buffer)
	line := [16]byte(sum[:16])
	k.seen[line]++
	sum = sha256.Sum256(binary.AppendUvarint(sum[:], uint64(k.seen[line])))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// unixMilli is 0 for no time.
func unixMilli(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}
