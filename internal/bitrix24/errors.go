package bitrix24

import (
	"errors"
	"fmt"
	"net/url"

	"sheet24"
)

// apiErrors maps the codes of Bitrix24's errors to what a user of sheet24 can do
// about them (source: the official page of system errors). An Unavailable one is
// tried again by itself.
var apiErrors = map[string]*sheet24.Error{
	"QUERY_LIMIT_EXCEEDED":    sheet24.Errorf(sheet24.Unavailable, "portal_busy"),
	"OPERATION_TIME_LIMIT":    sheet24.Errorf(sheet24.Unavailable, "portal_operating"),
	"OVERLOAD_LIMIT":          sheet24.Errorf(sheet24.Unavailable, "portal_blocked"),
	"INTERNAL_SERVER_ERROR":   sheet24.Errorf(sheet24.Unavailable, "portal_unreachable"),
	"ERROR_UNEXPECTED_ANSWER": sheet24.Errorf(sheet24.Unavailable, "portal_unreachable"),
	"PORTAL_DELETED":          sheet24.Errorf(sheet24.NotFound, "portal_deleted"),
	"NO_AUTH_FOUND":           sheet24.Errorf(sheet24.Unauthorized, "portal_webhook_invalid"),
	"INVALID_CREDENTIALS":     sheet24.Errorf(sheet24.Unauthorized, "portal_webhook_invalid"),
	"expired_token":           sheet24.Errorf(sheet24.Unauthorized, "portal_reconnect"),
	"invalid_token":           sheet24.Errorf(sheet24.Unauthorized, "portal_reconnect"),
	"invalid_grant":           sheet24.Errorf(sheet24.Unauthorized, "portal_reconnect"),
	"invalid_client":          sheet24.Errorf(sheet24.Unauthorized, "portal_app"),
	"wrong_client":            sheet24.Errorf(sheet24.Unauthorized, "portal_app"),
	"user_access_error":       sheet24.Errorf(sheet24.Unauthorized, "portal_user"),
	"insufficient_scope":      sheet24.Errorf(sheet24.Unauthorized, "portal_scope"),
	"ACCESS_DENIED":           sheet24.Errorf(sheet24.Unauthorized, "portal_plan"),
	"PAYMENT_REQUIRED":        sheet24.Errorf(sheet24.Unauthorized, "portal_payment"),
	"INVALID_REQUEST":         sheet24.Errorf(sheet24.Invalid, "portal_https"),
	"ERROR_METHOD_NOT_FOUND":  sheet24.Errorf(sheet24.Invalid, "portal_method"),
	// These two would be mistakes of ours.
	"ERROR_BATCH_LENGTH_EXCEEDED":    sheet24.Errorf(sheet24.Internal, "internal"),
	"ERROR_BATCH_METHOD_NOT_ALLOWED": sheet24.Errorf(sheet24.Internal, "internal"),
}

// commandErrors are the codes that mean something else for one command of a
// batch: not the portal refuses, but this record.
var commandErrors = map[string]*sheet24.Error{
	"NOT_FOUND":     sheet24.Errorf(sheet24.NotFound, "record_missing"),
	"ACCESS_DENIED": sheet24.Errorf(sheet24.Invalid, "record_access"),
}

// refusal is what a portal said, kept as the cause of an Error; status is that of the answer
// to a whole request.
type refusal struct {
	code, description string
	status            int
}

func (r *refusal) Error() string { return r.code + ": " + r.description }

// apiError makes the Error for a code that a portal sent, about a request or
// about one command of a batch. What is not known is the portal's own word about
// the request: its description is what helps.
func apiError(host, code, description string, command bool) error {
	known, ok := apiErrors[code]
	if e, special := commandErrors[code]; command && special {
		known, ok = e, true
	}

	if ok {
		e := known.Because(&refusal{code: code, description: description})
		if e.Kind != sheet24.Internal {
			e.Args = []any{host}
		}
		if !command || commandErrors[code] == nil {
			return e
		}
		e.Args = nil
		return e
	}

	if description == "" {
		description = code
	}
	return sheet24.Errorf(sheet24.Invalid, "portal_refused", description).Because(&refusal{code: code, description: description})
}

// is tells whether a portal gave that code.
func is(err error, code string) bool {
	r, ok := errors.AsType[*refusal](err)
	return ok && r.code == code
}

func unreachable(host string, err error) error {
	return sheet24.Errorf(sheet24.Unavailable, "portal_unreachable", host).Because(err)
}

// errNotSent is why a request was not sent at all.
type errNotSent struct{ error }

func (e errNotSent) Unwrap() error { return e.error }

// notDone reports whether a request was turned away for now, and changed nothing.
func notDone(err error) bool {
	if _, ok := errors.AsType[errNotSent](err); ok {
		return true
	}
	code := sheet24.AsError(err).Code
	return code == "portal_busy" || code == "portal_operating" || code == "database_busy"
}

// outcomeUnknown reports whether a request may have been carried out, or not.
func outcomeUnknown(err error) bool {
	code := sheet24.AsError(err).Code
	return !notDone(err) && (code == "portal_unreachable" || code == "portal_answer")
}

// outcome is what an error says of a write.
func outcome(err error) sheet24.Outcome {
	switch {
	case err == nil:
		return sheet24.Made
	case notDone(err), sheet24.AsError(err).Code == sheet24.PortalSilent: // what is given up only read
		return sheet24.Unsent
	case outcomeUnknown(err):
		return sheet24.Open
	}
	return sheet24.Refused
}

// withoutURL drops the URL from a transport error: its path holds the secret.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("%s: %w", u.Op, u.Err)
	}
	return err
}
