package sqlstore

import (
	"context"
	"database/sql"

	"sheet24"
	"sheet24/internal/change"
)

// noteUnidentified logs rows of which it is not certain which record they are. Rows that are
// what they should be again say what became of their last change.
func (s *Store) noteUnidentified(ctx context.Context, tx *sql.Tx, t *sheet24.Table, found sheet24.Scanned, payload func(row int) string) error {
	before, err := s.unidentifiedRows(ctx, tx, t.ID)
	if err != nil || len(before)+len(found.Unidentified) == 0 {
		return err
	}

	tell, ended := change.Unidentified(before, found)
	for _, u := range tell {
		if err := s.addUnidentified(ctx, tx, t, u, payload(u.Row)); err != nil {
			return err
		}
	}

	for _, number := range ended {
		if err := s.endUnidentified(ctx, tx, t.ID, number); err != nil {
			return err
		}
	}
	return nil
}

// UnidentifiedRows returns the rows of a table of which it is not certain which record
// they are.
func (s *Store) UnidentifiedRows(ctx context.Context, tableID int64) (map[int]sheet24.UnidentifiedRow, error) {
	return s.unidentifiedRows(ctx, s.db, tableID)
}

func (s *Store) unidentifiedRows(ctx context.Context, q querier, tableID int64) (map[int]sheet24.UnidentifiedRow, error) {
	all := map[int]sheet24.UnidentifiedRow{}
	rows, err := q.QueryContext(ctx, `SELECT sheet_row, shown_id, error FROM unidentified_rows WHERE config_id = $1`, tableID)
	_, err = collect(rows, err, func(row scanner) (u sheet24.UnidentifiedRow, err error) {
		err = row.Scan(&u.Row, &u.ID, &u.Error)
		all[u.Row] = u
		return u, err
	})
	return all, err
}

func (s *Store) addUnidentified(ctx context.Context, tx *sql.Tx, t *sheet24.Table, u sheet24.UnidentifiedRow, payload string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO unidentified_rows (config_id, sheet_row, shown_id, error) VALUES ($1, $2, $3, $4)
		ON CONFLICT (config_id, sheet_row) DO UPDATE SET shown_id = excluded.shown_id, error = excluded.error`, t.ID, u.Row, u.ID, u.Error)
	if err != nil {
		return err
	}
	line := sheet24.RowChange{Row: u.Row, Status: sheet24.Failed, Fields: map[string]sheet24.Change{}, Error: u.Error}
	_, err = s.saveJoined(ctx, tx, t, change.Join(change.Row{}, line, s.now()), payload)
	return err
}

// endUnidentified ends that a row is not known; the record that it is says once more what
// became of its last change.
func (s *Store) endUnidentified(ctx context.Context, tx *sql.Tx, tableID int64, number int) error {
	for _, statement := range []string{
		`DELETE FROM unidentified_rows WHERE config_id = $1 AND sheet_row = $2`,
		`UPDATE reverse_sync_logs SET reported_at = NULL WHERE status IN ('completed', 'failed', 'asked') AND id IN (
			SELECT MAX(l.id) FROM reverse_sync_logs l JOIN row_snapshots n ON n.config_id = l.config_id AND n.entity_id = l.entity_id
			WHERE n.config_id = $1 AND n.sheet_row = $2 AND ` + bound + ` GROUP BY l.entity_id)`,
	} {
		if _, err := tx.ExecContext(ctx, statement, tableID, number); err != nil {
			return err
		}
	}
	return nil
}
