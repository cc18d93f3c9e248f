package web

import (
	"net/http"

	"sheet24"
	"sheet24/internal/locale"
)

// pause has nothing of a table sent or written any more. What waits stays.
func (w *Web) pause(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	if err := w.Store.SetEnabled(r.Context(), t.ID, false); err != nil {
		w.fail(rw, r, err)
		return
	}

	http.Redirect(rw, r, t.Path(), http.StatusSeeOther)
}

// resumeTable has a table go on: with what waited, and with what was edited meanwhile.
func (w *Web) resumeTable(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	if t.Ended() {
		w.fail(rw, r, sheet24.Errorf(sheet24.Conflict, sheet24.CodeTableEnded))
		return
	}

	if err := w.Store.SetEnabled(r.Context(), t.ID, true); err != nil {
		w.fail(rw, r, err)
		return
	}

	// Nobody has read the tab meanwhile.
	t.Enabled = true
	if err := w.Work.Recheck(r.Context(), t); err != nil {
		w.fail(rw, r, err)
		return
	}
	w.Wake.Push(r.Context(), t.PortalID)

	w.sessions.Put(r.Context(), "notice", locale.T(visitOf(r.Context()).lang, "resumed"))
	http.Redirect(rw, r, t.Path(), http.StatusSeeOther)
}
