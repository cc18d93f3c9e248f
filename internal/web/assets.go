package web

import (
	"embed"
	"net/http"
)

//go:embed assets
var assets embed.FS

// Assets serves /assets/.
func Assets() http.Handler {
	files := http.FileServerFS(assets)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		files.ServeHTTP(w, r)
	})
}

// favicon leads to the icon: some clients ask for it by this name whatever a page says.
func favicon(rw http.ResponseWriter, r *http.Request) {
	rw.Header().Set("Cache-Control", "public, max-age=3600")
	http.Redirect(rw, r, "/assets/icon.svg", http.StatusMovedPermanently)
}
