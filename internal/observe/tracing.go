package observe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"sheet24"
)

// tracing sends traces by OTLP. One trace leads from a webhook to the status cell: its
// later steps, which run in rounds for many changes and maybe in other processes, join it
// by what is stored with the event and the change. A nil tracing does nothing.
type tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// newTracing reads the standard OTEL_ variables; nil: they ask for no traces.
func newTracing(ctx context.Context, version string) (*tracing, error) {
	if !wanted(os.Getenv) {
		return nil, nil
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		if p := os.Getenv(name); p != "" && p != "http/protobuf" {
			return nil, fmt.Errorf("%s: %q is not spoken here; http/protobuf is, which every collector takes, usually at port 4318", name, p)
		}
	}

	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	// What the environment says goes before our own.
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "sheet24"), attribute.String("service.version", version)), resource.WithHost(), resource.WithFromEnv())
	if err != nil && !errors.Is(err, resource.ErrPartialResource) {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))
	otel.SetTracerProvider(provider) // Google's client traces its requests by it
	return &tracing{provider, provider.Tracer("sheet24")}, nil
}

// wanted reports whether an environment asks for traces: by naming where they go, or how.
func wanted(env func(string) string) bool {
	exporter := env("OTEL_TRACES_EXPORTER")
	if strings.EqualFold(env("OTEL_SDK_DISABLED"), "true") || exporter != "" && exporter != "otlp" {
		return false
	}
	return exporter == "otlp" || env("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
}

func (t *tracing) close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// begin begins a span, which has a new trace unless ctx is of one.
func (t *tracing) begin(ctx context.Context, name string, kind trace.SpanKind, about ...attribute.KeyValue) (context.Context, trace.Span) {
	return t.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(about...))
}

// round traces a round, which is about many changes, by itself.
func (t *tracing) round(ctx context.Context, stage string, id int64) (context.Context, func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	ctx, span := t.begin(ctx, stage+" round", trace.SpanKindInternal, attribute.Int64("sheet24.id", id))
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, string(sheet24.AsError(err).Code))
		}
		span.End()
	}
}

// traceparent names the span of ctx for those who join its trace later.
func (t *tracing) traceparent(ctx context.Context) string {
	if t == nil || !trace.SpanContextFromContext(ctx).IsSampled() {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}

// scanned adds to the traces of events that a scan saw them.
func (t *tracing) scanned(ctx context.Context, tableID int64, events []sheet24.Event) {
	if t == nil {
		return
	}
	for _, e := range events {
		t.join(ctx, "scan", traceOf(e.Data), attribute.Int64("sheet24.table", tableID), attribute.Int64("sheet24.event", e.ID))
	}
}

// step adds to the trace of a change what a stage did about it.
func (t *tracing) step(ctx context.Context, stage, traceparent string, c sheet24.RowChange) {
	if t == nil {
		return
	}
	t.join(ctx, stage, traceparent, attribute.Int64("sheet24.table", c.TableID), attribute.Int64("sheet24.change", c.ID),
		attribute.Int("sheet24.row", c.Row), attribute.String("sheet24.status", string(c.Status)))
}

// join adds to a trace what the round of ctx did, from when it began until now, with a link
// to the round.
func (t *tracing) join(ctx context.Context, name, traceparent string, about ...attribute.KeyValue) {
	if traceparent == "" {
		return
	}
	parent := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": traceparent})
	_, span := t.tracer.Start(parent, name, trace.WithTimestamp(roundBegan(ctx, time.Now())), trace.WithAttributes(about...), trace.WithLinks(trace.LinkFromContext(ctx)))
	span.End()
}
