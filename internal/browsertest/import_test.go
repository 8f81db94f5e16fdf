package browsertest_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// choose gives a file to the page, as the browser's dialog does.
func (tb *tab) choose(path string) {
	tb.t.Helper()
	tb.do(chromedp.SetUploadFiles(chromedp.CSS("#import-file"), []string{path}))
}

// file writes a file of a name and returns its path.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

const campaign = `to;content;reference
+905551110001;"Merhaba; dünya";a-1
+12;too short a number;a-2
+905551110003;;a-3
+905551110004;"two
lines";a-4
+905551110005;fine;a-5
`

func TestImport_RefusedLinesAreToldBeforeAnythingIsStored(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	tb := open(t, s, "/compose?tab=import")
	downloads := tb.downloads()
	tb.choose(file(t, "spring.csv", campaign))
	tb.see(".message-progress", "3 messages can be stored")
	tb.see("section:has(#refused-title) tr", "has too few digits")
	tb.see("section:has(#refused-title) tr", "content is required")
	require.EqualValues(t, 0, s.cell(`SELECT count(*) FROM messages`), "only checked so far")

	tb.click("a", "Download refused lines")
	var saved []string
	require.Eventually(t, func() bool {
		saved, _ = filepath.Glob(filepath.Join(downloads, "spring*.errors.csv"))
		return len(saved) == 1
	}, patience, tick, "nothing is saved")
	text, err := os.ReadFile(saved[0])
	require.NoError(t, err)
	require.Contains(t, string(text), "+12,too short a number")
	require.Contains(t, string(text), "a-3")
	require.NotContains(t, string(text), "a-1")

	tb.click("button", "Store 3 messages")
	tb.see(".message-progress", "3 messages stored")
	require.Equal(t, 3, s.count("pending"))
	require.Equal(t, "two\nlines", s.cell(`SELECT content FROM messages WHERE reference = 'a-4'`))
	require.Equal(t, "Merhaba; dünya", s.cell(`SELECT content FROM messages WHERE reference = 'a-1'`))

	// The same file again, in another tab, is known line by line.
	again := open(t, s, "/compose?tab=import")
	again.choose(file(t, "spring.csv", campaign))
	again.see(".message-progress", "0 messages can be stored")
	again.see(".tile", "Stored before 3")
	require.Equal(t, 3, s.count("pending"))

	// A corrected file stores the corrected lines alone.
	corrected := open(t, s, "/compose?tab=import")
	corrected.choose(file(t, "spring.csv", campaign+"+905551110006;new;a-6\n"))
	corrected.click("button", "Store 1 message")
	corrected.see(".message-progress", "1 message stored")
	require.EqualValues(t, 4, s.cell(`SELECT count(*) FROM messages`))
}

func TestImport_LinesOfJSONThatAreDropped(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	tb := open(t, s, "/compose?tab=import")
	tb.place("#import-file", "")
	evaluate[bool](tb, `(text) => {
		const carried = new DataTransfer();
		carried.items.add(new File([text], 'spring.ndjson'));
		document.querySelector('.import-drop').dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: carried }));
		return true;
	}`, `{"to":"+905551110001","content":"one"}`+"\n"+`{"to":"+905551110002","content":"two","priority":"low"}`+"\n{broken\n")
	tb.see(".message-progress", "2 messages can be stored")
	tb.see("section:has(#refused-title) td", "3")
	tb.click("button", "Store 2 messages")
	tb.see(".message-progress", "2 messages stored")
	require.Equal(t, 2, s.count("pending"))
}

// downloads lets the tab save files, and returns where.
func (tb *tab) downloads() string {
	tb.t.Helper()
	dir := tb.t.TempDir()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	_, err := chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, BrowserContextID: chromedp.FromContext(tb.ctx).BrowserContextID, DownloadPath: dir,
	})
	require.NoError(tb.t, err)
	return dir
}
