package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"sheet24"
)

// Invite keeps an invitation into a scope's team by the hash of what its link holds.
func (s *Store) Invite(ctx context.Context, scope sheet24.Scope, token string, role sheet24.Role, until time.Time) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO invitations (token_hash, team_id, role, invited_by, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		hash(token), scope.TeamID, string(role), scope.UserID, moment(until), s.now())
	return err
}

const invitationColumns = `SELECT i.token_hash, i.team_id, i.role, u.email, i.expires_at FROM invitations i JOIN users u ON u.id = i.invited_by `

// Invitations lists those into a scope's team that are still good.
func (s *Store) Invitations(ctx context.Context, scope sheet24.Scope) ([]sheet24.Invitation, error) {
	rows, err := s.db.QueryContext(ctx, invitationColumns+`WHERE i.team_id = $1 AND i.expires_at > $2 ORDER BY i.expires_at`, scope.TeamID, s.now())
	return collect(rows, err, scanInvitation)
}

// Invitation returns the one whose link holds a token, if it is still good.
func (s *Store) Invitation(ctx context.Context, token string) (sheet24.Invitation, error) {
	i, err := scanInvitation(s.db.QueryRowContext(ctx, invitationColumns+`WHERE i.token_hash = $1 AND i.expires_at > $2`, hash(token), s.now()))
	return i, found(err, sheet24.CodeInvitationUnknown)
}

// Uninvite withdraws an invitation into a scope's team.
func (s *Store) Uninvite(ctx context.Context, scope sheet24.Scope, id string) error {
	done, err := s.db.ExecContext(ctx, `DELETE FROM invitations WHERE token_hash = $1 AND team_id = $2`, id, scope.TeamID)
	return changed(done, err, sheet24.CodeInvitationUnknown)
}

// Join spends an invitation: its user belongs to that team from then on. A Conflict if they
// have tables or portals, or share a team with others, which they would have to leave.
func (s *Store) Join(ctx context.Context, u *sheet24.User, token string) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		i, err := scanInvitation(tx.QueryRowContext(ctx, `
			DELETE FROM invitations WHERE token_hash = $1 AND expires_at > $2
			RETURNING token_hash, team_id, role, '', expires_at`, hash(token), s.now()))
		if err != nil {
			return found(err, sheet24.CodeInvitationUnknown)
		}
		if err := s.checkAlone(ctx, tx, u, i.TeamID); err != nil {
			return err
		}

		if _, err := tx.ExecContext(ctx, `UPDATE users SET team_id = $2, role = $3 WHERE id = $1`, u.ID, i.TeamID, string(i.Role)); err != nil {
			return err
		}
		return s.forgetEmptyTeam(ctx, tx, u.TeamID)
	})
}

// checkAlone returns a Conflict if somebody cannot go to another team as they are.
func (s *Store) checkAlone(ctx context.Context, tx *sql.Tx, u *sheet24.User, team string) error {
	if u.TeamID == team {
		return sheet24.Errorf(sheet24.Conflict, sheet24.CodeMemberAlready)
	}
	if err := s.holdTeam(ctx, tx, u.TeamID); err != nil {
		return err
	}

	var shared bool
	if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM users WHERE team_id = $1 AND id <> $2)`, u.TeamID, u.ID).Scan(&shared); err != nil {
		return err
	}
	if shared {
		return sheet24.Errorf(sheet24.Conflict, sheet24.CodeMemberElsewhere)
	}
	return s.checkEmptyHanded(ctx, tx, u.ID, sheet24.CodeMemberElsewhere)
}

func scanInvitation(row scanner) (i sheet24.Invitation, err error) {
	return i, row.Scan(&i.ID, &i.TeamID, &i.Role, &i.InvitedBy, &i.ExpiresAt)
}
