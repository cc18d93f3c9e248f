package sqlstore

import (
	"context"

	"sheet24"
)

// TableBelongs says whose work a table's is.
func (s *Store) TableBelongs(ctx context.Context, tableID int64) (sheet24.Belongs, error) {
	var b sheet24.Belongs
	err := s.db.QueryRowContext(ctx, `SELECT c.user_id, c.sheet_id, p.host FROM sheet_sync_config c JOIN portals p ON p.id = c.portal_id WHERE c.id = $1`, tableID).
		Scan(&b.UserID, &b.SpreadsheetID, &b.Host)
	return b, found(err, sheet24.CodeTableUnknown)
}

// PortalBelongs says whose work a portal's is.
func (s *Store) PortalBelongs(ctx context.Context, portalID int64) (sheet24.Belongs, error) {
	var b sheet24.Belongs
	err := s.db.QueryRowContext(ctx, `SELECT user_id, host FROM portals WHERE id = $1`, portalID).Scan(&b.UserID, &b.Host)
	return b, found(err, sheet24.CodePortalUnknown)
}
