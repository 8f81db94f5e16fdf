package tracing

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const (
	defaultEndpoint = "http://localhost:4318"
	tracesPath      = "/v1/traces"
	defaultService  = "auto-message-sender"
	defaultTimeout  = 10 * time.Second
)

// Settings is what the variables of OpenTelemetry say.
type Settings struct {
	Enabled    bool
	Endpoint   string // where spans are POSTed to
	Header     http.Header
	Timeout    time.Duration // of one export, with its tries
	Gzip       bool
	Service    string
	Attributes map[string]string // of the resource: what every span of this process has
	Sampler    sdktrace.Sampler
}

// Shown is the endpoint without what may be secret of it.
func (s Settings) Shown() string {
	address, err := url.Parse(s.Endpoint)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: address.Scheme, Host: address.Host, Path: address.Path}).String()
}

// Variables are the names of those that are read, or refused.
func Variables() []string {
	names := []string{
		"OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG",
		"OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES",
	}
	for _, what := range []string{"ENDPOINT", "HEADERS", "TIMEOUT", "COMPRESSION", "PROTOCOL", "CERTIFICATE", "CLIENT_KEY", "CLIENT_CERTIFICATE"} {
		for _, prefix := range exporterPrefixes() {
			names = append(names, prefix+what)
		}
	}
	return names
}

// exporterPrefixes are those of the exporter's variables: that of traces alone goes
// before that of all signals.
func exporterPrefixes() []string {
	return []string{"OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_"}
}

// variables reads the environment, and keeps what is wrong with it. It never repeats
// a value: headers hold keys, and addresses may.
type variables struct {
	environ  map[string]string
	problems VariablesError
}

// Problem is one variable that is wrong, and in what way.
type Problem struct{ Name, Fault string }

// VariablesError is all that is wrong with them.
type VariablesError []Problem

// Error returns a line for each problem.
func (p VariablesError) Error() string {
	lines := make([]string, 0, len(p))
	for _, problem := range p {
		lines = append(lines, problem.Name+": "+problem.Fault)
	}
	return strings.Join(lines, "\n")
}

// err returns the problems, nil if there are none.
func (p VariablesError) err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// ReadSettings reads the variables. The error, a VariablesError, tells everything that is wrong,
// and everything that was asked for and is not to be had here.
func ReadSettings(environ map[string]string) (Settings, error) {
	v := &variables{environ: environ}
	if !v.enabled() {
		return Settings{}, v.problems.err()
	}
	settings := Settings{
		Enabled: true, Endpoint: v.endpoint(), Header: v.header(), Timeout: v.timeout(), Gzip: v.gzip(),
		Service: defaultService, Attributes: v.pairs("OTEL_RESOURCE_ATTRIBUTES"), Sampler: v.sampler(),
	}
	if name := settings.Attributes["service.name"]; name != "" {
		settings.Service = name
	}
	if name := v.text("OTEL_SERVICE_NAME"); name != "" {
		settings.Service = name
	}
	v.refuse()
	return settings, v.problems.err()
}

func (v *variables) text(name string) string { return strings.TrimSpace(v.environ[name]) }

// exporter returns a variable of the exporter, and its name.
func (v *variables) exporter(what string) (name, text string) {
	for _, prefix := range exporterPrefixes() {
		if text := v.text(prefix + what); text != "" {
			return prefix + what, text
		}
	}
	return "", ""
}

func (v *variables) wrong(name, fault string) {
	v.problems = append(v.problems, Problem{name, fault})
}

// enabled reports whether traces are wanted: where an endpoint is given, or the
// exporter is named.
func (v *variables) enabled() bool {
	const disabled, exporter = "OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER"
	if strings.EqualFold(v.text(disabled), "true") {
		return false
	}
	_, endpoint := v.exporter("ENDPOINT")
	switch v.text(exporter) {
	case "":
		return endpoint != ""
	case "otlp":
		return true
	case "none":
		return false
	}
	v.wrong(exporter, "must be otlp or none: no other exporter is built in")
	return false
}

// endpoint returns where to POST to: the traces' own as it is, the common one with
// the path of traces.
func (v *variables) endpoint() string {
	name, text := v.exporter("ENDPOINT")
	if name == "" {
		return defaultEndpoint + tracesPath
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Host == "" || (parsed.Scheme != "http" && parsed.Scheme != "https") {
		v.wrong(name, "must look like "+defaultEndpoint)
		return ""
	}
	if name == "OTEL_EXPORTER_OTLP_ENDPOINT" {
		parsed = parsed.JoinPath(tracesPath)
	}
	return parsed.String()
}

func (v *variables) header() http.Header {
	name, _ := v.exporter("HEADERS")
	header := http.Header{"Content-Type": {"application/x-protobuf"}}
	for key, value := range v.pairs(name) {
		header.Set(key, value)
	}
	return header
}

// pairs reads key=value,key=value, the values escaped as in a URL (W3C Baggage).
func (v *variables) pairs(name string) map[string]string {
	pairs := map[string]string{}
	for pair := range strings.SplitSeq(v.text(name), ",") {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		key, escaped, found := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(escaped))
		if key = strings.TrimSpace(key); !found || key == "" || err != nil {
			v.wrong(name, "must be key=value, several separated by commas")
			return nil
		}
		pairs[key] = value
	}
	return pairs
}

func (v *variables) timeout() time.Duration {
	name, text := v.exporter("TIMEOUT")
	if name == "" {
		return defaultTimeout
	}
	milliseconds, err := strconv.ParseInt(text, 10, 32)
	if err != nil || milliseconds <= 0 {
		v.wrong(name, "must be a whole number of milliseconds")
	}
	return time.Duration(milliseconds) * time.Millisecond
}

func (v *variables) gzip() bool {
	name, text := v.exporter("COMPRESSION")
	if text != "" && text != "none" && text != "gzip" {
		v.wrong(name, "must be gzip or none")
	}
	return text == "gzip"
}

// sampler returns which traces are kept, of those that begin here.
func (v *variables) sampler() sdktrace.Sampler {
	const name, argument = "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"
	ratio := 1.0
	if text := v.text(argument); text != "" {
		var err error
		if ratio, err = strconv.ParseFloat(text, 64); err != nil || ratio < 0 || ratio > 1 {
			v.wrong(argument, "must be a number from 0 to 1")
		}
	}
	switch v.text(name) {
	case "", "parentbased_always_on":
		return sdktrace.ParentBased(sdktrace.AlwaysSample())
	case "always_on":
		return sdktrace.AlwaysSample()
	case "always_off":
		return sdktrace.NeverSample()
	case "traceidratio":
		return sdktrace.TraceIDRatioBased(ratio)
	case "parentbased_always_off":
		return sdktrace.ParentBased(sdktrace.NeverSample())
	case "parentbased_traceidratio":
		return sdktrace.ParentBased(sdktrace.TraceIDRatioBased(ratio))
	}
	v.wrong(name, "must be one of always_on, always_off, traceidratio, and these with parentbased_ before")
	return nil
}

// refuse says what is not to be had here, instead of doing something else.
func (v *variables) refuse() {
	if name, protocol := v.exporter("PROTOCOL"); protocol != "" && protocol != "http/protobuf" {
		v.wrong(name, "must be http/protobuf (usually port 4318): gRPC is not built in")
	}
	for _, what := range []string{"CERTIFICATE", "CLIENT_KEY", "CLIENT_CERTIFICATE"} {
		if name, text := v.exporter(what); text != "" {
			v.wrong(name, "is not known here: a collector by https needs a certificate that the system trusts")
		}
	}
}
