package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// List walks an index from the cursor on: section by section, until there are
// enough. What was inserted by hand and is not yet adopted is passed by, so a page
// may hold less than it might.
func (s *Store) List(ctx context.Context, filter models.Filter, after models.Cursor, limit int) (models.Page, error) {
	if limit <= 0 {
		return models.Page{}, nil
	}
	sections, err := sections(filter, after)
	if err != nil {
		return models.Page{}, err
	}
	var found []bson.Raw // one more than wanted tells whether there is a next page
	for _, part := range sections {
		some, err := find(ctx, s.messages, part.filter, options.Find().
			SetSort(part.sort).
			SetLimit(int64(limit+1-len(found))).
			SetProjection(bson.M{"attempts": 0}))
		if err != nil {
			return models.Page{}, explain("list messages", err)
		}
		if found = append(found, some...); len(found) > limit {
			break
		}
	}
	page := models.Page{}
	if len(found) > limit {
		found = found[:limit]
		page.Next = cursorAt(found[limit-1], string(filter.Order()))
	}
	for _, document := range found {
		if message := decodeMessage(document); !message.Waits() || isAdopted(document) {
			page.Messages = append(page.Messages, message)
		}
	}
	return page, nil
}

// isAdopted reports whether a message that waits has the shape of adoptedWaiting.
func isAdopted(document bson.Raw) bool {
	r := &reader{document: document}
	_, hasPriority := r.priority()
	drawn, hasDrawn := r.get("drawn")
	return hasPriority && hasDrawn && drawn.Type == bson.TypeBoolean &&
		document.Lookup("next_attempt_at").Type == bson.TypeDateTime
}
