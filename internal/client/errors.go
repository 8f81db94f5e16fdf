package client

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Error is an answer of the server that is not the one that was asked for.
type Error struct {
	Status     int            `json:"-"`
	Detail     string         `json:"detail"` // what is wrong, in the server's words
	RequestID  string         `json:"request_id"`
	Fields     []FieldProblem `json:"errors"`
	RetryAfter time.Duration  `json:"-"` // 0: the answer names none
}

// FieldProblem says what is wrong with one field.
type FieldProblem struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Error returns the detail with the status, and the fields that it does not name.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString(e.Detail)
	for _, field := range e.Fields {
		if !strings.Contains(e.Detail, field.Message) {
			fmt.Fprintf(&text, "; %s %s", field.Field, field.Message)
		}
	}
	fmt.Fprintf(&text, " (%d %s", e.Status, http.StatusText(e.Status))
	if e.Status >= http.StatusInternalServerError && e.RequestID != "" {
		text.WriteString(", request " + e.RequestID)
	}
	text.WriteString(")")
	return text.String()
}

// StatusOf returns the HTTP status that err is about, 0 if it is about none.
func StatusOf(err error) int {
	if answered, ok := errors.AsType[*Error](err); ok {
		return answered.Status
	}
	return 0
}

// UnreachableError says that no answer came.
type UnreachableError struct {
	Server string
	Cause  error
}

// Error names the server and the cause.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("%s cannot be reached: %v", e.Server, e.Cause)
}

// Unwrap returns the cause.
func (e *UnreachableError) Unwrap() error { return e.Cause }

// Passing reports whether the same call may well succeed later: the server was not
// reached, could not answer, or has had enough for now.
func Passing(err error) bool {
	if _, ok := errors.AsType[*UnreachableError](err); ok {
		return true
	}
	switch StatusOf(err) {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// RetryAfter returns how long the server asks to wait, 0 if it does not say.
func RetryAfter(err error) time.Duration {
	if answered, ok := errors.AsType[*Error](err); ok {
		return answered.RetryAfter
	}
	return 0
}

// problemOf returns the error that an answer is.
func problemOf(response *http.Response, body []byte) *Error {
	problem := &Error{}
	mediaType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if mediaType != "application/problem+json" || json.Unmarshal(body, problem) != nil || problem.Detail == "" {
		problem = &Error{Detail: "the answer is not in the words of this API; is it the right server?"}
		if location := response.Header.Get("Location"); location != "" {
			problem.Detail = "the server sends us on to " + strconv.Quote(location) + "; if that is right, name it as the server"
		}
	}
	problem.Status = response.StatusCode
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		problem.RetryAfter = time.Duration(min(seconds, 24*60*60)) * time.Second
	}
	return problem
}
