package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"

	"sheet24"
)

// CellWrites returns values that are to be written into a table's sheet.
func (s *Store) CellWrites(ctx context.Context, tableID int64, limit int) ([]sheet24.CellWrite, error) {
	return s.cellWrites(ctx, s.db, tableID, limit)
}

func (s *Store) cellWrites(ctx context.Context, q querier, tableID int64, limit int) ([]sheet24.CellWrite, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, entity_id, field, cell_value, seen, undo FROM cell_writes WHERE config_id = $1 ORDER BY id LIMIT $2`, tableID, limit)
	return collect(rows, err, func(row scanner) (w sheet24.CellWrite, err error) {
		var value, seen string
		if err := row.Scan(&w.ID, &w.EntityID, &w.Field, &value, &seen, &w.Undo); err != nil {
			return w, err
		}
		w.Unreadable = json.Unmarshal([]byte(value), &w.Value) != nil || json.Unmarshal([]byte(seen), &w.Seen) != nil
		return w, nil
	})
}

// AddCellWrites has values written into a table's sheet; the last one for a cell
// counts. If the table has been exchanged since it was read, that is a Conflict.
func (s *Store) AddCellWrites(ctx context.Context, t *sheet24.Table, cells []sheet24.CellWrite) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.checkBinding(ctx, tx, t); err != nil {
			return err
		}
		return s.addCellWrites(ctx, tx, t.ID, cells)
	})
}

func (s *Store) addCellWrites(ctx context.Context, tx *sql.Tx, tableID int64, cells []sheet24.CellWrite) error {
	for _, w := range cells {
		value, err := json.Marshal(w.Value)
		if err != nil {
			return err
		}
		seen, err := json.Marshal(w.Seen)
		if err != nil {
			return err
		}

		if _, err := tx.ExecContext(ctx, `
			INSERT INTO cell_writes (config_id, entity_id, field, cell_value, seen, undo) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (config_id, entity_id, field) DO UPDATE SET cell_value = excluded.cell_value, seen = excluded.seen, undo = excluded.undo`,
			tableID, w.EntityID, w.Field, string(value), string(seen), w.Undo); err != nil {
			return err
		}
	}
	return nil
}
