package answer

import (
	"net/http"
	"slices"
	"strings"
)

// methods are those that routes answer.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// Allowed are the methods by which a mux answers a request's path, other than by the pattern
// "/", which takes what no other does; none: there is nothing at that path.
func Allowed(mux *http.ServeMux, r *http.Request) string {
	var allowed []string
	for _, method := range methods {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := mux.Handler(other); pattern != "/" && pattern != "" {
			allowed = append(allowed, method)
		}
	}
	if slices.Contains(allowed, r.Method) {
		return ""
	}
	return strings.Join(allowed, ", ")
}
