package logger_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"auto-message-sender/pkg/logger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func setup(t *testing.T, level, format string) (*logrus.Logger, *bytes.Buffer) {
	t.Helper()
	out := new(bytes.Buffer)
	log, err := logger.New(logger.Options{Level: level, Format: format, Out: out})
	require.NoError(t, err)
	return log, out
}

func TestNew_JSONIsOneObjectALineWithTimesInUTCMilliseconds(t *testing.T) {
	t.Parallel()
	log, out := setup(t, "info", logger.FormatJSON)
	at := time.Date(2025, 8, 22, 1, 47, 19, 5_999_999, time.FixedZone("+03", 3*3600))
	log.WithTime(at).WithField("attempt", 2).WithError(errors.New("a < b")).Warn("not\nsent")

	require.Equal(t, 1, strings.Count(out.String(), "\n"))
	require.Contains(t, out.String(), "a < b")
	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	require.Equal(t, map[string]any{
		"time": "2025-08-21T22:47:19.005Z", "level": "warning", "msg": "not\nsent", "attempt": float64(2), "error": "a < b",
	}, line)
}

func TestNew_TextIsForPeople(t *testing.T) {
	t.Parallel()
	log, out := setup(t, "", "")
	log.WithField("attempt", 2).Info("sent")
	require.Regexp(t,
		`^time="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)" level=info msg=sent attempt=2\n$`, out.String())
}

func TestNew_WritesFromItsLevelOn(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"":        {"info", "warning", "error"},
		"debug":   {"debug", "info", "warning", "error"},
		"warning": {"warning", "error"},
		"ERROR":   {"error"},
	}
	for level, want := range tests {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			log, out := setup(t, level, logger.FormatJSON)
			for _, at := range []logrus.Level{logrus.DebugLevel, logrus.InfoLevel, logrus.WarnLevel, logrus.ErrorLevel} {
				log.Log(at, "x")
			}
			var got []string
			for line := range strings.Lines(out.String()) {
				var entry struct {
					Level string `json:"level"`
				}
				require.NoError(t, json.Unmarshal([]byte(line), &entry))
				got = append(got, entry.Level)
			}
			require.Equal(t, want, got)
		})
	}
}

func TestNew_RefusesWhatDoesNotExist(t *testing.T) {
	t.Parallel()
	_, err := logger.New(logger.Options{Level: "loud"})
	require.ErrorContains(t, err, `"loud"`)
	_, err = logger.New(logger.Options{Format: "xml"})
	require.EqualError(t, err, `logger: not a format: "xml"; there are text and json`)
}

func TestNew_IsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	log, out := setup(t, "info", logger.FormatJSON)
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for range 100 {
				log.WithField("a", 1).Info("x")
			}
		})
	}
	writers.Wait()
	for line := range strings.Lines(out.String()) {
		require.True(t, json.Valid([]byte(line)))
	}
	require.Equal(t, 800, strings.Count(out.String(), "\n"))
}
