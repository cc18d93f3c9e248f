package sqlstore

import (
	"context"
	"time"

	"sheet24"
)

// About is what a database is.
type About struct {
	Name    string    // its address, without a password
	Program string    // "SQLite 3.50.4", "PostgreSQL 17.5"
	Bytes   int64     // on its disk
	Now     time.Time // by its own clock
}

// About tells what the database is.
func (s *Store) About(ctx context.Context) (a About, err error) {
	a.Name = s.dialect.name
	query := `SELECT 'SQLite ' || sqlite_version(), (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size()), unixepoch('subsec')`
	if s.dialect.server() {
		query = `SELECT 'PostgreSQL ' || current_setting('server_version'), pg_database_size(current_database()), CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS double precision)`
	}
	var seconds float64
	err = s.db.QueryRowContext(ctx, query).Scan(&a.Program, &a.Bytes, &seconds)
	a.Now = time.UnixMilli(int64(seconds * 1000))
	return a, err
}

// EnabledTables lists the tables that are followed, those whose script is not active too.
func (s *Store) EnabledTables(ctx context.Context) ([]*sheet24.Table, error) {
	return s.tables(ctx, `WHERE enabled ORDER BY id`)
}

// Portals lists all connected portals, the oldest first.
func (s *Store) Portals(ctx context.Context) ([]*sheet24.Portal, error) {
	rows, err := s.db.QueryContext(ctx, portalColumns+`ORDER BY id`)
	return collect(rows, err, s.scanPortal)
}
