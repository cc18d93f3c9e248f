package sqlstore

import "context"

// Take adds requests to the leaky bucket of a portal's host, which leaks rate a second,
// and tells how full it is then. Every process of an installation counts there. Lost in a
// power cut are the last moment's, which have leaked when it is over.
func (s *Store) Take(ctx context.Context, host string, requests, rate float64) (level float64, err error) {
	defer s.write()()
	err = s.quick.QueryRowContext(ctx, `
		INSERT INTO portal_buckets (host, level, at) VALUES ($1, $3, `+s.dialect.seconds+`)
		ON CONFLICT (host) DO UPDATE SET at = excluded.at, level = excluded.level + CASE
			WHEN excluded.at < portal_buckets.at THEN portal_buckets.level -- the clock was set back
			WHEN portal_buckets.level > (excluded.at - portal_buckets.at) * $2 THEN portal_buckets.level - (excluded.at - portal_buckets.at) * $2
			ELSE 0 END
		RETURNING level`, host, rate, requests).Scan(&level)
	return level, err
}

// Fill says how full a bucket turned out to be.
func (s *Store) Fill(ctx context.Context, host string, level float64) error {
	defer s.write()()
	_, err := s.quick.ExecContext(ctx, `
		INSERT INTO portal_buckets (host, level, at) VALUES ($1, $2, `+s.dialect.seconds+`)
		ON CONFLICT (host) DO UPDATE SET at = excluded.at, level = excluded.level`,
		host, level)
	return err
}
