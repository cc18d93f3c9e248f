package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"sheet24"
)

// Backlogs tells what waits in each table that stages take their work from.
func (s *Store) Backlogs(ctx context.Context) ([]sheet24.Backlog, error) {
	var all []sheet24.Backlog
	for _, q := range []struct{ name, query string }{
		{"events", `SELECT COUNT(*) FROM webhook_events WHERE NOT processed`},
		{"changes", `SELECT COUNT(*) FROM reverse_sync_logs WHERE status IN ('pending', 'syncing')`},
		{"reports", `SELECT COUNT(*) FROM reverse_sync_logs WHERE reported_at IS NULL AND ` + tellable},
	} {
		b := sheet24.Backlog{Queue: q.name}
		if err := s.db.QueryRowContext(ctx, q.query).Scan(&b.Waiting); err != nil {
			return nil, err
		}
		all = append(all, b)
	}

	// The first is found by its number, since SQLite loses the type of a time in MIN.
	for i, query := range []string{
		`SELECT received_at FROM webhook_events WHERE NOT processed ORDER BY id LIMIT 1`,
		`SELECT created_at FROM reverse_sync_logs WHERE status IN ('pending', 'syncing') ORDER BY id LIMIT 1`,
		`SELECT COALESCE(synced_at, created_at) FROM reverse_sync_logs WHERE reported_at IS NULL AND ` + tellable + ` ORDER BY id LIMIT 1`,
	} {
		if all[i].Waiting == 0 {
			continue
		}
		oldest, err := s.oneTime(ctx, query)
		if err != nil {
			return nil, err
		}
		all[i].Oldest = oldest
	}
	return all, nil
}

// oneTime reads a time, which an expression may have made a text of on SQLite; zero: there
// is none.
func (s *Store) oneTime(ctx context.Context, query string) (time.Time, error) {
	var v any
	switch err := s.db.QueryRowContext(ctx, query).Scan(&v); {
	case err == sql.ErrNoRows:
		return time.Time{}, nil
	case err != nil:
		return time.Time{}, err
	}
	switch t := v.(type) {
	case time.Time:
		return t, nil
	case string:
		return time.Parse("2006-01-02 15:04:05.999999999-07:00", t)
	}
	return time.Time{}, nil
}

// mostBuckets is how many buckets are told of: the fullest.
const mostBuckets = 100

// BucketLevels tells how full the buckets are that were used within a minute, as they were
// left.
func (s *Store) BucketLevels(ctx context.Context) (map[string]float64, error) {
	levels := map[string]float64{}
	rows, err := s.db.QueryContext(ctx, `SELECT subject, level FROM request_buckets WHERE at > `+s.dialect.seconds+` - 60 ORDER BY level DESC LIMIT $1`, mostBuckets)
	_, err = collect(rows, err, func(row scanner) (_ struct{}, err error) {
		var subject string
		var level float64
		err = row.Scan(&subject, &level)
		levels[subject] = level
		return struct{}{}, err
	})
	return levels, err
}

// Jobs counts River's wake-ups.
func (s *Store) Jobs(ctx context.Context) ([]sheet24.JobCount, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT queue, CAST(state AS TEXT), COUNT(*) FROM river_job GROUP BY queue, state`)
	return collect(rows, err, func(row scanner) (j sheet24.JobCount, err error) {
		return j, row.Scan(&j.Queue, &j.State, &j.Jobs)
	})
}

// TableCounts counts the installation's tables.
func (s *Store) TableCounts(ctx context.Context) (c sheet24.TableCounts, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN webhook_registered AND unannounced >= $1 THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN problem <> '' THEN 1 ELSE 0 END), 0) FROM sheet_sync_config WHERE enabled`, sheet24.SilentAfter).Scan(&c.Active, &c.Silent, &c.Ill)
	if err != nil {
		return c, err
	}
	err = s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM portals WHERE paused_until > $1`, s.now()).Scan(&c.Paused)
	return c, err
}
