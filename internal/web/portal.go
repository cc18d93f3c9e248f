package web

import (
	"net/http"

	"sheet24"
	"sheet24/internal/locale"
)

// portal shows the portals that are connected and asks for one.
func (w *Web) portal(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	portals, err := w.Store.PortalsOf(r.Context(), u.ID)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	w.render(rw, r, http.StatusOK, portalPage(portals, "", ""))
}

// savePortal checks a webhook address and keeps it. A wrong one stays in the field.
func (w *Web) savePortal(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	text := r.FormValue("webhook_url")
	p, err := w.Portals.Connect(r.Context(), text)
	if err == nil {
		p.UserID = u.ID
		err = w.Store.SavePortal(r.Context(), p)
	}
	if err != nil {
		portals, _ := w.Store.PortalsOf(r.Context(), u.ID)
		w.render(rw, r, http.StatusUnprocessableEntity, portalPage(portals, text, locale.Error(u.Language, err)))
		return
	}
	http.Redirect(rw, r, "/sheet-sync/new", http.StatusSeeOther)
}
