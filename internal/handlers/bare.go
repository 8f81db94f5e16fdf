package handlers

import (
	"bytes"
	"net/url"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"

	"auto-message-sender/internal/models"
)

// ChangedID decodes the id in the path of a message to be changed. A query or a body
// says something that would not be done – ?dry_run=true, say –, and is refused.
func ChangedID(c *gin.Context) (string, error) {
	if err := noQuery(c.Request.URL.RawQuery); err != nil {
		return "", err
	}
	body, err := readBody(c.Request)
	if err != nil {
		return "", err
	}
	if err := noFields(body); err != nil {
		return "", err
	}
	return PathID(c)
}

// noQuery refuses parameters where none are known.
func noQuery(rawQuery string) error {
	if rawQuery == "" {
		return nil
	}
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return &models.Error{Kind: models.KindInvalid, Detail: "the query is malformed; this takes none"}
	}
	var wrong []models.FieldError
	for name := range query {
		wrong = append(wrong, models.FieldError{Field: shownName(name), Message: "is not known; this takes no parameters"})
	}
	if len(wrong) > 0 {
		return invalidQuery(wrong)
	}
	return nil
}

// noFields refuses a body that says anything: it may be empty, or an empty object.
func noFields(body []byte) error {
	body = bytes.Trim(body, " \t\r\n")
	if len(body) == 0 {
		return nil
	}
	var fields map[string]struct{}
	if err := json.Unmarshal(body, &fields); err == nil && body[0] == '{' && len(fields) == 0 {
		return nil
	}
	return invalidBody("the body must be left out, or be {}: only the id in the path counts")
}
