package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Acquire takes the lease of a subject for a while, unless somebody holds it; then ok
// is false. note is what the last owner left that released it; dirty tells that
// another came after it, who did not.
func (s *Store) Acquire(ctx context.Context, subject, owner string, d time.Duration) (note string, dirty, ok bool, err error) {
	err = s.quick.QueryRowContext(ctx, `
		INSERT INTO stage_leases (subject, owner, until, dirty, note) VALUES ($1, $2, `+s.dialect.clock("$3")+`, FALSE, '')
		ON CONFLICT (subject) DO UPDATE SET owner = excluded.owner, until = excluded.until, dirty = stage_leases.owner <> ''
		WHERE stage_leases.until <= `+s.dialect.clock("0")+` RETURNING note, dirty`, subject, owner, d.Seconds()).Scan(&note, &dirty)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, false, nil
	}
	return note, dirty, err == nil, err
}

// Renew prolongs a lease; false: it was lost.
func (s *Store) Renew(ctx context.Context, subject, owner string, d time.Duration) (bool, error) {
	done, err := s.quick.ExecContext(ctx, `UPDATE stage_leases SET until = `+s.dialect.clock("$3")+` WHERE subject = $1 AND owner = $2 AND until > `+s.dialect.clock("0"),
		subject, owner, d.Seconds())
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n == 1, err
}

// Release ends a lease, leaves a note to the next owner, and has the subject rest for a
// while before there is one.
func (s *Store) Release(ctx context.Context, subject, owner, note string, rest time.Duration) error {
	_, err := s.quick.ExecContext(ctx, `UPDATE stage_leases SET owner = '', until = `+s.dialect.clock("$4")+`, note = $3 WHERE subject = $1 AND owner = $2`,
		subject, owner, note, rest.Seconds())
	return err
}

// Expire ends all leases as if they had run out: a database file has one process, so
// that whoever held them is gone.
func (s *Store) Expire(ctx context.Context) error {
	_, err := s.quick.ExecContext(ctx, `UPDATE stage_leases SET until = `+s.dialect.clock("0"))
	return err
}
