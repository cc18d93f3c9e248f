package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestFavicon has the icon under the name that clients ask for unasked.
func TestFavicon(t *testing.T) {
	t.Parallel()
	got := httptest.NewRecorder()
	favicon(got, httptest.NewRequest(http.MethodGet, "/favicon.ico", nil))
	to := got.Result().Header.Get("Location")

	icon := httptest.NewRecorder()
	Assets().ServeHTTP(icon, httptest.NewRequest(http.MethodGet, to, nil))
	if got.Code != http.StatusMovedPermanently || icon.Code != http.StatusOK || icon.Header().Get("Content-Type") != "image/svg+xml" {
		t.Errorf("/favicon.ico: HTTP %d to %s: HTTP %d, %s", got.Code, to, icon.Code, icon.Header().Get("Content-Type"))
	}
}
