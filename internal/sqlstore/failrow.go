package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"sheet24"
	"sheet24/internal/change"
)

// FailRow fails one row of a table whose work cannot be done: c.Error says why. It writes
// nothing that the row holds, since that may be what is wrong. A change that is claimed,
// named by c.ID, ends so as it stands. Without one that is what becomes of the row's
// waiting change, or of its last one, if that failed; else the row gets a line of its own.
func (s *Store) FailRow(ctx context.Context, t *sheet24.Table, c sheet24.RowChange) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.checkBinding(ctx, tx, t); sheet24.IsKind(err, sheet24.Conflict) {
			return nil // the row was the table's as it was, and is closed
		} else if err != nil {
			return err
		}
		if err := s.lockRows(ctx, tx, t.ID, []int64{c.EntityID}); err != nil {
			return err
		}
		if done, err := s.failChange(ctx, tx, t, c); err != nil || done {
			return err
		}

		line := sheet24.RowChange{EntityID: c.EntityID, Row: c.Row, Status: sheet24.Failed, Fields: map[string]sheet24.Change{}, Error: c.Error}
		_, err := s.saveJoined(ctx, tx, t, change.Join(change.Row{}, line, s.now()), "")
		return err
	})
}

// failChange fails the change that is there of a row; false: there is none. One that a push has
// claimed meanwhile is that push's.
func (s *Store) failChange(ctx context.Context, tx *sql.Tx, t *sheet24.Table, c sheet24.RowChange) (done bool, err error) {
	id, underWay := c.ID, "syncing"
	if id == 0 {
		row, err := s.failing(ctx, tx, t, c)
		if err != nil {
			return false, err
		}
		if id, done = change.Failing(row, c.Error); done || id == 0 {
			return done, nil
		}
		underWay = ""
	}

	failed, err := tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET status = 'failed', error_message = $2, synced_at = $3, reported_at = NULL
		WHERE id = $1 AND (status <> 'syncing' OR status = $4)`, id, c.Error, s.now(), underWay)
	if err != nil {
		return false, err
	}
	n, err := failed.RowsAffected()
	return n > 0, err
}

// failing is what is stored of a row that fails. Of its last change no more is read than is
// needed, since what it holds may be what is wrong.
func (s *Store) failing(ctx context.Context, q querier, t *sheet24.Table, c sheet24.RowChange) (row change.Row, err error) {
	open, err := s.openOf(ctx, q, t.ID, c.EntityID)
	if err != nil {
		return row, err
	}
	if row.Waiting = change.Waiting(open[c.EntityID]); row.Waiting != nil {
		return row, nil
	}

	var last sheet24.RowChange
	err = q.QueryRowContext(ctx, `SELECT id, status, error_message FROM reverse_sync_logs
		WHERE config_id = $1 AND entity_id = $2 AND (entity_id <> 0 OR sheet_row_id = $3) AND binding = $4 ORDER BY id DESC LIMIT 1`,
		t.ID, c.EntityID, c.Row, t.Binding).Scan(&last.ID, &last.Status, &last.Error)
	if errors.Is(err, sql.ErrNoRows) {
		return row, nil
	}
	row.Last = &last
	return row, err
}
