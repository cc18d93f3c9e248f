package sqlstore

import (
	"context"
	"database/sql"

	"sheet24"
)

// FormerIDColumns lists the columns of a tab that had the ids of tables which have others
// by now. The numbers in them are still those of the same records.
func (s *Store) FormerIDColumns(ctx context.Context, spreadsheetID string, gid int64) ([]sheet24.IDColumn, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT column_index, column_name, portal_id, entity_type, entity_title FROM former_id_columns
		WHERE sheet_id = $1 AND sheet_gid = $2 ORDER BY id`, spreadsheetID, gid)
	return collect(rows, err, func(row scanner) (c sheet24.IDColumn, err error) {
		return c, row.Scan(&c.Column.Index, &c.Column.Name, &c.PortalID, &c.Entity, &c.EntityTitle)
	})
}

// leaveIDColumn remembers whose ids stand in the ID column of a table that becomes
// another's, or gets another ID column.
func (s *Store) leaveIDColumn(ctx context.Context, tx *sql.Tx, was *sheet24.Table) error {
	id, ok := was.Mapping(sheet24.IDField)
	if !ok {
		return nil
	}

	if err := s.takeIDColumn(ctx, tx, was); err != nil { // it is remembered once
		return err
	}

	_, err := tx.ExecContext(ctx, `
		INSERT INTO former_id_columns (sheet_id, sheet_gid, column_index, column_name, portal_id, entity_type, entity_title, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		was.SpreadsheetID, was.GID, id.Column.Index, id.Column.Name, was.PortalID, string(was.Entity), was.EntityTitle, s.now())
	return err
}

// takeIDColumn forgets a former ID column that is a table's now.
func (s *Store) takeIDColumn(ctx context.Context, tx *sql.Tx, t *sheet24.Table) error {
	id, _ := t.Mapping(sheet24.IDField)
	_, err := tx.ExecContext(ctx, `DELETE FROM former_id_columns
		WHERE sheet_id = $1 AND sheet_gid = $2 AND column_name = $3 AND portal_id = $4 AND entity_type = $5`,
		t.SpreadsheetID, t.GID, id.Column.Name, t.PortalID, string(t.Entity))
	return err
}
