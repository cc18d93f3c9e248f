package sqlstore

import "context"

// WakeUpWaits reports whether River carries a wake-up to no worker yet: a job of a kind, with
// these arguments as JSON.
func (s *Store) WakeUpWaits(ctx context.Context, kind, args string) (waits bool, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM river_job WHERE state = 'available' AND kind = $1 AND `+s.dialect.sameJSON("args", "$2")+`)`, kind, args).Scan(&waits)
	return waits, err
}
