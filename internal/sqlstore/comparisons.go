package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"

	"sheet24"
)

// Comparison returns how a table was last held against the CRM.
func (s *Store) Comparison(ctx context.Context, tableID int64) (*sheet24.Comparison, error) {
	c := sheet24.Comparison{TableID: tableID}
	var counts string
	err := s.db.QueryRowContext(ctx, `
		SELECT binding, state, paused, done_rows, last_row, counts, problem, started_at, updated_at FROM comparisons WHERE config_id = $1`, tableID).
		Scan(&c.Binding, &c.State, &c.Paused, &c.DoneRow, &c.LastRow, &counts, &c.Problem, &c.StartedAt, &c.UpdatedAt)
	if err != nil {
		return nil, found(err, sheet24.CodeComparisonUnknown)
	}
	return &c, json.Unmarshal([]byte(counts), &c.Counts)
}

// StartComparison begins to hold a table against the CRM, in place of what was found
// before; while that is being acted upon it is a Conflict.
func (s *Store) StartComparison(ctx context.Context, tableID int64) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `
			INSERT INTO comparisons (config_id, binding, state, started_at, updated_at)
			SELECT id, binding, 'comparing', $2, $2 FROM sheet_sync_config WHERE id = $1
			ON CONFLICT (config_id) DO UPDATE SET binding = excluded.binding, state = 'comparing', paused = FALSE, done_rows = 0, last_row = 0, counts = '{}', problem = '',
				started_at = excluded.started_at, updated_at = excluded.updated_at WHERE comparisons.state NOT IN ('pushing', 'taking')`, tableID, s.now())
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return sheet24.Errorf(sheet24.Conflict, sheet24.CodeComparisonRunning)
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM comparison_rows WHERE config_id = $1`, tableID)
		return err
	})
}

// SetComparisonState has something done about what a comparison found, or ends it. From are the states
// that it may be in; in any other it is a Conflict.
func (s *Store) SetComparisonState(ctx context.Context, tableID int64, from []sheet24.ComparisonState, to sheet24.ComparisonState) error {
	done, err := s.db.ExecContext(ctx, `UPDATE comparisons SET state = $2, done_rows = 0, paused = FALSE, problem = '', updated_at = $3
		WHERE config_id = $1 AND state IN `+s.dialect.texts("$4"),
		tableID, string(to), s.now(), listed(from))
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return sheet24.Errorf(sheet24.Conflict, sheet24.CodeComparisonState)
	}
	return nil
}

// PauseComparison has a comparison wait, or go on.
func (s *Store) PauseComparison(ctx context.Context, tableID int64, paused bool) error {
	_, err := s.db.ExecContext(ctx, `UPDATE comparisons SET paused = $2, updated_at = $3 WHERE config_id = $1`, tableID, paused, s.now())
	return err
}

// SaveCompared stores how far a comparison came, what it found, and what it saw the CRM
// hold of records; unless its state, or its table's binding, has changed meanwhile.
func (s *Store) SaveCompared(ctx context.Context, c *sheet24.Comparison, from sheet24.ComparisonState, rows []sheet24.RowDifference, seen map[int64]sheet24.Known) error {
	counts, err := json.Marshal(c.Counts)
	if err != nil {
		return err
	}
	return s.tx(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `
			UPDATE comparisons SET state = $3, done_rows = $4, last_row = $5, counts = $6, problem = $7, updated_at = $8
			WHERE config_id = $1 AND state = $2 AND binding = $9`,
			c.TableID, string(from), string(c.State), c.DoneRow, c.LastRow, string(counts), c.Problem, s.now(), c.Binding)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return err
		}
		if err := s.lockRows(ctx, tx, c.TableID, slices.Collect(maps.Keys(seen))); err != nil {
			return err
		}
		for _, r := range rows {
			fields, err := json.Marshal(r.Fields)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `
				INSERT INTO comparison_rows (config_id, sheet_row, entity_id, kind, fields, message) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT (config_id, sheet_row) DO UPDATE SET entity_id = excluded.entity_id, kind = excluded.kind, fields = excluded.fields, message = excluded.message`,
				c.TableID, r.Row, r.EntityID, string(r.Kind), string(fields), r.Message); err != nil {
				return err
			}
		}
		return s.know(ctx, tx, c.TableID, seen)
	})
}

// Differences returns rows that a comparison found to differ, below a row of the sheet.
func (s *Store) Differences(ctx context.Context, tableID int64, below, limit int) ([]sheet24.RowDifference, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT sheet_row, entity_id, kind, fields, message FROM comparison_rows
		WHERE config_id = $1 AND sheet_row > $2 ORDER BY sheet_row LIMIT $3`, tableID, below, limit)
	return collect(rows, err, func(row scanner) (d sheet24.RowDifference, err error) {
		var fields string
		if err := row.Scan(&d.Row, &d.EntityID, &d.Kind, &fields, &d.Message); err != nil {
			return d, err
		}
		if json.Unmarshal([]byte(fields), &d.Fields) != nil { // one such row must not hide the others
			d.Fields, d.Kind = map[string]sheet24.Change{}, sheet24.WouldFail
		}
		return d, nil
	})
}

// CountOpen tells how many changes of a table wait or are under way.
func (s *Store) CountOpen(ctx context.Context, tableID int64) (n int, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM reverse_sync_logs WHERE config_id = $1 AND status IN ('pending', 'syncing') AND entity_id <> 0`, tableID).Scan(&n)
	return n, err
}
