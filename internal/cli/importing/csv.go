package importing

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// csvSource reads lines of fields, named by the header.
type csvSource struct {
	passedOver

	window    *window
	reader    *csv.Reader
	columns   []string // what each field is; empty: passed over
	separator rune
	header    []byte // as it stands in the file
	above     int64  // lines up to the header, with it
	own       int    // leading columns that a file of refusals has of its own
	last      int64  // the line read last
	options   Options
}

// newCSV reads the header and finds out what separates its fields.
func newCSV(in io.Reader, options Options) (*csvSource, error) {
	w := &window{in: in}
	s := &csvSource{window: w, options: options}
	lines := newLines(in)
	var err error
	if s.header, err = headerLine(lines); err != nil {
		return nil, err
	}
	header := s.header
	s.above, s.last, s.separator = lines.number, lines.number, separatorOf(header)
	names, err := fieldsOf(header, s.separator)
	if err != nil {
		return nil, fmt.Errorf("the header cannot be read: %w", err)
	}
	if s.columns, err = s.columnsOf(names, options.IgnoreUnknown); err != nil {
		return nil, err
	}
	for s.own < len(names) && slices.Contains(ownColumns(), columnName(names[s.own])) {
		s.own++
	}
	w.in = lines.reader
	s.reader = csv.NewReader(w)
	s.reader.Comma = s.separator
	s.reader.ReuseRecord = true
	s.reader.FieldsPerRecord = -1 // told in words of ours
	return s, nil
}

// headerLine returns the first line that is not empty.
func headerLine(lines *lines) ([]byte, error) {
	for {
		line, err := lines.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil, errors.New("the file is empty; its first line names the columns: to,content")
		case err != nil:
			return nil, fmt.Errorf("the first line: %w", err)
		case len(bytes.TrimSpace(line)) > 0:
			return bytes.Clone(line), nil
		}
	}
}

// separatorOf returns the separator that makes the most known columns of a header.
func separatorOf(header []byte) rune {
	best, most := ',', -1
	for _, separator := range []rune{',', ';', '\t', '|'} {
		names, err := fieldsOf(header, separator)
		if err != nil {
			continue
		}
		known := 0
		for _, name := range names {
			if slices.Contains(Columns(), columnName(name)) {
				known++
			}
		}
		if known > most {
			best, most = separator, known
		}
	}
	return best
}

func fieldsOf(line []byte, separator rune) ([]string, error) {
	reader := csv.NewReader(bytes.NewReader(line))
	reader.Comma = separator
	return reader.Read() //nolint:wrapcheck // the caller says of what
}

// columnName forgives what spreadsheets make of a name, such as "Send At".
func columnName(name string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(name)))
}

// columnsOf returns what each field of a line is, or what is wrong with the header.
func (s *csvSource) columnsOf(names []string, ignoreUnknown bool) ([]string, error) {
	columns := make([]string, 0, len(names))
	for _, name := range names {
		column := columnName(name)
		switch {
		case column == "", slices.Contains(ownColumns(), column):
			column = ""
		case slices.Contains(append(Columns(), limitColumns()...), column):
			if slices.Contains(columns, column) {
				return nil, fmt.Errorf("the header names the column %s twice", column)
			}
		case s.take(column), ignoreUnknown:
			column = ""
		default:
			return nil, fmt.Errorf("the header %w", unknownField("column", name))
		}
		columns = append(columns, column)
	}
	for _, needed := range []string{"to", "content"} {
		if !slices.Contains(columns, needed) {
			return nil, fmt.Errorf("the header has no column %s; the first line must name the columns, as in to,content", needed)
		}
	}
	return columns, nil
}

// Next is part of Source.
func (s *csvSource) Next() (Item, error) {
	for {
		record, err := s.reader.Read()
		if errors.Is(err, io.EOF) {
			return Item{}, io.EOF
		}
		raw := bytes.Trim(s.window.cut(s.reader.InputOffset()), "\r\n")
		if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
			s.last = s.above + int64(wrong.StartLine)
			return Item{Line: s.last, Raw: raw, Fault: "cannot be read: " + wrong.Err.Error()}, nil
		}
		if err != nil {
			return Item{Line: s.last + 1}, tooLong(err)
		}
		line, _ := s.reader.FieldPos(0)
		s.last = s.above + int64(line)
		if !slices.ContainsFunc(record, func(field string) bool { return strings.TrimSpace(field) != "" }) {
			continue // spreadsheets leave them at the end
		}
		item := Item{Line: s.last, Raw: raw}
		if len(record) != len(s.columns) {
			item.Fault = fmt.Sprintf("has %d fields where the header has %d; does a content with the separator need quotes?",
				len(record), len(s.columns))
			return item, nil
		}
		item.understand(s.fields(record), s.options)
		return item, nil
	}
}

// fields puts the fields of a line where they belong. The strings are its own.
func (s *csvSource) fields(record []string) fields {
	var f fields
	for i, column := range s.columns {
		value := record[i]
		switch column {
		case "to":
			f.to = value
		case "content":
			f.content = value
		case "priority":
			f.priority = value
		case "send_at":
			f.sendAt = value
		case "validity_period":
			f.validity = value
		case "reference":
			f.reference = value
		case "status":
			f.status = value
		case "expires_at":
			f.expiresAt = value
		case "erased_at":
			f.erasedAt = value
		}
	}
	return f
}

// refusal is part of Source: a line with two fields before it. What could not be
// read at all stands in one field.
func (s *csvSource) refusal(line int64, reason string, raw []byte) []byte {
	own := []string{fmt.Sprint(line), reason}
	if line == 0 {
		own = []string{"line", "reason"}
		raw = s.header
	}
	record, err := fieldsOf(raw, s.separator)
	if err != nil {
		return s.line(append(own, string(raw)))
	}
	if s.own > 0 {
		return s.line(append(own, record[min(s.own, len(record)):]...))
	}
	// To the letter, as it stands in the file.
	text := bytes.TrimRight(s.line(own), "\n")
	text = append(append(text, string(s.separator)...), raw...)
	return append(text, '\n')
}

// line returns the fields as a line.
func (s *csvSource) line(record []string) []byte {
	var out bytes.Buffer
	writer := csv.NewWriter(&out)
	writer.Comma = s.separator
	_ = writer.Write(record) // a buffer takes everything
	writer.Flush()
	return out.Bytes()
}
