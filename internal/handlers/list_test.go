package handlers_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

// asked is what a list made of its request.
type asked struct {
	filter models.Filter
	after  models.Cursor
	limit  int
}

// list asks for a list whose store answers next, and returns what the store was asked.
func list(t *testing.T, query string, next models.Cursor) (code int, got *asked, answer handlers.MessageList, header http.Header, text string) {
	t.Helper()
	messages := newMessages(t, &store{list: func(filter models.Filter, after models.Cursor, limit int) (models.Page, error) {
		got = &asked{filter, after, limit}
		return models.Page{Messages: []models.Message{{ID: models.ID{Text: "m-1"}, To: "+905551234567"}}, Next: next}, nil
	}})
	log, _ := logged()
	endpoint := handlers.Handle(handlers.NewProblems(log), handlers.ListQuery, messages.List, handlers.Listed)
	recorder := ask(endpoint, http.MethodGet, query, "", nil)
	if recorder.Code == http.StatusOK {
		require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), &answer))
	}
	return recorder.Code, got, answer, recorder.Header(), recorder.Body.String()
}

func TestList_AsksForWhatTheQuerySays(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		parsed, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return parsed.UTC()
	}
	tests := map[string]struct {
		query  string
		filter models.Filter
		limit  int
	}{
		"everything":                    {"", models.Filter{}, 20},
		"a status":                      {"status=failed&limit=5", models.Filter{Status: models.StatusFailed}, 5},
		"more than there may be":        {"limit=1001", models.Filter{}, 1000},
		"very much more":                {"limit=9223372036854775807", models.Filter{}, 1000},
		"a number as people write it":   {"to=%2B90%20(555)%20123-45-67", models.Filter{To: "+905551234567"}, 20},
		"a plus that was not escaped":   {"to=+905551234567", models.Filter{To: "+905551234567"}, 20},
		"a zone that was not escaped":   {"failed_after=2026-01-02T15:00:00+03:00", models.Filter{FailedAfter: at("2026-01-02T12:00:00Z")}, 20},
		"ids":                           {"reference=order+7&message_id=%7B%22$ne%22:1%7D", models.Filter{Reference: "order 7", MessageID: `{"$ne":1}`}, 20},
		"times finer than are stored":   {"created_after=2026-01-02T15:00:00.0000001Z", models.Filter{CreatedAfter: at("2026-01-02T15:00:00.001Z")}, 20},
		"a window of each":              {"sent_after=2026-01-02T15:00:00Z&sent_before=2026-01-02T16:00:00Z", models.Filter{SentAfter: at("2026-01-02T15:00:00Z"), SentBefore: at("2026-01-02T16:00:00Z")}, 20},
		"the other window of each":      {"created_before=2026-01-02T15:00:00Z&failed_before=2026-01-02T16:00:00Z", models.Filter{CreatedBefore: at("2026-01-02T15:00:00Z"), FailedBefore: at("2026-01-02T16:00:00Z")}, 20},
		"a status that nobody has ever": {"status=expired", models.Filter{Status: models.StatusExpired}, 20},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, got, answer, header, text := list(t, tt.query, models.Cursor{})
			require.Equal(t, http.StatusOK, code, text)
			require.Equal(t, asked{tt.filter, models.Cursor{}, tt.limit}, *got)
			require.Len(t, answer.Messages, 1)
			require.Empty(t, answer.NextCursor)
			require.Empty(t, header.Get("Link"))
		})
	}
}

func TestList_RefusesWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	for query, field := range map[string]string{
		"state=failed": "state", "Status=failed": "Status", "status[$ne]=failed": "status[$ne]", "page=1": "page", "": "", "&&": "",
		"status=": "status", "status=FAILED": "status", "status=failed&status=sent": "status", "to=12": "to", "to=": "to", "limit=0": "limit",
		"limit=": "limit", "limit=1e3": "limit", "limit=-1": "limit", "limit=1&limit=1": "limit", "created_after=yesterday": "created_after",
		"sent_before=2026-01-02": "sent_before", "failed_after=1767366245": "failed_after", "reference=%00": "reference", "message_id=%ff": "message_id",
		"reference=" + strings.Repeat("a", 65): "reference", "message_id=" + strings.Repeat("a", 257): "message_id", "cursor=": "cursor",
		"cursor=nonsense": "cursor", "cursor=%00": "cursor", "cursor=" + strings.Repeat("A", 3000): "cursor", "=1": "",
		strings.Repeat("x", 100) + "=1": strings.Repeat("x", 64) + "…",
	} {
		code, got, _, _, text := list(t, query, models.Cursor{})
		if query == "" || query == "&&" {
			require.Equal(t, http.StatusOK, code)
			continue
		}
		require.Equal(t, http.StatusBadRequest, code, query)
		require.Nil(t, got, query)
		require.Contains(t, text, fmt.Sprintf(`"errors":[{"field":%q`, field), query)
	}
	code, _, _, _, _ := list(t, "a=%zz", models.Cursor{})
	require.Equal(t, http.StatusBadRequest, code)
	_, _, _, _, text := list(t, "to=12&status=x&failed_after=y", models.Cursor{})
	require.Equal(t, 3, strings.Count(text, `"field"`), "each is named")
}

func TestList_ACursorLeadsOnWithItsFilterOnly(t *testing.T) {
	t.Parallel()
	next := models.Cursor{At: time.UnixMilli(1_767_366_245_678).UTC(), Tie: "\xff\x00ş"}
	const query = "status=failed&to=%2B905551234567"
	_, _, first, header, _ := list(t, query+"&limit=7", next)
	require.NotEmpty(t, first.NextCursor)

	code, got, _, _, text := list(t, query+"&cursor="+first.NextCursor, models.Cursor{})
	require.Equal(t, http.StatusOK, code, text)
	require.Equal(t, next, got.after)

	link, rel, found := strings.Cut(header.Get("Link"), "; ")
	require.True(t, found)
	require.Equal(t, `rel="next"`, rel)
	target, err := url.Parse(strings.Trim(link, "<>"))
	require.NoError(t, err)
	require.Equal(t, "/thing", target.Path)
	code, got, _, _, _ = list(t, target.RawQuery, models.Cursor{})
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, asked{models.Filter{Status: models.StatusFailed, To: "+905551234567"}, next, 7}, *got)

	for _, other := range []string{"", "status=sent", query + "&reference=a", query + "&created_after=2026-01-02T15:00:00Z"} {
		code, got, _, _, text := list(t, other+"&cursor="+first.NextCursor, models.Cursor{})
		require.Equal(t, http.StatusBadRequest, code, other)
		require.Nil(t, got)
		require.Contains(t, text, "belongs to another filter")
	}
	raw, err := base64.RawURLEncoding.DecodeString(first.NextCursor)
	require.NoError(t, err)
	for _, forged := range []string{
		strings.Replace(string(raw), `1767366245678`, `9223372036854775807`, 1),
		strings.Replace(string(raw), `"f"`, `"g"`, 1), `{}`, `null`, `[]`, string(raw) + "x", `{"f":"","a":0,"t":"YQ=="}`,
	} {
		code, _, _, _, _ := list(t, query+"&cursor="+base64.RawURLEncoding.EncodeToString([]byte(forged)), models.Cursor{})
		require.Equal(t, http.StatusBadRequest, code, forged)
	}
}

func TestList_AnEmptyPageMayGoOn(t *testing.T) {
	t.Parallel()
	messages := newMessages(t, &store{list: func(models.Filter, models.Cursor, int) (models.Page, error) {
		return models.Page{Next: models.Cursor{At: due(), Tie: "x"}}, nil
	}})
	answer, err := messages.List(t.Context(), handlers.ListRequest{Limit: 1})
	require.NoError(t, err)
	require.NotNil(t, answer.Messages)
	require.NotEmpty(t, answer.NextCursor)
}

// FuzzListQuery holds that no query crashes, that one which is taken means what it
// says, and that a cursor is only ever taken for the filter that it came with.
func FuzzListQuery(f *testing.F) {
	for _, seed := range []string{
		"", "status=failed", "to=%2B905551234567&limit=5", "to=+90 555", "created_after=2026-01-02T15:00:00+03:00", "limit=0", "a;b", "a=%zz",
		"status=failed&status=failed", "reference=%00", "message_id=%ff", "cursor=eyJmIjoiIiwiYSI6MCwidCI6IiJ9", "sent_before=0000-01-01T00:00:00Z",
		"failed_before=9999-12-31T23:59:59.9999999Z", "cursor=e30", "status[$ne]=x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		next := models.Cursor{At: due(), Tie: query}
		if query == "" {
			next.Tie = "x"
		}
		code, got, answer, _, text := list(t, query, next)
		require.True(t, json.Valid([]byte(text)))
		if code != http.StatusOK {
			require.Equal(t, http.StatusBadRequest, code)
			require.Nil(t, got)
			return
		}
		require.True(t, 1 <= got.limit && got.limit <= 1000)
		values, err := url.ParseQuery(query)
		require.NoError(t, err)
		require.Equal(t, values.Get("status"), string(got.filter.Status))
		require.Equal(t, values.Get("reference"), got.filter.Reference)
		require.Equal(t, values.Get("message_id"), got.filter.MessageID)
		if got.filter.To != "" {
			require.Regexp(t, `^\+[1-9][0-9]{3,14}$`, got.filter.To)
		}
		if len(answer.NextCursor) > 2048 {
			return // a tie longer than any id
		}
		values.Set("cursor", answer.NextCursor)
		code, again, _, _, text := list(t, values.Encode(), models.Cursor{})
		require.Equal(t, http.StatusOK, code, text)
		require.Equal(t, asked{got.filter, next, got.limit}, *again)
		values.Set("reference", values.Get("reference")+"x")
		code, _, _, _, _ = list(t, values.Encode(), models.Cursor{})
		require.Equal(t, http.StatusBadRequest, code)
	})
}
