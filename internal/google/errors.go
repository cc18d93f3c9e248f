package google

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/api/googleapi"

	"sheet24"
)

// enableLink is where Google says that an API is switched on.
var enableLink = regexp.MustCompile(`https://console\.(?:developers|cloud)\.google\.com/\S+`)

// fail turns an error of a Google call into one that a user can act on. Messages may be
// in the user's language: codes, reasons and addresses tell errors apart, and words only
// where the service has nothing else.
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
		return sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleUnreachable).Because(err)
	}

	reasons := reasonsIn([]byte(g.Body))
	switch {
	case slices.Contains(reasons, "push.webhookUrlUnauthorized"): // 401, but not for want of a grant
		return sheet24.Errorf(sheet24.Invalid, sheet24.CodeGoogleRefused, g.Message).Because(err)
	case g.Code == http.StatusUnauthorized:
		return sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeGoogleReconnect).Because(err)
	case g.Code == http.StatusForbidden:
		return forbidden(g, reasons).Because(err)
	case g.Code == http.StatusNotFound:
		return sheet24.Errorf(sheet24.NotFound, sheet24.CodeGoogleNotFound).Because(err)
	case g.Code == http.StatusBadRequest && strings.Contains(g.Message, "No grid with id"):
		return sheet24.Errorf(sheet24.NotFound, sheet24.CodeTabUnknown).Because(err)
	case g.Code == http.StatusTooManyRequests || g.Code >= 500:
		return sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleBusy).Because(err)
	}
	return sheet24.Errorf(sheet24.Invalid, sheet24.CodeGoogleRefused, g.Message).Because(err)
}

// scriptSettings is where a user switches the Apps Script API on: an answer that names
// it says that it is off.
const scriptSettings = "script.google.com/home/usersettings"

// forbidden tells the reasons of a 403 apart.
func forbidden(g *googleapi.Error, reasons []string) *sheet24.Error {
	has := func(reason string) bool { return slices.Contains(reasons, reason) }
	switch {
	case tooFast(reasons):
		return sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleBusy)
	case has("ACCESS_TOKEN_SCOPE_INSUFFICIENT"), has("insufficientPermissions"):
		return sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeGoogleReconnect)
	case has("SERVICE_DISABLED"), has("accessNotConfigured"):
		return sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleAPIDisabled, enableLink.FindString(g.Message))
	case strings.Contains(g.Message, scriptSettings):
		return sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeGoogleScriptAPIOff)
	}
	return sheet24.Errorf(sheet24.Unauthorized, sheet24.CodeGoogleForbidden)
}

// tooFast reports whether an answer says to come again later. Drive says so with 403
// (source: its guide "Resolve errors").
func tooFast(reasons []string) bool {
	return slices.ContainsFunc(reasons, func(reason string) bool {
		switch reason {
		case "userRateLimitExceeded", "rateLimitExceeded", "sharingRateLimitExceeded", "RATE_LIMIT_EXCEEDED":
			return true
		}
		return false
	})
}

// reasonsIn are the reasons that the body of an answer names: Drive's in a list of
// errors, those of the other services in the details.
func reasonsIn(body []byte) (reasons []string) {
	var answer struct {
		Error struct {
			Errors, Details []struct {
				Reason string `json:"reason"`
			}
		}
	}
	if json.Unmarshal(body, &answer) != nil {
		return nil
	}
	for _, one := range slices.Concat(answer.Error.Errors, answer.Error.Details) {
		if one.Reason != "" {
			reasons = append(reasons, one.Reason)
		}
	}
	return reasons
}
