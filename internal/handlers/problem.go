package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/sirupsen/logrus"

	"auto-message-sender/internal/models"
)

// retrySoon is what a client should wait, in seconds, while the store is away.
const retrySoon = "5"

// Problem is the body of every error (RFC 9457, application/problem+json).
type Problem struct {
	Type      string         `json:"type" example:"about:blank"`
	Title     string         `json:"title" example:"Bad Request"`
	Status    int            `json:"status" example:"400"`
	Detail    string         `json:"detail" example:"the message is not valid: to must start with + and the country code, for example +905551234567"`
	RequestID string         `json:"request_id" example:"019a2f6e-7a53-7cc0-9d6e-2f0d5b1c4a11"`
	Errors    []FieldProblem `json:"errors,omitempty"`
	// The same as detail.
	Error string `json:"error" example:"the message is not valid: to must start with + and the country code, for example +905551234567"`
} //	@name	Problem

// FieldProblem says what is wrong with one field.
type FieldProblem struct {
	Field   string `json:"field" example:"to"`
	Message string `json:"message" example:"must start with + and the country code, for example +905551234567"`
} //	@name	FieldProblem

// RefusalError is an error of HTTP alone, such as a wrong content type: one that the
// kinds in models do not know.
type RefusalError struct {
	Status int
	Detail string // for the client
}

// Error returns the detail.
func (r *RefusalError) Error() string { return r.Detail }

// Refuse returns a RefusalError.
func Refuse(status int, detail string) error { return &RefusalError{Status: status, Detail: detail} }

// Problems answers errors.
type Problems struct {
	log logrus.FieldLogger
}

// NewProblems returns Problems that log the causes which clients are not shown.
func NewProblems(log logrus.FieldLogger) *Problems { return &Problems{log: log} }

// Answer ends the request with the problem that err is. What a client may not
// see, the cause of anything from 500 on, goes into the log under the request id.
func (p *Problems) Answer(c *gin.Context, err error) {
	problem := problemOf(err)
	problem.RequestID = RequestID(c.Request.Context())
	if problem.Status >= http.StatusInternalServerError {
		level := logrus.ErrorLevel
		if problem.Status == http.StatusServiceUnavailable {
			level = logrus.WarnLevel // it passes by itself, and comes in numbers
		}
		p.log.WithError(err).WithFields(logrus.Fields{
			"request_id": problem.RequestID,
			"status":     problem.Status,
		}).Log(level, "request failed")
	}
	if problem.Status == http.StatusServiceUnavailable {
		c.Header("Retry-After", retrySoon)
	}
	c.Abort()
	if err := writeAs(c, problem.Status, "application/problem+json", problem); err != nil {
		// Cannot be: a Problem is strings and numbers.
		p.log.WithError(err).Error("a problem could not be encoded")
		c.Status(http.StatusInternalServerError)
	}
}

// problemOf is the one mapping from errors to HTTP.
func problemOf(err error) Problem {
	if refusal, ok := errors.AsType[*RefusalError](err); ok {
		return newProblem(refusal.Status, refusal.Detail, nil)
	}
	known, ok := errors.AsType[*models.Error](err)
	if !ok {
		if errors.Is(err, context.DeadlineExceeded) {
			return newProblem(http.StatusServiceUnavailable, "the request took too long; whether it took effect, a GET tells", nil)
		}
		return newProblem(http.StatusInternalServerError, "an internal error; the log has its cause under this request_id", nil)
	}
	switch known.Kind {
	case models.KindInvalid:
		return newProblem(http.StatusBadRequest, known.Detail, known.Fields)
	case models.KindNotFound:
		return newProblem(http.StatusNotFound, known.Detail, nil)
	case models.KindConflict:
		return newProblem(http.StatusConflict, known.Detail, nil)
	case models.KindUnavailable, models.KindCorrupt:
		return newProblem(http.StatusServiceUnavailable, known.Detail, nil)
	}
	return newProblem(http.StatusInternalServerError, "an internal error; the log has its cause under this request_id", nil)
}

// newProblem repeats the fields in the detail: clients of the reference show
// the error string alone.
func newProblem(status int, detail string, fields []models.FieldError) Problem {
	problem := Problem{
		Type:   "about:blank", // RFC 9457, 4.2.1: no more to it than the status
		Title:  http.StatusText(status),
		Status: status,
	}
	sentences := make([]string, 0, len(fields))
	for _, field := range fields {
		problem.Errors = append(problem.Errors, FieldProblem(field))
		sentences = append(sentences, field.Field+" "+field.Message)
	}
	problem.Detail = detail
	if len(sentences) > 0 {
		problem.Detail += ": " + strings.Join(sentences, "; ")
	}
	problem.Error = problem.Detail
	return problem
}
