package web

import (
	"crypto/rand"
	"net/http"

	"github.com/a-h/templ"
)

// secure sets the headers that keep other sites' code and frames out.
func (w *Web) secure(next http.Handler) http.Handler {
	// Google leads its visitors through several of its hosts.
	google := "https://*.google.com https://*.googleusercontent.com"
	if w.GoogleURL != "" {
		google = w.GoogleURL
	}

	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		nonce := rand.Text()
		h := rw.Header()
		// Saving a table leads on to Google, which form-action must allow.
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-"+nonce+"'; img-src 'self' data:; "+
			"font-src 'self'; connect-src 'self'; form-action 'self' "+google+"; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if w.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}

		next.ServeHTTP(rw, r.WithContext(templ.WithNonce(r.Context(), nonce)))
	})
}
