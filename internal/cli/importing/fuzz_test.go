package importing_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/cli/importing"
)

// fuzz holds what is true of every text in every format: no panic, an end, and
// nothing but whole, valid rows, with growing line numbers.
func fuzz(f *testing.F, format importing.Format, seeds ...string) {
	f.Helper()
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		items, _ := readAll(bytes.NewReader(text), options("", format))
		var last int64
		for _, item := range items {
			require.Greater(t, item.Line, last)
			last = item.Line
			if item.Fault != "" || item.Skip {
				continue
			}
			row := item.Row
			require.NotEmpty(t, row.To)
			require.NotEmpty(t, row.Content)
			for _, text := range []string{row.To, row.Content, row.Reference} {
				require.True(t, utf8.ValidString(text))
			}
			require.Contains(t, []string{"high", "normal", "low"}, row.Priority)
			require.GreaterOrEqual(t, row.Validity, row.Validity.Truncate(1e9))
			_, err := row.SendAt.MarshalJSON()
			require.NoError(t, err)
		}
		require.LessOrEqual(t, len(items), strings.Count(string(text), "\n")+strings.Count(string(text), "\r")+strings.Count(string(text), ",")+1)
	})
}

func FuzzCSV(f *testing.F) {
	fuzz(f, importing.FormatCSV,
		"to,content\n+905551234567,Hello\n", "\xef\xbb\xbfto;content;send_at\r\n+1;\"a \"\"b\"\"\r\nc\";2026-01-02T15:04\r\n",
		"to\tcontent\tvalidity_period\n+1\ta\t1h\n", "to,content\n+1,\"a", "line,reason,to,content\n1,no,+1,a\n", "content|to\n||\na|b")
}

func FuzzNDJSON(f *testing.F) {
	fuzz(f, importing.FormatNDJSON,
		`{"to":"+1","content":"a","validity_period":60}`, "[{\"to\":\"+1\",\"content\":\"a\"},\n{}]", "{}\n\n[]\n", "[", "[1,", `[{"to":"\ud800"}]`)
}

func FuzzMongo(f *testing.F) {
	fuzz(f, importing.FormatMongo,
		`{"_id":"1","to":"+1","content":"a","status":"pending","created_at":{"$date":{"$numberLong":"1755798743223"}},"retry_count":{"$numberInt":"0"}}`,
		`[{"_id":{"$oid":"68a795179072a717e6a17f37"},"to":"+1","content":"a","send_at":{"$date":"2025-08-21T17:52:23.223Z"}}]`,
		`{"to":"+1","content":"a","send_at":{"$date":{"$numberLong":"-62135596800001"}},"priority":{"$numberInt":"2"}}`)
}
