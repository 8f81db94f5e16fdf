package importing_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/cli/importing"
	"auto-message-sender/internal/client"
)

// ledger is a server that keeps messages by their keys, as the API promises. Fail,
// if set, is asked before each call.
type ledger struct {
	fail func(call int, lines []client.BatchMessage) (stored int, err error) // how many lines it still stores

	mu    sync.Mutex
	calls int
	kept  map[string]client.BatchMessage
}

// everything is what fail answers for a call that goes well.
const everything = -1

func (l *ledger) Batch(_ context.Context, body []byte) (client.Answer[client.Batch], error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var answer client.Answer[client.Batch]
	var messages []client.BatchMessage
	for line := range bytes.Lines(body) {
		var message client.BatchMessage
		if err := json.Unmarshal(line, &message); err != nil {
			return answer, fmt.Errorf("a line is no JSON: %w", err)
		}
		messages = append(messages, message)
	}
	l.calls++
	stored, failure := everything, error(nil)
	if l.fail != nil {
		stored, failure = l.fail(l.calls, messages)
	}
	for i, message := range messages {
		result := client.BatchResult{Line: i + 1, ID: message.IdempotencyKey}
		_, known := l.kept[message.IdempotencyKey]
		switch {
		case stored != everything && i >= stored:
			result.Error = "the store failed"
		case strings.HasPrefix(message.To, "bad"):
			result.ID, result.Errors = "", []client.FieldProblem{{Field: "to", Message: "is no number"}}
		case known:
			result.Duplicate = true
		default:
			l.kept[message.IdempotencyKey] = message
		}
		answer.Value.Results = append(answer.Value.Results, result)
	}
	if failure != nil {
		return client.Answer[client.Batch]{}, failure // stored, and nobody is told
	}
	return answer, nil
}

// contents lists what was stored, with how often.
func (l *ledger) contents() map[string]int {
	counts := map[string]int{}
	for _, message := range l.kept {
		counts[message.To+"|"+message.Content]++
	}
	return counts
}

func newLedger() *ledger { return &ledger{kept: map[string]client.BatchMessage{}} }

// job is an import of a text into a ledger.
type job struct {
	t        *testing.T
	server   *ledger
	campaign string
	refusals string // path
	lines    int
	patience time.Duration
	now      time.Time
}

func setup(t *testing.T) *job {
	t.Helper()
	return &job{
		t: t, server: newLedger(), campaign: "spring", refusals: filepath.Join(t.TempDir(), "refused"), lines: 3, patience: time.Minute,
		now: time.Date(2026, 1, 2, 15, 0, 0, 0, time.UTC),
	}
}

func (j *job) run(ctx context.Context, name, text string) (importing.Tally, error) {
	j.t.Helper()
	source, _, err := importing.Open(strings.NewReader(text), options(name, importing.FormatAuto))
	require.NoError(j.t, err)
	refusals := &importing.Refusals{Open: func() (*os.File, error) { return os.Create(j.refusals) }}
	tally, err := importing.Import{
		Source: source, Campaign: j.campaign, Server: j.server, Refusals: refusals, InFlight: 2, Lines: j.lines,
		Patience: j.patience, Now: func() time.Time { return j.now }, Position: func() int64 { return 0 },
	}.Run(ctx)
	_, closeErr := refusals.Close()
	require.NoError(j.t, closeErr)
	return tally, err //nolint:wrapcheck // it is looked at as it is
}

func (j *job) refused() string {
	j.t.Helper()
	text, err := os.ReadFile(j.refusals)
	if errors.Is(err, os.ErrNotExist) {
		return ""
	}
	require.NoError(j.t, err)
	return string(text)
}

// file is a CSV of n lines, each twice.
func file(n int) string {
	text := "to,content\n"
	for i := range n {
		text += strings.Repeat(fmt.Sprintf("+90555%07d,hello %d\n", i, i), 2)
	}
	return text
}

func TestRun_TheSameFileTwiceSendsNothingTwiceAndEqualLinesAreTwoMessages(t *testing.T) {
	t.Parallel()
	j := setup(t)
	tally, err := j.run(t.Context(), "a.csv", file(10))
	require.NoError(t, err)
	require.Equal(t, importing.Tally{Read: 20, Accepted: 20}, tally)
	require.Len(t, j.server.contents(), 10)
	for what, n := range j.server.contents() {
		require.Equal(t, 2, n, what)
	}
	j.lines = 7 // how it is cut into batches has nothing to do with it
	tally, err = j.run(t.Context(), "a.csv", file(11))
	require.NoError(t, err)
	require.Equal(t, importing.Tally{Read: 22, Accepted: 2, Duplicates: 20}, tally, "only the line that is new")

	j.campaign = "summer"
	tally, err = j.run(t.Context(), "a.csv", file(10))
	require.NoError(t, err)
	require.EqualValues(t, 20, tally.Accepted, "another campaign is another sending")
}

func TestRun_ALineIsTheSameHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	j := setup(t)
	for i, text := range []string{
		"to,content,priority,send_at,validity_period\n+90 555 123 45 67,a,,2026-01-03T15:04,3600\n",
		"validity_period;send_at;priority;content;to\r\n1h;2026-01-03T12:04:00Z;Normal;a;+905551234567\r\n",
		`{"to":"+905551234567","content":"a","send_at":"2026-01-03T12:04:00Z","validity_period":3600}`,
	} {
		tally, err := j.run(t.Context(), "", text)
		require.NoError(t, err)
		require.EqualValues(t, min(i, 1), tally.Duplicates, text)
	}
	require.Len(t, j.server.kept, 1)
	for _, text := range []string{"to,content\n+1,ab\n", "to,content\n+1a,b\n"} {
		tally, err := j.run(t.Context(), "", text)
		require.NoError(t, err)
		require.EqualValues(t, 1, tally.Accepted, "one field's end is not another one's beginning")
	}
}

func TestRun_RefusedLinesCanBeCorrectedAndImportedAgain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ name, text, refused, fixed string }{
		"csv": {
			"a.csv", "to;content;priority\r\nbad1;\"x;y\";\r\n+1;fine;\r\n+2;a;urgent\r\n",
			"line;reason;to;content;priority\n2;to is no number;bad1;\"x;y\";\n4;priority must be high, normal or low;+2;a;urgent\n",
			"+1|x;y",
		},
		"ndjson": {
			"a.ndjson", `{"to":"bad1","content":"x;y"}` + "\n" + `{"to":"+1","content":"fine"}` + "\n" + `{"to":"+2","content":"a","priority":"urgent"}` + "\n",
			`{"line":1,"reason":"to is no number","to":"bad1","content":"x;y"}` + "\n" +
				`{"line":3,"reason":"priority must be high, normal or low","to":"+2","content":"a","priority":"urgent"}` + "\n",
			"+1|x;y",
		},
		"mongo": {
			"a.json", `[{"_id":{"$oid":"1"},"to":"bad1","content":"x;y"}, {"_id":"2","to":"+1","content":"fine"},{"_id":"3","to":"+2","content":"a","priority":"urgent"}]`,
			`{"line":1,"reason":"to is no number","_id":{"$oid":"1"},"to":"bad1","content":"x;y"}` + "\n" +
				`{"line":3,"reason":"priority must be high, normal or low","_id":"3","to":"+2","content":"a","priority":"urgent"}` + "\n",
			"+1|x;y",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := setup(t)
			tally, err := j.run(t.Context(), test.name, test.text)
			require.NoError(t, err)
			require.Equal(t, importing.Tally{Read: 3, Accepted: 1, Refused: 2}, tally)
			refused := j.refused()
			require.ElementsMatch(t, strings.Split(test.refused, "\n"), strings.Split(refused, "\n"))

			fixed := strings.NewReplacer("bad1", "+1", "urgent", "high").Replace(refused)
			tally, err = j.run(t.Context(), test.name, fixed)
			require.NoError(t, err)
			require.Equal(t, importing.Tally{Read: 2, Accepted: 2}, tally)
			require.Equal(t, map[string]int{test.fixed: 1, "+1|fine": 1, "+2|a": 1}, j.server.contents())

			again := strings.NewReplacer("bad1", "+1", "urgent", "high").Replace(test.text)
			tally, err = j.run(t.Context(), test.name, again)
			require.NoError(t, err)
			require.Equal(t, importing.Tally{Read: 3, Duplicates: 3}, tally, "nor does the corrected file send anything twice")

			_, err = j.run(t.Context(), test.name, refused)
			require.NoError(t, err)
			require.Equal(t, strings.Count(refused, "reason"), strings.Count(j.refused(), "reason"), "refused again, the lines do not grow")
		})
	}
}

func TestRun_WhatCannotBeReadAtAllStandsInTheFileOfRefusalsAsText(t *testing.T) {
	t.Parallel()
	j := setup(t)
	_, err := j.run(t.Context(), "a.csv", "to,content\n+1,\"a\" b\n")
	require.NoError(t, err)
	require.Contains(t, j.refused(), "line,reason,to,content\n2,")
	require.Contains(t, j.refused(), `,"+1,""a"" b"`+"\n")
	_, err = j.run(t.Context(), "a.ndjson", "{\"to\n")
	require.NoError(t, err)
	require.Contains(t, j.refused(), `"unreadable":"{\"to"}`)
}

func TestRun_AnswersThatAreLostAreAskedForAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := setup(t)
		j.lines = 1000
		j.server.fail = func(call int, _ []client.BatchMessage) (int, error) {
			switch call % 4 {
			case 1:
				return everything, &client.UnreachableError{Server: "s", Cause: errors.New("reset")} // stored all the same
			case 2:
				return 1, nil // the store failed after the first line
			case 3:
				return 0, &client.Error{Status: http.StatusTooManyRequests, Detail: "slow down", RetryAfter: 30 * time.Second}
			}
			return everything, nil
		}
		tally, err := j.run(t.Context(), "a.csv", file(1500))
		require.NoError(t, err)
		require.EqualValues(t, 3000, tally.Read)
		require.EqualValues(t, 3000, tally.Accepted+tally.Duplicates, "each is settled once")
		require.Len(t, j.server.kept, 3000)
	})
}

func TestRun_GivesUpWithItsPatienceAndTheSameCommandGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := setup(t)
		away := errors.New("connection refused")
		j.server.fail = func(call int, _ []client.BatchMessage) (int, error) {
			if call > 3 {
				return 0, &client.UnreachableError{Server: "s", Cause: away}
			}
			return everything, nil
		}
		began := time.Now() //nolint:forbidigo // the bubble's
		tally, err := j.run(t.Context(), "a.csv", file(50))
		require.ErrorIs(t, err, away)
		require.LessOrEqual(t, time.Since(began), j.patience)
		require.Equal(t, int64(9), tally.Accepted)
		j.server.fail = nil
		tally, err = j.run(t.Context(), "a.csv", file(50))
		require.NoError(t, err)
		require.Equal(t, importing.Tally{Read: 100, Accepted: 91, Duplicates: 9}, tally)
	})
}

func TestRun_WhatWaitingDoesNotCureEndsItAtOnce(t *testing.T) {
	t.Parallel()
	j := setup(t)
	j.server.fail = func(int, []client.BatchMessage) (int, error) {
		return 0, &client.Error{Status: http.StatusForbidden, Detail: "the role is too small"}
	}
	_, err := j.run(t.Context(), "a.csv", file(50))
	require.Equal(t, http.StatusForbidden, client.StatusOf(err))
	require.LessOrEqual(t, j.server.calls, 2)
}

func TestRun_EndsWithItsContextAlsoInAWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := setup(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		j.server.fail = func(int, []client.BatchMessage) (int, error) {
			return 0, &client.Error{Status: http.StatusTooManyRequests, RetryAfter: time.Minute}
		}
		_, err := j.run(ctx, "a.csv", file(50))
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestRun_WhatWasReadBeforeABrokenPlaceIsSent(t *testing.T) {
	t.Parallel()
	j := setup(t)
	tally, err := j.run(t.Context(), "a.json", `[{"to":"+1","content":"a"},{"to":"+2","content":"b"},{`)
	require.ErrorContains(t, err, "line 3: the array breaks")
	require.EqualValues(t, 2, tally.Accepted)
}

func TestRun_ADocumentsExpiryBecomesWhatIsLeftOfItsValidity(t *testing.T) {
	t.Parallel()
	j := setup(t)
	text := `{"_id":"1","to":"+1","content":"a","expires_at":{"$date":"2026-01-02T15:01:00.9Z"}}` + "\n" +
		`{"_id":"2","to":"+2","content":"b","send_at":{"$date":"2026-01-02T16:00:00Z"},"expires_at":{"$date":"2026-01-02T17:00:00Z"}}` + "\n" +
		`{"_id":"3","to":"+3","content":"c","expires_at":{"$date":"2026-01-02T15:00:00Z"}}` + "\n" +
		`{"_id":"4","to":"+4","content":"d","send_at":{"$date":"2026-01-02T14:00:00Z"},"expires_at":{"$date":"2026-01-02T15:02:00Z"}}`
	tally, err := j.run(t.Context(), "a.json", text)
	require.NoError(t, err)
	require.Equal(t, importing.Tally{Read: 4, Accepted: 3, Refused: 1}, tally)
	for _, message := range j.server.kept {
		require.Equal(t, map[string]int64{"+1": 60, "+2": 3600, "+4": 120}[message.To], message.ValidityPeriod)
		// The server counts from it, also where it has passed.
		require.Equal(t, message.To != "+2", message.SendAt.IsZero(), message.To)
	}
	j.now = j.now.Add(30 * time.Second)
	tally, err = j.run(t.Context(), "a.json", text)
	require.NoError(t, err)
	require.EqualValues(t, 3, tally.Duplicates, "also when less is left of it")
}

func TestRun_ALineThatTheServerWouldNotReadIsRefusedHere(t *testing.T) {
	t.Parallel()
	j := setup(t)
	tally, err := j.run(t.Context(), "a.csv", "to,content\n+1,"+strings.Repeat("x", 70_000)+"\n+1,a\n")
	require.NoError(t, err)
	require.Equal(t, importing.Tally{Read: 2, Accepted: 1, Refused: 1}, tally)
}
