// Package handlers is the HTTP surface: what the API takes and answers, and the
// rules in between.
//
// A request comes in through Handle: a decoder makes a plain value of it, a
// method such as Messages.Accept does the work, an encoder writes the answer.
// The methods know nothing of HTTP. Whatever goes wrong, in a decoder, in a
// method or in the middleware before them, is an error until Problems makes the
// one form of it that clients see: problem.go has the whole mapping.
//
// Nothing here keeps state. When the process dies between a store's answer and
// ours, the client does not know whether its request took effect; the store
// does, and that is what GET tells.
package handlers

import (
	"bytes"
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Decode makes the request of an endpoint out of what the client sent. Its error
// is answered as a problem.
type Decode[Request any] func(c *gin.Context) (Request, error)

// Encode writes the answer of an endpoint; an error means that nothing was written.
type Encode[Answer any] func(c *gin.Context, answer Answer) error

// Handle makes an endpoint of a plain function: decode → call → encode. The
// *gin.Context ends here.
func Handle[Request, Answer any](
	problems *Problems,
	decode Decode[Request],
	call func(context.Context, Request) (Answer, error),
	encode Encode[Answer],
) gin.HandlerFunc {
	return func(c *gin.Context) {
		request, err := decode(c)
		if err != nil {
			problems.Answer(c, err)
			return
		}
		answer, err := call(c.Request.Context(), request)
		if err != nil {
			problems.Answer(c, err)
			return
		}
		if err := encode(c, answer); err != nil {
			problems.Answer(c, err)
		}
	}
}

// OK answers 200 with the answer as JSON.
func OK[Answer any](c *gin.Context, answer Answer) error {
	return writeJSON(c, http.StatusOK, answer)
}

// Created answers 201 with the answer as JSON, and says where it can be read:
// under the path that was posted to, by its id.
func Created[Answer interface{ CreatedID() string }](c *gin.Context, answer Answer) error {
	location := c.Request.URL.EscapedPath() + "/" + url.PathEscape(answer.CreatedID())
	c.Header("Location", location)
	return writeJSON(c, http.StatusCreated, answer)
}

// Health answers 200 or, as long as the service should get no requests, 503.
func Health[Answer interface{ Healthy() bool }](c *gin.Context, answer Answer) error {
	if answer.Healthy() {
		return writeJSON(c, http.StatusOK, answer)
	}
	return writeJSON(c, http.StatusServiceUnavailable, answer)
}

// writeJSON encodes before it writes: half an answer with a 200 cannot be taken
// back.
func writeJSON(c *gin.Context, status int, answer any) error {
	return writeAs(c, status, "application/json", answer)
}

func writeAs(c *gin.Context, status int, contentType string, answer any) error {
	var body bytes.Buffer
	// A content inserted by hand may be no valid UTF-8. Its broken characters are
	// replaced; refusing them would make one such message hide a page of others.
	err := json.MarshalWrite(&body, answer, jsontext.AllowInvalidUTF8(true), json.FormatNilSliceAsNull(false))
	if err != nil {
		return err //nolint:wrapcheck // our own types: the error names the one at fault
	}
	c.Data(status, contentType, body.Bytes())
	return nil
}
