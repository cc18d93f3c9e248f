package sqlstore

import (
	"context"
	"database/sql"
	"slices"

	"sheet24"
	"sheet24/internal/change"
)

// (SQLite uses an index of some rows only where a statement names them in its words.)

// lastFailed are the failed changes l after which nothing came for their rows: what they
// hold is still unsent, as long as their table is what they were made under.
const lastFailed = `l.status IN ('failed', 'asked') AND l.status = 'failed' AND l.entity_id <> 0 AND ` + bound + ` AND NOT EXISTS (SELECT 1 FROM reverse_sync_logs n
	WHERE n.config_id = l.config_id AND n.entity_id = l.entity_id AND n.id > l.id)`

// retriable are those of them that can go back to work: nothing else of their rows waits,
// as it may where a row failed while an earlier change of it was under way.
const retriable = lastFailed + ` AND NOT EXISTS (SELECT 1 FROM reverse_sync_logs w
	WHERE w.config_id = l.config_id AND w.entity_id = l.entity_id AND w.status = 'pending')`

// Decide ends a question: what the sheet holds wins, or what the CRM does. What was
// decided is done by the next push.
func (s *Store) Decide(ctx context.Context, tableID, id int64, winner sheet24.Side) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		c, err := scanChange(tx.QueryRowContext(ctx, changeColumns+`WHERE id = $1 AND config_id = $2 AND status = 'asked'`+s.dialect.forUpdate, id, tableID))
		if err != nil {
			return s.formerOr(ctx, tx, tableID, id, found(err, sheet24.CodeChangeDecided))
		}
		resolved, lastKnown := change.Resolve(c, winner, s.now())
		if err := s.know(ctx, tx, tableID, map[int64]sheet24.Known{c.EntityID: lastKnown}); err != nil {
			return err
		}
		return s.backToWork(ctx, tx, c, resolved)
	})
}

// backToWork has a change wait to be pushed that was settled, or asked about.
func (s *Store) backToWork(ctx context.Context, tx *sql.Tx, stored, c sheet24.RowChange) error {
	waiting, err := s.waitingBeside(ctx, tx, c)
	if err != nil {
		return err
	}
	if waiting != nil {
		if err := s.deleteChanges(ctx, tx, waiting.ID); err != nil {
			return err
		}
	}
	pending, notify := change.Postpone(stored, c, waiting)
	return s.storeSettled(ctx, tx, pending, notify)
}

// CountAsked tells how many rows of a table wait for what their owner decides.
func (s *Store) CountAsked(ctx context.Context, tableID int64) (n int, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM reverse_sync_logs WHERE config_id = $1 AND status IN ('failed', 'asked') AND status = 'asked'`, tableID).Scan(&n)
	return n, err
}

// Asked returns the changes of a table that wait for what their owner decides, oldest
// first.
func (s *Store) Asked(ctx context.Context, tableID int64, limit int) ([]sheet24.RowChange, error) {
	rows, err := s.db.QueryContext(ctx, changeColumns+`WHERE config_id = $1 AND status IN ('failed', 'asked') AND status = 'asked' ORDER BY id LIMIT $2`, tableID, limit)
	return collect(rows, err, scanChange)
}

// CountFailed tells how many rows of a table have changes that failed and are unsent.
func (s *Store) CountFailed(ctx context.Context, tableID int64) (n int, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM reverse_sync_logs l WHERE l.config_id = $1 AND `+lastFailed, tableID).Scan(&n)
	return n, err
}

// RetryFailed puts all failed changes of a table back to work that are unsent, and
// tells how many.
func (s *Store) RetryFailed(ctx context.Context, tableID int64) (int, error) {
	done, err := s.exec(ctx, s.db, `UPDATE reverse_sync_logs SET status = 'pending', error_message = '', tried_since = NULL, not_before = $2
		WHERE id IN (SELECT l.id FROM reverse_sync_logs l WHERE l.config_id = $1 AND `+retriable+`)`, tableID, s.now())
	if err != nil {
		return 0, err
	}
	n, err := done.RowsAffected()
	return int(n), err
}

// freeTwins puts changes back to work that failed since their rows would have been second
// rows of others, which are gone.
func (s *Store) freeTwins(ctx context.Context, tx *sql.Tx, tableID int64, gone []int64) error {
	if len(gone) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET status = 'pending', error_message = '', tried_since = NULL, not_before = $2, twin_of = 0
		WHERE id IN (SELECT l.id FROM reverse_sync_logs l WHERE l.config_id = $1 AND l.twin_of IN `+s.dialect.numbers("$3")+` AND l.twin_of <> 0 AND `+retriable+`)`,
		tableID, s.now(), listed(gone))
	return err
}

// retryWithout puts failed changes back to work that hold fields whose columns are lost:
// without those they may succeed.
func (s *Store) retryWithout(ctx context.Context, tx *sql.Tx, tableID int64, lost []sheet24.FieldMapping) error {
	if len(lost) == 0 {
		return nil
	}
	rows, err := tx.QueryContext(ctx, changeColumns+`l WHERE l.config_id = $1 AND `+retriable, tableID)
	failed, err := collect(rows, err, scanChange)
	if err != nil {
		return err
	}
	var ids []int64
	for _, c := range failed {
		if slices.ContainsFunc(lost, func(m sheet24.FieldMapping) bool { _, ok := c.Fields[m.Field]; return ok }) {
			ids = append(ids, c.ID)
		}
	}
	_, err = tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET status = 'pending', error_message = '', tried_since = NULL, not_before = $1 WHERE id IN `+s.dialect.numbers("$2"), s.now(), listed(ids))
	return err
}

// RetryChange puts a failed change back to work.
func (s *Store) RetryChange(ctx context.Context, tableID, id int64) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		c, err := scanChange(tx.QueryRowContext(ctx,
			changeColumns+`l WHERE l.id = $1 AND l.config_id = $2 AND l.status = 'failed' AND l.entity_id <> 0 AND `+bound+s.dialect.forUpdate, id, tableID))
		if err != nil {
			return s.formerOr(ctx, tx, tableID, id, found(err, sheet24.CodeChangeNotRetriable))
		}
		return s.backToWork(ctx, tx, c, change.Retry(c, s.now()))
	})
}
