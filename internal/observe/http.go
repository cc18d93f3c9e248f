package observe

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"sheet24/internal/requestid"
)

// Requests measures and traces requests.
func (o *Observer) Requests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, asked := time.Now(), handlerOf(r.URL.Path)
		answer := &statusWriter{ResponseWriter: w}
		r, end := o.trace.request(r, asked)
		next.ServeHTTP(answer, r)

		status := strconv.Itoa(answer.code())
		if r.Context().Err() != nil && answer.status == 0 {
			status = "gone" // whoever asked did not wait for the answer
		}
		o.requests.WithLabelValues(asked, status).Observe(time.Since(began).Seconds())
		end(answer.code())
	})
}

// handlerOf is what a path asks for, as one of few words.
func handlerOf(path string) string {
	switch {
	case strings.HasSuffix(path, "/webhook"):
		return "webhook"
	case strings.HasPrefix(path, "/assets/"):
		return "asset"
	case strings.HasPrefix(path, "/api/"):
		return "api"
	case path == "/healthz" || path == "/readyz":
		return "health"
	}
	return "page"
}

// request traces a request. What the caller says of a trace of its own is not believed.
func (t *tracing) request(r *http.Request, asked string) (*http.Request, func(status int)) {
	if t == nil || asked == "asset" || asked == "health" {
		return r, func(int) {}
	}
	ctx, span := t.begin(r.Context(), asked, trace.SpanKindServer, attribute.String("http.request.method", r.Method), attribute.String("sheet24.request_id", requestid.From(r.Context())))
	return r.WithContext(ctx), func(status int) {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(data []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(data)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}
