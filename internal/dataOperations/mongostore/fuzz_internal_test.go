package mongostore

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// FuzzDocument holds that a document of any shape, inserted by hand, is adopted
// or refused with a reason, and can be read, whatever its fields hold: no panic,
// no message sent under an id or with a content that is not what it says.
func FuzzDocument(f *testing.F) {
	now := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	for _, seed := range []any{
		bson.D{},
		bson.D{{Key: "_id", Value: "m-1"}, {Key: "to", Value: "+905551234567"}, {Key: "content", Value: "hi"}, {Key: "status", Value: "pending"}},
		bson.D{{Key: "_id", Value: bson.NewObjectIDFromTimestamp(now)}, {Key: "to", Value: 5}, {Key: "content", Value: nil}, {Key: "created_at", Value: "2026-01-05T10:00:00Z"}},
		bson.D{
			{Key: "_id", Value: "m"},
			{Key: "to", Value: "+1"},
			{Key: "content", Value: "x"},
			{Key: "priority", Value: 1e300},
			{Key: "created_at", Value: int64(-1 << 62)},
			{Key: "claim", Value: bson.D{{Key: "lease_ms", Value: int64(1) << 62}}},
			{Key: "attempts", Value: bson.A{1, bson.D{{Key: "number", Value: "x"}}}},
			{Key: "drawn", Value: "yes"},
		},
		bson.D{{Key: "_id", Value: bson.D{{Key: "$ne", Value: nil}}}, {Key: "to", Value: bson.A{}}, {Key: "content", Value: bson.Regex{Pattern: "."}}},
		bson.D{{Key: "_id", Value: " "}, {Key: "next_attempt_at", Value: bson.Timestamp{T: 1<<32 - 1}}, {Key: "created_at", Value: "2026-01-05 10:00:00"}},
	} {
		document, err := bson.Marshal(seed)
		require.NoError(f, err)
		f.Add(document)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		document := bson.Raw(raw)
		if document.Validate() != nil {
			return // the driver has refused it
		}
		decodeMessage(document)
		decodeClaim(document)

		var inspected []string
		update, reason := adoption(document, now, func(to, content string) (string, error) {
			inspected = []string{to, content}
			if to == "+1" {
				return "", errors.New("has too few digits")
			}
			return to, nil
		})
		if update == nil {
			require.NotEmpty(t, reason)
			_, err := bson.Marshal(refusal(document.Lookup("_id"), reason, now).Update)
			require.NoError(t, err)
			return
		}
		require.Empty(t, reason)
		id, known := identify(document.Lookup("_id"))
		require.True(t, known)
		require.NotEmpty(t, id.Text)
		require.True(t, utf8.ValidString(id.Text) && strings.TrimSpace(id.Text) == id.Text)
		require.Len(t, inspected, 2, "nothing is adopted that was not inspected")
		for i, field := range []string{"to", "content"} {
			text, _ := document.Lookup(field).StringValueOK()
			require.Equal(t, text, inspected[i])
		}
		set, err := bson.Marshal(update.Update)
		require.NoError(t, err)
		due := bson.Raw(set).Lookup("$set", "next_attempt_at")
		require.Equal(t, bson.TypeDateTime, due.Type)
		_, err = bson.Marshal(update.Filter)
		require.NoError(t, err)
	})
}
