package sqlstore

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"sheet24"
)

// EnsureUser returns the user of that e-mail address, made if it is new.
func (s *Store) EnsureUser(ctx context.Context, email, name, language string) (*sheet24.User, error) {
	u, err := scanUser(s.db.QueryRowContext(ctx, `
		INSERT INTO users (id, email, name, language, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (email) DO UPDATE SET name = CASE WHEN excluded.name = '' THEN users.name ELSE excluded.name END
		RETURNING id, email, name, language, created_at`,
		uuid.NewString(), strings.ToLower(email), name, language, s.now()))
	return u, err
}

// FirstUser returns who signed in first; NotFound: nobody has.
func (s *Store) FirstUser(ctx context.Context) (*sheet24.User, error) {
	u, err := scanUser(s.db.QueryRowContext(ctx,
		`SELECT id, email, name, language, created_at FROM users ORDER BY created_at, id LIMIT 1`))
	return u, found(err, sheet24.CodeUserUnknown)
}

// User returns a user by id.
func (s *Store) User(ctx context.Context, id string) (*sheet24.User, error) {
	u, err := scanUser(s.db.QueryRowContext(ctx,
		`SELECT id, email, name, language, created_at FROM users WHERE id = $1`, id))
	return u, found(err, sheet24.CodeUserUnknown)
}

// SetLanguage keeps the language that a user chose.
func (s *Store) SetLanguage(ctx context.Context, userID, language string) error {
	_, err := s.db.ExecContext(ctx, `UPDATE users SET language = $2 WHERE id = $1`, userID, language)
	return err
}

func scanUser(row scanner) (*sheet24.User, error) {
	var u sheet24.User
	err := row.Scan(&u.ID, &u.Email, &u.Name, &u.Language, &u.CreatedAt)
	return &u, err
}
