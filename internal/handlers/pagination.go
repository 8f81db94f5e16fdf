package handlers

import (
	"math"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"auto-message-sender/internal/models"
)

const (
	defaultPerPage = 10
	maxPerPage     = 100
)

// PageRequest asks for one page of a list.
type PageRequest struct {
	Page    int64 // from 1
	PerPage int64 // 1 to maxPerPage
}

// PageQuery decodes ?page and ?per_page. A per_page beyond 100 is cut to 100;
// anything else that is not a whole number from 1 on, in int64, is refused, and
// so is giving either twice. Other parameters are ignored.
func PageQuery(c *gin.Context) (PageRequest, error) {
	query, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return PageRequest{}, &models.Error{Kind: models.KindInvalid, Detail: "the query is malformed; send it like ?page=1&per_page=10"}
	}
	var wrong []models.FieldError
	number := func(name string, unset int64) int64 {
		value, problem := positive(query[name], unset)
		if problem != "" {
			wrong = append(wrong, models.FieldError{Field: name, Message: problem})
		}
		return value
	}
	request := PageRequest{
		Page:    number("page", 1),
		PerPage: min(number("per_page", defaultPerPage), maxPerPage),
	}
	if len(wrong) > 0 {
		return PageRequest{}, &models.Error{Kind: models.KindInvalid, Detail: "the query is not valid", Fields: wrong}
	}
	return request, nil
}

// positive reads the values that were given for one parameter.
func positive(given []string, unset int64) (value int64, problem string) {
	switch len(given) {
	case 0:
		return unset, ""
	case 1:
	default:
		return 0, "is given more than once"
	}
	for _, char := range []byte(given[0]) {
		if char < '0' || char > '9' {
			// ParseInt would take a sign.
			return 0, "must be a whole number from 1 on, for example 1"
		}
	}
	value, err := strconv.ParseInt(given[0], 10, 64)
	switch {
	case err != nil && len(given[0]) > 0:
		return 0, "is too large; it must be at most 9223372036854775807"
	case err != nil, value < 1:
		return 0, "must be a whole number from 1 on, for example 1"
	}
	return value, ""
}

// offset returns how many entries come before the page, and false when that
// many cannot be counted: then the page is empty.
func (r PageRequest) offset() (int64, bool) {
	if r.Page-1 > math.MaxInt64/r.PerPage {
		return 0, false
	}
	return (r.Page - 1) * r.PerPage, true
}

// Paging is the part that every list answer has beside its entries.
type Paging struct {
	Total      int64 `json:"total" example:"42"`
	Page       int64 `json:"page" example:"1"`
	PerPage    int64 `json:"per_page" example:"10"`
	TotalPages int64 `json:"total_pages" example:"5"`
}

func (r PageRequest) paging(total int64) Paging {
	pages := total / r.PerPage
	if total%r.PerPage > 0 {
		pages++
	}
	return Paging{Total: total, Page: r.Page, PerPage: r.PerPage, TotalPages: pages}
}
