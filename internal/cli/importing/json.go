package importing

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// jsonSource reads objects, one a line or in one array, by a function that knows
// their shape.
type jsonSource struct {
	*passedOver

	each func() (number int64, value []byte, err error)
	read func(item *Item, value []byte) error // fills it in; the error says what is wrong with it
}

// newJSON looks whether the text is an array.
func newJSON(in io.Reader, array bool, passed *passedOver, read func(*Item, []byte) error) *jsonSource {
	if array {
		return &jsonSource{passedOver: passed, each: newElements(in).next, read: read}
	}
	lines := newLines(in)
	return &jsonSource{passedOver: passed, read: read, each: func() (int64, []byte, error) {
		for {
			line, err := lines.next()
			if err != nil || len(bytes.TrimSpace(line)) > 0 {
				return lines.number, line, err
			}
		}
	}}
}

// Next is part of Source.
func (s *jsonSource) Next() (Item, error) {
	number, value, err := s.each()
	item := Item{Line: number, Raw: value}
	if errors.Is(err, errTooLong) && value != nil {
		item.Fault = "is longer than 1 MiB"
		return item, nil
	}
	if err != nil {
		return item, err
	}
	if err := s.read(&item, value); err != nil {
		item.Fault = err.Error()
	}
	return item, nil
}

// refusal is part of Source: the object with two members before its own. What is
// none stands as text in a third.
func (s *jsonSource) refusal(line int64, reason string, raw []byte) []byte {
	if line == 0 {
		return nil // no header
	}
	quoted, err := jsontext.AppendQuote(nil, strings.ToValidUTF8(reason, "\ufffd"))
	if err != nil {
		quoted = []byte(`""`)
	}
	start := fmt.Sprintf(`{"line":%d,"reason":%s`, line, quoted)
	value := jsontext.Value(withoutOwn(raw))
	if value.Kind() == '{' && value.IsValid() && value.Compact() == nil {
		if bytes.Equal(value, []byte("{}")) {
			return []byte(start + "}\n")
		}
		return append(append([]byte(start+","), value[1:]...), '\n')
	}
	text, err := jsontext.AppendQuote(nil, strings.ToValidUTF8(string(raw), "\ufffd"))
	if err != nil {
		text = []byte(`""`)
	}
	return []byte(start + `,"unreadable":` + string(text) + "}\n")
}

// withoutOwn returns a copy of an object without the members that a file of refusals
// gave it, and of anything else as it is.
func withoutOwn(raw []byte) []byte {
	var object map[string]jsontext.Value
	if json.Unmarshal(raw, &object) != nil {
		return bytes.Clone(raw)
	}
	before := len(object)
	for _, name := range ownColumns() {
		delete(object, name)
	}
	if len(object) == before {
		return bytes.Clone(raw)
	}
	clean, err := json.Marshal(object, json.Deterministic(true))
	if err != nil {
		return bytes.Clone(raw)
	}
	return clean
}

// elements reads a JSON array, one element at a time.
type elements struct {
	window  *window
	decoder *jsontext.Decoder
	number  int64
}

func newElements(in io.Reader) *elements {
	w := &window{in: in}
	return &elements{window: w, decoder: jsontext.NewDecoder(w)}
}

// next returns the next element. There is no going on after one that is broken.
func (e *elements) next() (int64, []byte, error) {
	if e.number == 0 {
		if _, err := e.decoder.ReadToken(); err != nil {
			return 1, nil, e.broken(err)
		}
	}
	e.number++
	if e.decoder.PeekKind() == ']' {
		if _, err := e.decoder.ReadToken(); err != nil {
			return e.number, nil, e.broken(err)
		}
		if _, err := e.decoder.ReadToken(); !errors.Is(err, io.EOF) {
			return e.number, nil, errors.New("something stands behind the array; it was not read")
		}
		return e.number, nil, io.EOF
	}
	value, err := e.decoder.ReadValue()
	if err != nil {
		return e.number, nil, e.broken(err)
	}
	e.window.cut(e.decoder.InputOffset())
	return e.number, value, nil
}

// broken says where the array breaks, without repeating what stands there.
func (e *elements) broken(err error) error {
	if errors.Is(err, errTooLong) {
		return tooLong(errTooLong)
	}
	if _, ok := errors.AsType[*jsontext.SyntacticError](err); ok || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("the array breaks at byte %d, in element %d; nothing behind it can be read",
			e.decoder.InputOffset(), max(e.number, 1))
	}
	return err
}

// plain is a line of NDJSON, as the API takes them.
type plain struct {
	To             string         `json:"to"`
	Content        string         `json:"content"`
	Priority       string         `json:"priority"`
	SendAt         string         `json:"send_at"`
	ValidityPeriod jsontext.Value `json:"validity_period"`
	Reference      string         `json:"reference"`
	Status         string         `json:"status"`
	ExpiresAt      string         `json:"expires_at"`
	ErasedAt       string         `json:"erased_at"`

	Line       jsontext.Value `json:"line"`
	Reason     jsontext.Value `json:"reason"`
	Unreadable jsontext.Value `json:"unreadable"`

	Others map[string]jsontext.Value `json:",embed"`
}

// readPlain returns the reader of such lines.
func readPlain(options Options, passed *passedOver) func(*Item, []byte) error {
	return func(item *Item, value []byte) error {
		var line plain
		if jsontext.Value(value).Kind() != '{' {
			return errors.New("is not a JSON object; each line is one, such as {\"to\":\"+905551234567\",\"content\":\"Hello\"}")
		}
		if err := json.Unmarshal(value, &line); err != nil {
			return explain(err)
		}
		for _, name := range slices.Sorted(maps.Keys(line.Others)) {
			if !passed.take(name) && !options.IgnoreUnknown {
				return unknownField("field", name)
			}
		}
		validity, err := textOf(line.ValidityPeriod)
		if err != nil {
			return errors.New("validity_period must be whole seconds, such as 3600")
		}
		item.understand(fields{
			to: line.To, content: line.Content, priority: line.Priority, status: line.Status, expiresAt: line.ExpiresAt,
			sendAt: line.SendAt, validity: validity, reference: line.Reference, erasedAt: line.ErasedAt,
		}, options)
		return nil
	}
}

// textOf returns a number, a string, or what is missing as text.
func textOf(value jsontext.Value) (string, error) {
	switch kind := value.Kind(); {
	case kind == '0':
		return string(value), nil
	case kind == '"':
		text, err := jsontext.AppendUnquote(nil, value)
		return string(text), err
	case kind == 'n', len(value) == 0:
		return "", nil
	}
	return "", errors.New("is neither a number nor text")
}

// explain says what is wrong with an object, without repeating what it says.
func explain(err error) error {
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		return fmt.Errorf("has a value of the wrong type in %q", semantic.JSONPointer.LastToken())
	}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return errors.New("has a field twice")
	}
	return errors.New("is not valid JSON in UTF-8")
}
