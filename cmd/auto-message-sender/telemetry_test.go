package main

import (
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestServe_RefusesAPortForMetricsThatIsTaken(t *testing.T) {
	t.Parallel()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	term := setup(t, map[string]string{
		"WEBHOOK_URL": "http://127.0.0.1:9/", "DATA_DIR": t.TempDir(), "METRICS_ADDR": taken.Addr().String(),
	})
	require.Equal(t, exitFailed, term.run(t, "serve"))
	require.Contains(t, term.stderr.String(), "METRICS_ADDR")
	require.Contains(t, term.stderr.String(), "address already in use")
}

func TestConfigCheck_TellsWhatIsWrongWithOpenTelemetryAlongWithTheRest(t *testing.T) {
	t.Parallel()
	term := setup(t, map[string]string{
		"SERVER_PORT": "no", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://s3cret:4318/%zz", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
		"OTEL_EXPORTER_OTLP_HEADERS": "s3cret",
	})
	for _, command := range [][]string{{"config", "check"}, {"serve"}} {
		require.Equal(t, exitConfiguration, term.run(t, command...))
		for _, name := range []string{"SERVER_PORT", "WEBHOOK_URL", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_HEADERS"} {
			require.Contains(t, term.stderr.String(), name)
		}
		require.NotContains(t, term.stderr.String()+term.stdout.String(), "s3cret")
	}
}

func TestRouter_ShowsMetricsOnlyWhereAskedAndToReaders(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	requireProblem(t, a.ask(http.MethodGet, metricsPath, ""), http.StatusNotFound)

	deps := a.deps
	deps.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ams_store_up 1\n")) })
	router, err := newRouter(deps)
	require.NoError(t, err)
	a.engine = router
	require.Equal(t, "ams_store_up 1\n", a.ask(http.MethodGet, metricsPath, "").Body.String())
	requireProblem(t, a.ask(http.MethodGet, metricsPath, "", withHeader("X-API-Key", "")), http.StatusUnauthorized)
	requireProblem(t, a.ask(http.MethodPost, metricsPath, ""), http.StatusMethodNotAllowed)
}

func TestConfigCheck_WarnsOfMisspeltVariablesOfOpenTelemetry(t *testing.T) {
	t.Parallel()
	term := setup(t, map[string]string{"WEBHOOK_URL": "http://127.0.0.1:9/", "OTEL_EXPORTER_OLTP_ENDPOINT": "http://c:4318"})
	require.Equal(t, exitDone, term.run(t, "config", "check"))
	require.Contains(t, term.stderr.String()+term.stdout.String(), "did you mean OTEL_EXPORTER_OTLP_ENDPOINT?")
}
