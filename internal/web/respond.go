package web

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"sheet24"
	"sheet24/internal/answer"
	"sheet24/internal/locale"
)

// render writes a page.
func (w *Web) render(rw http.ResponseWriter, r *http.Request, status int, c templ.Component) {
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.WriteHeader(status)
	if err := c.Render(r.Context(), rw); err != nil && r.Context().Err() == nil {
		w.Log.ErrorContext(r.Context(), "render", "path", r.URL.Path, "error", err)
	}
}

// fail shows an error as a page that says what to do.
func (w *Web) fail(rw http.ResponseWriter, r *http.Request, err error) {
	e := sheet24.AsError(err)
	gone := r.Context().Err() != nil // a browser that goes away is no error of ours
	if (e.Kind == sheet24.Internal || e.Kind == sheet24.Unavailable) && !gone {
		w.Log.ErrorContext(r.Context(), "page", "path", r.URL.Path, "error", err)
	}
	if wait := answer.RetryAfter(e); wait != "" {
		rw.Header().Set("Retry-After", wait)
	}
	w.render(rw, r, answer.Status(e.Kind), errorPage(locale.Error(visitOf(r.Context()).lang, e), needsSignIn(e)))
}

// needsSignIn reports whether connecting with Google mends an error.
func needsSignIn(e *sheet24.Error) bool {
	return e.Code == sheet24.CodeSignIn || e.Code == sheet24.CodeUserUnknown || strings.HasPrefix(string(e.Code), "google_") && e.Kind == sheet24.Unauthorized
}

// nowhere answers what no route does: there is nothing, or not by that method.
func (w *Web) nowhere(pages *http.ServeMux) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		err := sheet24.Errorf(sheet24.NotFound, sheet24.CodeNotFound)
		for _, mux := range []*http.ServeMux{pages, w.Beside} {
			if mux == nil {
				continue
			}
			if allowed := answer.Allowed(mux, r); allowed != "" {
				rw.Header().Set("Allow", allowed)
				err = sheet24.Errorf(sheet24.NotAllowed, sheet24.CodeMethod, allowed)
			}
		}
		w.fail(rw, r, err)
	}
}
