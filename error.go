package sheet24

import (
	"errors"
	"fmt"
)

// Kind says what kind of trouble an [Error] is, and so what the one who meets
// it should do: answer with a status, retry, or tell the user.
type Kind string

// The kinds of errors.
const (
	Invalid      Kind = "invalid"      // the input is wrong; asking again unchanged will not help
	Unauthorized Kind = "unauthorized" // who asks is not known, or is known not to be allowed
	Forbidden    Kind = "forbidden"    // who asks is known, and not among those who may
	NotFound     Kind = "not_found"    // the thing named does not exist for this user
	Conflict     Kind = "conflict"     // it was true once: already used, already there
	TooLarge     Kind = "too_large"    // over a stated limit
	Unsupported  Kind = "unsupported"  // a body of a kind that is not read
	TooMany      Kind = "too_many"     // too often; Args[0] says after how many seconds again
	Unavailable  Kind = "unavailable"  // for the moment; the same request later may succeed
	Internal     Kind = "internal"     // ours to mend; details are in the log only
)

// Error is an error that a person can act on. Code is stable, is what machines
// compare, and is the key of the sentence in the locale files ("error." + Code);
// Args fill the sentence. Err, the cause, goes to logs and never to the user.
type Error struct {
	Kind Kind
	Code Code
	Args []any
	Err  error
}

// Errorf makes an Error of a kind with its code and the values its sentence names.
func Errorf(kind Kind, code Code, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Args: args}
}

// Because returns a copy of e that carries its cause.
func (e *Error) Because(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

func (e *Error) Error() string {
	s := string(e.Code)
	if len(e.Args) > 0 {
		s = fmt.Sprintf("%s %v", s, e.Args)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// ErrData marks an error that is about what was stored, or was to be stored, of one row
// or table: a value that the database does not take, a constraint, an unreadable text.
// The same without it may succeed; the same again fails again.
var ErrData = errors.New("not storable")

// AsError returns the Error inside err, or an Internal one that wraps it.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Kind: Internal, Code: CodeInternal, Err: err}
}

// IsKind tells whether err is, or wraps, an Error of that kind.
func IsKind(err error, kind Kind) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == kind
}

// IgnoreNotFound drops the error for a table that was deleted: its work is gone.
func IgnoreNotFound(err error) error {
	if IsKind(err, NotFound) {
		return nil
	}
	return err
}

// GrantEnded reports whether an error says that a table's user has to connect Google
// again. The work waits: the store tells of it again once there is a grant.
func GrantEnded(err error) bool {
	code := AsError(err).Code
	return code == CodeGoogleReconnect || code == CodeGoogleNotConnected
}

// Exchanged reports whether an error says that a table has been set up anew since it was
// read: what was to be done is done for what it is now.
func Exchanged(err error) bool { return AsError(err).Code == CodeTableExchanged }
