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
	"QUERY_LIMIT_EXCEEDED":    sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalBusy),
	"OPERATION_TIME_LIMIT":    sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalOperating),
	"OVERLOAD_LIMIT":          sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalBlocked),
	"INTERNAL_SERVER_ERROR":   sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalUnreachable),
	"ERROR_UNEXPECTED_ANSWER": sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalUnreachable),
	"PORTAL_DELETED":          sheet24.Errorf(sheet24.NotFound, sheet24.CodePortalDeleted),
	"NO_AUTH_FOUND":           sheet24.Errorf(sheet24.Unauthorized, sheet24.CodePortalWebhookInvalid),
	"INVALID_CREDENTIALS":     sheet24.Errorf(sheet24.Unauthorized, sheet24.CodePortalWebhookInvalid),
	"expired_token":           sheet24.Errorf(sheet24.Unauthorized, sheet24.CodePortalReconnect),
	"invalid_token":           sheet24.Errorf(sheet24.Unauthorized, sheet24.CodePortalReconnect),
	"invalid_grant":           sheet24.Errorf(sheet24.Unauthorized, sheet24.CodePortalReconnect),
	"invalid_client":          sheet24.Errorf(sheet24.Unauthorized, sheet24.CodePortalApp),
	"wrong_client":            sheet24.Errorf(sheet24.Unauthorized, sheet24.CodePortalApp),
	"user_access_error":       sheet24.Errorf(sheet24.Unauthorized, sheet24.CodePortalUser),
	"insufficient_scope":      sheet24.Errorf(sheet24.Unauthorized, sheet24.CodePortalScope),
	"ACCESS_DENIED":           sheet24.Errorf(sheet24.Unauthorized, sheet24.CodePortalPlan),
	"PAYMENT_REQUIRED":        sheet24.Errorf(sheet24.Unauthorized, sheet24.CodePortalPayment),
	"INVALID_REQUEST":         sheet24.Errorf(sheet24.Invalid, sheet24.CodePortalHTTPS),
	"ERROR_METHOD_NOT_FOUND":  sheet24.Errorf(sheet24.Invalid, sheet24.CodePortalMethod),
	// These two would be mistakes of ours.
	"ERROR_BATCH_LENGTH_EXCEEDED":    sheet24.Errorf(sheet24.Internal, sheet24.CodeInternal),
	"ERROR_BATCH_METHOD_NOT_ALLOWED": sheet24.Errorf(sheet24.Internal, sheet24.CodeInternal),
}

// commandErrors are the codes that mean something else for one command of a
// batch: not the portal refuses, but this record.
var commandErrors = map[string]*sheet24.Error{
	"NOT_FOUND":     sheet24.Errorf(sheet24.NotFound, sheet24.CodeRecordMissing),
	"ACCESS_DENIED": sheet24.Errorf(sheet24.Invalid, sheet24.CodeRecordAccess),
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
	return sheet24.Errorf(sheet24.Invalid, sheet24.CodePortalRefused, description).Because(&refusal{code: code, description: description})
}

// is tells whether a portal gave that code.
func is(err error, code string) bool {
	r, ok := errors.AsType[*refusal](err)
	return ok && r.code == code
}

func unreachable(host string, err error) error {
	return sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalUnreachable, host).Because(err)
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
	return code == sheet24.CodePortalBusy || code == sheet24.CodePortalOperating || code == sheet24.CodeDatabaseBusy
}

// outcomeUnknown reports whether a request may have been carried out, or not.
func outcomeUnknown(err error) bool {
	code := sheet24.AsError(err).Code
	return !notDone(err) && (code == sheet24.CodePortalUnreachable || code == sheet24.CodePortalAnswer)
}

// outcome is what an error says of a write.
func outcome(err error) sheet24.Outcome {
	switch {
	case err == nil:
		return sheet24.Made
	case notDone(err), sheet24.AsError(err).Code == sheet24.CodePortalSilent: // what is given up only read
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
