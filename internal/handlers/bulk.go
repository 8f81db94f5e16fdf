package handlers

import (
	"context"
	"time"

	"auto-message-sender/internal/models"
)

const (
	// bulkStep is how many messages one step changes.
	bulkStep = 500
	// BulkBudget is how long a call goes on beginning steps. It ends with what is done,
	// so that whoever asked gets an answer and can repeat it.
	BulkBudget = 45 * time.Second
	// auditLimit bounds the entry in the audit trail, which is written even when whoever
	// asked has left.
	auditLimit = 5 * time.Second
)

// CanceledAnswer tells how many messages were canceled, or would be.
type CanceledAnswer struct {
	BulkAnswer
	// Left out of a dry run.
	Canceled *int `json:"canceled,omitempty" example:"120"`
} //	@name	CanceledAnswer

// RetriedAnswer tells how many messages are to be sent again, or would be.
type RetriedAnswer struct {
	BulkAnswer
	// Messages that changed then or later were passed over. Given back, it makes a repeated call go on where this one ended.
	Before string `json:"before" format:"date-time" example:"2026-01-02T15:04:05.679Z"`
	// Left out of a dry run.
	Retried *int `json:"retried,omitempty" example:"120"`
} //	@name	RetriedAnswer

// BulkAnswer is what both have.
type BulkAnswer struct {
	DryRun bool `json:"dry_run,omitzero" validate:"optional" example:"false"`
	// Messages of the filter that could be changed when they were come to.
	Matched int `json:"matched" example:"120"`
	// false: the call came to its time limit. Repeat it – a retry with the answer's before – and it goes on.
	Complete bool `json:"complete" example:"true"`
}

// CancelAll cancels all messages of a filter that wait.
//
//	@Summary		Cancel many messages
//	@Description	Cancels all messages of the filter that are scheduled or pending, in steps of 500; with dry_run it only counts them.
//	@Description	After 45 seconds it ends with what is done and complete is false: the same call goes on. It is noted in the audit trail.
//	@ID				cancelMessages
//	@Tags			messages
//	@Accept			json
//	@Produce		json,application/problem+json
//	@Param			dry_run	query		bool		false	"Only count them"
//	@Param			filter	body		BulkRequest	true	"Which messages: at least one filter, or all"
//	@Success		200		{object}	CanceledAnswer
//	@Failure		400		{object}	Problem	"A filter is not valid, or none is given"
//	@Failure		401		{object}	Problem	"No key, or an unknown one"
//	@Failure		403		{object}	Problem	"The key's role may not, or a web page of another origin asked for it"
//	@Failure		413		{object}	Problem	"The body is larger than 64 KiB"
//	@Failure		415		{object}	Problem	"The content type is not application/json"
//	@Failure		429		{object}	Problem	"Too many requests"
//	@Failure		500		{object}	Problem	"An internal error"
//	@Failure		503		{object}	Problem	"The store is away; some may be canceled already. Repeat the call"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/messages/cancel [post]
func (o *Operations) CancelAll(ctx context.Context, request BulkRequest) (CanceledAnswer, error) {
	filters, err := request.filters(o.Inspect, []models.Status{models.StatusScheduled, models.StatusPending})
	if err != nil {
		return CanceledAnswer{}, err
	}
	answer, changed, err := o.bulk(ctx, bulkChange{
		filters: filters, dryRun: request.DryRun, words: request.describe(),
		action: models.ActionCancel, event: models.EventCanceled, becomes: models.StatusCanceled, apply: o.Changes.Cancel,
	})
	return CanceledAnswer{BulkAnswer: answer, Canceled: changed}, err
}

// RetryAll makes all messages of a filter pending again that failed or expired.
//
//	@Summary		Send many messages again
//	@Description	Makes all messages of the filter pending again that failed or expired, in steps of 500, as POST /messages/{id}/retry does; with
//	@Description	dry_run it only counts them. {"failed_after":"2026-01-02T14:00:00Z"} is everything that failed since 14:00.
//	@Description	What changed since the call began is passed over, so that nothing is sent again that has just failed again.
//	@Description	After 45 seconds it ends with what is done and complete is false: the same call with the answer's before goes on, to those
//	@Description	that no call has come to. It is noted in the audit trail.
//	@ID				retryMessages
//	@Tags			messages
//	@Accept			json
//	@Produce		json,application/problem+json
//	@Param			dry_run	query		bool			false	"Only count them"
//	@Param			filter	body		RetryRequest	true	"Which messages: at least one filter, or all"
//	@Success		200		{object}	RetriedAnswer
//	@Failure		400		{object}	Problem	"A filter is not valid, or none is given"
//	@Failure		401		{object}	Problem	"No key, or an unknown one"
//	@Failure		403		{object}	Problem	"The key's role may not, or a web page of another origin asked for it"
//	@Failure		413		{object}	Problem	"The body is larger than 64 KiB"
//	@Failure		415		{object}	Problem	"The content type is not application/json"
//	@Failure		429		{object}	Problem	"Too many requests"
//	@Failure		500		{object}	Problem	"An internal error"
//	@Failure		503		{object}	Problem	"The store is away; some may be pending again already. Repeat the call"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/messages/retry [post]
func (o *Operations) RetryAll(ctx context.Context, request RetryRequest) (RetriedAnswer, error) {
	before, filters, err := request.filters(o.Inspect, []models.Status{models.StatusFailed, models.StatusExpired}, o.Now())
	if err != nil {
		return RetriedAnswer{}, err
	}
	answer, changed, err := o.bulk(ctx, bulkChange{
		filters: filters, before: before, dryRun: request.DryRun, words: request.describe(),
		action: models.ActionRetry, event: models.EventRetried, becomes: models.StatusPending, apply: o.Changes.Retry,
	})
	return RetriedAnswer{BulkAnswer: answer, Before: timestamp(before), Retried: changed}, err
}
