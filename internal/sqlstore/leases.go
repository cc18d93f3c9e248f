package sqlstore

import (
	"context"
	"database/sql"
	"time"
)

// Acquire takes the lease of a subject for a while, unless somebody holds it; then it
// returns false.
func (s *Store) Acquire(ctx context.Context, subject, owner string, d time.Duration) (bool, error) {
	done, err := s.quick.ExecContext(ctx, `
		INSERT INTO stage_leases (subject, owner, until) VALUES ($1, $2, `+s.dialect.clock("$3")+`)
		ON CONFLICT (subject) DO UPDATE SET owner = excluded.owner, until = excluded.until
		WHERE stage_leases.until <= `+s.dialect.clock("0"), subject, owner, d.Seconds())
	return touched(done, err)
}

// Renew prolongs a lease; false: it was lost.
func (s *Store) Renew(ctx context.Context, subject, owner string, d time.Duration) (bool, error) {
	done, err := s.quick.ExecContext(ctx, `UPDATE stage_leases SET until = `+s.dialect.clock("$3")+` WHERE subject = $1 AND owner = $2 AND until > `+s.dialect.clock("0"),
		subject, owner, d.Seconds())
	return touched(done, err)
}

// touched reports whether a statement changed a row.
func touched(done sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n == 1, err
}

// Release ends a lease, and has the subject rest for a while before there is another.
func (s *Store) Release(ctx context.Context, subject, owner string, rest time.Duration) error {
	_, err := s.quick.ExecContext(ctx, `UPDATE stage_leases SET owner = '', until = `+s.dialect.clock("$3")+` WHERE subject = $1 AND owner = $2`,
		subject, owner, rest.Seconds())
	return err
}

// Worked reports whether a subject had a lease within so long until now, or has one.
func (s *Store) Worked(ctx context.Context, subject string, within time.Duration) (worked bool, err error) {
	err = s.quick.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM stage_leases WHERE subject = $1 AND until >= `+s.dialect.clock("$2")+`)`,
		subject, -within.Seconds()).Scan(&worked)
	return worked, err
}

// Expire ends all leases as if they had run out: a database file has one process, so
// that whoever held them is gone.
func (s *Store) Expire(ctx context.Context) error {
	_, err := s.quick.ExecContext(ctx, `UPDATE stage_leases SET until = `+s.dialect.clock("0"))
	return err
}
