package web

import (
	"context"
	"net/http"
	"net/url"

	"sheet24"
)

// joinPath is where the link of an invitation leads. What it holds stands behind the path,
// which is what logs keep.
func joinPath(token string) string {
	return "/sheet-sync/join?" + url.Values{"invitation": {token}}.Encode()
}

// invitation shows who invites into what; nothing is done before its reader says so.
func (w *Web) invitation(rw http.ResponseWriter, r *http.Request) {
	token := r.FormValue("invitation")
	i, err := w.Team.Invitation(r.Context(), token)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	w.render(rw, r, http.StatusOK, joinPage(i, token, visitOf(r.Context()).user))
}

// join accepts an invitation: at once if its reader has signed in, else on the way back from
// Google.
func (w *Web) join(rw http.ResponseWriter, r *http.Request) {
	token := r.PostFormValue("invitation")
	i, err := w.Team.Invitation(r.Context(), token)
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	v := visitOf(r.Context())
	if v.user == nil {
		w.toGoogle(rw, r, signingIn{Invited: token})
		return
	}

	u, err := w.joined(r.Context(), v.user, token)
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	v.user = u // it is noted in the team's log that they are in by now
	about(r.Context(), string(i.Role))
	http.Redirect(rw, r, "/", http.StatusSeeOther)
}

// joined spends an invitation, if there is one, and returns the user as they are then. One
// that is in that team already stays as they are.
func (w *Web) joined(ctx context.Context, u *sheet24.User, token string) (*sheet24.User, error) {
	if token == "" {
		return u, nil
	}

	err := w.Team.Join(ctx, u, token)
	if sheet24.AsError(err).Code == sheet24.CodeMemberAlready {
		return u, nil
	}
	if err != nil {
		return nil, err
	}
	return w.Accounts.User(ctx, u.ID)
}
