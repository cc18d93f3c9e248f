package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Sessions keeps browser sessions: the store that alexedwards/scs asks for.
// Cookies are kept as hashes, so a copy of the database signs nobody in.
type Sessions struct{ s *Store }

// Sessions returns the session store of the database.
func (s *Store) Sessions() Sessions { return Sessions{s} }

// FindCtx returns a session that has not expired.
func (ss Sessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	err = ss.s.db.QueryRowContext(ctx,
		`SELECT data FROM sessions WHERE token = $1 AND expires_at > $2`, hash(token), ss.s.now()).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// CommitCtx stores a session, and sweeps out those that have expired.
func (ss Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return ss.s.tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE expires_at <= $1`, ss.s.now()); err != nil {
			return err
		}

		_, err := tx.ExecContext(ctx, `
			INSERT INTO sessions (token, data, expires_at) VALUES ($1, $2, $3)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`,
			hash(token), data, moment(expiry))
		return err
	})
}

// DeleteCtx ends a session.
func (ss Sessions) DeleteCtx(ctx context.Context, token string) error {
	_, err := ss.s.db.ExecContext(ctx, `DELETE FROM sessions WHERE token = $1`, hash(token))
	return err
}

// Find, Commit and Delete complete the interface; scs calls the Ctx forms.
func (ss Sessions) Find(token string) ([]byte, bool, error) {
	return ss.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (ss Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return ss.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context.
func (ss Sessions) Delete(token string) error { return ss.DeleteCtx(context.Background(), token) }
