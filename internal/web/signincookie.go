package web

import (
	"encoding/json"
	"net/http"
	"time"

	"sheet24/internal/locale"
)

// signingIn is what is known of a visitor on the way to Google and back. Their browser
// keeps it, sealed: whoever has not signed in leaves nothing in the database.
type signingIn struct {
	State    string
	Verifier string // of PKCE
	Again    bool   // consent was asked for again
	Lacked   bool   // the last consent lacked something
	Until    time.Time
}

// signInWithin is how long somebody may take at Google.
const signInWithin = time.Hour

// signInOwner is whom what a browser keeps is sealed for, so that nothing else that is
// sealed passes for it.
const signInOwner = "signing in"

func (w *Web) keepSigningIn(rw http.ResponseWriter, s signingIn) error {
	s.Until = time.Now().Add(signInWithin)
	plain, err := json.Marshal(s)
	if err != nil {
		return err
	}
	sealed, err := w.Box.Seal(string(plain), signInOwner)
	if err != nil {
		return err
	}

	http.SetCookie(rw, &http.Cookie{Name: w.signInCookie(), Value: sealed, Path: "/", MaxAge: int(signInWithin.Seconds()),
		HttpOnly: true, Secure: w.Secure, SameSite: http.SameSiteLaxMode}) // Google's redirect must bring it
	return nil
}

// takeSigningIn returns what the browser kept, and has it forget it. What is not ours, or
// too old, is nothing.
func (w *Web) takeSigningIn(rw http.ResponseWriter, r *http.Request) signingIn {
	cookie, err := r.Cookie(w.signInCookie())
	if err != nil {
		return signingIn{}
	}
	http.SetCookie(rw, &http.Cookie{Name: w.signInCookie(), Path: "/", MaxAge: -1, HttpOnly: true, Secure: w.Secure, SameSite: http.SameSiteLaxMode})

	plain, err := w.Box.Open(cookie.Value, signInOwner)
	if err != nil {
		return signingIn{}
	}
	var s signingIn
	if json.Unmarshal([]byte(plain), &s) != nil || time.Now().After(s.Until) {
		return signingIn{}
	}
	return s
}

// signInCookie is the cookie's name. Behind TLS, browsers take it from this very host alone.
func (w *Web) signInCookie() string {
	if w.Secure {
		return "__Host-sheet24-sign-in"
	}
	return "sheet24-sign-in"
}

// languageCookie keeps the language of whoever has not signed in.
const languageCookie = "sheet24-language"

func (w *Web) keepLanguage(rw http.ResponseWriter, lang string) {
	http.SetCookie(rw, &http.Cookie{Name: languageCookie, Value: lang, Path: "/", MaxAge: int((365 * 24 * time.Hour).Seconds()),
		HttpOnly: true, Secure: w.Secure, SameSite: http.SameSiteLaxMode})
}

// keptLanguage is the language that a visitor chose, or the default. Accept-Language is
// not asked: those whom sheet24 is made for often have an English browser.
func keptLanguage(r *http.Request) string {
	if c, err := r.Cookie(languageCookie); err == nil {
		for _, l := range locale.Languages {
			if c.Value == l {
				return l
			}
		}
	}
	return locale.Default
}
