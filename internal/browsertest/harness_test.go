package browsertest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the tab is to notice it must be able to notice.
func TestTab_NotesWhatGoesWrongInThePage(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"console: ":              `() => { console.error('boo'); return true }`,
		"exception: ":            `() => { setTimeout(() => { throw new Error('boo') }); return true }`,
		"dialog: boo":            `() => { setTimeout(() => alert('boo')); return true }`,
		"policy: style-src-attr": `() => { document.body.setAttribute('style', 'color: red'); return true }`,
		"policy: require-trusted-types-for": `() => {
			const script = document.createElement('script');
			script.append('window.__ran = 1');
			document.body.append(script);
			return window.__ran === undefined;
		}`,
		"log: network: ": `async () => { await fetch('/api/v1/messages/none'); return true }`,
	}
	s := serve(t, nil)
	for fault, function := range tests {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			tb := open(t, s, "/settings")
			tb.settle()
			require.Empty(t, tb.surprises())
			_, _ = try[bool](tb, function)
			require.Eventually(t, func() bool { return strings.Contains(strings.Join(tb.surprises(), "\n"), fault) }, patience, tick)
			for _, known := range tb.surprises() {
				tb.expect(known)
			}
		})
	}
}
