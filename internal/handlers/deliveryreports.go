package handlers

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// maxErrorCodeLength bounds the provider's error code, in characters.
const maxErrorCodeLength = 64

// The waits between the looks for the message of a report, each twice the one before:
// two seconds in all.
const (
	firstLook = 65 * time.Millisecond
	lastLook  = 16 * firstLook
)

// maxReportAhead is how far a provider's clock may be ahead of ours.
const maxReportAhead = 5 * time.Minute

// ReportBody decodes a report. A query, which the provider may add to the address, is
// passed over, and so are fields that are not ours: providers tell more than we ask,
// and more with each year.
func ReportBody(c *gin.Context) (DeliveryReportRequest, error) {
	return jsonObject[DeliveryReportRequest](c, json.RejectUnknownMembers(false))
}

// DeliveryReportsOptions is what DeliveryReports is made of. All fields but Events
// are required.
type DeliveryReportsOptions struct {
	Changes dataoperations.Changes
	Lists   dataoperations.Lists
	Now     func() time.Time // the store's
	Events  Events           // nil: nobody listens
}

// DeliveryReports take what the provider says became of messages that it took.
type DeliveryReports struct {
	changes dataoperations.Changes
	lists   dataoperations.Lists
	now     func() time.Time
	events  publisher

	applied, repeated, unknown atomic.Int64
}

// NewDeliveryReports returns the endpoint, or says what is missing.
func NewDeliveryReports(options DeliveryReportsOptions) (*DeliveryReports, error) {
	o := options
	if o.Changes == nil || o.Lists == nil || o.Now == nil {
		return nil, errors.New("handlers: DeliveryReports needs Changes, Lists and Now")
	}
	return &DeliveryReports{changes: o.Changes, lists: o.Lists, now: o.Now, events: publisher{to: o.Events, now: o.Now}}, nil
}

// DeliveryReportRequest is what the provider says of one message.
type DeliveryReportRequest struct {
	// The provider's id, as in its answer to the webhook call.
	MessageID string `json:"messageId" validate:"required" example:"67f2f8a8-ea58-4ed0-a6f9-ff217df4d849"`
	// failed is stored as undelivered.
	Status string `json:"status" validate:"required" enums:"delivered,undelivered,failed" example:"delivered"`
	// The provider's, up to 64 characters.
	ErrorCode string `json:"error_code" validate:"optional" maxLength:"64" example:"30003"`
	// When it happened, at most five minutes ahead of this service's time; now, where it is left out.
	OccurredAt string `json:"occurred_at" validate:"optional" format:"date-time" example:"2026-01-02T15:04:09Z"`
} //	@name	DeliveryReportRequest

// report returns what is meant, or every field that is wrong.
func (r DeliveryReportRequest) report(now time.Time) (models.DeliveryReport, error) {
	var wrong []models.FieldError
	refuse := func(field, problem string) {
		if problem != "" {
			wrong = append(wrong, models.FieldError{Field: field, Message: problem})
		}
	}
	report := models.DeliveryReport{MessageID: r.MessageID, Delivery: models.Delivery{At: now.UTC().Truncate(time.Millisecond), ErrorCode: r.ErrorCode}}
	switch {
	case r.MessageID == "":
		refuse("messageId", "is required: the id that the webhook answered with")
	case len(r.MessageID) > models.MaxIDLength:
		refuse("messageId", fmt.Sprintf("has more than %d bytes", models.MaxIDLength))
	}
	switch r.Status {
	case "delivered":
		report.Status = models.DeliveryDelivered
	case "undelivered", "failed":
		report.Status = models.DeliveryUndelivered
	default:
		refuse("status", "must be delivered, undelivered or failed")
	}
	if utf8.RuneCountInString(r.ErrorCode) > maxErrorCodeLength {
		refuse("error_code", fmt.Sprintf("has more than %d characters", maxErrorCodeLength))
	} else {
		refuse("error_code", checkReference(r.ErrorCode))
	}
	if r.OccurredAt != "" {
		at, problem := parseTime(r.OccurredAt)
		if latest := now.Add(maxReportAhead); problem == "" && at.After(latest) {
			problem = "lies ahead, and is told of what has happened; here it is " + timestamp(now) + ", and five minutes more are let pass"
		}
		refuse("occurred_at", problem)
		report.At = at
	}
	if len(wrong) > 0 {
		return models.DeliveryReport{}, &models.Error{Kind: models.KindInvalid, Detail: "the delivery report is not valid", Fields: wrong}
	}
	return report, nil
}

// DeliveryReportAnswer tells whether the report was news.
type DeliveryReportAnswer struct {
	// false: there was one of this message already, and the first one stays.
	Applied bool `json:"applied" example:"true"`
} //	@name	DeliveryReportAnswer

// Report stores a report on the message with the provider's id.
//
//	@Summary		Report a delivery
//	@Description	For the provider: what became of a message that it took. The first report of a message is stored, and shown as its
//	@Description	delivery_status; others change nothing, so reports may be repeated. It has keys and signatures of its own: DELIVERY_REPORT_KEYS, DELIVERY_REPORT_SECRETS.
//	@Description	Fields that are not known are passed over.
//	@ID				reportDelivery
//	@Tags			delivery-reports
//	@Accept			json
//	@Produce		json,application/problem+json
//	@Param			report	body		DeliveryReportRequest	true	"The report"
//	@Success		200		{object}	DeliveryReportAnswer
//	@Failure		400		{object}	Problem	"The body is no JSON object, or a field is missing, twice or invalid: see errors"
//	@Failure		401		{object}	Problem	"No key or signature, or one that is not right"
//	@Failure		403		{object}	Problem	"A web page of another origin asked for it"
//	@Failure		404		{object}	Problem	"No sent message has this id, nor has one got it within two seconds"
//	@Failure		413		{object}	Problem	"The body is larger than 64 KiB"
//	@Failure		415		{object}	Problem	"The content type is not application/json"
//	@Failure		429		{object}	Problem	"Too many requests"
//	@Failure		500		{object}	Problem	"An internal error"
//	@Failure		503		{object}	Problem	"The store is away"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/delivery-reports [post]
func (d *DeliveryReports) Report(ctx context.Context, request DeliveryReportRequest) (DeliveryReportAnswer, error) {
	report, err := request.report(d.now())
	if err != nil {
		return DeliveryReportAnswer{}, err
	}
	stored, err := d.deliver(ctx, report)
	switch {
	case models.KindOf(err) == models.KindNotFound:
		d.unknown.Add(1)
		return DeliveryReportAnswer{}, models.NotFound("no sent message has this messageId")
	case err != nil:
		return DeliveryReportAnswer{}, err
	case stored:
		d.applied.Add(1)
		d.tell(ctx, report)
	default:
		d.repeated.Add(1)
	}
	return DeliveryReportAnswer{Applied: stored}, nil
}

// deliver stores the report, and looks for its message again for up to two seconds: the
// provider may be faster with it than we are with the record of its answer to the
// webhook call, and few providers come again after a 404.
func (d *DeliveryReports) deliver(ctx context.Context, report models.DeliveryReport) (stored bool, err error) {
	for wait := firstLook; ; wait *= 2 {
		stored, err = d.changes.Deliver(ctx, report)
		if models.KindOf(err) != models.KindNotFound || wait > lastLook {
			return stored, err //nolint:wrapcheck // its kind decides the answer
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false, models.Unavailable("the report was not waited for to its end; send it again", ctx.Err())
		}
	}
}

// tell publishes the event, under the message's own id.
func (d *DeliveryReports) tell(ctx context.Context, report models.DeliveryReport) {
	if d.events.to == nil {
		return
	}
	page, err := d.lists.List(ctx, models.Filter{MessageID: report.MessageID}, models.Cursor{}, 1)
	if err != nil || len(page.Messages) == 0 {
		return // the report is stored; an event may be lost
	}
	what := models.EventDelivered
	if report.Status == models.DeliveryUndelivered {
		what = models.EventUndelivered
	}
	d.events.publish(what, page.Messages[0])
}

// DeliveryCounted is how many delivery reports this process had since it began.
type DeliveryCounted struct {
	Applied  int64 `json:"applied" example:"40"`
	Repeated int64 `json:"repeated" example:"2"`
	// Of no message that was sent from here.
	Unknown int64 `json:"unknown" example:"0"`
} //	@name	DeliveryCounted

func (d *DeliveryReports) counted() DeliveryCounted {
	return DeliveryCounted{Applied: d.applied.Load(), Repeated: d.repeated.Load(), Unknown: d.unknown.Load()}
}
