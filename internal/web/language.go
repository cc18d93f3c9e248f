package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"sheet24/internal/locale"
)

// language changes to the other language and stays on the page.
func (w *Web) language(rw http.ResponseWriter, r *http.Request) {
	v := visitOf(r.Context())
	next := locale.Languages[(slices.Index(locale.Languages, v.lang)+1)%len(locale.Languages)]
	w.keepLanguage(rw, next)
	if v.user != nil {
		if err := w.Accounts.SetLanguage(r.Context(), v.user.ID, next); err != nil {
			w.fail(rw, r, err)
			return
		}
	}

	http.Redirect(rw, r, backTo(r), http.StatusSeeOther)
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
	if chosen, ok := chosenLanguage(r); ok {
		return chosen
	}
	return locale.Default
}

// chosenLanguage is the language that was chosen in a visitor's browser, if any was.
func chosenLanguage(r *http.Request) (lang string, ok bool) {
	c, err := r.Cookie(languageCookie)
	if err != nil || !slices.Contains(locale.Languages, c.Value) {
		return "", false
	}
	return c.Value, true
}

// backTo is the page of ours that a form was sent from.
func backTo(r *http.Request) string {
	if u, err := url.Parse(r.Referer()); err == nil && u.Host == r.Host && strings.HasPrefix(u.Path, "/") && !strings.HasPrefix(u.RequestURI(), "//") {
		return u.RequestURI()
	}
	return "/"
}
