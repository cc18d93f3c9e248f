package web

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"

	"sheet24"
	"sheet24/internal/locale"
)

// PortalCallback is where Bitrix24 sends back who allowed the application.
const PortalCallback = "/sheet-sync/portal/callback"

// leadToPortal leads on to the portal's own page, where the application is
// allowed. It does so by a page, since a form may not lead to any host there is.
func (w *Web) leadToPortal(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	host := r.FormValue("host")
	state := rand.Text()
	link, err := w.Portals.AuthorizeURL(host, state)
	if err != nil {
		w.showPortals(rw, r, u, http.StatusUnprocessableEntity, portalForm{host: host, problem: locale.Error(u.Language, err)})
		return
	}

	w.sessions.Put(r.Context(), "portal_state", state)
	w.render(rw, r, http.StatusOK, toPortalPage(link))
}

// portalCallback is where the portal sends the user back to.
func (w *Web) portalCallback(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	q := r.URL.Query()
	state := w.sessions.PopString(r.Context(), "portal_state")
	var p *sheet24.Portal
	var err error
	switch {
	case state == "" || subtle.ConstantTimeCompare([]byte(state), []byte(q.Get("state"))) != 1:
		err = sheet24.Errorf(sheet24.Invalid, sheet24.CodePortalState)
	case q.Get("code") == "":
		err = sheet24.Errorf(sheet24.Unauthorized, sheet24.CodePortalDenied)
	default:
		p, err = w.Portals.Exchange(r.Context(), q.Get("code"), q.Get("server_domain"))
	}

	if err == nil {
		err = w.keepPortal(r, u, p)
	}

	if err == nil {
		err = w.note(r.Context(), u, "portal_connected", p.Host)
	}

	if err != nil {
		w.showPortals(rw, r, u, http.StatusUnprocessableEntity, portalForm{problem: locale.Error(u.Language, err)})
		return
	}

	http.Redirect(rw, r, "/sheet-sync/portal", http.StatusSeeOther)
}
