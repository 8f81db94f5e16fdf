package importing_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/cli/importing"
)

// istanbul is a zone whose times cannot be taken for UTC.
func istanbul() *time.Location { return time.FixedZone("TRT", 3*60*60) }

func options(name string, format importing.Format) importing.Options {
	return importing.Options{Name: name, Format: format, Zone: istanbul()}
}

// readAll returns the items of a text, with copies of what is valid only until the
// next one, and the error that ended it.
func readAll(in io.Reader, o importing.Options) ([]importing.Item, error) {
	source, _, err := importing.Open(in, o)
	if err != nil {
		return nil, err //nolint:wrapcheck // it is looked at as it is
	}
	var items []importing.Item
	for {
		item, err := source.Next()
		if errors.Is(err, io.EOF) {
			return items, nil
		}
		if err != nil {
			return items, fmt.Errorf("line %d: %w", item.Line, err)
		}
		item.Raw = []byte(string(item.Raw))
		items = append(items, item)
	}
}

func read(t *testing.T, text string, o importing.Options) []importing.Item {
	t.Helper()
	items, err := readAll(strings.NewReader(text), o)
	require.NoError(t, err)
	return items
}

// brief is line, recipient, content and fault, for comparison at a glance.
func brief(items []importing.Item) []string {
	var lines []string
	for _, item := range items {
		text := fmt.Sprintf("%d %s|%s", item.Line, item.Row.To, item.Row.Content)
		if item.Skip {
			text = fmt.Sprintf("%d skip", item.Line)
		}
		if item.Fault != "" {
			text = fmt.Sprintf("%d FAULT %s", item.Line, item.Fault)
		}
		lines = append(lines, text)
	}
	return lines
}

func TestOpen_FindsTheFormatByEndingAndBeginning(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		name, text string
		want       importing.Format
	}{
		"csv by ending":      {"a.CSV", "to,content\n", importing.FormatCSV},
		"csv by beginning":   {"-", "\xef\xbb\xbfto;content\n", importing.FormatCSV},
		"lines of JSON":      {"a.ndjson", `{"to":"+1","content":"_id"}`, importing.FormatNDJSON},
		"an array":           {"a.json", "\n[{\"to\":\"+1\",\"content\":\"a\"}]", importing.FormatNDJSON},
		"documents":          {"a.json", `{"_id":"1","to":"+1","content":"a"}`, importing.FormatMongo},
		"documents, by date": {"-", `{"to":"+1","content":"a","created_at":{"$date":"2026-01-02T15:04:05Z"}}`, importing.FormatMongo},
		"array of documents": {"-", "[\n {\n  \"_id\": {\"$oid\":\"68a795179072a717e6a17f37\"}}]", importing.FormatMongo},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, format, err := importing.Open(strings.NewReader(test.text), options(test.name, importing.FormatAuto))
			require.NoError(t, err)
			require.Equal(t, test.want, format)
		})
	}
}

func TestOpen_RefusesWhatItCannotReadAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text   string
		format importing.Format
		says   string
	}{
		"UTF-16":              {"\xff\xfet\x00o\x00", importing.FormatAuto, "save it as UTF-8"},
		"empty":               {"", importing.FormatAuto, "the file is empty"},
		"no header":           {"+905551234567,Hello\n", importing.FormatAuto, "unknown column"},
		"no content":          {"to\n+1\n", importing.FormatAuto, "no column content"},
		"misspelt":            {"to,content,send_att\n", importing.FormatAuto, "--ignore-unknown"},
		"twice":               {"to,content,To\n", importing.FormatAuto, "names the column to twice"},
		"format":              {"to,content\n", "xml", "there are csv, ndjson and mongo"},
		"a header of a quote": {"\"to,content\n+1,a\n", importing.FormatCSV, "header cannot be read"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := importing.Open(strings.NewReader(test.text), options("", test.format))
			require.ErrorContains(t, err, test.says)
		})
	}
}

func TestCSV_ReadsWhatSpreadsheetsWrite(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want []string
	}{
		"order is free":          {"content,to\nHi,+1\n", []string{"2 +1|Hi"}},
		"byte order mark":        {"\xef\xbb\xbfto,content\n+1,Hi\n", []string{"2 +1|Hi"}},
		"semicolons, CRLF":       {"To;Content\r\n+1;Hi, you\r\n+2;Bye\r\n", []string{"2 +1|Hi, you", "3 +2|Bye"}},
		"tabs":                   {"to\tcontent\n+1\tHi;you,there\n", []string{"2 +1|Hi;you,there"}},
		"quotes and a line feed": {"to,content\n+1,\"Hi \"\"you\"\"\nthere\"\n+2,b\n", []string{"2 +1|Hi \"you\"\nthere", "4 +2|b"}},
		"empty lines":            {"\n\nto,content\n\n+1,a\n,\n+2,b", []string{"5 +1|a", "7 +2|b"}},
		"spaces in a number":     {"to,content\n +90 (555) 123-45.67 ,a\n", []string{"2 +905551234567|a"}},
		"content to the letter":  {"to,content\n+1, a \n", []string{"2 +1| a "}},
		"Turkish":                {"to,content\n+1,Şğüöçıİ 👍\n", []string{"2 +1|Şğüöçıİ 👍"}},
		"no line at all":         {"to,content\n", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, brief(read(t, test.text, options("", importing.FormatCSV))))
		})
	}
}

func TestCSV_ABadLineIsThatLinesFaultAlone(t *testing.T) {
	t.Parallel()
	items := read(t, "to,content,priority,send_at,validity_period\n"+
		"+1,a,urgent,,\n"+
		"+1,a\n"+
		"+1,\"a\" b,,,\n"+
		",,high,tomorrow,0\n"+
		"+1,\xfc\xe7,,,\n"+
		"+1,fine,,,\n", options("", importing.FormatCSV))
	lines := brief(items)
	require.Len(t, lines, 6)
	for i, says := range []string{
		"2 FAULT priority must be high, normal or low",
		"3 FAULT has 2 fields where the header has 5",
		"4 FAULT cannot be read: ",
		"5 FAULT to is required, for example +905551234567; content is required; send_at must be a time",
		"6 FAULT the line is not UTF-8",
		"7 +1|fine",
	} {
		require.Contains(t, lines[i], says)
	}
	require.Equal(t, "+1,\"a\" b,,,", string(items[2].Raw), "to the letter, for the file of refusals")
}

func TestCSV_AQuoteThatIsNeverClosedDoesNotTakeTheFileIntoMemory(t *testing.T) {
	t.Parallel()
	endless := io.MultiReader(strings.NewReader("to,content\n+1,a\n+2,\"b\n"), io.LimitReader(forever('x'), 1<<30))
	items, err := readAll(endless, options("", importing.FormatCSV))
	require.Equal(t, []string{"2 +1|a"}, brief(items))
	require.ErrorContains(t, err, "line 3: it does not end within 1 MiB; a quote or a bracket is not closed")
}

// forever is one byte, again and again.
type forever byte

func (f forever) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(f)
	}
	return len(p), nil
}

func TestRows_TimesAndPeriodsMeanWhatTheySay(t *testing.T) {
	t.Parallel()
	items := read(t, "to,content,send_at,validity_period,priority,reference\n"+
		"+1,a,2026-01-02T15:04,3600,HIGH, order-1 \n"+
		"+1,a,2026-01-02 15:04:05,1h,,\n"+
		"+1,a,2026-01-02T15:04:05Z,,low,\n", options("", importing.FormatCSV))
	require.Equal(t, importing.Row{
		To: "+1", Content: "a", Priority: "high", Reference: "order-1",
		SendAt: time.Date(2026, 1, 2, 12, 4, 0, 0, time.UTC), Validity: time.Hour,
	}, items[0].Row, "without a zone it is local")
	require.Equal(t, time.Date(2026, 1, 2, 12, 4, 5, 0, time.UTC), items[1].Row.SendAt)
	require.Equal(t, time.Hour, items[1].Row.Validity)
	require.Equal(t, "normal", items[1].Row.Priority)
	require.Equal(t, time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC), items[2].Row.SendAt)
}

func TestNDJSON_ReadsLinesAndArrays(t *testing.T) {
	t.Parallel()
	one, two := `{"to":"+1","content":"a","validity_period":60,"send_at":"2026-01-02T15:04:05Z","reference":"r"}`, `{"to":"+2","content":"b","priority":"low"}`
	for name, text := range map[string]string{
		"lines":         one + "\n" + two + "\n",
		"lines, CRLF":   one + "\r\n" + two,
		"array":         "[" + one + "," + two + "]",
		"pretty array":  "[\n  " + one + ",\n  " + strings.ReplaceAll(two, ",", ",\n    ") + "\n]\n",
		"with a mark":   "\xef\xbb\xbf" + one + "\n" + two,
		"refused once":  `{"line":7,"reason":"no",` + one[1:] + "\n" + two,
		"numbers again": strings.Replace(one, "60", `"60"`, 1) + "\n" + two,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := read(t, text, options("", importing.FormatNDJSON))
			require.Equal(t, []string{"1 +1|a", "2 +2|b"}, brief(items))
			require.Equal(t, time.Minute, items[0].Row.Validity)
			require.Equal(t, "r", items[0].Row.Reference)
			require.Equal(t, "low", items[1].Row.Priority)
		})
	}
}

func TestNDJSON_ABadLineIsThatLinesFaultAlone(t *testing.T) {
	t.Parallel()
	items := read(t, strings.Join([]string{
		`{"to":"+1"`, `[]`, `{"to":"+1","content":"a","sendat":"x"}`, `{"to":1,"content":"a"}`,
		`{"to":"+1","to":"+2","content":"a"}`, `{"to":"+1","content":"` + strings.Repeat("x", 2<<20) + `"}`, `{"to":"+1","content":"fine"}`,
	}, "\n"), options("", importing.FormatNDJSON))
	lines := brief(items)
	require.Len(t, lines, 7)
	for i, says := range []string{
		"1 FAULT is not valid JSON", "2 FAULT is not a JSON object", `3 FAULT has an unknown field "sendat"`, `4 FAULT has a value of the wrong type in "to"`,
		"5 FAULT has a field twice", "6 FAULT is longer than 1 MiB", "7 +1|fine",
	} {
		require.Contains(t, lines[i], says)
	}
}

func TestArray_WhatIsBrokenEndsTheFileWithItsPlace(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, says string }{
		"broken":     {`[{"to":"+1","content":"a"},{"to":]`, "the array breaks at byte"},
		"cut off":    {`[{"to":"+1","content":"a"},`, "the array breaks at byte"},
		"more to it": {`[{"to":"+1","content":"a"}] {}`, "something stands behind the array"},
		"too long":   {`[{"to":"+1","content":"a"},{"to":"` + strings.Repeat("x", 4<<20) + `"}]`, "does not end within 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items, err := readAll(strings.NewReader(test.text), options("", importing.FormatNDJSON))
			require.Equal(t, []string{"1 +1|a"}, brief(items))
			require.ErrorContains(t, err, test.says)
		})
	}
}

// The example of the reference, canonical; the same as mongoexport writes it
// relaxed; and what may not be sent.
func TestMongo_SendsWhatIsPendingInBothKindsOfExtendedJSON(t *testing.T) {
	t.Parallel()
	canonical := `{"_id":"68a795179072a717e6a17f37","to":"+905551234570","content":"Test mesajı 9","status":"pending",` +
		`"created_at":{"$date":{"$numberLong":"1755798743223"}},"retry_count":{"$numberInt":"0"}}`
	relaxed := `{"_id":{"$oid":"68a795179072a717e6a17f37"},"to":"+905551234570","content":"Test mesajı 9",` +
		`"created_at":{"$date":"2025-08-21T17:52:23.223Z"},"retry_count":0}`
	ours := `{"_id":"x","to":"+1","content":"a","status":"pending","priority":{"$numberInt":"0"},"send_at":{"$date":{"$numberLong":"1767366245000"}},` +
		`"expires_at":{"$date":"2026-01-02T16:04:05Z"},"reference":"r"}`
	sent := `{"_id":"y","to":"+1","content":"b","status":"sent"}`
	text := strings.Join([]string{canonical, relaxed, sent, ours}, "\n")
	for name, text := range map[string]string{"lines": text, "array": "[" + strings.ReplaceAll(text, "\n", ",\n") + "]"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := read(t, text, options("", importing.FormatAuto))
			require.Equal(t, []string{"1 +905551234570|Test mesajı 9", "2 +905551234570|Test mesajı 9", "3 skip", "4 +1|a"}, brief(items))
			require.Equal(t, importing.Row{
				To: "+1", Content: "a", Priority: "high", Reference: "r",
				SendAt: time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC), ExpiresAt: time.Date(2026, 1, 2, 16, 4, 5, 0, time.UTC),
			}, items[3].Row)
		})
	}
}

func TestMongo_WrongTypesAreTold(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		`{"_id":1,"to":["+1"],"content":"a"}`:                                                         "to is of a type that it cannot have",
		`{"_id":1,"to":"+1","content":"a","status":{"x":1}}`:                                          "status is of a type",
		`{"_id":1,"to":"+1","content":"a","send_at":{"$date":"soon"}}`:                                "send_at must be a date",
		`{"_id":1,"to":"+1","content":"a","send_at":{"$date":{"$numberInt":""}}}`:                     "send_at must be a date",
		`{"_id":1,"to":"+1","content":"a","expires_at":{"$numberLong":"1"}}`:                          "expires_at must be a date",
		`{"_id":1,"to":"+1","content":"a","send_at":{"$date":{"$numberLong":"9223372036854775807"}}}`: "send_at must be a date",
		`{"_id":1,"content":"a"}`:                                                                     "to is required",
	} {
		items := read(t, text, options("", importing.FormatMongo))
		require.Len(t, items, 1)
		require.Contains(t, items[0].Fault, says, text)
	}
}

func TestOpen_WhatIsNotWaitingIsSkippedUnlessAskedForAgain(t *testing.T) {
	t.Parallel()
	statuses := []string{"", "pending", "scheduled", "sent", "canceled", "failed", "expired", "sending"}
	for _, format := range []importing.Format{importing.FormatCSV, importing.FormatNDJSON, importing.FormatMongo} {
		text := strings.Builder{}
		if format == importing.FormatCSV {
			text.WriteString("to,content,status\n")
		}
		for _, status := range statuses {
			line := fmt.Sprintf(`{"to":"+1","content":"a","status":%q}`, status)
			if format == importing.FormatCSV {
				line = "+1,a," + status
			}
			text.WriteString(line + "\n")
		}
		for i, item := range read(t, text.String(), options("", format)) {
			final := i > 2
			require.Empty(t, item.Fault, format)
			require.Equal(t, final, item.Skip, "%s %s", format, statuses[i])
			require.Equal(t, final, item.Final, "%s %s", format, statuses[i])
		}
		again := options("", format)
		again.Again = true
		for i, item := range read(t, text.String(), again) {
			require.False(t, item.Skip || item.Final || item.Fault != "", "%s %s", format, statuses[i])
			require.Equal(t, "+1", item.Row.To)
		}
		final, total, err := importing.CountFinal(strings.NewReader(text.String()), options("", format))
		require.NoError(t, err)
		require.Equal(t, []int64{5, 8}, []int64{final, total}, format)
	}
}

func TestOpen_WhatWasExportedIsReadAndItsOutcomePassedOver(t *testing.T) {
	t.Parallel()
	texts := map[importing.Format]string{
		importing.FormatNDJSON: `{"id":"a","to":"+1","content":"x","status":"pending","validity_period":60,"expires_at":"2026-01-02T15:00:00.000Z","attempt_count":1}
{"id":"b","to":"+2","content":"y","expires_at":"2026-01-02T15:00:00.000Z"}
{"id":"c","to":"","content":"","erased_at":"2026-01-02T15:00:00.000Z"}
`,
		importing.FormatCSV: `id,to,content,status,validity_period,expires_at,erased_at,attempt_count
a,+1,x, Scheduled ,60,2026-01-02T15:00:00.000Z,,1
b,+2,y,,,2026-01-02T15:00:00.000Z,,
c,,,,,,2026-01-02T15:00:00.000Z,
`,
	}
	for format, text := range texts {
		source, _, err := importing.Open(strings.NewReader(text), options("", format))
		require.NoError(t, err)
		var items []importing.Item
		for range 3 {
			item, err := source.Next()
			require.NoError(t, err)
			require.Empty(t, item.Fault, format)
			items = append(items, item)
		}
		require.Equal(t, importing.Row{To: "+1", Content: "x", Priority: "normal", Validity: time.Minute}, items[0].Row, "its validity says it better")
		require.Equal(t, time.Date(2026, 1, 2, 15, 0, 0, 0, time.UTC), items[1].Row.ExpiresAt, format)
		require.True(t, items[2].Skip, format)
		require.Equal(t, []string{"id", "attempt_count"}, source.PassedOver(), format)
	}
	_, err := readAll(strings.NewReader("to,content,colour\n"), options("", importing.FormatCSV))
	require.ErrorContains(t, err, `the header has an unknown column "colour"; the columns are to, content`)
}
