package sqlstore

import "context"

// Take adds requests to the leaky bucket of a subject, which leaks rate a second, and tells
// how full it is then. Every process of an installation counts there. Lost in a power cut
// are the last moment's, which have leaked when it is over.
func (s *Store) Take(ctx context.Context, subject string, requests, rate float64) (level float64, err error) {
	defer s.write()()
	err = s.quick.QueryRowContext(ctx, `
		INSERT INTO request_buckets (subject, level, at) VALUES ($1, $3, `+s.dialect.seconds+`)
		ON CONFLICT (subject) DO UPDATE SET at = excluded.at, level = excluded.level + CASE
			WHEN excluded.at < request_buckets.at THEN request_buckets.level -- the clock was set back
			WHEN request_buckets.level > (excluded.at - request_buckets.at) * $2 THEN request_buckets.level - (excluded.at - request_buckets.at) * $2
			ELSE 0 END
		RETURNING level`, subject, rate, requests).Scan(&level)
	return level, err
}

// Fill says how full a bucket turned out to be.
func (s *Store) Fill(ctx context.Context, subject string, level float64) error {
	defer s.write()()
	_, err := s.quick.ExecContext(ctx, `
		INSERT INTO request_buckets (subject, level, at) VALUES ($1, $2, `+s.dialect.seconds+`)
		ON CONFLICT (subject) DO UPDATE SET at = excluded.at, level = excluded.level`,
		subject, level)
	return err
}
