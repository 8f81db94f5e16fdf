package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// listen serves a status at /livez on the loopback address given, and returns
// the port.
func listen(t *testing.T, address string, status int) (port string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Skipf("nothing can listen on %s here: %v", address, err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/livez":
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		case "/elsewhere": // whoever follows a redirect gets a 200
		default:
			http.NotFound(w, r)
		}
	}))
	_ = server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	_, port, err = net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	return port
}

func TestHealthcheck_AsksTheServiceOfTheSameSettings(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ host, listens string }{
		"default":          {"", "127.0.0.1"},
		"loopback":         {"127.0.0.1", "127.0.0.1"},
		"name":             {"localhost", "127.0.0.1"},
		"another loopback": {"127.0.0.2", "127.0.0.2"},
		"all":              {"0.0.0.0", "127.0.0.1"},
		"IPv6":             {"::1", "::1"},
		"all IPv6":         {"::", "::1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// WEBHOOK_URL is missing, which is not what is asked.
			term := setup(t, map[string]string{"SERVER_HOST": test.host, "SERVER_PORT": listen(t, test.listens, http.StatusOK)})
			require.Equal(t, exitDone, term.run(t, "healthcheck"), term.stderr.String())
			require.Empty(t, term.stdout.String())
		})
	}
}

func TestHealthcheck_AnythingBut200IsNotHealthy(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusNotFound, http.StatusFound, http.StatusNoContent} {
		term := setup(t, map[string]string{"SERVER_PORT": listen(t, "127.0.0.1", status)})
		require.Equal(t, exitFailed, term.run(t, "healthcheck"))
		require.Contains(t, term.stderr.String(), http.StatusText(status))
	}
}

func TestHealthcheck_NobodyThereIsNotHealthy(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	term := setup(t, nil)
	require.Equal(t, exitFailed, term.run(t, "healthcheck", "--url", "http://"+listener.Addr().String()+"/livez"))
	require.Contains(t, term.stderr.String(), "connection refused")
}

func TestHealthcheck_WrongSettingsAreNotHealthyAndNotExitCodeTwo(t *testing.T) {
	t.Parallel()
	term := setup(t, map[string]string{"SERVER_PORT": "no"})
	require.Equal(t, exitFailed, term.run(t, "healthcheck"))
	require.Contains(t, term.stderr.String(), "SERVER_PORT is wrong")
}

func TestHealthcheck_TakesAnotherURL(t *testing.T) {
	t.Parallel()
	address := url.URL{Scheme: "http", Host: "127.0.0.1:" + listen(t, "127.0.0.1", http.StatusOK), Path: "/livez"}
	term := setup(t, map[string]string{"SERVER_PORT": "no"})
	require.Equal(t, exitDone, term.run(t, "healthcheck", "--url", address.String()))

	for _, wrong := range []string{"127.0.0.1:8080", "ftp://a/", "http://", "/livez", "http://a b/"} {
		term := setup(t, nil)
		require.Equal(t, exitFailed, term.run(t, "healthcheck", "--url", wrong))
		require.Contains(t, term.stderr.String(), "--url must look like http://127.0.0.1:8080/livez")
	}
}

// Some systems reach a service by the address that stands for all of them, so
// asking one proves nothing.
func TestLivezURL_AsksNoAddressThatStandsForAll(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"0.0.0.0":     "http://127.0.0.1:8080/livez",
		"::":          "http://[::1]:8080/livez",
		"::1":         "http://[::1]:8080/livez",
		"192.168.1.5": "http://192.168.1.5:8080/livez",
		"localhost":   "http://localhost:8080/livez",
	}
	for host, want := range tests {
		got, err := setup(t, map[string]string{"SERVER_HOST": host}).livezURL()
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}
