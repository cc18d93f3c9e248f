package web

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// signingIn is what is known of a visitor on the way to Google and back. Their browser
// keeps it, sealed: whoever has not signed in leaves nothing in the database.
type signingIn struct {
	State    string
	Verifier string // of PKCE
	Again    bool   // consent was asked for again
	Invited  string // what the link of an invitation holds; empty: they come without
	Lacked   bool   // the last consent lacked something; then there is no state
	Until    time.Time
}

// signInWithin is how long somebody may take at Google.
const signInWithin = time.Hour

// mostSigningIn is how many sign-ins a browser has under way at once, each in a tab.
const mostSigningIn = 5

// signInOwner is whom what a browser keeps is sealed for, so that nothing else that is
// sealed passes for it.
const signInOwner = "signing in"

// keepSigningIn adds a sign-in to those that the browser keeps, in the place of the one that
// the request is about.
func (w *Web) keepSigningIn(rw http.ResponseWriter, r *http.Request, s signingIn) error {
	s.Until = time.Now().Add(signInWithin)
	kept := slices.DeleteFunc(w.signingIn(r), func(o signingIn) bool { return o.State == "" || o.State == r.FormValue("state") })
	kept = append(kept, s)
	return w.setSigningIn(rw, kept[max(0, len(kept)-mostSigningIn):])
}

// takeSigningIn returns the sign-in of a state, which the browser then forgets. What is not
// ours, or too old, is nothing, and those of other tabs stay.
func (w *Web) takeSigningIn(rw http.ResponseWriter, r *http.Request, state string) (signingIn, error) {
	kept := w.signingIn(r)
	i := slices.IndexFunc(kept, func(s signingIn) bool { return subtle.ConstantTimeCompare([]byte(s.State), []byte(state)) == 1 })
	if i < 0 {
		return signingIn{}, nil
	}

	taken := kept[i]
	return taken, w.setSigningIn(rw, slices.Delete(kept, i, i+1))
}

// signingIn are the sign-ins that the browser keeps.
func (w *Web) signingIn(r *http.Request) (kept []signingIn) {
	cookie, err := r.Cookie(w.signInCookie())
	if err != nil {
		return nil
	}

	plain, err := w.Box.Open(cookie.Value, signInOwner)
	if err != nil || json.Unmarshal([]byte(plain), &kept) != nil {
		return nil
	}

	return slices.DeleteFunc(kept, func(s signingIn) bool { return time.Now().After(s.Until) })
}

func (w *Web) setSigningIn(rw http.ResponseWriter, kept []signingIn) error {
	cookie := &http.Cookie{Name: w.signInCookie(), Path: "/", MaxAge: -1, HttpOnly: true, Secure: w.Secure, SameSite: http.SameSiteLaxMode} // Google's redirect must bring it
	if len(kept) > 0 {
		plain, err := json.Marshal(kept)
		if err != nil {
			return err
		}

		if cookie.Value, err = w.Box.Seal(string(plain), signInOwner); err != nil {
			return err
		}

		cookie.MaxAge = int(signInWithin.Seconds())
	}

	http.SetCookie(rw, cookie)
	return nil
}

// signInCookie is the cookie's name. Behind TLS, browsers take it from this very host alone.
func (w *Web) signInCookie() string {
	if w.Secure {
		return "__Host-sheet24-sign-in"
	}
	return "sheet24-sign-in"
}
