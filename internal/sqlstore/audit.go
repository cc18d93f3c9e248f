package sqlstore

import (
	"context"

	"sheet24"
)

// Audit notes who did what.
func (s *Store) Audit(ctx context.Context, e sheet24.AuditEntry) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO audit_log (team_id, user_id, user_email, action, subject, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		e.TeamID, e.UserID, e.Email, e.Action, e.Subject, s.now())
	return err
}

// AuditLog returns a page of what was done in a scope's team, newest first, those before an
// id; 0 starts at the newest.
func (s *Store) AuditLog(ctx context.Context, scope sheet24.Scope, before int64, limit int) ([]sheet24.AuditEntry, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	rows, err := s.db.QueryContext(ctx, `SELECT id, team_id, user_id, user_email, action, subject, created_at FROM audit_log
		WHERE team_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, scope.TeamID, before, limit)
	return collect(rows, err, func(row scanner) (e sheet24.AuditEntry, err error) {
		return e, row.Scan(&e.ID, &e.TeamID, &e.UserID, &e.Email, &e.Action, &e.Subject, &e.At)
	})
}
