package handlers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"auto-message-sender/internal/models"
)

// maxReasonLength is in characters.
const maxReasonLength = 200

// Control starts and stops sending, for all replicas.
type Control interface {
	// Start is answered with models.KindConflict when it is running already.
	Start(ctx context.Context, actor, reason string) (models.Scheduler, error)
	// Stop does not wait: inFlight attempts are still under way. It is answered
	// with models.KindConflict when it is not running.
	Stop(ctx context.Context, actor, reason string) (state models.Scheduler, inFlight int, err error)
	State(ctx context.Context) (models.Scheduler, error)
	// SetPace changes interval and cap, running or not.
	SetPace(ctx context.Context, pace models.Pace, actor, reason string) (models.Scheduler, error)
}

// AuditTrail is who started and stopped sending; see dataoperations.Trail.
type AuditTrail interface {
	SchedulerLogs(ctx context.Context, offset, limit int64) ([]models.SchedulerLog, int64, error)
}

// Counter counts messages by status; see dataoperations.Messages.
type Counter interface {
	Counts(ctx context.Context) (models.Counts, error)
}

// SchedulerOptions is what Scheduler is made of. All fields are required.
type SchedulerOptions struct {
	Control Control
	Trail   AuditTrail
	Counter Counter
	Webhook func() models.WebhookHealth // as this process sees it
	Replica string                      // the id of this process
}

// Scheduler are the endpoints under /scheduler.
type Scheduler struct {
	control Control
	trail   AuditTrail
	counter Counter
	webhook func() models.WebhookHealth
	replica string
}

// NewScheduler returns the endpoints, or says what is missing.
func NewScheduler(options SchedulerOptions) (*Scheduler, error) {
	if options.Control == nil || options.Trail == nil || options.Counter == nil || options.Webhook == nil || options.Replica == "" {
		return nil, errors.New("handlers: Scheduler needs Control, Trail, Counter, Webhook and Replica")
	}
	return &Scheduler{
		control: options.Control, trail: options.Trail, counter: options.Counter,
		webhook: options.Webhook, replica: options.Replica,
	}, nil
}

// ReasonRequest may say why the scheduler is started or stopped.
type ReasonRequest struct {
	// Kept in the audit trail, at most 200 characters.
	Reason string `json:"reason" validate:"optional" maxLength:"200" example:"maintenance of the provider"`
} //	@name	ReasonRequest

func (r ReasonRequest) check() error {
	problem := r.problem()
	if problem == "" {
		return nil
	}
	return &models.Error{
		Kind: models.KindInvalid, Detail: "the reason is not valid",
		Fields: []models.FieldError{{Field: "reason", Message: problem}},
	}
}

func (r ReasonRequest) problem() string {
	if length := utf8.RuneCountInString(r.Reason); length > maxReasonLength {
		return fmt.Sprintf("has %d characters; at most %d are allowed", length, maxReasonLength)
	}
	if strings.ContainsRune(r.Reason, 0) {
		return "has a NUL character (U+0000); send printable text"
	}
	return ""
}

// StartedAnswer tells that sending has begun.
type StartedAnswer struct {
	IsActive  bool   `json:"is_active" example:"true"`
	StartedAt string `json:"started_at" format:"date-time" example:"2026-01-02T15:04:05.000Z"`
	Message   string `json:"message" example:"Scheduler started successfully"`
} //	@name	StartedAnswer

// Start starts sending.
//
//	@Summary		Start the scheduler
//	@Description	Starts sending, on all replicas. The first window opens at once. The state survives a restart.
//	@ID				startScheduler
//	@Tags			scheduler
//	@Accept			json
//	@Produce		json,application/problem+json
//	@Param			reason	body		ReasonRequest	false	"Why; the body may be left out"
//	@Success		200		{object}	StartedAnswer
//	@Failure		400		{object}	Problem	"The body is there and is not valid"
//	@Failure		401		{object}	Problem	"No key, or an unknown one"
//	@Failure		403		{object}	Problem	"A web page of another origin asked for it"
//	@Failure		409		{object}	Problem	"It is running already"
//	@Failure		413		{object}	Problem	"The body is larger than 64 KiB"
//	@Failure		415		{object}	Problem	"The body is there and its content type is not application/json"
//	@Failure		429		{object}	Problem	"Too many requests from this address"
//	@Failure		500		{object}	Problem	"An internal error"
//	@Failure		503		{object}	Problem	"The store is away"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/scheduler/start [post]
func (s *Scheduler) Start(ctx context.Context, request ReasonRequest) (StartedAnswer, error) {
	if err := request.check(); err != nil {
		return StartedAnswer{}, err
	}
	state, err := s.control.Start(ctx, Actor(ctx), request.Reason)
	if err != nil {
		return StartedAnswer{}, err //nolint:wrapcheck // its kind decides the answer
	}
	return StartedAnswer{
		IsActive: state.Running, StartedAt: timestamp(state.StartedAt), Message: "Scheduler started successfully",
	}, nil
}

// StoppedAnswer tells that sending has ended.
type StoppedAnswer struct {
	IsActive  bool   `json:"is_active" example:"false"`
	StoppedAt string `json:"stopped_at" format:"date-time" example:"2026-01-02T15:14:05.000Z"`
	Message   string `json:"message" example:"Scheduler stopped successfully"`
	// Attempts that are still under way, on all replicas. They end by themselves and are recorded.
	InFlight int `json:"in_flight" example:"0"`
} //	@name	StoppedAnswer

// Stop stops sending.
//
//	@Summary		Stop the scheduler
//	@Description	Stops sending, on all replicas: within a second of the answer none starts an attempt.
//	@Description	Attempts under way are not waited for.
//	@ID				stopScheduler
//	@Tags			scheduler
//	@Accept			json
//	@Produce		json,application/problem+json
//	@Param			reason	body		ReasonRequest	false	"Why; the body may be left out"
//	@Success		200		{object}	StoppedAnswer
//	@Failure		400		{object}	Problem	"The body is there and is not valid"
//	@Failure		401		{object}	Problem	"No key, or an unknown one"
//	@Failure		403		{object}	Problem	"A web page of another origin asked for it"
//	@Failure		409		{object}	Problem	"It is not running"
//	@Failure		413		{object}	Problem	"The body is larger than 64 KiB"
//	@Failure		415		{object}	Problem	"The body is there and its content type is not application/json"
//	@Failure		429		{object}	Problem	"Too many requests from this address"
//	@Failure		500		{object}	Problem	"An internal error"
//	@Failure		503		{object}	Problem	"The store is away"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/scheduler/stop [post]
func (s *Scheduler) Stop(ctx context.Context, request ReasonRequest) (StoppedAnswer, error) {
	if err := request.check(); err != nil {
		return StoppedAnswer{}, err
	}
	state, inFlight, err := s.control.Stop(ctx, Actor(ctx), request.Reason)
	if err != nil {
		return StoppedAnswer{}, err //nolint:wrapcheck // its kind decides the answer
	}
	return StoppedAnswer{
		IsActive: state.Running, StoppedAt: timestamp(state.StoppedAt),
		Message: "Scheduler stopped successfully", InFlight: inFlight,
	}, nil
}
