package web

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"

	"sheet24"
	"sheet24/internal/google"
	"sheet24/internal/locale"
)

// signIn sends the user to Google's consent page.
func (w *Web) signIn(rw http.ResponseWriter, r *http.Request) {
	state, verifier := rand.Text(), google.NewVerifier()
	w.sessions.Put(r.Context(), "oauth_state", state)
	w.sessions.Put(r.Context(), "oauth_verifier", verifier)
	http.Redirect(rw, r, w.Google.ConsentURL(state, verifier), http.StatusSeeOther)
}

// callback is where Google sends the user back to.
func (w *Web) callback(rw http.ResponseWriter, r *http.Request) {
	ctx, q := r.Context(), r.URL.Query()
	state, verifier := w.sessions.PopString(ctx, "oauth_state"), w.sessions.PopString(ctx, "oauth_verifier")
	if state == "" || subtle.ConstantTimeCompare([]byte(state), []byte(q.Get("state"))) != 1 {
		w.fail(rw, r, sheet24.Errorf(sheet24.Invalid, "google_state"))
		return
	}
	if q.Get("code") == "" {
		w.fail(rw, r, sheet24.Errorf(sheet24.Unauthorized, "google_denied"))
		return
	}
	account, token, err := w.Google.Exchange(ctx, q.Get("code"), verifier)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	u, err := w.Store.EnsureUser(ctx, account.Email, account.Name, visitOf(ctx).lang)
	if err == nil {
		token.UserID = u.ID
		err = w.Store.SaveToken(ctx, token)
	}
	if err == nil {
		err = w.sessions.RenewToken(ctx) // a session id from before is worth nothing now
	}
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	w.sessions.Put(ctx, "user", u.ID)
	tables, err := w.Store.TablesOf(ctx, u.ID)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	next := "/"
	if len(tables) == 0 {
		next = "/sheet-sync/new" // the first thing to do
	}
	http.Redirect(rw, r, next, http.StatusSeeOther)
}

func (w *Web) signOut(rw http.ResponseWriter, r *http.Request) {
	if err := w.sessions.Destroy(r.Context()); err != nil {
		w.fail(rw, r, err)
		return
	}
	w.sessions.Put(r.Context(), "language", visitOf(r.Context()).lang) // a new session, as the same reader
	http.Redirect(rw, r, "/", http.StatusSeeOther)
}

// language changes to the other language and stays on the page.
func (w *Web) language(rw http.ResponseWriter, r *http.Request) {
	v := visitOf(r.Context())
	next := locale.Languages[(slices.Index(locale.Languages, v.lang)+1)%len(locale.Languages)]
	w.sessions.Put(r.Context(), "language", next)
	if v.user != nil {
		if err := w.Store.SetLanguage(r.Context(), v.user.ID, next); err != nil {
			w.fail(rw, r, err)
			return
		}
	}
	http.Redirect(rw, r, backTo(r), http.StatusSeeOther)
}

// backTo is the page of ours that a form was sent from.
func backTo(r *http.Request) string {
	if u, err := url.Parse(r.Referer()); err == nil && u.Host == r.Host && u.Path != "" {
		return u.RequestURI()
	}
	return "/"
}
