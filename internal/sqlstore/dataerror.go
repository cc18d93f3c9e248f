package sqlstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"sheet24"
)

// asData marks an error that is about the values that a statement was given, or read, as
// sheet24.ErrData. What is about the database itself (it is locked, full, gone) stays as
// it is: it concerns every row alike.
func asData(err error) error {
	if err == nil || errors.Is(err, sheet24.ErrData) || !aboutData(err) {
		return err
	}
	return fmt.Errorf("%w: %w", sheet24.ErrData, err)
}

func aboutData(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return aboutDataSQLite(e)
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return aboutDataPostgres(e.Code)
	}
	return aboutJSON(err)
}

// aboutDataSQLite goes by SQLite's primary result codes (https://sqlite.org/rescode.html).
func aboutDataSQLite(e *sqlite.Error) bool {
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE:
		return true
	case sqlite3.SQLITE_ERROR: // of its functions for JSON
		return strings.Contains(e.Error(), "malformed JSON")
	}
	return false
}

// aboutDataPostgres goes by the classes of SQLSTATE
// (https://www.postgresql.org/docs/current/errcodes-appendix.html): data exceptions, as
// text in no encoding, integrity constraints, and limits that a row is over.
func aboutDataPostgres(code string) bool {
	for _, class := range []string{"22", "23", "54"} {
		if strings.HasPrefix(code, class) {
			return true
		}
	}
	return false
}

// aboutJSON reports whether a value has no JSON, or a column none that can be read.
func aboutJSON(err error) bool {
	_, value := errors.AsType[*json.UnsupportedValueError](err)
	_, kind := errors.AsType[*json.UnsupportedTypeError](err)
	_, syntax := errors.AsType[*json.SyntaxError](err)
	_, other := errors.AsType[*json.UnmarshalTypeError](err)
	return value || kind || syntax || other
}
