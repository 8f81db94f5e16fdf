package handlers

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// BulkRequest says which messages are meant.
type BulkRequest struct {
	FilterFields
	// All messages that can be changed: needed where no filter is given, so that one forgotten does not mean everything.
	All bool `json:"all" validate:"optional" example:"false"`
	// Only count them.
	DryRun bool `json:"dry_run" validate:"optional" example:"true"`
} //	@name	BulkRequest

// RetryRequest says which messages are to be sent again.
type RetryRequest struct {
	BulkRequest
	// Pass over messages that changed then or later: the before of the answer, where a call goes on. Left out: when the call begins.
	Before string `json:"before" validate:"optional" format:"date-time" example:"2026-01-02T15:04:05.679Z"`
} //	@name	RetryRequest

// BulkBody decodes a BulkRequest; ?dry_run=true is the same as in the body.
func BulkBody(c *gin.Context) (BulkRequest, error) {
	dryRun, err := parseDryRun(c.Request.URL.RawQuery)
	if err != nil {
		return BulkRequest{}, err
	}
	request, err := jsonObject[BulkRequest](c)
	request.DryRun = request.DryRun || dryRun
	return request, err
}

// RetryBody decodes a RetryRequest, likewise.
func RetryBody(c *gin.Context) (RetryRequest, error) {
	dryRun, err := parseDryRun(c.Request.URL.RawQuery)
	if err != nil {
		return RetryRequest{}, err
	}
	request, err := jsonObject[RetryRequest](c)
	request.DryRun = request.DryRun || dryRun
	return request, err
}

// parseDryRun refuses whatever it does not know: a dry run that is misspelt must
// not be a wet one.
func parseDryRun(rawQuery string) (dryRun bool, err error) {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return false, &models.Error{Kind: models.KindInvalid, Detail: "the query is malformed; send it like ?dry_run=true"}
	}
	var wrong []models.FieldError
	for name, values := range query {
		switch {
		case name != "dry_run":
			wrong = append(wrong, models.FieldError{Field: shownName(name), Message: "is not known; there is only dry_run, and filters go in the body"})
		case len(values) > 1:
			wrong = append(wrong, models.FieldError{Field: name, Message: "is given more than once"})
		case values[0] != "true" && values[0] != "false":
			wrong = append(wrong, models.FieldError{Field: name, Message: "must be true or false"})
		default:
			dryRun = values[0] == "true"
		}
	}
	if len(wrong) > 0 {
		return false, invalidQuery(wrong)
	}
	return dryRun, nil
}

// filters returns one filter for each status that can be changed and is asked for;
// wrong is what was found wrong with the request already.
func (r BulkRequest) filters(inspect dataoperations.Inspect, changeable []models.Status, wrong ...models.FieldError) ([]models.Filter, error) {
	filter, unfit := r.filter(inspect)
	none := filter == models.Filter{} && len(unfit) == 0
	wrong = append(unfit, wrong...)
	switch {
	case none && !r.All:
		wrong = append(wrong, models.FieldError{Field: "all", Message: "must be true where no filter is given: then all messages that can be changed are meant"})
	case !none && r.All:
		wrong = append(wrong, models.FieldError{Field: "all", Message: "must be left out where a filter is given"})
	case filter.Status != "" && slices.Contains(models.Statuses(), filter.Status) && !slices.Contains(changeable, filter.Status):
		wrong = append(wrong, models.FieldError{Field: "status", Message: fmt.Sprintf("must be %s or %s here", changeable[0], changeable[1])})
	}
	if len(wrong) > 0 {
		return nil, &models.Error{Kind: models.KindInvalid, Detail: "the filter is not valid", Fields: wrong}
	}
	if filter.Status != "" {
		changeable = []models.Status{filter.Status}
	}
	filters := make([]models.Filter, 0, len(changeable))
	for _, status := range changeable {
		filter.Status = status
		filters = append(filters, filter)
	}
	return filters, nil
}

// filters returns the filters, and as of when messages are passed over. What is
// retried may fail again while the walk goes on, and would then be met at its
// beginning: a call that is repeated would never come to the older ones.
func (r RetryRequest) filters(
	inspect dataoperations.Inspect, changeable []models.Status, now time.Time,
) (before time.Time, filters []models.Filter, err error) {
	// Times are kept in milliseconds: what changed in this one is still meant.
	before = now.UTC().Truncate(time.Millisecond).Add(time.Millisecond)
	var wrong []models.FieldError
	if r.Before != "" {
		var problem string
		if before, problem = parseTime(r.Before); problem != "" {
			wrong = append(wrong, models.FieldError{Field: "before", Message: problem})
		}
	}
	filters, err = r.BulkRequest.filters(inspect, changeable, wrong...)
	for i := range filters {
		// They are in the order of their failing: those to be passed over need not be walked.
		f := &filters[i]
		if f.Order() == models.OrderFailed && (f.FailedBefore.IsZero() || f.FailedBefore.After(before)) {
			f.FailedBefore = before
		}
	}
	return before, filters, err
}

// describe tells the filter to the audit trail: of a number, its last two digits.
func (r BulkRequest) describe() string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+"="+value)
		}
	}
	add("status", r.Status)
	if r.To != "" {
		add("to", "…"+lastTwoDigits(r.To))
	}
	add("reference", r.Reference)
	add("message_id", r.MessageID)
	add("created_after", r.CreatedAfter)
	add("created_before", r.CreatedBefore)
	add("sent_after", r.SentAfter)
	add("sent_before", r.SentBefore)
	add("failed_after", r.FailedAfter)
	add("failed_before", r.FailedBefore)
	if len(parts) == 0 {
		return "all"
	}
	return strings.Join(parts, " ")
}

// describe tells the filter, and where a call went on.
func (r RetryRequest) describe() string {
	if r.Before == "" {
		return r.BulkRequest.describe()
	}
	return r.BulkRequest.describe() + " before=" + r.Before
}

func lastTwoDigits(number string) string {
	digits := strings.Map(func(char rune) rune {
		if char < '0' || char > '9' {
			return -1
		}
		return char
	}, number)
	return digits[max(0, len(digits)-2):]
}
