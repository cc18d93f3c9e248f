package web

import (
	"net/http"
	"net/url"

	"sheet24"
	"sheet24/internal/locale"
)

func (w *Web) home(rw http.ResponseWriter, r *http.Request) {
	u := visitOf(r.Context()).user
	if u == nil {
		w.render(rw, r, http.StatusOK, welcomePage())
		return
	}
	tables, err := w.Store.TablesOf(r.Context(), u.ID)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	w.render(rw, r, http.StatusOK, homePage(tables))
}

func (w *Web) portal(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	portals, err := w.Store.PortalsOf(r.Context(), u.ID)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	w.render(rw, r, http.StatusOK, portalPage(portals, "", ""))
}

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

// backTo is the page of ours that a form was sent from.
func backTo(r *http.Request) string {
	if u, err := url.Parse(r.Referer()); err == nil && u.Host == r.Host && u.Path != "" {
		return u.RequestURI()
	}
	return "/"
}
