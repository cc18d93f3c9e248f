package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Scans, pushes and reports work on the same rows at once. PostgreSQL ends one of several
// transactions that wait for each other in a circle, and one that would insert what another
// has just inserted: nothing of it is done, and it can be tried again.

// mostAgain is how often that is, and againAfter how long after the first time at most; then
// it doubles.
const (
	mostAgain  = 6
	againAfter = 20 * time.Millisecond
)

// again does something until it comes in nobody's way, for a number of times.
func again(ctx context.Context, do func() error) error {
	for try := range mostAgain - 1 {
		err := do()
		if !entangled(err) || ctx.Err() != nil {
			return err
		}
		time.Sleep(rand.N(againAfter << try))
	}
	return do()
}

// entangled reports whether an error says that another transaction was in the way. (Source:
// https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html.)
func entangled(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return false
	}

	switch e.Code {
	case "40001", "40P01": // serialization failure, deadlock
		return true
	case "23505": // a row's open change, which was looked for a moment ago
		return e.ConstraintName == "reverse_sync_logs_open"
	}
	return false
}

// exec executes one statement that changes many rows.
func (s *Store) exec(ctx context.Context, db *sql.DB, statement string, args ...any) (done sql.Result, err error) {
	err = again(ctx, func() error {
		done, err = db.ExecContext(ctx, statement, args...)
		return err
	})
	return done, err
}

// lockRows has nobody else work on rows of a table until the transaction ends. Whoever does
// locks them first, and in one order, so that nobody waits in a circle, and what is open of
// a row is not changed between being looked for and being written.
func (s *Store) lockRows(ctx context.Context, q querier, tableID int64, rows []int64) error {
	if s.dialect.forUpdate == "" || len(rows) == 0 { // one writes at a time
		return nil
	}

	slices.Sort(rows)
	_, err := q.ExecContext(ctx, `SELECT 1 FROM row_snapshots WHERE config_id = $1 AND entity_id IN `+s.dialect.numbers("$2")+` ORDER BY entity_id`+s.dialect.forUpdate,
		tableID, listed(slices.Compact(rows)))
	return err
}
