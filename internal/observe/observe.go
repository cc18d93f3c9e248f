// Package observe makes what the service does visible to those who run it: numbers for
// Prometheus, and, where the OTEL_ variables ask for them, traces. It stands around the
// stages and the database; none of them knows of it.
package observe

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sheet24"
)

// Observer counts, measures and traces.
type Observer struct {
	registry *prometheus.Registry
	trace    *tracing // nil: nobody traces

	received   *prometheus.CounterVec
	scanned    prometheus.Counter
	pushed     prometheus.Counter
	failed     prometheus.Counter
	asked      prometheus.Counter
	postponed  prometheus.Counter
	reported   prometheus.Counter
	latency    *prometheus.HistogramVec
	rounds     *prometheus.HistogramVec
	requests   *prometheus.HistogramVec
	lostOrigin prometheus.Counter
}

// New makes an Observer for a version of the program, with traces if the environment asks
// for them. Close it after use.
func New(ctx context.Context, version string) (*Observer, error) {
	trace, err := newTracing(ctx, version)
	if err != nil {
		return nil, err
	}

	o := &Observer{registry: prometheus.NewRegistry(), trace: trace}
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "sheet24_" + name, Help: help})
		o.registry.MustRegister(c)
		return c
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "sheet24_" + name, Help: help, Buckets: buckets}, labels)
		o.registry.MustRegister(h)
		return h
	}

	o.received = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sheet24_received_total", Help: "Notifications stored, by their kind."}, []string{"event"})
	o.scanned = counter("scanned_total", "Changed rows that scans found.")
	o.pushed = counter("pushed_total", "Changes that are in the CRM.")
	o.failed = counter("failed_total", "Changes that failed, and say so in their row.")
	o.asked = counter("asked_total", "Changes about which their owner is asked.")
	o.postponed = counter("postponed_total", "Attempts after which a change waits to be tried again.")
	o.reported = counter("reported_total", "Changes of which the sheet was told.")
	o.lostOrigin = counter("unmeasured_total", "Changes of which the latency could not be measured.")
	o.latency = histogram("edit_to_crm_seconds", "From when an edit was told of (source script), or found (source look), until it was in the CRM.",
		[]float64{.1, .25, .5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 86400}, "source")
	o.rounds = histogram("stage_seconds", "How long rounds of a stage took.", []float64{.005, .025, .1, .5, 1, 5, 15, 60, 300}, "stage", "outcome")
	o.requests = histogram("http_request_seconds", "How long requests took, by what they asked for and the status of the answer.",
		[]float64{.002, .01, .05, .1, .25, 1, 5, 30}, "handler", "status")
	o.registry.MustRegister(o.received, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "sheet24_build_info", Help: "1, of this version.", ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	o.registry.MustRegister(build)
	return o, nil
}

// Watch has the numbers of a database among those that are told.
func (o *Observer) Watch(s State) { o.registry.MustRegister(newStateCollector(s)) }

// Handler serves the numbers.
func (o *Observer) Handler() http.Handler {
	return promhttp.HandlerFor(o.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 15 * time.Second})
}

// Close sends what is left of traces.
func (o *Observer) Close(ctx context.Context) error { return o.trace.close(ctx) }

// Around measures, and traces, a round of a stage for a table or a portal. The round runs
// with the returned context and ends with the returned function.
func (o *Observer) Around(ctx context.Context, stage string, id int64) (context.Context, func(error)) {
	began := time.Now()
	ctx, endSpan := o.trace.round(context.WithValue(ctx, roundKey{}, began), stage, id)
	return ctx, func(err error) {
		outcome := "done"
		if err != nil {
			outcome = "failed"
		}
		o.rounds.WithLabelValues(stage, outcome).Observe(time.Since(began).Seconds())
		endSpan(err)
	}
}

// roundKey is the key of when the round began that ctx works for.
type roundKey struct{}

func roundBegan(ctx context.Context, otherwise time.Time) time.Time {
	if began, ok := ctx.Value(roundKey{}).(time.Time); ok {
		return began
	}
	return otherwise
}

// settled counts how changes ended.
func (o *Observer) settled(changes []sheet24.RowChange) {
	for _, c := range changes {
		switch c.Status {
		case sheet24.Completed:
			o.pushed.Inc()
		case sheet24.Failed:
			o.failed.Inc()
		case sheet24.NeedsReview:
			o.asked.Inc()
		case sheet24.Pending:
			o.postponed.Inc()
		}
	}
}
