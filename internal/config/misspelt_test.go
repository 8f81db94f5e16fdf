package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/config"
)

func TestLoad_WarnsOfMisspeltNamesInTheEnvironment(t *testing.T) {
	t.Parallel()
	for name, meant := range map[string]string{
		"WEBHOOK_TIMOUT":        "WEBHOOK_TIMEOUT",
		"SERVER_PROT":           "SERVER_PORT",
		"WEBHOOK_URI":           "WEBHOOK_URL",
		"MONGODB_URL":           "MONGODB_URI",
		"API_KEY":               "API_KEYS",
		"webhook_url":           "WEBHOOK_URL",
		"DATADIR":               "DATA_DIR",
		"RETENTION_DAYS_":       "",
		"API_KEYS_FIL":          "API_KEYS_FILE",
		"MESSAGES_PER_INTERVAl": "MESSAGES_PER_INTERVAL",
		"DELIVERY_REPORTS_KEYS": "DELIVERY_REPORT_KEYS",
	} {
		_, warnings, err := config.Load(with(name, "CaNaRy-value"), "")
		require.NoError(t, err)
		if meant == "" {
			require.Empty(t, warnings, name)
			continue
		}
		require.Equal(t, []string{"the environment sets " + name + ", which is not a setting; did you mean " + meant + "?"}, warnings)
	}
}

// What a shell, a container, Kubernetes and a CI runner set is none of ours.
func TestLoad_SaysNothingOfOtherProgramsNames(t *testing.T) {
	t.Parallel()
	environ := minimal()
	for _, name := range []string{
		"PATH", "HOME", "HOSTNAME", "LANG", "LC_ALL", "USER", "LOGNAME", "PWD", "SHLVL", "TERM", "TZ", "MAIL", "SHELL", "EDITOR",
		"SSH_AUTH_SOCK", "XDG_DATA_DIRS", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "HTTP_PROXY", "HTTPS_PROXY",
		"NO_PROXY", "GOMAXPROCS", "GOMEMLIMIT", "GODEBUG", "GOFLAGS", "CI", "GITHUB_ENV", "DOCKER_HOST", "COMPOSE_PROJECT_NAME",
		"KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "REDIS_SERVICE_HOST", "REDIS_SERVICE_PORT", "REDIS_PORT_6379_TCP_PORT",
		"REDIS_PORT_6379_TCP_ADDR", "MONGODB_SERVICE_HOST", "MONGODB_PORT_27017_TCP", "MONGODB_TEST_URI", "INVOCATION_ID",
		"JOURNAL_STREAM", "NOTIFY_SOCKET", "MEMORY_PRESSURE_WATCH", "OLDPWD", "_", "", "DISPLAY", "WINDOWID", "SERVER_SOFTWARE",
	} {
		environ[name] = "x"
	}
	load(t, environ, "")
}

// They are read, and by the names that OpenTelemetry gave them.
func TestMisspelt_TheVariablesOfOpenTelemetryAreNobodysMistake(t *testing.T) {
	t.Parallel()
	load(t, with(
		"OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://localhost:4318/v1/traces",
		"OTEL_TRACES_EXPORTER", "otlp", "OTEL_SDK_DISABLED", "true", "OTEL_SERVICE_NAME", "sender", "OTEL_RESOURCE_ATTRIBUTES", "a=b",
		"OTEL_TRACES_SAMPLER", "always_on", "OTEL_TRACES_SAMPLER_ARG", "1", "OTEL_EXPORTER_OTLP_HEADERS", "a=b",
		"OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", "OTEL_EXPORTER_OTLP_TIMEOUT", "1000", "OTEL_BSP_SCHEDULE_DELAY", "100",
	), "")
}

func TestMisspelt_WarnsOfNamesThatOtherPartsAlmostRead(t *testing.T) {
	t.Parallel()
	known := []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER", "OTEL_SERVICE_NAME"}
	require.Equal(t, []string{
		"the environment sets OTEL_EXPORTER_OLTP_ENDPOINT, which is not known here; did you mean OTEL_EXPORTER_OTLP_ENDPOINT?",
		"the environment sets OTEL_SERVICENAME, which is not known here; did you mean OTEL_SERVICE_NAME?",
	}, config.Misspelt(map[string]string{
		"OTEL_EXPORTER_OLTP_ENDPOINT": "x", "OTEL_SERVICENAME": "x", "OTEL_SERVICE_NAME": "x", "OTEL_METRICS_EXPORTER": "x",
		"OTEL_LOGS_EXPORTER": "x", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "x", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "x",
		"OTEL_EXPORTER_OTLP_INSECURE": "x", "OTEL_BSP_SCHEDULE_DELAY": "x", "OTEL_PROPAGATORS": "x", "PATH": "x", "": "x",
	}, known))
}
