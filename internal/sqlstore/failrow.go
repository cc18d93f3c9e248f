package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"sheet24"
)

// FailRow fails one row of a table whose work cannot be done: c.Error says why. It writes
// nothing that the row holds, since that may be what is wrong. A change that is claimed,
// named by c.ID, ends so as it stands; without one the row's waiting change does. Else the
// row gets a line of its own, unless its last one says the same already.
func (s *Store) FailRow(ctx context.Context, t *sheet24.Table, c sheet24.RowChange) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		where, args := `id = $3`, []any{c.Error, s.now(), c.ID}
		if c.ID == 0 {
			where, args = `config_id = $3 AND entity_id = $4 AND entity_id <> 0 AND status IN ('pending', 'asked')`, []any{c.Error, s.now(), t.ID, c.EntityID}
		}
		failed, err := touched(tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET status = 'failed', error_message = $1, synced_at = $2, reported_at = NULL WHERE `+where, args...))
		if err != nil || failed || c.ID != 0 {
			return err
		}

		var status, message string
		err = tx.QueryRowContext(ctx, `SELECT status, error_message FROM reverse_sync_logs
			WHERE config_id = $1 AND entity_id = $2 AND (entity_id <> 0 OR sheet_row_id = $3) ORDER BY id DESC LIMIT 1`, t.ID, c.EntityID, c.Row).Scan(&status, &message)
		if err == nil && status == string(sheet24.Failed) && message == c.Error || err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO reverse_sync_logs (config_id, user_id, entity_id, sheet_row_id, changed_fields, status, error_message, not_before, created_at, synced_at)
			VALUES ($1, $2, $3, $4, '{}', 'failed', $5, $6, $6, $6)`, t.ID, t.UserID, c.EntityID, c.Row, c.Error, s.now())
		return err
	})
}
