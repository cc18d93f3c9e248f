package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"sheet24"
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
		id := c.ID
		if id == 0 {
			last, message, err := s.toFail(ctx, tx, t, c)
			if err != nil || last != 0 && message == c.Error {
				return err
			}
			id = last
		}
		if id != 0 {
			_, err := tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET status = 'failed', error_message = $2, synced_at = $3, reported_at = NULL WHERE id = $1`, id, c.Error, s.now())
			return err
		}

		_, err := tx.ExecContext(ctx, `
			INSERT INTO reverse_sync_logs (config_id, user_id, entity_id, sheet_row_id, changed_fields, status, error_message, not_before, created_at, synced_at, binding)
			VALUES ($1, $2, $3, $4, '{}', 'failed', $5, $6, $6, $6, $7)`, t.ID, t.UserID, c.EntityID, c.Row, c.Error, s.now(), t.Binding)
		return err
	})
}

// toFail is the change that fails with a row, and what it says; 0 if there is none.
func (s *Store) toFail(ctx context.Context, q querier, t *sheet24.Table, c sheet24.RowChange) (id int64, message string, err error) {
	err = q.QueryRowContext(ctx, `SELECT id, error_message FROM reverse_sync_logs
		WHERE config_id = $1 AND entity_id = $2 AND entity_id <> 0 AND status IN ('pending', 'asked') ORDER BY status DESC LIMIT 1`, t.ID, c.EntityID).Scan(&id, &message)
	if !errors.Is(err, sql.ErrNoRows) {
		return id, message, err
	}

	var status sheet24.Status
	err = q.QueryRowContext(ctx, `SELECT id, status, error_message FROM reverse_sync_logs
		WHERE config_id = $1 AND entity_id = $2 AND (entity_id <> 0 OR sheet_row_id = $3) AND binding = $4 ORDER BY id DESC LIMIT 1`, t.ID, c.EntityID, c.Row, t.Binding).Scan(&id, &status, &message)
	if errors.Is(err, sql.ErrNoRows) || err == nil && status != sheet24.Failed {
		return 0, "", nil
	}
	return id, message, err
}
