// Package sqlstore keeps sheet24's tables in SQL. Its statements are one text
// for SQLite and PostgreSQL: $1 parameters, RETURNING, ON CONFLICT.
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"sheet24"
	"sheet24/internal/secret"
)

// Store is the database. It is safe for concurrent use.
type Store struct {
	db *sql.DB
	// quick is the same database, whose last commits a power cut may undo (the end of
	// the process does not): for what would be done again, as wake-ups and leases. It
	// does not wait for the disk.
	quick   *sql.DB
	writing sync.Mutex
	box     *secret.Box
	now     func() time.Time

	dialect  *dialect
	arrivals arrivals
	crowds   crowds
}

// Open opens the database at a URL, "sqlite:PATH" (or a plain path) or
// "postgres://…", and brings its schema up to date. Secrets are sealed with box.
func Open(ctx context.Context, databaseURL string, box *secret.Box) (*Store, error) {
	d, err := dialectOf(databaseURL)
	if err != nil {
		return nil, err
	}
	db, err := d.open(true)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", d.name, err)
	}
	quick, err := d.open(false)
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("open %s: %w", d.name, err)
	}
	if !d.server() {
		quick.SetMaxOpenConns(1)
	}
	s := &Store{db: db, quick: quick, box: box, now: func() time.Time { return moment(time.Now()) }, dialect: d}
	if err := d.migrate(ctx, db); err != nil {
		s.Close()
		return nil, fmt.Errorf("open %s: %w", d.name, err)
	}
	return s, nil
}

// SetClock replaces the clock of a store that nothing uses yet; tests let time pass by it.
func (s *Store) SetClock(now func() time.Time) { s.now = func() time.Time { return moment(now()) } }

// DB is a pool for the job queue that lives in the same database.
func (s *Store) DB() *sql.DB { return s.quick }

// Shared tells that other processes may work on the same database.
func (s *Store) Shared() bool { return s.dialect.server() }

// Alone runs f while no other process migrates the database.
func (s *Store) Alone(ctx context.Context, f func() error) error {
	return s.dialect.alone(ctx, s.db, f)
}

// Close closes the database.
func (s *Store) Close() error { return errors.Join(s.quick.Close(), s.db.Close()) }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.db.PingContext(ctx) }

// write waits for its turn to write; what it returns ends it. SQLite has one writer at a
// time, and who waits for it by asking waits long.
func (s *Store) write() (done func()) {
	if s.dialect.server() {
		return func() {}
	}
	s.writing.Lock()
	return s.writing.Unlock
}

// tx runs f in one transaction, which is rolled back if f fails. Where another was in its
// way, f runs again. Its error is an ErrData where it is about the values.
func (s *Store) tx(ctx context.Context, f func(*sql.Tx) error) error {
	defer s.write()()
	return asData(again(ctx, func() error { return s.once(ctx, f) }))
}

func (s *Store) once(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after a commit
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// moment is a time as both databases keep it.
func moment(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// querier is what *sql.DB and *sql.Tx have in common.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// collect reads every row of a query with scan.
func collect[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// scanner is what *sql.Row and *sql.Rows have in common.
type scanner interface{ Scan(dest ...any) error }

// found turns "no rows" into a NotFound error with a code.
func found(err error, code sheet24.Code) error {
	if errors.Is(err, sql.ErrNoRows) {
		return sheet24.Errorf(sheet24.NotFound, code)
	}
	return err
}
