package google

import (
	"errors"
	"net/http"
	"regexp"
	"strings"

	"google.golang.org/api/googleapi"

	"sheet24"
)

// enableLink is where Google says that an API is switched on.
var enableLink = regexp.MustCompile(`https://console\.(?:developers|cloud)\.google\.com/\S+`)

// fail turns an error of a Google call into one that a user can act on.
func fail(err error) error {
	if err == nil {
		return nil
	}
	// What the token source found out comes wrapped in the transport's error.
	if e, ok := errors.AsType[*sheet24.Error](err); ok {
		return e
	}
	g, ok := errors.AsType[*googleapi.Error](err)
	if !ok {
		return sheet24.Errorf(sheet24.Unavailable, "google_unreachable").Because(err)
	}
	switch {
	case g.Code == http.StatusUnauthorized:
		return sheet24.Errorf(sheet24.Unauthorized, "google_reconnect").Because(err)
	case g.Code == http.StatusForbidden && strings.Contains(g.Message, "has not enabled the Apps Script API"):
		return sheet24.Errorf(sheet24.Unauthorized, "google_script_api_off").Because(err)
	case g.Code == http.StatusForbidden && strings.Contains(g.Body, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"):
		return sheet24.Errorf(sheet24.Unauthorized, "google_reconnect").Because(err)
	case g.Code == http.StatusForbidden && (strings.Contains(g.Body, "SERVICE_DISABLED") || strings.Contains(g.Body, "accessNotConfigured")):
		return sheet24.Errorf(sheet24.Unavailable, "google_api_disabled", enableLink.FindString(g.Message)).Because(err)
	case g.Code == http.StatusForbidden:
		return sheet24.Errorf(sheet24.Unauthorized, "google_forbidden").Because(err)
	case g.Code == http.StatusNotFound:
		return sheet24.Errorf(sheet24.NotFound, "google_not_found").Because(err)
	case g.Code == http.StatusBadRequest && strings.Contains(g.Message, "No grid with id"):
		return sheet24.Errorf(sheet24.NotFound, "tab_unknown").Because(err)
	case g.Code == http.StatusBadRequest && strings.Contains(g.Message, "protected cell"):
		return sheet24.Errorf(sheet24.Invalid, "google_protected").Because(err)
	case g.Code == http.StatusTooManyRequests || g.Code >= 500:
		return sheet24.Errorf(sheet24.Unavailable, "google_busy").Because(err)
	}
	return sheet24.Errorf(sheet24.Invalid, "google_refused", g.Message).Because(err)
}
