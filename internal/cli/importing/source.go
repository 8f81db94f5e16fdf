package importing

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Format is how messages are written down in a file.
type Format string

// The formats.
const (
	FormatAuto   Format = "auto"   // by the name of the file, and by how it begins
	FormatCSV    Format = "csv"    // with a header; separated by comma, semicolon, tab or bar
	FormatNDJSON Format = "ndjson" // an object a line, or an array of them
	FormatMongo  Format = "mongo"  // documents in Extended JSON, one a line, or an array
)

// Formats lists them, FormatAuto first.
func Formats() []Format { return []Format{FormatAuto, FormatCSV, FormatNDJSON, FormatMongo} }

// Options say how a file is read.
type Options struct {
	Name   string // of the file, for its ending; may be empty
	Format Format
	// Zone is that of times which name none.
	Zone *time.Location
	// IgnoreUnknown passes over columns and fields that are not known.
	IgnoreUnknown bool
	// Again takes also what has a status other than pending or scheduled.
	Again bool
}

// Source gives the messages of a file, one after the other.
type Source interface {
	// Next returns io.EOF after the last item. Another error ends the file where it
	// is: what comes behind cannot be told apart.
	Next() (Item, error)
	// PassedOver returns the fields met so far that only tell what became of messages.
	PassedOver() []string
	// refusal returns the item as it stands in the file of refusals; for line 0 what
	// that file begins with.
	refusal(line int64, reason string, raw []byte) []byte
}

// Open finds out the format and returns the source, with the format found.
func Open(in io.Reader, options Options) (Source, Format, error) {
	reader := bufio.NewReaderSize(in, 64<<10)
	start, err := reader.Peek(16 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", fmt.Errorf("read the beginning: %w", err)
	}
	if bytes.HasPrefix(start, []byte("\xff\xfe")) || bytes.HasPrefix(start, []byte("\xfe\xff")) {
		return nil, "", errors.New("the file is UTF-16; save it as UTF-8")
	}
	if bytes.HasPrefix(start, []byte("\xef\xbb\xbf")) { // a byte order mark
		start = start[3:]
		_, _ = reader.Discard(3) // it was peeked at
	}
	start = bytes.TrimLeft(start, " \t\r\n")
	array := bytes.HasPrefix(start, []byte("["))
	format := options.Format
	if format == FormatAuto || format == "" {
		format = formatOf(options.Name, start)
	}
	switch format {
	case FormatCSV:
		source, err := newCSV(reader, options)
		if err != nil {
			return nil, format, err
		}
		return source, format, nil
	case FormatNDJSON:
		passed := new(passedOver)
		return newJSON(reader, array, passed, readPlain(options, passed)), format, nil
	case FormatMongo:
		return newJSON(reader, array, new(passedOver), readDocument(options)), format, nil
	case FormatAuto:
	}
	return nil, format, fmt.Errorf("the format %q is not known; there are csv, ndjson and mongo", format)
}

// formatOf goes by the ending where it says enough, otherwise by the beginning.
func formatOf(name string, start []byte) Format {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv", ".tsv":
		return FormatCSV
	}
	if !bytes.HasPrefix(start, []byte("{")) && !bytes.HasPrefix(start, []byte("[")) {
		return FormatCSV
	}
	first, _, _ := bytes.Cut(start, []byte("\n"))
	if bytes.HasPrefix(start, []byte("[")) {
		first = start // perhaps pretty
	}
	// A content that says such a thing has its quotes escaped.
	if regexp.MustCompile(`"(_id|\$oid|\$date|\$numberInt|\$numberLong)"\s*:`).Match(first) {
		return FormatMongo
	}
	return FormatNDJSON
}
