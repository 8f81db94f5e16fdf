package handlers_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestBatch_AnArrayThatBreaksEndsThere(t *testing.T) {
	t.Parallel()
	long := strings.TrimSuffix(array(1002), "]")
	tests := map[string]struct {
		body     string
		code     int
		accepted int
		says     string
	}{
		"no array":                       {`{"to":"+905551234567","content":"x"}`, 400, 0, "must be a JSON array"},
		"nothing":                        {"", 400, 0, "must be a JSON array"},
		"broken before a step is stored": {`[` + oneLine + `,` + oneLine + `,{]`, 400, 0, "not valid JSON"},
		"cut off":                        {`[` + oneLine + `,`, 400, 0, "not valid JSON"},
		"trailing data":                  {array(3) + "x", 400, 0, "not valid JSON"},
		"two arrays":                     {array(3) + array(1), 400, 0, "something after the array"},
		"broken after a step":            {long + `,{"to"`, 200, 1002, "nothing from there on was read"},
		"trailing data after a step":     {array(1001) + "[", 200, 1001, "nothing from there on was read"},
		"an endless element":             {`[` + oneLine + `,{"to":"` + strings.Repeat("9", 1<<20) + `"}]`, 413, 0, "larger than 65536"},
		"an endless string":              {`"` + strings.Repeat("9", 1<<20), 413, 0, "larger than 65536"},
		"deep":                           {strings.Repeat("[", 100_000), 400, 0, "not valid JSON"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := new(shelf)
			code, answer, text := post(t, newMessages(t, s.store()), arrayType, strings.NewReader(tt.body), "")
			require.Equal(t, tt.code, code, text)
			require.Contains(t, text, tt.says)
			require.Len(t, s.stored, tt.accepted)
			require.Equal(t, tt.accepted, answer.Accepted)
			require.False(t, answer.Complete)
		})
	}
}

func TestBatch_ALineThatIsTooLongIsThatLinesFault(t *testing.T) {
	t.Parallel()
	s := new(shelf)
	body := oneLine + "\n" + strings.Repeat("x", 200<<10) + "\n" + oneLine + "\n" + strings.Repeat("y", 70<<10)
	_, answer, _ := post(t, newMessages(t, s.store()), linesType, strings.NewReader(body), "")
	require.Equal(t, 2, answer.Accepted)
	require.Equal(t, 2, answer.Refused)
	require.Contains(t, answer.Results[1].Errors[0].Message, "is larger than 65536")
	require.Equal(t, 4, answer.Results[3].Line)

	body = `[` + oneLine + `,{"content":"` + strings.Repeat("x", 70<<10) + `"},` + oneLine + `]`
	_, answer, _ = post(t, newMessages(t, new(shelf).store()), arrayType, strings.NewReader(body), "")
	require.Equal(t, 2, answer.Accepted)
	require.Contains(t, answer.Results[1].Errors[0].Message, "is larger than 65536")
}

func TestBatch_ABodyThatIsTooLarge(t *testing.T) {
	t.Parallel()
	large := `{"to":"+905551234567","content":"x","reference":"` + strings.Repeat(" ", 60<<10) + `"}` // refused by its length
	for contentType, body := range map[string]string{
		linesType: strings.Repeat(large+"\n", 300), arrayType: "[" + strings.Repeat(large+",", 300),
	} {
		s := new(shelf)
		code, _, text := post(t, newMessages(t, s.store()), contentType, strings.NewReader(body), "")
		require.Equal(t, http.StatusRequestEntityTooLarge, code, text)
		require.Contains(t, text, "larger than 16777216")
		require.Empty(t, s.stored)
	}
	_, answer, _ := post(t, newMessages(t, new(shelf).store()), linesType, strings.NewReader(many(1000)+strings.Repeat(large+"\n", 300)), "")
	require.Equal(t, 1000, answer.Accepted)
	require.False(t, answer.Complete)
	require.Contains(t, answer.Error, "larger than 16777216")
}

func TestBatch_AClientThatGoesAwayLeavesWholeStepsOnly(t *testing.T) {
	t.Parallel()
	s := new(shelf)
	gone := iotest.ErrReader(io.ErrUnexpectedEOF)
	// The last line came without its end, which may have been more of it.
	code, answer, _ := post(t, newMessages(t, s.store()), linesType, io.MultiReader(strings.NewReader(many(1500)+oneLine), gone), "")
	require.Equal(t, http.StatusOK, code)
	require.False(t, answer.Complete)
	require.Equal(t, 1500, answer.Accepted)
	require.Len(t, s.stored, 1500, "the line that was cut off is not taken for a whole one")

	s = new(shelf)
	code, _, _ = post(t, newMessages(t, s.store()), linesType, io.MultiReader(strings.NewReader(many(500)), gone), "")
	require.Equal(t, http.StatusBadRequest, code)
	require.Empty(t, s.stored)
}

func TestBatch_OtherContentTypesAreRefused(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"", "text/csv", "application/json; charset=latin1", "application/x-ndjson; charset=utf-16", ";;"} {
		code, _, text := post(t, newMessages(t, new(shelf).store()), contentType, strings.NewReader(array(1)), "")
		require.Equal(t, http.StatusUnsupportedMediaType, code, "%s: %s", contentType, text)
	}
}

// FuzzBatch holds that whatever is posted, each line is stored as it was meant or
// refused, and that the answer counts what is in it.
func FuzzBatch(f *testing.F) {
	for _, seed := range []string{
		"", "[]", "[", oneLine, array(2), many(2), "\n\n" + many(1), "[null]", "[1,2", `[{"to":"+905551234567","content":"x","idempotency_key":""}]`,
		`[{"a":1,"a":2}]`, "[\"\xff\"]", "[{},]", `[{"to":"\ud800"}]`, many(1) + "{" + many(1), "\ufeff" + many(1), "[" + oneLine + "]\n[", "\x00",
		`[` + oneLine + ` ` + oneLine + `]`, strings.Repeat("[", 50), oneLine + oneLine,
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, body []byte, lines bool) {
		contentType := arrayType
		if lines {
			contentType = linesType
		}
		s := new(shelf)
		code, answer, text := post(t, newMessages(t, s.store()), contentType, bytes.NewReader(body), "")
		require.True(t, json.Valid([]byte(text)))
		if code != http.StatusOK {
			require.Contains(t, []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge}, code)
			require.Empty(t, s.stored)
			return
		}
		require.Len(t, s.stored, answer.Accepted)
		require.Len(t, answer.Results, answer.Accepted+answer.Duplicates+answer.Refused)
		last := 0
		for _, result := range answer.Results {
			require.Greater(t, result.Line, last)
			last = result.Line
			require.Equal(t, result.ID == "", len(result.Errors) > 0)
			require.Empty(t, result.Error)
		}
		for _, message := range s.stored {
			require.Regexp(t, `^\+[1-9][0-9]{3,14}$`, message.To)
			require.NotEmpty(t, message.Content)
		}
	})
}

// countedReader counts what is read of it.
type countedReader struct {
	reader io.Reader
	read   int
}

func (c *countedReader) Read(into []byte) (int, error) {
	n, err := c.reader.Read(into)
	c.read += n
	return n, err //nolint:wrapcheck // a reader's own word
}

func TestBatch_NothingButAnArrayIsReadFurtherThanALineNeeds(t *testing.T) {
	t.Parallel()
	for _, first := range []string{`"`, "1", " "} {
		body := &countedReader{reader: strings.NewReader(first + strings.Repeat("1", 4<<20))}
		if first == " " {
			body.reader = strings.NewReader(strings.Repeat(" ", 4<<20))
		}
		code, _, text := post(t, newMessages(t, new(shelf).store()), arrayType, body, "")
		require.Equal(t, http.StatusRequestEntityTooLarge, code, text)
		require.Less(t, body.read, 1<<20, "%q", first)
	}
}
