package web

import (
	"net/http"
	"strconv"

	"sheet24"
)

// retry puts a change that failed back to work.
func (w *Web) retry(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	id, _ := strconv.ParseInt(r.PathValue("change"), 10, 64) // no number is no change

	if err := w.History.Retry(r.Context(), t, id); err != nil {
		w.fail(rw, r, err)
		return
	}

	http.Redirect(rw, r, t.Path(), http.StatusSeeOther)
}

// retryFailed puts all that failed and is unsent back to work.
func (w *Web) retryFailed(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	if err := w.History.RetryFailed(r.Context(), t); err != nil {
		w.fail(rw, r, err)
		return
	}

	http.Redirect(rw, r, t.Path(), http.StatusSeeOther)
}
