package web

import (
	"net/http"

	"sheet24"
	"sheet24/internal/locale"
)

// recheck has the whole tab read again.
func (w *Web) recheck(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	if err := w.Work.Recheck(r.Context(), t); err != nil {
		w.fail(rw, r, err)
		return
	}

	w.sessions.Put(r.Context(), "notice", locale.T(visitOf(r.Context()).lang, "recheck_notice"))
	http.Redirect(rw, r, t.Path(), http.StatusSeeOther)
}
