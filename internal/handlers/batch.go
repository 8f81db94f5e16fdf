package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"auto-message-sender/internal/models"
)

// batchStep is how many messages are stored in one durable step. At most two steps
// are held at a time: one being stored while the next is read.
const batchStep = 1000

// Batch stores the messages of a batch as they are read.
//
//	@Summary		Accept many messages
//	@Description	Up to 10,000 messages, as a JSON array or with one JSON object on each line (application/x-ndjson), up to 16 MiB.
//	@Description	It is read as it comes, and its valid lines are stored in durable steps of a thousand; each line has its result. A limit that
//	@Description	is hit – of lines, of bytes – after lines were stored is answered with 200 and complete: false; before that, with 413.
//	@Description	A line with an idempotency_key – or each line, where the header Idempotency-Key names the batch: then as "<header>:<line>" – is
//	@Description	stored once however often it is sent: repeat the whole batch under the same keys after an answer that was lost or incomplete.
//	@Description	It is known by its message: where RETENTION with RETENTION_ACTION=delete has deleted that, a repeat is sent again; erase keeps it known.
//	@Description	With dry_run=true nothing is stored, and the answer is what would become of each line now; a line without a key has no id then.
//	@ID				acceptMessages
//	@Tags			messages
//	@Accept			json,application/x-ndjson
//	@Produce		json,application/problem+json
//	@Param			dry_run			query		bool		false	"Only check the lines, and store none"
//	@Param			Idempotency-Key	header		string		false	"A name for this batch, 1 to 249 printable ASCII characters"	maxlength(249)
//	@Param			messages		body		[]BatchItem	true	"The messages"
//	@Success		200				{object}	BatchAnswer
//	@Failure		400				{object}	Problem	"The array is no JSON, or the body broke off, before anything was stored"
//	@Failure		401				{object}	Problem	"No key, or an unknown one"
//	@Failure		403				{object}	Problem	"The key's role may not, or a web page of another origin asked for it"
//	@Failure		413				{object}	Problem	"The body is larger than 16 MiB, or a line than 64 KiB, before anything was stored"
//	@Failure		415				{object}	Problem	"The content type is neither application/json nor application/x-ndjson"
//	@Failure		429				{object}	Problem	"Too many requests"
//	@Failure		500				{object}	Problem	"An internal error"
//	@Failure		503				{object}	Problem	"The store is away or full, and nothing was stored"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/messages/batch [post]
func (m *Messages) Batch(ctx context.Context, call BatchCall) (BatchAnswer, error) {
	b := &batch{messages: m, ctx: ctx, key: call.key, answer: BatchAnswer{DryRun: call.dryRun, Complete: true}}
	if call.dryRun {
		b.rehearsal = &rehearsal{store: m.store, seen: map[string]models.Message{}}
	}
	defer b.wait()
	for {
		line, err := call.lines.Next()
		if err == nil && line.number > maxBatchLines {
			err = Refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("the batch has more than %d lines", maxBatchLines))
		}
		switch {
		case errors.Is(err, io.EOF):
			return b.finish(nil)
		case err != nil:
			return b.finish(err)
		}
		b.add(line)
	}
}

// batch is one under way. Reading goes on in the caller's goroutine while the step
// before is stored in another; wait joins them.
type batch struct {
	messages *Messages
	ctx      context.Context //nolint:containedctx // it lives as long as the request, whose context it is
	key      string
	answer   BatchAnswer
	// rehearsal stands in for the store in a dry run; otherwise nil.
	rehearsal *rehearsal

	step    step
	storing *step // nil: none
	stored  chan struct{}
	failed  error // of the store: nothing is tried after it
}

// step is the lines of one durable write, in the order of their results.
type step struct {
	results  []BatchResult
	messages []models.Message
	at       []int // results that the messages are
	stored   []bool
	misused  []bool // their keys stand for other messages
	err      error
}

// add makes a message of the line, or says what is wrong with it.
func (b *batch) add(read line) {
	result := BatchResult{Line: read.number}
	message, err := b.message(read)
	switch {
	case errors.Is(err, errOverdue) && b.messages.isRepeat(b.ctx, message):
		result.ID, result.Duplicate = message.ID.Text, true
		b.answer.Duplicates++
	case err != nil:
		result.Errors = lineFault(err)
		b.answer.Refused++
	default:
		result.ID = message.ID.Text
		b.step.at = append(b.step.at, len(b.step.results))
		b.step.messages = append(b.step.messages, message)
	}
	b.step.results = append(b.step.results, result)
	if len(b.step.results) >= batchStep {
		b.store()
	}
}

func (b *batch) message(read line) (models.Message, error) {
	if read.err != nil {
		return models.Message{}, read.err
	}
	m := b.messages
	key := read.item.IdempotencyKey
	var id string
	switch {
	case key == "" && b.key == "":
		if b.rehearsal == nil {
			id = m.newID()
		}
	case key == "":
		id = keyedID(ownKey(b.ctx, b.key+":"+strconv.Itoa(read.number)))
	default:
		id = keyedID(ownKey(b.ctx, key))
	}
	message, err := m.intake.message(read.item.AcceptRequest, id, m.now().UTC().Truncate(time.Millisecond))
	if key == "" {
		return message, err
	}
	if problem := checkKey(key); problem != "" {
		field := models.FieldError{Field: "idempotency_key", Message: problem}
		wrong, other := fieldsOf(err)
		if other != nil {
			return models.Message{}, other
		}
		return models.Message{}, &models.Error{Kind: models.KindInvalid, Detail: "the message is not valid", Fields: append(wrong, field)}
	}
	return message, err
}

// store begins to store what was read, once the step before is stored.
func (b *batch) store() {
	b.wait()
	if len(b.step.results) == 0 {
		return
	}
	now := b.step
	b.step = step{
		results: make([]BatchResult, 0, batchStep), messages: make([]models.Message, 0, batchStep), at: make([]int, 0, batchStep),
	}
	b.storing, b.stored = &now, make(chan struct{})
	if len(now.messages) == 0 || b.failed != nil {
		now.err = b.failed
		close(b.stored)
		return
	}
	go func() {
		defer close(b.stored)
		if b.rehearsal != nil {
			now.stored, now.misused, now.err = b.rehearsal.accept(b.ctx, now.messages)
			return
		}
		now.stored, now.err = b.messages.store.AcceptNew(b.ctx, now.messages)
		if now.err == nil {
			now.misused = b.messages.misused(b.ctx, now.messages, now.stored)
		}
	}()
}

// wait takes in the results of the step that is being stored.
func (b *batch) wait() {
	if b.storing == nil {
		return
	}
	<-b.stored
	done := b.storing
	b.storing = nil
	if done.err != nil && b.failed == nil {
		b.failed = done.err
		b.messages.log.WithError(done.err).WithField("request_id", RequestID(b.ctx)).Warn("a step of a batch could not be stored")
	}
	fresh := done.messages[:0] // those stored, moved to the front
	for i, at := range done.at {
		result := &done.results[at]
		switch {
		case done.err != nil:
			result.ID, result.Error = "", "the store failed, and may have this line or not: send it again under the same idempotency key"
			b.answer.Failed++
		case done.stored[i]:
			result.Status = string(done.messages[i].Status)
			b.answer.Accepted++
			fresh = append(fresh, done.messages[i])
		case done.misused[i]:
			result.ID, result.Errors = "", keyMisused()
			b.answer.Refused++
		default:
			result.Duplicate = true
			b.answer.Duplicates++
		}
	}
	if len(fresh) > 0 && b.rehearsal == nil {
		b.messages.accepted(fresh...)
	}
	b.answer.Results = append(b.answer.Results, done.results...)
}

// misused tells of each message that was not new whether the one stored under its key
// says something else: then it is no repetition, and was not stored by anybody.
func (m *Messages) misused(ctx context.Context, messages []models.Message, stored []bool) []bool {
	misused := make([]bool, len(messages))
	for i, message := range messages {
		if stored[i] {
			continue
		}
		there, err := m.store.Message(ctx, message.ID.Text)
		if err != nil || !there.ErasedAt.IsZero() {
			continue // nobody can tell any more
		}
		misused[i] = !sameMessage(there, message)
	}
	return misused
}

func keyMisused() []FieldProblem {
	return []FieldProblem{{Field: "idempotency_key", Message: "was used for another message; send this one under a key of its own"}}
}

// finish stores what is left, and answers. Where reading broke off before anything
// was stored, nothing is, and the fault is the answer.
func (b *batch) finish(fault error) (BatchAnswer, error) {
	b.wait()
	kept := b.answer.Accepted + b.answer.Duplicates
	if fault != nil && kept == 0 {
		if b.failed != nil {
			return BatchAnswer{}, b.failed
		}
		return BatchAnswer{}, fault
	}
	b.store()
	b.wait()
	if b.failed != nil && b.answer.Accepted+b.answer.Duplicates == 0 {
		return BatchAnswer{}, b.failed
	}
	if fault != nil {
		b.answer.Complete = false
		b.answer.Error = problemOf(fault).Detail + "; nothing from there on was read"
	}
	return b.answer, nil
}

// lineFault returns what is wrong with a line: its fields, or all of it where no
// field can be told.
func lineFault(err error) []FieldProblem {
	problem := problemOf(err)
	if len(problem.Errors) > 0 {
		return problem.Errors
	}
	return []FieldProblem{{Field: "line", Message: strings.TrimPrefix(problem.Detail, "the body ")}}
}
