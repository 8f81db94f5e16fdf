package moduletest_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/cli/importing"
	"auto-message-sender/internal/client"
)

// outcome is what a file comes to: what would be sent of it, and which lines are refused.
type outcome struct {
	Messages []client.BatchMessage `json:"messages"`
	Refused  []int64               `json:"refused"`
}

// readFile is what the page makes of a file.
const readFile = `async (module, {name, text, campaign}) => {
	const {Keys} = await import('/import-key.js');
	const {request} = await import('/import-row.js');
	const keys = new Keys(campaign);
	const outcome = {messages: [], refused: []};
	for await (const {items} of module.items(new File([text], name))) {
		for (const item of items) {
			if (item.fault) outcome.refused.push(item.line);
			else {
				const message = request(item.row, keys.next(item.row), 0);
				if (message) outcome.messages.push(message);
				else outcome.refused.push(item.line);
			}
		}
	}
	return outcome;
}`

func TestImport_ReadsAFileAndNamesItsLinesAsTheCommandDoes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		file     string
		text     string
		messages int
		refused  int
	}{
		{"commas", "a.csv", "to,content\n+905551234567,Merhaba\n+905551234568,\"a, b\"\n", 2, 0},
		{"semicolons, and every column", "a.csv", "to;content;priority;send_at;validity_period;reference\r\n" +
			"0555 123 45 67;Şimdi;HIGH;2027-01-02T09:00;1h30m; r-1 \r\n(0555)123.45-68;x;;2027-01-02T09:00:05.123+01:00;3600;\r\n" +
			"1;x;low;2027-07-02 09:00:01;90m;\r\n1;x;;2027-01-02T09:00:00Z;1s;\r\n", 4, 0},
		{"a byte order mark, tabs, and names as spreadsheets write them", "a.tsv", "\ufeffTo\tContent\tSend At\n1\tx\t2027-01-02 09:00\n", 1, 0},
		{"equal lines have keys of their own", "a.csv", "to,content\n1,x\n1,x\n+1,x\n1 ,x\n1,x", 5, 0},
		{"quotes, line ends in them, and blank lines", "a.csv", "\n\nto,content\n\n1,\"a\r\nb \"\"c\"\"\"\n\r\n ,\n\"2\",\" x \"\r\n3,\"\r\"\n", 3, 0},
		{"faults", "a.csv", "to,content,priority,send_at,validity_period\n,x,,,\n1,,,,\n1,x,urgent,,\n1,x,,soon,\n1,x,,2027-02-30T10:00,\n1,x,,1969-12-31T00:00Z,\n" +
			"1,x,,,0\n1,x,,,1.5s\n1,x,,,367d\n1,x,,,99999999999\n1,x\n1,a\"b,,,\n1,\"a\"b,,,\n1,good,,,\n1,\"open,,,\n", 1, 14},
		{"own columns of a file of refusals", "a.csv", "line,reason,to,content,unreadable\n7,bad,1,x,\n", 1, 0},
		{"lines of JSON", "a.ndjson", `{"to":"+905551234567","content":"Merhaba \u20ac 😀","validity_period":3600}` + "\n\n" +
			`{"to":"1","content":"x","validity_period":"1h","priority":null,"reference":"r","send_at":"2027-01-02T09:00:00.1234567Z"}` + "\r\n" +
			`{"to":1,"content":"x"}` + "\n[1]\nnull\n{\"to\":\"1\",\"content\":\"\\ud800\"}\n{\"to\":\"1\",\"content\":\"x\",\"odd\":1}\n{\"to\":\n{\"to\":\"2\",\"content\":\"last\"}", 3, 6},
		{"a validity in days", "a.csv", "to,content,validity_period\n1,x,1d\n1,x,1d12h\n1,x,1.5d\n1,x,d\n1,x,1h1d\n1,x,+1d\n1,x,366d\n", 3, 4},
		{"what export writes, with limits of their own", "a.csv", "id,to,content,status,send_at,validity_period,expires_at,sent_at,attempt_count,updated_at\n" +
			"i,1,x,pending,,,2027-01-02T10:00:00.000Z,,3,2026-01-02T10:00:00.000Z\ni,1,x,scheduled,2027-01-02T09:00:00.000Z,,2027-01-02T10:00:00.500Z,,0,\n" +
			"i,1,x,Pending ,2027-01-02T09:00:00.000Z,60,2027-01-02T10:00:00.000Z,,1,\ni,1,x,pending,,,,,0,\n" +
			"i,1,x,pending,2027-01-02T09:00:00.000Z,,2027-01-02T09:00:00.000Z,,0,\ni,1,x,pending,,,soon,,0,\n", 4, 2},
		{"what export writes as JSON", "a.ndjson", `{"id":"i","to":"1","content":"x","status":"pending","expires_at":"2027-01-02T10:00:00.000Z","attempts":[{"number":1}],"retry_count":1,"erased_at":""}` + "\n", 1, 0},
		{"a status of the wrong type", "a.ndjson", `{"to":"1","content":"x","status":1}` + "\n" + `{"to":"1","content":"x","status":null}` + "\n", 1, 1},
		{"more than one piece", "a.csv", long(3000), 3000, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := theCommand(t, tt.file, tt.text, "spring")
			require.Len(t, want.Messages, tt.messages, "the test itself")
			require.Len(t, want.Refused, tt.refused, "the test itself")
			argument := map[string]string{"name": tt.file, "text": tt.text, "campaign": "spring"}
			got := run[outcome](t, "import-source.js", readFile, argument)
			for i := range got.Messages {
				require.WithinDuration(t, want.Messages[i].SendAt, got.Messages[i].SendAt, time.Millisecond-1) // the page has no less
				got.Messages[i].SendAt = want.Messages[i].SendAt
			}
			require.Equal(t, want.Messages, got.Messages)
			require.ElementsMatch(t, want.Refused, got.Refused)
		})
	}
}

// long has lines that end, and quotes that stand, everywhere in a piece.
func long(lines int) string {
	var text strings.Builder
	text.WriteString("to,content\n")
	for i := range lines {
		fmt.Fprintf(&text, "+90555%07d,\"%s\"\"ş\r\n€\"\n", i%2500, strings.Repeat("x", i%97))
	}
	return text.String()
}

// theCommand is what `import` makes of a file.
func theCommand(t *testing.T, name, text, campaign string) outcome {
	t.Helper()
	zone, err := time.LoadLocation(zoneName)
	require.NoError(t, err)
	source, _, err := importing.Open(strings.NewReader(text), importing.Options{Name: name, Zone: zone})
	require.NoError(t, err)
	result := outcome{Refused: []int64{}}
	server := serverFunc(func(body []byte) (answer client.Answer[client.Batch]) {
		for line := range bytes.Lines(body) {
			var message client.BatchMessage
			require.NoError(t, json.Unmarshal(line, &message))
			result.Messages = append(result.Messages, message)
			answer.Value.Results = append(answer.Value.Results, client.BatchResult{Line: len(answer.Value.Results) + 1, ID: "1"})
		}
		return answer
	})
	_, err = importing.Import{
		Source: source, Campaign: campaign, Server: server, InFlight: 1, Lines: 5000, Patience: time.Second, Now: func() time.Time { return time.Unix(0, 0) },
		Position: func() int64 { return 0 }, Refused: func(line int64, _ string) { result.Refused = append(result.Refused, line) },
	}.Run(t.Context())
	require.NoError(t, err)
	return result
}

type serverFunc func(body []byte) client.Answer[client.Batch]

func (f serverFunc) Batch(_ context.Context, body []byte) (client.Answer[client.Batch], error) {
	return f(body), nil
}

func TestImport_WhatWasErasedIsNotSent(t *testing.T) {
	t.Parallel()
	file := map[string]string{"name": "a.csv", "text": "to,content,erased_at\n,,2026-01-02T10:00:00.000Z\n1,x,\n", "campaign": "spring"}
	got := run[outcome](t, "import-source.js", readFile, file)
	require.Len(t, got.Messages, 1)
	require.Equal(t, []int64{2}, got.Refused)
}

// The lines that the command skips are refused by the page, which says why; the keys of the
// others are the same.
func TestImport_WhatIsNotWaitingIsNotSent(t *testing.T) {
	t.Parallel()
	csv := "to,content,status\n1,x,sent\n1,x,pending\n1,x,failed\n1,x,\n1,x, Scheduled\n1,x,canceled\n1,x,expired\n1,x,sending\n"
	lines := `{"to":"1","content":"x","status":"sent"}` + "\n" + `{"to":"1","content":"x","status":"pending"}` + "\n" + `{"to":"1","content":"x"}` + "\n"
	for name, tt := range map[string]struct {
		text    string
		refused []int64
	}{"a.csv": {csv, []int64{2, 4, 7, 8, 9}}, "a.ndjson": {lines, []int64{1}}} {
		want := theCommand(t, name, tt.text, "spring")
		got := run[outcome](t, "import-source.js", readFile, map[string]string{"name": name, "text": tt.text, "campaign": "spring"})
		require.NotEmpty(t, got.Messages)
		require.Equal(t, want.Messages, got.Messages)
		require.Equal(t, tt.refused, got.Refused)
	}
}

func TestCSV_IsReadTheSameWhereverItIsCut(t *testing.T) {
	t.Parallel()
	texts := []string{
		"to,content\n\"a\"\",\"\"b\",\"c\"\"\"\n\"\"\"\",\"\"\r\n\"x\r\n\"\"y\"\"\",z\r",
		"a,b\r\n\"1\",\"2\"\r\n3,4\r\n", "a\n\"b\"c\"\",d\"\ne", "a\n\"b\"\"", "a,b\n\"c\"\",\"\"d\ne\",f\n1,2", "a,\n,\n\n\r\n,\"\"",
	}
	wrong := run[[]string](t, "csv.js", `({CSVReader, read}, texts) => texts.flatMap((text) => {
		const whole = JSON.stringify(read(text, ','));
		const cuts = Array.from(text, (_, cut) => {
			const reader = new CSVReader(',');
			return JSON.stringify([...reader.push(text.slice(0, cut), false), ...reader.push(text.slice(cut), true)]);
		});
		const reader = new CSVReader(',');
		const single = Array.from(text, (char) => reader.push(char, false)).flat();
		return [...cuts, JSON.stringify([...single, ...reader.push('', true)])].filter((got) => got !== whole);
	})`, texts)
	require.Empty(t, wrong)
}

func TestImport_TellsWhatKeepsAFileFromBeingRead(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, text, says string }{
		{"nothing in it", "a.csv", " \n", "is empty"},
		{"no content", "a.csv", "to,text\n", "unknown column “text”"},
		{"a column missing", "a.csv", "to\n1\n", "no column content"},
		{"a column twice", "a.csv", "to,content,to\n", "twice"},
		{"a quote that is never closed", "a.csv", "to,content\n1,\"" + strings.Repeat("x", 1<<20) + strings.Repeat("\ny", 1<<16), "not closed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			says := run[string](t, "import-source.js", `async (module, {name, text}) => {
				try { for await (const piece of module.items(new File([text], name))) void piece; return 'nothing'; } catch (error) { return error.message; }
			}`, map[string]string{"name": tt.file, "text": tt.text})
			require.Contains(t, says, tt.says)
		})
	}
	bytes := run[string](t, "import-source.js", `async (module) => {
		const file = new File([new Uint8Array([116, 111, 44, 254, 10])], 'a.csv');
		try { for await (const piece of module.items(file)) void piece; return 'nothing'; } catch (error) { return error.message; }
	}`, nil)
	require.Contains(t, bytes, "not UTF-8")
}
