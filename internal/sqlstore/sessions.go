package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/alexedwards/scs/v2"

	"sheet24"
)

// Sessions keeps browser sessions: the store that alexedwards/scs asks for.
// Cookies are kept as hashes, so a copy of the database signs nobody in.
type Sessions struct{ s *Store }

// What of a session its user is shown, by the names that the pages give its values.
const (
	sessionUser  = "user"  // string: the user's id
	sessionAgent = "agent" // string: how the browser calls itself
	sessionBegan = "began" // int64: Unix time in microseconds
	sessionSeen  = "seen"  // the same, to some minutes
)

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
	shown := shownOf(data)

	return ss.s.tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE expires_at <= $1`, ss.s.now()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO sessions (token, data, expires_at, user_id, agent, began_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at,
				user_id = excluded.user_id, agent = excluded.agent, began_at = excluded.began_at, seen_at = excluded.seen_at`,
			hash(token), data, moment(expiry), shown.user, shown.Agent, moment(shown.BeganAt), moment(shown.SeenAt))
		return err
	})
}

// shownSession is a session with whose it is.
type shownSession struct {
	sheet24.Session
	user string
}

// shownOf reads out of a session's data what its user is shown; what is missing is empty.
func shownOf(data []byte) (shown shownSession) {
	_, values, err := scs.GobCodec{}.Decode(data)
	if err != nil {
		return shown
	}

	shown.user, _ = values[sessionUser].(string)
	shown.Agent, _ = values[sessionAgent].(string)
	began, _ := values[sessionBegan].(int64)
	seen, _ := values[sessionSeen].(int64)
	shown.BeganAt, shown.SeenAt = time.UnixMicro(began), time.UnixMicro(seen)
	return shown
}

// DeleteCtx ends a session.
func (ss Sessions) DeleteCtx(ctx context.Context, token string) error {
	_, err := ss.s.db.ExecContext(ctx, `DELETE FROM sessions WHERE token = $1`, hash(token))
	return err
}

// SessionsOf lists where a user is signed in, the one used last first.
func (s *Store) SessionsOf(ctx context.Context, userID string) ([]sheet24.Session, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT token, agent, began_at, seen_at FROM sessions
		WHERE user_id = $1 AND expires_at > $2 AND seen_at IS NOT NULL ORDER BY seen_at DESC, token`, userID, s.now())
	return collect(rows, err, func(row scanner) (o sheet24.Session, err error) {
		return o, row.Scan(&o.ID, &o.Agent, &o.BeganAt, &o.SeenAt)
	})
}

// SignOutEverywhere ends all sessions of a user, also those that a request is about to store
// at this moment.
func (s *Store) SignOutEverywhere(ctx context.Context, userID string) error {
	return s.tx(ctx, func(tx *sql.Tx) error { return s.signOut(ctx, tx, userID) })
}

func (s *Store) signOut(ctx context.Context, tx *sql.Tx, userID string) error {
	if _, err := tx.ExecContext(ctx, `UPDATE users SET signed_out_at = $2 WHERE id = $1`, userID, s.now()); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE user_id = $1`, userID)
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
