package browsertest_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCompose_AMessageIsStoredAsItWasWritten(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	tb := open(t, s, "/compose")
	tb.expect("status of 400")
	at := time.Now().Add(48 * time.Hour).Truncate(time.Second) //nolint:forbidigo // real processes
	there := time.FixedZone("of the browser", 3*60*60)
	tb.fill("#content", "Günaydın {€} 😀")
	tb.click("button", "Send")
	tb.see(".field:has(#to) .error", "required")
	require.Equal(t, "to", evaluate[string](tb, `() => document.activeElement.id`))
	require.Equal(t, 0, s.count("pending"))

	tb.fill("#to", "+90 555 111 00 01")
	tb.fill("#reference", "order-4711")
	tb.set("#priority", "high")
	tb.set("#send_at", at.In(there).Format("2006-01-02T15:04:05"))
	tb.fill("#validity_period", "2")
	tb.set("#validity_unit", "3600")
	tb.see(".field:has(#to) .hint", "+905551110001") // how the service understands it
	tb.click("button", "Schedule")
	tb.see(".message-accepted", "scheduled")
	s.waitCount(1, "scheduled")
	tb.click(".message-accepted a", "See the message")
	tb.see(".message-text", "Günaydın {€} 😀")
	for column, want := range map[string]any{
		"content": "Günaydın {€} 😀", `"to"`: "+905551110001", "reference": "order-4711", "priority": int64(0),
		"send_at": at.UnixMilli(), "validity_s": int64(7200),
	} {
		require.EqualValues(t, want, s.cell("SELECT "+column+" FROM messages"), column)
	}
}

func TestCompose_ADoubleClickSendsOnce(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	tb := open(t, s, "/compose")
	tb.fill("#to", "+905551110001")
	tb.fill("#content", "once")
	x, y := tb.place("button", "Send")
	tb.clickAt(x, y, 1)
	tb.clickAt(x, y, 2)
	tb.see(".message-accepted", "is stored")
	require.Equal(t, 1, s.count("pending"))

	// The same again, after it was accepted, is another message.
	tb.fill("#to", "+905551110001")
	tb.fill("#content", "once")
	tb.click("button", "Send")
	s.waitCount(2, "pending")
}

// The page counts like the service, which was tried against the same vectors.
func TestCompose_SegmentsAreCountedAsTheServiceCountsThem(t *testing.T) {
	t.Parallel()
	file, err := os.Open("../sms/testdata/segments.jsonl")
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	type vector struct {
		Text     string `json:"text"`
		Encoding string `json:"encoding"`
		Segments int    `json:"segments"`
	}
	var vectors []vector
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var one vector
		require.NoError(t, json.Unmarshal(lines.Bytes(), &one))
		vectors = append(vectors, one)
	}
	require.NotEmpty(t, vectors)
	tb := open(t, serve(t, nil), "/compose")
	tb.place("#content", "")
	type counted struct{ Held, Said string }
	answers := evaluate[[]counted](tb, `(texts) => texts.map((text) => {
		const field = document.getElementById('content');
		field.value = text;
		field.dispatchEvent(new Event('input', { bubbles: true }));
		return { Held: field.value, Said: document.getElementById('content-count').textContent };
	})`, textsOf(vectors, func(v vector) string { return v.Text }))
	compared := 0
	for i, v := range vectors {
		if answers[i].Held != v.Text || v.Text == "" {
			continue // a text field makes line feeds of carriage returns
		}
		compared++
		require.Contains(t, answers[i].Said, fmt.Sprintf(" · %d SMS · %s", v.Segments, v.Encoding), "%q", v.Text)
	}
	require.Greater(t, compared, len(vectors)*9/10)
}

func textsOf[V any](values []V, text func(V) string) []string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = text(value)
	}
	return texts
}
