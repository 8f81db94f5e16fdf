package sqlitestore

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

// FuzzRow holds that a row of any types and values, inserted by hand, is adopted
// or refused with a reason, and can be read and shown.
func FuzzRow(f *testing.F) {
	for _, text := range []string{
		"", "m-1", "+905551234567", "2026-01-05T10:00:00Z", "2026-01-05 10:00", "2026-13-45", "9999-12-31T23:59:59Z", "10000-01-01", "-1", "\x00", "\xff",
		"0000-00-00", "2026-01-05T10:00:00.999999999+23:59", "' OR 1=1",
	} {
		for _, number := range []int64{0, 1, -1, 1767607200000, 1 << 62, -1 << 63} {
			f.Add(uint64(number), text, number, float64(number)*1.5) //nolint:gosec // any bits do
		}
	}
	f.Fuzz(func(t *testing.T, types uint64, text string, number int64, fraction float64) {
		values := make(row, 26)
		for i := range values {
			values[i] = []driver.Value{nil, text, number, fraction, []byte(text), true}[types>>(3*i%61)%6]
		}
		message := toMessage(values)
		if created := message.CreatedAt; created.Year() >= 0 && created.Year() <= 9999 {
			_, err := json.Marshal(created)
			require.NoError(t, err)
		}
		inspected := false
		found := examine(values, func(to, content string) (models.Inspected, error) {
			inspected = true
			require.Equal(t, asText(values[1]), to)
			require.Equal(t, asText(values[2]), content)
			if to == "" {
				return models.Inspected{}, errors.New("is required")
			}
			return models.Inspected{To: to}, nil
		})
		if found.invalid != nil {
			require.NotEmpty(t, found.invalid.Error())
			return
		}
		require.True(t, inspected, "nothing is adopted that was not inspected")
		require.True(t, isText(found.id) && found.id != "")
		for _, at := range []time.Time{found.created, found.due} {
			require.Equal(t, at, fromOrZero(at))
		}
	})
}

// fromOrZero returns what is left of a time in the file.
func fromOrZero(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return fromMillis(millis(t))
}
