package handlers

import (
	"context"
	"fmt"
	"time"

	"auto-message-sender/internal/models"
)

// What a pace may be: the same as the settings SCHEDULER_INTERVAL and
// MESSAGES_PER_INTERVAL take.
const (
	minInterval  = 100 * time.Millisecond
	maxInterval  = 30 * models.Day
	maxPerWindow = 1_000_000
)

// PaceRequest is a new pace. Both of its parts must be given.
type PaceRequest struct {
	// How often a window opens: 100ms to 30d, in whole milliseconds; units are ms, s, m, h and d.
	Interval *string `json:"interval" validate:"required" example:"2m"`
	// First attempts that a window allows, on all replicas together; 0: no cap.
	MessagesPerInterval *int64 `json:"messages_per_interval" validate:"required" minimum:"0" maximum:"1000000" example:"2"`
	// Kept in the audit trail, at most 200 characters.
	Reason string `json:"reason" validate:"optional" maxLength:"200" example:"campaign of the season"`
} //	@name	PaceRequest

// pace returns what is meant, or every field that is wrong.
func (r PaceRequest) pace() (models.Pace, error) {
	var wrong []models.FieldError
	refuse := func(field, message string) {
		wrong = append(wrong, models.FieldError{Field: field, Message: message})
	}
	var pace models.Pace
	if r.Interval == nil {
		refuse("interval", "is required, for example 2m")
	} else if interval, err := models.ParseDuration(*r.Interval); err != nil || interval < minInterval || interval > maxInterval {
		refuse("interval", "must be a duration from 100ms to 30d, for example 2m or 1h30m")
	} else if interval%time.Millisecond != 0 {
		refuse("interval", "must be whole milliseconds, for example 1500ms") // as it is stored
	} else {
		pace.Interval = interval
	}
	switch {
	case r.MessagesPerInterval == nil:
		refuse("messages_per_interval", "is required, for example 2; 0 means no cap")
	case *r.MessagesPerInterval < 0 || *r.MessagesPerInterval > maxPerWindow:
		refuse("messages_per_interval", fmt.Sprintf("must be a whole number from 0 to %d", maxPerWindow))
	default:
		pace.PerWindow = int(*r.MessagesPerInterval)
	}
	if problem := (ReasonRequest{Reason: r.Reason}).problem(); problem != "" {
		refuse("reason", problem)
	}
	if len(wrong) > 0 {
		return models.Pace{}, &models.Error{Kind: models.KindInvalid, Detail: "the pace is not valid", Fields: wrong}
	}
	return pace, nil
}

// SetPace changes the pace.
//
//	@Summary		Change the pace
//	@Description	Changes interval and messages per window, on all replicas, without a restart. A lower cap holds for the current window too;
//	@Description	a higher one begins with the next. It holds until SCHEDULER_INTERVAL or MESSAGES_PER_INTERVAL themselves change.
//	@ID				setPace
//	@Tags			scheduler
//	@Accept			json
//	@Produce		json,application/problem+json
//	@Param			pace	body		PaceRequest	true	"The pace"
//	@Success		200		{object}	SchedulerState
//	@Failure		400		{object}	Problem	"The body is no JSON object, or a field is missing, unknown, twice or invalid: see errors"
//	@Failure		401		{object}	Problem	"No key, or an unknown one"
//	@Failure		403		{object}	Problem	"The key's role may not, or a web page of another origin asked for it"
//	@Failure		413		{object}	Problem	"The body is larger than 64 KiB"
//	@Failure		415		{object}	Problem	"The content type is not application/json"
//	@Failure		429		{object}	Problem	"Too many requests"
//	@Failure		500		{object}	Problem	"An internal error"
//	@Failure		503		{object}	Problem	"The store is away"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/scheduler/pace [put]
func (s *Scheduler) SetPace(ctx context.Context, request PaceRequest) (SchedulerState, error) {
	pace, err := request.pace()
	if err != nil {
		return SchedulerState{}, err
	}
	state, err := s.control.SetPace(ctx, pace, Actor(ctx), request.Reason)
	if err != nil {
		return SchedulerState{}, err //nolint:wrapcheck // its kind decides the answer
	}
	return s.describe(ctx, state)
}
