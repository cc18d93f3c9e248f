package bitrix24

import (
	"fmt"

	"sheet24"
)

// apiErrors maps the codes of Bitrix24's system errors to what a user of
// sheet24 can do about them (source: the official page of system errors).
// An Unavailable one is tried again by itself.
var apiErrors = map[string]*sheet24.Error{
	"QUERY_LIMIT_EXCEEDED":    sheet24.Errorf(sheet24.Unavailable, "portal_busy"),
	"OPERATION_TIME_LIMIT":    sheet24.Errorf(sheet24.Unavailable, "portal_busy"),
	"OVERLOAD_LIMIT":          sheet24.Errorf(sheet24.Unavailable, "portal_blocked"),
	"INTERNAL_SERVER_ERROR":   sheet24.Errorf(sheet24.Unavailable, "portal_unreachable"),
	"ERROR_UNEXPECTED_ANSWER": sheet24.Errorf(sheet24.Unavailable, "portal_unreachable"),
	"NO_AUTH_FOUND":           sheet24.Errorf(sheet24.Unauthorized, "portal_webhook_invalid"),
	"INVALID_CREDENTIALS":     sheet24.Errorf(sheet24.Unauthorized, "portal_webhook_invalid"),
	"expired_token":           sheet24.Errorf(sheet24.Unauthorized, "portal_webhook_invalid"),
	"user_access_error":       sheet24.Errorf(sheet24.Unauthorized, "portal_webhook_invalid"),
	"insufficient_scope":      sheet24.Errorf(sheet24.Unauthorized, "portal_scope"),
	"ACCESS_DENIED":           sheet24.Errorf(sheet24.Unauthorized, "portal_plan"),
	"PORTAL_DELETED":          sheet24.Errorf(sheet24.NotFound, "portal_deleted"),
	"NOT_FOUND":               sheet24.Errorf(sheet24.NotFound, "record_missing"),
}

// apiError makes the Error for a code that a portal sent. What is not known is
// the portal's own word about the request: its description is what helps.
func apiError(host, code, description string) error {
	cause := fmt.Errorf("%s: %s", code, description)
	if known, ok := apiErrors[code]; ok {
		e := known.Because(cause)
		e.Args = []any{host}
		return e
	}
	if description == "" {
		description = code
	}
	return sheet24.Errorf(sheet24.Invalid, "portal_refused", description).Because(cause)
}
