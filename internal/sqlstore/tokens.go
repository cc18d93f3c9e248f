package sqlstore

import (
	"context"
	"strings"

	"sheet24"
)

// SaveToken keeps a user's grant. An empty refresh token leaves the stored one,
// since Google sends it only with the first consent. A grant that had ended is
// good again.
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
			token_expires_at = excluded.token_expires_at, scopes = excluded.scopes, ended_at = NULL, updated_at = excluded.updated_at`,
		t.UserID, t.Email, access, refresh, t.ExpiresAt.UTC(), strings.Join(t.Scopes, " "), s.now())
	return err
}

// Token returns a user's grant.
func (s *Store) Token(ctx context.Context, userID string) (*sheet24.Token, error) {
	t := sheet24.Token{UserID: userID}
	var access, refresh, scopes string
	err := s.db.QueryRowContext(ctx, `
		SELECT user_email, access_token, refresh_token, token_expires_at, scopes, ended_at IS NOT NULL
		FROM user_sheets_tokens WHERE user_id = $1`, userID).
		Scan(&t.Email, &access, &refresh, &t.ExpiresAt, &scopes, &t.Ended)
	if err != nil {
		return nil, found(err, sheet24.CodeGoogleNotConnected)
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

// EndToken records that Google refuses a user's grant. What needs it waits until
// SaveToken brings another.
func (s *Store) EndToken(ctx context.Context, userID string) error {
	_, err := s.db.ExecContext(ctx, `UPDATE user_sheets_tokens SET ended_at = $2, updated_at = $2 WHERE user_id = $1 AND ended_at IS NULL`, userID, s.now())
	return err
}

// DeleteToken forgets a user's grant.
func (s *Store) DeleteToken(ctx context.Context, userID string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM user_sheets_tokens WHERE user_id = $1`, userID)
	return err
}
