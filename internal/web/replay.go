package web

import (
	"net/http"

	"sheet24"
	"sheet24/internal/locale"
)

// replay has the rows read again that the events of a span of time named.
func (w *Web) replay(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	from, until, err := span(r, t)
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	n, err := w.History.Replay(r.Context(), t, from, until)
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	w.sessions.Put(r.Context(), "notice", locale.T(visitOf(r.Context()).lang, "replayed", n))
	http.Redirect(rw, r, t.Path(), http.StatusSeeOther)
}
