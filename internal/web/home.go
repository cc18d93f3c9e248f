package web

import (
	"net/http"

	"sheet24"
)

func (w *Web) home(rw http.ResponseWriter, r *http.Request) {
	u := visitOf(r.Context()).user
	if u == nil {
		w.render(rw, r, http.StatusOK, welcomePage())
		return
	}

	tables, err := w.Store.TablesIn(r.Context(), u.Scope())
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	portals, err := w.Store.PortalsOf(r.Context(), u.ID)
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	grant, err := w.Accounts.Token(r.Context(), u.ID)
	if err != nil && !sheet24.IsKind(err, sheet24.NotFound) {
		w.fail(rw, r, err)
		return
	}

	w.render(rw, r, http.StatusOK, homePage(tables, portals, grant, w.sessions.PopString(r.Context(), "notice")))
}
