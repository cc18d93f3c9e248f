package sqlstore

import (
	"context"
	"database/sql"

	"github.com/google/uuid"

	"sheet24"
)

// inTeam is true of what belongs to a user of the team that the second parameter names: a
// table or a portal.
const inTeam = `user_id IN (SELECT id FROM users WHERE team_id = $2)`

// TableIn returns a table of a scope's team; another team's does not exist.
func (s *Store) TableIn(ctx context.Context, scope sheet24.Scope, id int64) (*sheet24.Table, error) {
	tables, err := s.tables(ctx, `WHERE id = $1 AND `+inTeam, id, scope.TeamID)
	return one(tables, err, sheet24.CodeTableUnknown)
}

// TablesIn lists the tables of a scope's team, newest first.
func (s *Store) TablesIn(ctx context.Context, scope sheet24.Scope) ([]*sheet24.Table, error) {
	return s.tables(ctx, `WHERE id > $1 AND `+inTeam+` ORDER BY id DESC`, 0, scope.TeamID)
}

// PortalIn returns a portal of a scope's team; another team's does not exist.
func (s *Store) PortalIn(ctx context.Context, scope sheet24.Scope, id int64) (*sheet24.Portal, error) {
	p, err := s.scanPortal(s.db.QueryRowContext(ctx, portalColumns+`WHERE id = $1 AND `+inTeam, id, scope.TeamID))
	return p, found(err, sheet24.CodePortalUnknown)
}

// Members lists who belongs to a scope's team, in the order in which they signed in first.
func (s *Store) Members(ctx context.Context, scope sheet24.Scope) ([]*sheet24.User, error) {
	rows, err := s.db.QueryContext(ctx, userColumns+`WHERE team_id = $1 ORDER BY created_at, id`, scope.TeamID)
	return collect(rows, err, scanUser)
}

// MemberIn returns somebody of a scope's team; whoever is in another does not exist.
func (s *Store) MemberIn(ctx context.Context, scope sheet24.Scope, id string) (*sheet24.User, error) {
	u, err := scanUser(s.db.QueryRowContext(ctx, userColumns+`WHERE id = $1 AND team_id = $2`, id, scope.TeamID))
	return u, found(err, sheet24.CodeMemberUnknown)
}

// FirstTeam returns the id of the team that was made first, of those that are there, and
// the address of who has been in it longest; NotFound: nobody has signed in.
func (s *Store) FirstTeam(ctx context.Context) (id, email string, err error) {
	err = s.db.QueryRowContext(ctx, `
		SELECT t.id, u.email FROM teams t JOIN users u ON u.team_id = t.id
		ORDER BY t.created_at, t.id, u.created_at, u.id LIMIT 1`).Scan(&id, &email)
	return id, email, found(err, sheet24.CodeUserUnknown)
}

// SetRole gives somebody of a scope's team another role. A Conflict if nobody would be left
// who is its owner.
func (s *Store) SetRole(ctx context.Context, scope sheet24.Scope, userID string, role sheet24.Role) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.holdTeam(ctx, tx, scope.TeamID); err != nil {
			return err
		}

		done, err := tx.ExecContext(ctx, `UPDATE users SET role = $3 WHERE id = $1 AND team_id = $2`, userID, scope.TeamID, string(role))
		if err := changed(done, err, sheet24.CodeMemberUnknown); err != nil {
			return err
		}
		return s.checkOwned(ctx, tx, scope.TeamID)
	})
}

// Leave takes somebody out of a scope's team and signs them out everywhere. They have a team
// of their own from then on. What is theirs was handed over before: else it is a Conflict,
// as it is where nobody would be left who is the team's owner.
func (s *Store) Leave(ctx context.Context, scope sheet24.Scope, userID string) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.holdTeam(ctx, tx, scope.TeamID); err != nil {
			return err
		}
		if err := s.checkEmptyHanded(ctx, tx, userID, sheet24.CodeMemberHasTables); err != nil {
			return err
		}

		own, err := s.newTeam(ctx, tx)
		if err != nil {
			return err
		}
		done, err := tx.ExecContext(ctx, `UPDATE users SET team_id = $3, role = 'owner' WHERE id = $1 AND team_id = $2`, userID, scope.TeamID, own)
		if err := changed(done, err, sheet24.CodeMemberUnknown); err != nil {
			return err
		}

		if _, err := tx.ExecContext(ctx, `DELETE FROM invitations WHERE invited_by = $1`, userID); err != nil {
			return err
		}
		if err := s.signOut(ctx, tx, userID); err != nil {
			return err
		}
		return s.checkOwned(ctx, tx, scope.TeamID)
	})
}

// DeleteUser forgets somebody: their portals, tables, history, grant and sessions, and their
// team if nobody is left in it. A Conflict where nobody would be left who is its owner, or
// where somebody else's table needs a portal of theirs.
func (s *Store) DeleteUser(ctx context.Context, u *sheet24.User) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.holdTeam(ctx, tx, u.TeamID); err != nil {
			return err
		}
		if err := s.checkPortalsFree(ctx, tx, u.ID); err != nil {
			return err
		}

		for _, statement := range []string{
			`DELETE FROM sessions WHERE user_id = $1`,
			`DELETE FROM sheet_sync_config WHERE user_id = $1`,
			`DELETE FROM portals WHERE user_id = $1`,
			`DELETE FROM users WHERE id = $1`,
		} {
			if _, err := tx.ExecContext(ctx, statement, u.ID); err != nil {
				return err
			}
		}

		if err := s.forgetEmptyTeam(ctx, tx, u.TeamID); err != nil {
			return err
		}
		return s.checkOwned(ctx, tx, u.TeamID)
	})
}

// HandOverPortals gives the portals that one user connected to another of their team: what
// was sealed for the one is sealed for the other.
func (s *Store) HandOverPortals(ctx context.Context, from, to *sheet24.User) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, portalColumns+`WHERE user_id = $1`+s.dialect.held, from.ID)
		portals, err := collect(rows, err, s.scanPortal)
		if err != nil {
			return err
		}

		for _, p := range portals {
			p.UserID = to.ID
			webhook, grant, err := s.sealConnection(p)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `UPDATE portals SET user_id = $2, webhook_url = $3, app_grant = $4, updated_at = $5 WHERE id = $1`,
				p.ID, to.ID, webhook, grant, s.now()); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) newTeam(ctx context.Context, tx *sql.Tx) (id string, err error) {
	id = uuid.NewString()
	_, err = tx.ExecContext(ctx, `INSERT INTO teams (id, created_at) VALUES ($1, $2)`, id, s.now())
	return id, err
}

func (s *Store) forgetEmptyTeam(ctx context.Context, tx *sql.Tx, id string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM teams WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM users WHERE team_id = $1)`, id)
	return err
}

// holdTeam keeps others from changing who belongs to a team until the transaction ends.
func (s *Store) holdTeam(ctx context.Context, tx *sql.Tx, id string) error {
	var held string
	err := tx.QueryRowContext(ctx, `SELECT id FROM teams WHERE id = $1`+s.dialect.forUpdate, id).Scan(&held)
	return found(err, sheet24.CodeMemberUnknown)
}

// checkOwned returns a Conflict if a team has members and no owner.
func (s *Store) checkOwned(ctx context.Context, tx *sql.Tx, team string) error {
	var ownerless bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM users WHERE team_id = $1)
		AND NOT EXISTS (SELECT 1 FROM users WHERE team_id = $1 AND role = 'owner')`, team).Scan(&ownerless)
	if err == nil && ownerless {
		err = sheet24.Errorf(sheet24.Conflict, sheet24.CodeLastOwner)
	}
	return err
}

// checkEmptyHanded returns a Conflict if a user has tables or portals.
func (s *Store) checkEmptyHanded(ctx context.Context, tx *sql.Tx, userID string, code sheet24.Code) error {
	var has bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sheet_sync_config WHERE user_id = $1)
		OR EXISTS (SELECT 1 FROM portals WHERE user_id = $1)`, userID).Scan(&has)
	if err == nil && has {
		err = sheet24.Errorf(sheet24.Conflict, code)
	}
	return err
}

// checkPortalsFree returns a Conflict if another user's tables follow a user's portals.
func (s *Store) checkPortalsFree(ctx context.Context, tx *sql.Tx, userID string) error {
	var needed bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sheet_sync_config c JOIN portals p ON p.id = c.portal_id
		WHERE p.user_id = $1 AND c.user_id <> $1)`, userID).Scan(&needed)
	if err == nil && needed {
		err = sheet24.Errorf(sheet24.Conflict, sheet24.CodePortalsNeeded)
	}
	return err
}

// changed turns a statement that met no row into a NotFound error with a code.
func changed(done sql.Result, err error, code sheet24.Code) error {
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return sheet24.Errorf(sheet24.NotFound, code)
}
