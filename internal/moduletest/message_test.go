package moduletest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCurl_PutsInAnEqualMessageWhateverItSays(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	require.NoError(t, err)
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("THE COPIED COMMAND IS NOT RUN:", err)
	}
	type heard struct{ body, key, media string }
	calls := make(chan heard, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		calls <- heard{string(body), r.Header.Get("Authorization"), r.Header.Get("Content-Type")}
	}))
	t.Cleanup(server.Close)
	contents := []string{
		"plain", "it's 'quoted' \"twice\"", "line\none\ttab\r\n", "$HOME `id` $(id) \\ \\\\ \\n !! %s", "@/etc/passwd", "'; touch /tmp/x; '", "-d x",
		"<img src=x onerror=alert(1)>", "\u202egnirts\u202c \u200f مرحبا", "😀🇹🇷", "\u0001\u001b[31m\u007f\u0085\u2028", "''", "'",
	}
	for _, content := range contents {
		message := map[string]any{
			"to": "+905551234567", "content": content, "priority": "high", "validity_period": 3600, "reference": "o'1",
			"send_at": "2027-01-02T09:00:00.000Z", "status": "sent", "id": "x",
		}
		argument := map[string]any{"message": message, "origin": server.URL}
		command := run[string](t, "message-curl.js", `({curl, requestOf}, {message, origin}) => curl(requestOf(message, 0), {origin, authenticated: true})`, argument)
		require.NotRegexp(t, "[\x00-\x09\x0b-\x1f\x7f\u0080-\u009f\u200b-\u200f\u2028-\u202e]", command, "what cannot be seen is no part of it")
		shellRun := exec.CommandContext(t.Context(), shell, "-c", command) //nolint:gosec // that is what is tested
		shellRun.Env = append(shellRun.Environ(), "AMS_API_KEY=the-key")
		output, err := shellRun.CombinedOutput()
		require.NoError(t, err, "%s\n%s", command, output)
		got := <-calls
		var body map[string]any
		require.NoError(t, json.Unmarshal([]byte(got.body), &body), got.body)
		delete(message, "status")
		delete(message, "id")
		message["validity_period"] = float64(3600)
		require.Equal(t, message, body)
		require.Equal(t, "Bearer the-key", got.key)
		require.Equal(t, "application/json", got.media)
	}
}

func TestTimeline_TellsTheWayInOrder(t *testing.T) {
	t.Parallel()
	const at = "2026-01-02T10:00:0"
	attempt := func(number int, second, err string) map[string]any {
		return map[string]any{"number": number, "started_at": at + second + ".000Z", "duration_ms": 5, "error": err, "replica": "r"}
	}
	tests := []struct {
		name    string
		message map[string]any
		titles  []string
	}{
		{"it waits", map[string]any{"status": "pending", "next_attempt_at": at + "0.000Z", "position": "3"}, []string{"Accepted", "First attempt…"}},
		{
			"it is scheduled, and may expire",
			map[string]any{"status": "scheduled", "send_at": "2026-01-03T10:00:00.000Z", "expires_at": "2026-01-03T11:00:00.000Z"},
			[]string{"Accepted", "Due…", "Expires, if it is not sent before…"},
		},
		{"it will be tried again", map[string]any{
			"status": "pending", "attempt_count": 1, "next_attempt_at": at + "9.000Z", "attempts": []any{attempt(1, "2", "503")},
		}, []string{"Accepted", "Attempt 1 failed", "Attempt 2…"}},
		{
			"it is being sent",
			map[string]any{"status": "sending", "attempt_count": 2, "attempts": []any{attempt(1, "2", "503")}},
			[]string{"Accepted", "Attempt 1 failed", "Attempt 2 is under way…"},
		},
		{"it was sent and delivered, and is erased", map[string]any{
			"status": "sent", "sent_at": at + "3.005Z", "erased_at": at + "6.000Z", "delivery_status": "delivered", "delivered_at": at + "5.000Z",
			"send_at": at + "1.000Z", "attempts": []any{attempt(1, "2", "x"), attempt(2, "3", "")},
		}, []string{"Accepted", "Became due", "Attempt 1 failed", "Attempt 2 succeeded", "Sent", "Delivered", "Erased"}},
		{
			"it was held",
			map[string]any{"status": "failed", "error_code": "outcome_unknown", "failed_at": at + "4.000Z", "attempts": []any{attempt(1, "2", "x")}},
			[]string{"Accepted", "Attempt 1 failed", "Held: nobody knows whether it arrived"},
		},
		{"it was canceled before it was due", map[string]any{"status": "canceled", "updated_at": at + "4.000Z", "send_at": "2026-01-03T10:00:00.000Z"}, []string{"Accepted", "Canceled"}},
		{"it expired", map[string]any{"status": "expired", "expires_at": at + "4.000Z"}, []string{"Accepted", "Expired"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.message["created_at"] = at + "0.000Z"
			titles := run[[]string](t, "message-timeline.js",
				`(module, message) => module.timeline(message, Date.parse('2026-01-02T10:00:07Z')).map(({title, ahead}) => title + (ahead ? '…' : ''))`, tt.message)
			require.Equal(t, tt.titles, titles)
		})
	}
}

func TestContent_OnlyWhatIsKnownOfItIsTold(t *testing.T) {
	t.Parallel()
	for want, message := range map[string]map[string]any{
		"1 SMS, gsm7 · 3 characters": {"content": "abc", "num_segments": 1, "encoding": "gsm7"},
		"3 characters":               {"content": "abc", "error_code": "invalid"},
		"1 character":                {"content": "😀", "num_segments": 0},
		"2 SMS, ucs2":                {"content": "", "num_segments": 2, "encoding": "ucs2", "erased_at": "2026-01-02T10:00:00.000Z"},
		"":                           {"content": "", "erased_at": "2026-01-02T10:00:00.000Z"},
	} {
		require.Equal(t, want, run[string](t, "message-facts.js", `({contentCard}, message) => contentCard(message).lastChild.textContent`, message))
	}
}

func TestDraft_TheSameMessageKeepsItsKeyUntilItIsAccepted(t *testing.T) {
	t.Parallel()
	type keys struct{ First, Again, Changed, Back, After string }
	got := run[keys](t, "message-draft.js", `({DraftKeys}) => {
		const keys = new DraftKeys();
		const [one, other] = [{to: '1', content: 'x'}, {to: '1', content: 'y'}];
		const told = {First: keys.of(one), Again: keys.of({...one}), Changed: keys.of(other), Back: keys.of(one)};
		keys.done(one);
		return {...told, After: keys.of(one)};
	}`, nil)
	require.Equal(t, got.First, got.Again, "a second click sends nothing twice")
	require.Equal(t, got.First, got.Back)
	require.NotEqual(t, got.First, got.Changed)
	require.NotEqual(t, got.First, got.After, "an equal message that is meant is another one")
	require.Regexp(t, "^[ -~]{16,255}$", got.First)
}

func TestDraft_TakesTimesForLocalOnes(t *testing.T) {
	t.Parallel()
	got := run[map[string]any](t, "message-draft.js", `({draft}) => draft({
		to: ' +905551234567 ', content: ' x ', priority: 'normal', send_at: '2027-01-02T09:00', validity: '1.5', unit: '3600', reference: ' ',
	})`, nil)
	require.Equal(t, map[string]any{"to": "+905551234567", "content": " x ", "send_at": "2027-01-02T06:00:00.000Z", "validity_period": float64(5400)}, got)
}

func TestFilter_UnderstandsWhatIsTypedAndListsAsTheServerDoes(t *testing.T) {
	t.Parallel()
	guesses := map[string]string{
		"+905551234567": "to", "0555 123 45 67": "to", "(0555) 123-45-67": "to", "order-4711": "reference", "12345": "reference", "2026-11-23-0001-000000": "reference",
		"019a2f6e-7a53-7cc0-9d6e-2f0d5b1c4a10": "id", "67f2f8a8-ea58-4ed0-a6f9-ff217df4d849": "message_id", "68a795179072a717e6a17f37": "id",
	}
	for text, kind := range guesses {
		require.Equal(t, kind, run[string](t, "messages-filter.js", `(module, text) => module.guess(text)`, text), text)
	}
	orders := map[string]string{
		"": "created_at", "status=sent": "sent_at", "status=failed": "failed_at", "status=failed&created_after=2026-01-02T10:00:00Z": "created_at",
		"created_after=2026-01-02T10:00:00Z&failed_before=2026-01-02T10:00:00Z": "failed_at", "failed_after=2026-01-02T10:00:00Z&sent_after=2026-01-02T10:00:00Z": "sent_at",
		"status=odd&to=1": "created_at",
	}
	for query, order := range orders {
		require.Equal(t, order, run[string](t, "messages-filter.js", `(module, query) => module.orderOf(module.fromQuery(new URLSearchParams(query)))`, query), query)
	}
}

func TestSelection_ARangeIsWhatStandsBetween(t *testing.T) {
	t.Parallel()
	got := run[[][]string](t, "messages-select.js", `({Selection}) => {
		const order = ['a', 'b', 'c', 'd', 'e'];
		const s = new Selection(() => {});
		const told = [];
		const tell = () => told.push([...s.ids].sort());
		s.toggle('d', true); tell();
		s.toggle('b', true, {range: true, order}); tell();
		s.toggle('c', false); tell();
		s.toggle('e', false, {range: true, order}); tell();
		s.matching(); s.toggle('a', true); tell();
		s.clear(); s.toggle('e', true, {range: true, order}); tell();
		s.clear(); s.toggle('a', true); s.toggle('c', true, {range: true, order}); tell();
		return told;
	}`, nil)
	require.Equal(t, [][]string{{"d"}, {"b", "c", "d"}, {"b", "d"}, {"b"}, {"a", "b"}, {"e"}, {"a", "b", "c"}}, got)
}

// changeAll confirms a change of all that match, and returns what was sent to the API.
const changeAll = `async ({changeMatching}, {action, filter}) => {
	const [calls, real] = [[], globalThis.fetch];
	globalThis.fetch = async (address, {body}) => {
		calls.push({dry: address.includes('dry_run=true'), ...JSON.parse(body)});
		return new Response(JSON.stringify({matched: 2, complete: calls.length !== 2, retried: 1, canceled: 1, before: '2026-01-02T15:00:00.001Z'}));
	};
	const {signal} = new AbortController();
	const changed = changeMatching(action, filter, {signal, progress: {begin: () => signal, tell() {}, end() {}}});
	while (!document.querySelector('dialog form')) await new Promise((resolve) => setTimeout(resolve, 5));
	document.querySelector('dialog form').requestSubmit();
	await changed;
	globalThis.fetch = real;
	return calls;
}`

func TestBulk_ChangesNothingThatCameAfterItWasCounted(t *testing.T) {
	t.Parallel()
	for name, argument := range map[string]map[string]any{
		"a retry":                 {"action": "retry", "filter": map[string]string{"status": "failed"}},
		"a retry of all":          {"action": "retry", "filter": map[string]string{}},
		"a cancellation":          {"action": "cancel", "filter": map[string]string{"status": "pending"}},
		"a cancellation of all":   {"action": "cancel", "filter": map[string]string{"status": ""}},
		"one with a bound so far": {"action": "cancel", "filter": map[string]string{"created_before": "2026-01-02T10:00:00.000Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := run[[]map[string]any](t, "messages-bulk.js", changeAll, argument)
			require.Len(t, calls, 3, "a count, a call that came to its limit, and one that ends it")
			require.Equal(t, true, calls[0]["dry"])
			for _, call := range calls[1:] {
				require.Equal(t, false, call["dry"])
				if argument["action"] == "retry" {
					require.Equal(t, "2026-01-02T15:00:00.001Z", call["before"], "as the count answered")
					continue
				}
				require.NotEmpty(t, call["created_before"])
				require.Equal(t, calls[0]["created_before"], call["created_before"], "what is changed is what was counted")
				require.NotContains(t, call, "all")
			}
		})
	}
}
