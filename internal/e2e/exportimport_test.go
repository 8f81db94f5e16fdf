package e2e_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const operatorKey = "operator-0123456789abcdef"

// What one installation has exported, another takes in: the same messages, as new ones.
func TestCLI_WhatIsExportedCanBeImportedElsewhere(t *testing.T) {
	t.Parallel()
	keys := map[string]string{"API_KEYS": "s:sender:" + senderKey + ",o:operator:" + operatorKey}
	_, here := setupCLI(t, keys)
	here.must("send", "--to", "+905551234501", "--content", "plain")
	here.must("send", "--to", "+905551234502", "--content", "Hi, \"you\";\nşu 🎉", "--priority", "low", "--reference", "order, 7",
		"--send-at", "+2d", "--validity", "1d")
	here.must("send", "--to", "+905551234503", "--content", "soon", "--validity", "1h", "--priority", "high")
	erased := here.object("send", "--to", "+905551234504", "--content", "nobody's any more")
	operator := here
	operator.key = operatorKey
	operator.must("erase", erased["id"].(string), "--yes") //nolint:forcetypeassert // the test's own

	for _, format := range []string{"ndjson", "csv"} {
		path := filepath.Join(t.TempDir(), "messages."+format)
		here.must("export", "--format", format, "--output", path)
		_, there := setupCLI(t, nil)
		for _, want := range []string{"3 accepted, 0 accepted before, 0 refused, 1 skipped", "0 accepted, 3 accepted before, 0 refused, 1 skipped"} {
			code, stdout, stderr := there.run("import", path)
			require.Zero(t, code, stderr)
			require.Contains(t, stdout, want, format)
			require.Contains(t, stderr, "tells what became of messages that were exported: id, num_segments", format)
			require.NotContains(t, stderr, "expires_at")
		}
		require.ElementsMatch(t, said(here), said(there), format)
	}
}

// said is what the messages of a server say that somebody may receive.
func said(p person) []map[string]any {
	p.tb.Helper()
	var messages []map[string]any
	for line := range strings.Lines(p.must("export")) {
		var message map[string]any
		require.NoError(p.tb, json.Unmarshal([]byte(line), &message))
		if message["erased_at"] != nil {
			continue
		}
		said := map[string]any{}
		for _, field := range []string{"to", "content", "priority", "reference", "send_at", "validity_period", "status"} {
			said[field] = message[field]
		}
		messages = append(messages, said)
	}
	return messages
}
