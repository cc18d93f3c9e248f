package sqlstore

import "context"

// Writable reports that the database takes a write and keeps it: a disk that is full, a
// file that may only be read or a server that is a copy answer all the same.
func (s *Store) Writable(ctx context.Context) error {
	defer s.write()()
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO stage_leases (subject, owner, until) VALUES ('health', '', `+s.dialect.clock("0")+`)
		ON CONFLICT (subject) DO UPDATE SET until = excluded.until`)
	return err
}
