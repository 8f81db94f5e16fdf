package tracing_test

import (
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"auto-message-sender/internal/tracing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestReadSettings_IsOffUnlessAsked(t *testing.T) {
	t.Parallel()
	for name, environ := range map[string]map[string]string{
		"nothing is set":          nil,
		"other variables are set": {"OTEL_SERVICE_NAME": "x", "OTEL_TRACES_SAMPLER": "always_on"},
		"no exporter":             {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_TRACES_EXPORTER": "none"},
		"disabled":                {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "true"},
		"disabled, and wrong":     {"OTEL_TRACES_EXPORTER": "zipkin", "OTEL_SDK_DISABLED": "TRUE"},
	} {
		settings, err := tracing.ReadSettings(environ)
		require.NoError(t, err, name)
		require.False(t, settings.Enabled, name)
	}
}

func TestReadSettings_KnowsTheVariablesOfTheSpecification(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		environ  map[string]string
		endpoint string
		check    func(t *testing.T, s tracing.Settings)
	}{
		"an endpoint for all signals": {
			environ: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318/"}, endpoint: "http://c:4318/v1/traces",
		},
		"one for traces goes before, as it is": {
			environ:  map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://t/x"},
			endpoint: "https://t/x",
		},
		"the exporter alone": {
			environ: map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, endpoint: "http://localhost:4318/v1/traces",
			check: func(t *testing.T, s tracing.Settings) {
				t.Helper()
				require.Equal(t, 10*time.Second, s.Timeout)
				require.Equal(t, "auto-message-sender", s.Service)
				require.Equal(t, "ParentBased{root:AlwaysOnSampler,remoteParentSampled:AlwaysOnSampler,remoteParentNotSampled:AlwaysOffSampler,"+
					"localParentSampled:AlwaysOnSampler,localParentNotSampled:AlwaysOffSampler}", s.Sampler.Description())
				require.Equal(t, http.Header{"Content-Type": {"application/x-protobuf"}}, s.Header)
			},
		},
		"everything": {
			environ: map[string]string{
				"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SERVICE_NAME": "sender", "OTEL_RESOURCE_ATTRIBUTES": "service.name=other, a=b%2Cc ,k8s.pod.name=p-0",
				"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25", "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Basic%20eHk=,x=1",
				"OTEL_EXPORTER_OTLP_TIMEOUT": "1500", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
			},
			endpoint: "http://localhost:4318/v1/traces",
			check: func(t *testing.T, s tracing.Settings) {
				t.Helper()
				require.Equal(t, "sender", s.Service)
				require.Equal(t, map[string]string{"service.name": "other", "a": "b,c", "k8s.pod.name": "p-0"}, s.Attributes)
				require.Equal(t, "TraceIDRatioBased{0.25}", s.Sampler.Description())
				require.Equal(t, "Basic eHk=", s.Header.Get("Authorization"))
				require.Equal(t, "1", s.Header.Get("X"))
				require.Equal(t, 1500*time.Millisecond, s.Timeout)
				require.True(t, s.Gzip)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings, err := tracing.ReadSettings(test.environ)
			require.NoError(t, err)
			require.True(t, settings.Enabled)
			require.Equal(t, test.endpoint, settings.Endpoint)
			if test.check != nil {
				test.check(t, settings)
			}
		})
	}
}

func TestReadSettings_RefusesByNameWhatIsWrongAndNeverRepeatsIt(t *testing.T) {
	t.Parallel()
	for name, values := range map[string][]string{
		"OTEL_TRACES_EXPORTER":                  {"zipkin", "console", "otlp,console"},
		"OTEL_EXPORTER_OTLP_ENDPOINT":           {"s3cret:4317", "grpc://s3cret", "http://", "http://s3cret:x"},
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT":    {"s3cret"},
		"OTEL_EXPORTER_OTLP_PROTOCOL":           {"grpc", "http/json"},
		"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL":    {"grpc"},
		"OTEL_EXPORTER_OTLP_HEADERS":            {"s3cret", "=s3cret", "a=%s3cret"},
		"OTEL_EXPORTER_OTLP_TRACES_HEADERS":     {"s3cret"},
		"OTEL_EXPORTER_OTLP_TIMEOUT":            {"10s", "0", "-1"},
		"OTEL_EXPORTER_OTLP_COMPRESSION":        {"zstd"},
		"OTEL_EXPORTER_OTLP_CERTIFICATE":        {"/s3cret.pem"},
		"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": {"/s3cret.pem"},
		"OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY":  {"/s3cret.pem"},
		"OTEL_RESOURCE_ATTRIBUTES":              {"s3cret"},
		"OTEL_TRACES_SAMPLER":                   {"jaeger_remote", "s3cret"},
		"OTEL_TRACES_SAMPLER_ARG":               {"1.5", "-1", "s3cret"},
	} {
		for _, value := range values {
			environ := map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}
			maps.Copy(environ, map[string]string{name: value})
			_, err := tracing.ReadSettings(environ)
			require.ErrorContains(t, err, name, value)
			require.NotContains(t, err.Error(), "s3cret")
		}
	}
}

func TestReadSettings_TellsAllThatIsWrongAtOnce(t *testing.T) {
	t.Parallel()
	_, err := tracing.ReadSettings(map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": "c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_TRACES_SAMPLER": "x",
	})
	require.ErrorContains(t, err, "OTEL_EXPORTER_OTLP_ENDPOINT")
	require.ErrorContains(t, err, "OTEL_EXPORTER_OTLP_PROTOCOL")
	require.ErrorContains(t, err, "OTEL_TRACES_SAMPLER")
}

func TestSettings_ShowTheirEndpointWithoutSecrets(t *testing.T) {
	t.Parallel()
	for endpoint, shown := range map[string]string{ //nolint:gosec // nobody's
		"http://c:4318": "http://c:4318/v1/traces",
		"https://u:s3cret@c/x?token=s3cret#s3cret": "https://c/x/v1/traces",
	} {
		settings, err := tracing.ReadSettings(map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint})
		require.NoError(t, err)
		require.Equal(t, shown, settings.Shown())
	}
}
