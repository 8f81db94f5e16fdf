package docs_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/docs"
)

// What keys, names and rate limits refuse, they refuse of every operation of the API.
func TestOpenAPI_EveryOperationTellsWhatItCanBeRefusedWith(t *testing.T) {
	t.Parallel()
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	require.NoError(t, json.Unmarshal(docs.OpenAPI, &document))
	for path, operations := range document.Paths {
		if _, elsewhere := operations["servers"]; elsewhere {
			continue // the probes, which are outside of the API
		}
		for method, raw := range operations {
			var operation struct {
				Responses map[string]any `json:"responses"`
			}
			require.NoError(t, json.Unmarshal(raw, &operation))
			for _, status := range []string{"401", "403", "429"} {
				require.Contains(t, operation.Responses, status, "%s %s", method, path)
			}
		}
	}
}
