package web

import (
	"net/http"
	"strings"

	"sheet24"
)

// googleAccount shows what a user granted, and how to connect again or not at all.
func (w *Web) googleAccount(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	t, err := w.Accounts.Token(r.Context(), u.ID)
	if err != nil && !sheet24.IsKind(err, sheet24.NotFound) {
		w.fail(rw, r, err)
		return
	}
	w.render(rw, r, http.StatusOK, googlePage(u, t))
}

// disconnect takes the scripts out of the sheets, withdraws the grant at Google and
// forgets it here. The tables stay, and wait.
func (w *Web) disconnect(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	t, err := w.Accounts.Token(r.Context(), u.ID)
	if err == nil {
		err = w.Setup.Uninstall(r.Context(), u.ID)
	}

	if err == nil {
		err = w.Watch.Stop(r.Context(), u.ID)
	}

	if err == nil {
		if err = w.Google.Revoke(r.Context(), t); err == nil {
			err = w.Accounts.DeleteToken(r.Context(), u.ID)
		}
	}

	if err != nil && !sheet24.IsKind(err, sheet24.NotFound) {
		w.fail(rw, r, err)
		return
	}

	http.Redirect(rw, r, "/sheet-sync/google", http.StatusSeeOther)
}

// ended tells that a user's grant is not there, or no longer good.
func ended(t *sheet24.Token) bool { return t == nil || t.Ended }

// granted are the scopes of a grant, as Google's boxes are told apart.
func granted(t *sheet24.Token) string {
	var names []string
	for _, s := range t.Scopes {
		names = append(names, s[strings.LastIndexByte(s, '/')+1:])
	}
	return strings.Join(names, ", ")
}
