package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	storeFile = "messages.db"
	pageSize  = 4096
)

// filesIn returns the files of a directory, whole.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	files := map[string]string{}
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(dir, entry.Name())) //nolint:gosec // the test's own
		require.NoError(t, err)
		files[entry.Name()] = string(content)
	}
	return files
}

// seeded returns the files of a store with n waiting messages, whose process was
// killed, or ended in order.
func seeded(t *testing.T, n int, kill bool) map[string]string {
	t.Helper()
	dir := t.TempDir()
	p := serve(t, map[string]string{"DATA_DIR": dir})
	p.accept(n)
	if kill {
		p.Kill()
	} else {
		p.signal(syscall.SIGTERM)
		require.Zero(t, p.exit())
	}
	return filesIn(t, dir)
}

// damagedStore puts files into a directory, with n bytes of the store's overwritten.
func damagedStore(t *testing.T, files map[string]string, offset, n int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, content := range files {
		if name == storeFile {
			content = content[:offset] + strings.Repeat("\xa5", n) + content[offset+n:]
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	return dir
}

// schemaPage returns where the last page of the schema begins. The schema's tree
// begins on the first page; that is no leaf, and names its rightmost child in the
// four bytes after the eight of its header. https://www.sqlite.org/fileformat.html#b_tree_pages
func schemaPage(t *testing.T, files map[string]string) (offset int) {
	t.Helper()
	first := []byte(files[storeFile][:pageSize])
	require.EqualValues(t, 0x05, first[100], "the schema's tree is more than one page")
	page := 0
	for _, digit := range first[108:112] {
		page = page<<8 | int(digit)
	}
	return (page - 1) * pageSize
}

func TestServe_ADamagedHeaderOrSchemaIsRefusedAndEveryFileLeftAsItIs(t *testing.T) {
	t.Parallel()
	for how, kill := range map[string]bool{"killed": true, "ended in order": false} {
		files := seeded(t, 20, kill)
		require.Len(t, files, map[bool]int{true: 3, false: 1}[kill])
		for what, damage := range map[string]struct {
			offset, n int
			told      string
		}{
			"header": {0, 100, "is not a message store"},
			"schema": {schemaPage(t, files), 500, "the store's file is damaged"},
		} {
			t.Run(what+" of a store whose process was "+how, func(t *testing.T) {
				t.Parallel()
				dir := damagedStore(t, files, damage.offset, damage.n)
				before := filesIn(t, dir)
				p := serveUnready(t, map[string]string{"DATA_DIR": dir})
				require.Equal(t, 1, p.exit())
				require.Contains(t, p.Stderr.String(), damage.told)
				require.Contains(t, p.Stderr.String(), dir, "which file")
				require.Equal(t, before, filesIn(t, dir))
			})
		}
	}
}

func TestServe_DamageInTheMiddleIsFoundAndNothingIsSentFromIt(t *testing.T) {
	t.Parallel()
	files := seeded(t, 200, false)
	pages := len(files[storeFile]) / pageSize
	dir := damagedStore(t, files, (pages-1)*pageSize, 200) // the last page: messages, or an index of them
	hook := newReceiver(t, nil)
	p := serveUnready(t, map[string]string{
		"DATA_DIR": dir, "WEBHOOK_URL": hook.URL, "MESSAGES_PER_INTERVAL": "0", "SCHEDULER_AUTOSTART": "always",
	})
	p.waitFor("/livez")
	p.requireStoreTrouble("the store's file is damaged")
	require.Regexp(t, `level=error msg="the store's file is damaged: no message is accepted or sent`, p.Stderr.String())
	p.must(http.StatusServiceUnavailable, "POST", "/api/v1/messages", `{"to":"+905551110000","content":"hi"}`)
	require.Empty(t, hook.seen(), "not one was sent")
	p.signal(syscall.SIGTERM)
	require.Zero(t, p.exit())
}

// requireStoreTrouble waits until the probe says of the store what is wrong with it.
func (p *process) requireStoreTrouble(told string) {
	p.t.Helper()
	var answer map[string]any
	require.Eventually(p.t, func() bool {
		var status int
		var err error
		status, answer, err = p.try("GET", "/readyz", "")
		return err == nil && status == http.StatusServiceUnavailable && strings.Contains(fmt.Sprint(answer["parts"]), told)
	}, patience, 10*time.Millisecond, "/readyz never says %q", told)
}

// accepted tries to put a message in, and remembers it where it was promised.
func (p *process) accepted(promised map[string]bool) bool {
	p.t.Helper()
	status, answer, err := p.try("POST", "/api/v1/messages", `{"to":"+905551110000","content":"hi"}`)
	require.NoError(p.t, err)
	if status != http.StatusCreated {
		require.Equal(p.t, http.StatusServiceUnavailable, status, "%v", answer)
		return false
	}
	promised[fmt.Sprint(answer["id"])] = true
	return true
}

// sending starts a process that sends all it gets, with some already sent.
func sending(t *testing.T, hook *receiver, dir string) (p *process, promised map[string]bool) {
	t.Helper()
	p = serve(t, map[string]string{
		"DATA_DIR": dir, "WEBHOOK_URL": hook.URL, "MESSAGES_PER_INTERVAL": "0", "SCHEDULER_AUTOSTART": "always",
	})
	promised = map[string]bool{}
	for range 20 {
		require.True(t, p.accepted(promised))
	}
	p.waitForSent(20)
	return p, promised
}

// requireOnceEach waits until everything promised is sent, and demands that nothing
// was sent twice, and nothing that nobody was promised but what was answered 503.
func (p *process) requireOnceEach(hook *receiver, promised map[string]bool) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		got := hook.perKey()
		for id := range promised {
			if got[id] == 0 {
				return false
			}
		}
		return true
	}, patience, 20*time.Millisecond, "something that was promised is lost")
	for id, n := range hook.perKey() {
		require.Equal(p.t, 1, n, id)
	}
}

func TestServe_AFileThatIsMovedAwayIsSaidAndPutBackIsGoneOnWith(t *testing.T) {
	t.Parallel()
	hook, dir := newReceiver(t, nil), t.TempDir()
	p, promised := sending(t, hook, dir)
	path := filepath.Join(dir, storeFile)
	require.NoError(t, os.Rename(path, path+".old"))
	for range 5 {
		require.False(t, p.accepted(promised), "a 201 would be a lie")
	}
	p.requireStoreTrouble("removed or replaced")
	require.Contains(t, p.Stderr.String(), "level=error")
	require.NoError(t, os.Rename(path+".old", path))
	p.waitFor("/readyz")
	require.True(t, p.accepted(promised))
	p.requireOnceEach(hook, promised)
	p.signal(syscall.SIGTERM)
	require.Zero(t, p.exit())
}

func TestServe_AFileThatIsReplacedIsNeitherSentFromNorWrittenTo(t *testing.T) {
	t.Parallel()
	other := seeded(t, 7, false)
	for how, replace := range map[string]func(t *testing.T, dir string){
		"deleted with all that belongs to it": func(t *testing.T, dir string) {
			t.Helper()
			for name := range filesIn(t, dir) {
				require.NoError(t, os.Remove(filepath.Join(dir, name)))
			}
		},
		"another store moved in its place": func(t *testing.T, dir string) {
			t.Helper()
			incoming := filepath.Join(dir, "backup")
			require.NoError(t, os.WriteFile(incoming, []byte(other[storeFile]), 0o600))
			require.NoError(t, os.Rename(incoming, filepath.Join(dir, storeFile)))
		},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			hook, dir := newReceiver(t, nil), t.TempDir()
			p, promised := sending(t, hook, dir)
			replace(t, dir)
			after := filesIn(t, dir)[storeFile]
			for range 5 {
				require.False(t, p.accepted(promised), "a 201 would be a lie")
			}
			p.requireStoreTrouble("removed or replaced")
			require.Regexp(t, `level=error msg="a file of the store was removed or replaced`, p.Stderr.String())
			p.must(http.StatusServiceUnavailable, "POST", "/api/v1/scheduler/stop", "")
			p.signal(syscall.SIGTERM)
			require.Zero(t, p.exit())
			require.Len(t, hook.seen(), 20, "nothing is sent from the one or the other")
			require.Equal(t, after, filesIn(t, dir)[storeFile])
		})
	}
}
