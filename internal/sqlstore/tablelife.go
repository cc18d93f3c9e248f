package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"

	"sheet24"
)

// SetEnabled pauses a table, or has it go on. What waits stays, and nothing of a paused
// table is claimed. One that goes on is read as a whole at once.
func (s *Store) SetEnabled(ctx context.Context, tableID int64, enabled bool) error {
	_, err := s.db.ExecContext(ctx, `UPDATE sheet_sync_config SET enabled = $2, unannounced = 0, look_at = NULL, updated_at = $3 WHERE id = $1`,
		tableID, enabled, s.now())
	return err
}

// SetAppearance keeps what a table is called, its colours, and the language in which its
// sheet is told how rows stand. What waits for its turn is told in the language before.
func (s *Store) SetAppearance(ctx context.Context, t *sheet24.Table) error {
	colors, err := json.Marshal(t.Colors)
	if err != nil {
		return err
	}

	_, err = s.db.ExecContext(ctx, `UPDATE sheet_sync_config SET name = $2, color_scheme = $3, language = $4, updated_at = $5 WHERE id = $1`,
		t.ID, t.Name, string(colors), t.Language, s.now())
	return err
}

// Contents counts what belongs to a table.
func (s *Store) Contents(ctx context.Context, tableID int64) (sheet24.TableContents, error) {
	var c sheet24.TableContents
	err := s.db.QueryRowContext(ctx, `SELECT
		(SELECT COUNT(*) FROM row_snapshots WHERE config_id = $1 AND sheet_row > 0),
		(SELECT COUNT(*) FROM reverse_sync_logs WHERE config_id = $1),
		(SELECT COUNT(*) FROM reverse_sync_logs WHERE config_id = $1 AND status IN ('pending', 'syncing', 'asked'))`, tableID).
		Scan(&c.Rows, &c.Changes, &c.Waiting)
	return c, err
}

// DeleteTable forgets a table and all that belongs to it. It is retired first: what is
// under way somewhere belongs to a table as it was, and settles without it. Its history
// goes in pieces, so that no other table waits for that; interrupted, it is begun again.
func (s *Store) DeleteTable(ctx context.Context, t *sheet24.Table) error {
	if err := s.RetireTable(ctx, t, "table_deleting"); err != nil {
		return err
	}

	for _, name := range []string{"reverse_sync_logs", "webhook_events"} {
		if err := s.forgetInPieces(ctx, name, t.ID); err != nil {
			return err
		}
	}

	return s.tx(ctx, func(tx *sql.Tx) error {
		// The numbers in its ID column stay that portal's and entity's.
		if err := s.leaveIDColumn(ctx, tx, t); err != nil {
			return err
		}

		_, err := tx.ExecContext(ctx, `DELETE FROM sheet_sync_config WHERE id = $1`, t.ID)
		return err
	})
}

// forgetInPieces deletes what one of the database's tables holds of a table.
func (s *Store) forgetInPieces(ctx context.Context, name string, tableID int64) error {
	for {
		done, err := s.exec(ctx, s.db, `DELETE FROM `+name+` WHERE id IN (SELECT id FROM `+name+` WHERE config_id = $1 ORDER BY id LIMIT $2)`, tableID, forgetRows)
		if err != nil {
			return err
		}

		if n, err := done.RowsAffected(); err != nil || n < forgetRows {
			return err
		}
	}
}
