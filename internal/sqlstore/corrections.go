package sqlstore

import (
	"context"
	"database/sql"

	"sheet24"
)

// SaveCorrections keeps what a user chose for columns of an entity, by the key of their
// headers: the name of a field, or "" for none. What was kept before for a header is replaced.
func (s *Store) SaveCorrections(ctx context.Context, portalID int64, e sheet24.Entity, fields map[string]string) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		for header, field := range fields {
			_, err := tx.ExecContext(ctx, `
				INSERT INTO header_corrections (portal_id, entity, header, field, updated_at) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (portal_id, entity, header) DO UPDATE SET field = excluded.field, updated_at = excluded.updated_at`,
				portalID, string(e), header, field, s.now())
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Corrections returns what was chosen for columns of an entity in a portal, by the key of
// their headers.
func (s *Store) Corrections(ctx context.Context, portalID int64, e sheet24.Entity) (map[string]string, error) {
	type correction struct{ header, field string }

	rows, err := s.db.QueryContext(ctx, `SELECT header, field FROM header_corrections WHERE portal_id = $1 AND entity = $2`, portalID, string(e))
	list, err := collect(rows, err, func(row scanner) (correction, error) {
		var c correction
		return c, row.Scan(&c.header, &c.field)
	})

	fields := map[string]string{}
	for _, c := range list {
		fields[c.header] = c.field
	}
	return fields, err
}
