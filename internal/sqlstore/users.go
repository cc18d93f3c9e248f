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

// User returns a user by id.
func (s *Store) User(ctx context.Context, id string) (*sheet24.User, error) {
	u, err := scanUser(s.db.QueryRowContext(ctx,
		`SELECT id, email, name, language, created_at FROM users WHERE id = $1`, id))
	return u, found(err, "user_unknown")
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

// SaveToken keeps a user's grant. An empty refresh token leaves the stored one,
// since Google sends it only with the first consent.
func (s *Store) SaveToken(ctx context.Context, t *sheet24.Token) error {
	access, err := s.box.Seal(t.AccessToken, t.UserID)
	if err != nil {
		return err
	}
	refresh, err := s.box.Seal(t.RefreshToken, t.UserID)
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `
		INSERT INTO user_sheets_tokens (user_id, user_email, access_token, refresh_token, token_expires_at, scopes, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
		ON CONFLICT (user_id) DO UPDATE SET
			user_email = excluded.user_email, access_token = excluded.access_token,
			refresh_token = CASE WHEN excluded.refresh_token = '' THEN user_sheets_tokens.refresh_token ELSE excluded.refresh_token END,
			token_expires_at = excluded.token_expires_at, scopes = excluded.scopes, updated_at = excluded.updated_at`,
		t.UserID, t.Email, access, refresh, t.ExpiresAt.UTC(), strings.Join(t.Scopes, " "), s.now())
	return err
}

// Token returns a user's grant.
func (s *Store) Token(ctx context.Context, userID string) (*sheet24.Token, error) {
	t := sheet24.Token{UserID: userID}
	var access, refresh, scopes string
	err := s.db.QueryRowContext(ctx, `
		SELECT user_email, access_token, refresh_token, token_expires_at, scopes
		FROM user_sheets_tokens WHERE user_id = $1`, userID).
		Scan(&t.Email, &access, &refresh, &t.ExpiresAt, &scopes)
	if err != nil {
		return nil, found(err, "google_not_connected")
	}
	t.Scopes = strings.Fields(scopes)
	if t.AccessToken, err = s.box.Open(access, userID); err != nil {
		return nil, err
	}
	if t.RefreshToken, err = s.box.Open(refresh, userID); err != nil {
		return nil, err
	}
	return &t, nil
}

// SavePortal connects a portal to its user, or renews the webhook of one that
// is connected already, and sets p.ID.
func (s *Store) SavePortal(ctx context.Context, p *sheet24.Portal) error {
	sealed, err := s.box.Seal(p.WebhookURL, p.UserID)
	if err != nil {
		return err
	}
	return s.db.QueryRowContext(ctx, `
		INSERT INTO portals (user_id, host, webhook_url, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
		ON CONFLICT (user_id, host) DO UPDATE SET webhook_url = excluded.webhook_url, updated_at = excluded.updated_at
		RETURNING id`, p.UserID, p.Host, sealed, s.now()).Scan(&p.ID)
}

const portalColumns = `SELECT id, user_id, host, webhook_url, created_at FROM portals `

// Portal returns a portal by id.
func (s *Store) Portal(ctx context.Context, id int64) (*sheet24.Portal, error) {
	p, err := s.scanPortal(s.db.QueryRowContext(ctx, portalColumns+`WHERE id = $1`, id))
	return p, found(err, "portal_unknown")
}

// PortalsOf lists the portals that a user connected, oldest first.
func (s *Store) PortalsOf(ctx context.Context, userID string) ([]*sheet24.Portal, error) {
	rows, err := s.db.QueryContext(ctx, portalColumns+`WHERE user_id = $1 ORDER BY id`, userID)
	return collect(rows, err, s.scanPortal)
}

func (s *Store) scanPortal(row scanner) (*sheet24.Portal, error) {
	var p sheet24.Portal
	var sealed string
	if err := row.Scan(&p.ID, &p.UserID, &p.Host, &sealed, &p.CreatedAt); err != nil {
		return nil, err
	}
	var err error
	p.WebhookURL, err = s.box.Open(sealed, p.UserID)
	return &p, err
}
