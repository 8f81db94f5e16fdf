package cli_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSend_TellsWhenItWasAcceptedEarlier(t *testing.T) {
	t.Parallel()
	replayed := "true"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Idempotent-Replayed", replayed)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, message)
	}))
	t.Cleanup(server.Close)
	const earlier = "already accepted earlier under this --idempotency-key"
	for _, more := range [][]string{nil, {"--json"}} {
		p := setup(t, nil)
		p.Environ["AMS_SERVER"] = server.URL
		code, says := p.run(append([]string{"send", "--to", "+90", "--content", "x", "--idempotency-key", "order-7"}, more...)...)
		require.Zero(t, code, says)
		require.Contains(t, p.stderr.String(), earlier)
		require.Contains(t, p.stdout.String(), "m1")
	}
	p := setup(t, nil)
	p.Environ["AMS_SERVER"] = server.URL
	code, _ := p.run("send", "--to", "+90", "--content", "x")
	require.Zero(t, code)
	require.NotContains(t, p.stderr.String(), earlier, "the key is our own: only our own repetition meets it")
}
