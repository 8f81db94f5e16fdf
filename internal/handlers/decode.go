package handlers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"auto-message-sender/internal/models"
)

// maxNameShown bounds how much of an unknown field's name is told back.
const maxNameShown = 64

// Nothing is the request of an endpoint that takes none.
type Nothing struct{}

// NoRequest decodes nothing.
func NoRequest(*gin.Context) (Nothing, error) { return Nothing{}, nil }

// JSONBody decodes the body strictly: one JSON object in UTF-8, with known
// fields only, in their exact spelling, none of them twice, and nothing after it.
// The query must be empty.
func JSONBody[Request any](c *gin.Context) (Request, error) {
	if err := noQuery(c.Request.URL.RawQuery); err != nil {
		var none Request
		return none, err
	}
	return jsonObject[Request](c)
}

// jsonObject is JSONBody with any query, and with options that go before its own.
func jsonObject[Request any](c *gin.Context, options ...json.Options) (Request, error) {
	var request Request
	body, err := readBody(c.Request)
	if err != nil {
		return request, err
	}
	if err := checkContentType(c.Request); err != nil {
		return request, err
	}
	return unmarshalStrictly[Request](body, options...)
}

// OptionalJSONBody is JSONBody where the body may be left out.
func OptionalJSONBody[Request any](c *gin.Context) (Request, error) {
	var request Request
	if err := noQuery(c.Request.URL.RawQuery); err != nil {
		return request, err
	}
	body, err := readBody(c.Request)
	if err != nil || len(body) == 0 {
		return request, err
	}
	if err := checkContentType(c.Request); err != nil {
		return request, err
	}
	return unmarshalStrictly[Request](body)
}

// readBody reads all of the body; the middleware bounds it.
func readBody(request *http.Request) ([]byte, error) {
	body, err := io.ReadAll(request.Body)
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, TooLarge(tooLarge.Limit)
	}
	if err != nil {
		// The client went away, or framed its body wrongly.
		return nil, Refuse(http.StatusBadRequest, "the body could not be read to its end")
	}
	return body, nil
}

// TooLarge returns the refusal of a body of more than limit bytes.
func TooLarge(limit int64) error {
	return Refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", limit))
}

func checkContentType(request *http.Request) error {
	mediaType, parameters, err := mime.ParseMediaType(request.Header.Get("Content-Type"))
	charset, given := parameters["charset"]
	if err != nil || mediaType != "application/json" || given && !strings.EqualFold(charset, "utf-8") {
		return Refuse(http.StatusUnsupportedMediaType, "send JSON in UTF-8, with the header Content-Type: application/json")
	}
	return nil
}

func unmarshalStrictly[Request any](body []byte, options ...json.Options) (Request, error) {
	var request Request
	if !utf8.Valid(body) {
		return request, invalidBody("the body is not valid UTF-8")
	}
	// Otherwise null would pass for an object without fields.
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' {
		return request, invalidBody("the body must be a JSON object with the fields " + fieldNames[Request]())
	}
	if err := json.Unmarshal(body, &request, json.RejectUnknownMembers(true), json.JoinOptions(options...)); err != nil {
		var none Request
		return none, explain(err, fieldNames[Request]())
	}
	return request, nil
}

// explain says what is wrong with a body, in words of ours: the library's may
// repeat parts of the body.
func explain(err error, known string) error {
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		if errors.Is(err, json.ErrUnknownName) {
			return invalidBody("the body has an unknown field",
				models.FieldError{Field: fieldAt(semantic.JSONPointer), Message: "is not known; the fields are " + known})
		}
		return invalidBody("the body has a value of the wrong type",
			models.FieldError{Field: fieldAt(semantic.JSONPointer), Message: "must be a " + typeName(semantic.GoType)})
	}
	syntactic, ok := errors.AsType[*jsontext.SyntacticError](err)
	if ok && errors.Is(err, jsontext.ErrDuplicateName) {
		return invalidBody("the body has a field twice",
			models.FieldError{Field: fieldAt(syntactic.JSONPointer), Message: "is given more than once"})
	}
	detail := "the body is not valid JSON"
	if ok && syntactic.ByteOffset > 0 {
		detail += fmt.Sprintf(", from byte %d on", syntactic.ByteOffset)
	}
	if ok && syntactic.JSONPointer != "" {
		return invalidBody(detail, models.FieldError{Field: fieldAt(syntactic.JSONPointer), Message: "is where it breaks"})
	}
	return invalidBody(detail)
}

func invalidBody(detail string, fields ...models.FieldError) error {
	return &models.Error{Kind: models.KindInvalid, Detail: detail, Fields: fields}
}

// fieldAt names the field that a JSON pointer leads to.
func fieldAt(pointer jsontext.Pointer) string { return shownName(pointer.LastToken()) }

// shownName is a name that a client made up, as it is told back.
func shownName(name string) string {
	if utf8.RuneCountInString(name) <= maxNameShown {
		return name
	}
	return string([]rune(name)[:maxNameShown]) + "…"
}

// typeName says what a field must be, in words of JSON.
func typeName(goType reflect.Type) string {
	if goType == nil {
		return "different value"
	}
	switch kind := goType.Kind().String(); kind {
	case "bool":
		return "boolean"
	case "int64":
		return "whole number"
	default:
		return kind
	}
}

// fieldNames lists the fields of a request, as in "to, content and priority".
func fieldNames[Request any]() string {
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Request]()) {
		if name, _, tagged := strings.Cut(field.Tag.Get("json"), ","); tagged || name != "" {
			names = append(names, name)
		}
	}
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, "")
}
