package sqlstore

import (
	"context"
	"database/sql"
	"strings"

	"github.com/google/uuid"

	"sheet24"
)

const (
	userFields  = `id, email, name, language, created_at, team_id, role, signed_out_at`
	userColumns = `SELECT ` + userFields + ` FROM users `
)

// EnsureUser returns the user of that e-mail address, made if it is new, with a team of
// their own.
func (s *Store) EnsureUser(ctx context.Context, email, name, language string) (u *sheet24.User, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		team, err := s.newTeam(ctx, tx)
		if err != nil {
			return err
		}

		u, err = scanUser(tx.QueryRowContext(ctx, `
			INSERT INTO users (id, email, name, language, created_at, team_id, role) VALUES ($1, $2, $3, $4, $5, $6, 'owner')
			ON CONFLICT (email) DO UPDATE SET name = CASE WHEN excluded.name = '' THEN users.name ELSE excluded.name END
			RETURNING `+userFields,
			uuid.NewString(), strings.ToLower(email), name, language, s.now(), team))
		if err != nil {
			return err
		}
		return s.forgetEmptyTeam(ctx, tx, team) // they have one already
	})
	return u, err
}

// User returns a user by id.
func (s *Store) User(ctx context.Context, id string) (*sheet24.User, error) {
	u, err := scanUser(s.db.QueryRowContext(ctx, userColumns+`WHERE id = $1`, id))
	return u, found(err, sheet24.CodeUserUnknown)
}

// SetLanguage keeps the language that a user chose.
func (s *Store) SetLanguage(ctx context.Context, userID, language string) error {
	_, err := s.db.ExecContext(ctx, `UPDATE users SET language = $2 WHERE id = $1`, userID, language)
	return err
}

func scanUser(row scanner) (*sheet24.User, error) {
	var u sheet24.User
	var out sql.NullTime
	err := row.Scan(&u.ID, &u.Email, &u.Name, &u.Language, &u.CreatedAt, &u.TeamID, &u.Role, &out)
	u.SignedOutAt = out.Time
	return &u, err
}
