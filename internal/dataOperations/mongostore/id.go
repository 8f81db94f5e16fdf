package mongostore

import (
	"strings"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"auto-message-sender/internal/models"
)

// key returns the _id for a filter, in the type that the document has. A string
// can never be taken for an operator, whatever it says.
func key(id models.ID) any {
	if id.ObjectID {
		if objectID, err := bson.ObjectIDFromHex(id.Text); err == nil {
			return objectID
		}
	}
	return id.Text
}

// keys returns the _ids for an $in.
func keys[T any](items []T, id func(T) models.ID) bson.A {
	all := make(bson.A, 0, len(items))
	for _, item := range items {
		all = append(all, key(id(item)))
	}
	return all
}

// identify returns the id of a document; false where _id is neither a string nor
// an ObjectID, so that no client could name it.
func identify(value bson.RawValue) (models.ID, bool) {
	if text, ok := value.StringValueOK(); ok {
		return models.ID{Text: text}, true
	}
	if objectID, ok := value.ObjectIDOK(); ok {
		return models.ID{Text: objectID.Hex(), ObjectID: true}, true
	}
	return models.ID{}, false
}

// idProblem says why a document inserted by hand cannot be sent under its _id,
// empty if it can. The id travels as a header value, which a control character
// would break and whose outer blanks a receiver would drop.
func idProblem(value bson.RawValue) string {
	id, ok := identify(value)
	switch {
	case !ok:
		return "_id must be a string or an ObjectID, not " + value.Type.String()
	case id.Text == "" || len(id.Text) > models.MaxIDLength:
		return "_id must have 1 to 256 bytes"
	case !utf8.ValidString(id.Text) || strings.TrimSpace(id.Text) != id.Text ||
		strings.ContainsFunc(id.Text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "_id must not have control characters or blanks at its ends"
	}
	return ""
}
