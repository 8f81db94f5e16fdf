// Package logger makes the one logger that a process writes its log with:
// structured, one line for each event, for people or for machines.
//
// It decides how a line looks, not what may stand in it: whoever logs keeps the
// numbers of recipients, the contents of messages and keys out. A logger is safe
// for concurrent use. A line that cannot be written is lost, and nothing else.
package logger

import (
	"fmt"
	"io"

	"github.com/sirupsen/logrus"
)

// How lines look.
const (
	FormatText = "text" // for people: local time, and colours on a terminal
	FormatJSON = "json" // for machines: one object a line, times in UTC
)

// timestamp is RFC 3339 with milliseconds, always three digits, so that lines
// sort by it as text.
const timestamp = "2006-01-02T15:04:05.000Z07:00"

// Options is what a logger is made of.
type Options struct {
	Level  string    // least severe level to write, as logrus names them; empty: info
	Format string    // FormatText or FormatJSON; empty: FormatText
	Out    io.Writer // where lines go, each with one Write
}

// New returns a logger. It fails on a level or a format that does not exist.
func New(options Options) (*logrus.Logger, error) {
	level := logrus.InfoLevel
	if options.Level != "" {
		var err error
		if level, err = logrus.ParseLevel(options.Level); err != nil {
			return nil, fmt.Errorf("logger: %w", err)
		}
	}
	formatter, err := newFormatter(options.Format)
	if err != nil {
		return nil, err
	}
	log := logrus.New()
	log.SetLevel(level)
	log.SetFormatter(formatter)
	log.SetOutput(options.Out)
	return log, nil
}

func newFormatter(format string) (logrus.Formatter, error) {
	switch format {
	case FormatText, "":
		return &logrus.TextFormatter{FullTimestamp: true, TimestampFormat: timestamp}, nil
	case FormatJSON:
		// Without escapes for HTML a < in an address stays readable.
		return inUTC{&logrus.JSONFormatter{TimestampFormat: timestamp, DisableHTMLEscape: true}}, nil
	default:
		return nil, fmt.Errorf("logger: not a format: %q; there are %s and %s", format, FormatText, FormatJSON)
	}
}

// inUTC writes times in UTC, which logrus has no setting for, so that lines of
// replicas in different places sort together.
type inUTC struct {
	logrus.Formatter
}

// Format changes the entry, which is logrus's own copy for this one line.
func (f inUTC) Format(entry *logrus.Entry) ([]byte, error) {
	entry.Time = entry.Time.UTC()
	return f.Formatter.Format(entry) //nolint:wrapcheck // a formatter in place of another
}
