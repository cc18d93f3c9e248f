package web

import (
	"context"
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
// forgets it here. The tables stay, and wait. Other browsers are signed out.
func (w *Web) disconnect(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	err := w.endGrant(r.Context(), u)
	if err != nil && !sheet24.IsKind(err, sheet24.NotFound) {
		w.fail(rw, r, err)
		return
	}

	// Whoever else is signed in as this user is so no longer.
	if err = w.Account.SignOutEverywhere(r.Context(), u.ID); err == nil {
		err = w.beginSession(r, u)
	}
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	about(r.Context(), u.Email)
	http.Redirect(rw, r, "/sheet-sync/google", http.StatusSeeOther)
}

// endGrant takes the scripts of a user out of the sheets, withdraws the grant at Google and
// forgets it here.
func (w *Web) endGrant(ctx context.Context, u *sheet24.User) error {
	t, err := w.Accounts.Token(ctx, u.ID)
	if err != nil {
		return err
	}

	if err := w.Setup.Uninstall(ctx, u.ID); err != nil {
		return err
	}
	if err := w.Watch.Stop(ctx, u.ID); err != nil {
		return err
	}
	if err := w.Google.Revoke(ctx, t); err != nil {
		return err
	}
	return w.Accounts.DeleteToken(ctx, u.ID)
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
