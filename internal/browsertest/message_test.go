package browsertest_test

import (
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

func TestMessage_ItsWayTellsEachAttemptAndARetryGoesOn(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"MAX_RETRY_COUNT": "2"})
	id := s.accept("+905551110001", "stumble over this", `"reference":"order-4711"`)
	s.call("POST", "/scheduler/start", "")
	s.waitCount(1, "failed")
	s.call("POST", "/scheduler/stop", "")
	tb := open(t, s, "/messages/"+id)
	tb.see(".timeline-item", "Accepted")
	tb.see(".timeline-item", "Attempt 1 failed")
	tb.see(".timeline-item", "Attempt 2 failed")
	tb.see(".timeline-item", "status 503")
	tb.see(".timeline-item", "out of order")
	tb.see(".timeline-item", "by kestrel-1")
	tb.see(".timeline-item", "Failed for good")
	tb.see("dd", "order-4711")

	tb.click("button", "Retry")
	tb.see("h1 ~ .badge", "pending")
	require.Equal(t, "pending", s.cell(`SELECT status FROM messages WHERE id = ?`, id))
	tb.see("button", "Cancel")
	tb.gone("button", "Retry")
}

func TestMessage_IsCanceled(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	id := s.accept("+905551110001", "later", `"send_at":"`+inAnHour()+`"`)
	tb := open(t, s, "/messages/"+id)
	tb.see(".timeline-item", "Due")
	tb.click("button", "Cancel")
	tb.see("h1 ~ .badge", "canceled")
	require.Equal(t, "canceled", s.cell(`SELECT status FROM messages WHERE id = ?`, id))
}

func TestMessage_IsErasedAfterAQuestion(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"API_KEYS": people})
	id := s.accept("+905551110001", "a secret between us")
	s.call("POST", "/scheduler/start", "")
	s.waitCount(1, "sent")
	tb := openAs(t, s, operatorKey, "/messages/"+id)
	tb.see(".message-text", "a secret between us")
	tb.click("button", "Erase…")
	tb.see("dialog", "nobody can bring them back")
	require.Equal(t, "a secret between us", s.cell(`SELECT content FROM messages WHERE id = ?`, id))
	tb.click("dialog button", "Erase for good")
	tb.see(".timeline-item", "Erased")
	require.Nil(t, s.cell(`SELECT content FROM messages WHERE id = ?`, id))
	require.Nil(t, s.cell(`SELECT "to" FROM messages WHERE id = ?`, id))
	require.NotContains(t, evaluate[string](tb, `() => document.body.textContent`), "a secret between us")
	require.Equal(t, "erase", s.logs()[0]["action"])
	require.Equal(t, "olga", s.logs()[0]["actor"])
}

func TestMessage_TheCommandThatIsCopiedPutsInAnEqualOne(t *testing.T) {
	t.Parallel()
	s := serve(t, settings{"API_KEYS": people, "MAX_CONTENT_LENGTH": "300"})
	content := "It's \"quoted\" $HOME `id` \\n %s !! ; rm -rf *\nsecond line \u202eğ😀"
	id := s.accept("+905551110001", content, `"reference":"it's"`, `"priority":"high"`)
	tb := openAs(t, s, operatorKey, "/messages/"+id)
	for _, permission := range []string{"clipboard-read", "clipboard-write"} {
		_, err := chromedp.CallBrowser(tb.ctx, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: permission}, Setting: browser.PermissionSettingGranted,
			BrowserContextID: chromedp.FromContext(tb.ctx).BrowserContextID,
		})
		require.NoError(t, err)
	}
	tb.click("button", "Copy as curl")
	tb.see("dialog h2", "Copied")
	shown := evaluate[string](tb, `() => document.querySelector('dialog pre').textContent`)
	copied := evaluate[string](tb, `() => navigator.clipboard.readText()`)
	require.Equal(t, shown, copied)
	require.NotContains(t, copied, operatorKey, "the key is named, not written")

	run(t, copied, []string{"AMS_API_KEY=" + senderKey})
	s.waitCount(2, "pending")
	equal := s.cell(`SELECT count(*) FROM messages a JOIN messages b ON a.content = b.content AND a."to" = b."to" AND a.reference = b.reference AND a.priority = b.priority
		WHERE a.id = ? AND b.id <> a.id`, id)
	require.EqualValues(t, 1, equal)
}

func TestMessage_OneThatIsNotThereIsToldSo(t *testing.T) {
	t.Parallel()
	tb := open(t, serve(t, nil), "/messages/none")
	tb.expect("status of 404")
	tb.see("h2", "There is no message with this id")
}
