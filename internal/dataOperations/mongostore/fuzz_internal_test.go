package mongostore

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
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
		bson.D{
			{Key: "_id", Value: "later"},
			{Key: "to", Value: "+905551234567"},
			{Key: "content", Value: "x"},
			{Key: "send_at", Value: now.Add(time.Hour)},
			{Key: "validity_period", Value: 60.0},
			{Key: "reference", Value: "order 7"},
		},
		bson.D{
			{Key: "_id", Value: "odd"},
			{Key: "to", Value: "+905551234567"},
			{Key: "content", Value: "x"},
			{Key: "send_at", Value: "2026-01-05T11:00:00+03:00"},
			{Key: "expires_at", Value: int64(1) << 50},
			{Key: "validity_period", Value: int64(-1)},
			{Key: "reference", Value: bson.D{{Key: "$ne", Value: nil}}},
			{Key: "delivery_status", Value: 7},
			{Key: "erased_at", Value: "yes"},
			{Key: "prior_attempts", Value: "1"},
		},
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
		update, reason := adoption(document, now, dataoperations.AdoptRequest{
			Validity: time.Hour,
			Inspect: func(to, content string) (models.Inspected, error) {
				inspected = []string{to, content}
				if to == "+1" {
					return models.Inspected{}, errors.New("has too few digits")
				}
				return models.Inspected{To: to}, nil
			},
		})
		if update == nil {
			require.NotEmpty(t, reason)
			_, err := bson.Marshal(refusal(document, reason, now).Update)
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
		requireAdoptedShape(t, bson.Raw(set), now)
		_, err = bson.Marshal(update.Filter)
		require.NoError(t, err)
	})
}

// requireAdoptedShape demands of an adoption that Claim, Promote and Expire find the
// message: times are dates, and what is for later is scheduled.
func requireAdoptedShape(t *testing.T, update bson.Raw, now time.Time) {
	t.Helper()
	set := update.Lookup("$set").Document()
	for _, field := range []string{"send_at", "expires_at", "created_at"} {
		if value, err := set.LookupErr(field); err == nil {
			require.Equal(t, bson.TypeDateTime, value.Type, field)
			_, err := update.LookupErr("$unset", field)
			require.Error(t, err, "no server sets and unsets a field at once")
		}
	}
	later := false
	if at, ok := set.Lookup("send_at").TimeOK(); ok {
		later = at.After(now)
	}
	require.Equal(t, later, set.Lookup("status").StringValue() == scheduled)
	require.Equal(t, bson.TypeDateTime, set.Lookup("expires_at").Type, "the request has a validity for those without one")
}
