package tracing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sirupsen/logrus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// scope names what makes the spans.
const scope = "auto-message-sender"

// Options is what Tracing is made of. All fields are required.
type Options struct {
	Settings Settings // enabled
	Version  string
	Replica  string
	Now      func() time.Time
	Log      logrus.FieldLogger
}

// Tracing makes spans and exports them.
type Tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	replica  attribute.KeyValue
}

// New returns tracing that exports beside the service, until Close.
func New(options Options) (*Tracing, error) {
	if !options.Settings.Enabled || options.Settings.Sampler == nil || options.Now == nil || options.Log == nil {
		return nil, errors.New("tracing: enabled Settings, Now and Log are required")
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithSampler(options.Settings.Sampler),
		sdktrace.WithResource(resource.NewSchemaless(describe(options)...)),
		// The limit holds for a batch with all its tries.
		sdktrace.WithBatcher(newExporter(options.Settings, options.Now, options.Log), sdktrace.WithExportTimeout(options.Settings.Timeout)),
	)
	return &Tracing{
		provider: provider, tracer: provider.Tracer(scope, trace.WithInstrumentationVersion(options.Version)),
		replica: attribute.String("ams.replica", options.Replica),
	}, nil
}

// describe is what every span of this process has.
func describe(options Options) []attribute.KeyValue {
	all := []attribute.KeyValue{
		attribute.String("service.name", options.Settings.Service),
		attribute.String("service.version", options.Version),
		attribute.String("service.instance.id", options.Replica),
	}
	for name, value := range options.Settings.Attributes {
		known := slices.ContainsFunc(all, func(kv attribute.KeyValue) bool { return string(kv.Key) == name })
		if !known {
			all = append(all, attribute.String(name, value))
		}
	}
	return all
}

// Close exports what is left, and gives up when ctx ends.
func (t *Tracing) Close(ctx context.Context) error {
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("export the last spans: %w", err)
	}
	return nil
}
