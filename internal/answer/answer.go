// Package answer has what pages and the API answer alike: the HTTP status of an error, and
// the end of a connection whose body nobody reads.
package answer

import (
	"fmt"
	"net/http"
	"time"

	"sheet24"
)

// Status is the HTTP status for a kind of error.
func Status(kind sheet24.Kind) int {
	switch kind {
	case sheet24.Invalid:
		return http.StatusBadRequest
	case sheet24.Unauthorized:
		return http.StatusUnauthorized
	case sheet24.Forbidden:
		return http.StatusForbidden
	case sheet24.NotFound:
		return http.StatusNotFound
	case sheet24.Conflict:
		return http.StatusConflict
	case sheet24.TooLarge:
		return http.StatusRequestEntityTooLarge
	case sheet24.Unsupported:
		return http.StatusUnsupportedMediaType
	case sheet24.TooMany:
		return http.StatusTooManyRequests
	case sheet24.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// Unread has the connection end with the answer: nobody waits for the body that is still on
// its way.
func Unread(w http.ResponseWriter) {
	w.Header().Set("Connection", "close")
	http.NewResponseController(w).SetReadDeadline(time.Now())
}

// RetryAfter is when whoever met an error may try again, in seconds; empty if that would not
// help.
func RetryAfter(e *sheet24.Error) string {
	switch {
	case e.Kind == sheet24.TooMany && len(e.Args) > 0:
		return fmt.Sprint(e.Args[0])
	case e.Kind == sheet24.Unavailable:
		return "5"
	}
	return ""
}
