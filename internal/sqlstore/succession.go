package sqlstore

import (
	"context"
	"database/sql"

	"sheet24"
)

// GiveTable gives a table, with its history, to another user, whose Google grant is used from
// then on. It is followed without a script until that one lets one run. A Conflict if the
// table was set up anew since it was read, or if the other user has the same one.
func (s *Store) GiveTable(ctx context.Context, t *sheet24.Table, toID string) error {
	key, err := s.box.Seal(string(t.Key), toID)
	if err != nil {
		return err
	}

	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.checkBinding(ctx, tx, t); err != nil {
			return err
		}

		var has bool
		if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sheet_sync_config
			WHERE user_id = $1 AND sheet_id = $2 AND sheet_gid = $3 AND portal_id = $4 AND entity_type = $5 AND id <> $6)`,
			toID, t.SpreadsheetID, t.GID, t.PortalID, string(t.Entity), t.ID).Scan(&has); err != nil {
			return err
		}
		if has {
			return sheet24.Errorf(sheet24.Conflict, sheet24.CodeTabTaken)
		}

		if _, err := tx.ExecContext(ctx, `UPDATE sheet_sync_config SET user_id = $2, webhook_key = $3, updated_at = $4,
				script_id = '', deployment_id = '', web_app_url = '', script_version = '', activation_hash = '', webhook_registered = FALSE,
				unannounced = 0, look_at = NULL, problem = '', status_problem = '',
				table_number = (SELECT COALESCE(MAX(o.table_number), 0) + 1 FROM sheet_sync_config o WHERE o.user_id = $2 AND o.sheet_id = $5)
			WHERE id = $1`, t.ID, toID, key, s.now(), t.SpreadsheetID); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET user_id = $2 WHERE config_id = $1`, t.ID, toID)
		return err
	})
}
