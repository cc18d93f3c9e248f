package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Backup writes an installation, as it stands at one moment, into a new SQLite file, beside
// whatever else works with it, and verifies the file. tell hears of each table.
func Backup(ctx context.Context, databaseURL, file string, tell func(Copied)) error {
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is there already", file)
	}
	d, err := dialectOf(databaseURL)
	if err != nil {
		return err
	}
	if d.server() {
		// Into another kind of database row by row, which compares both.
		return Copy(ctx, databaseURL, "sqlite:"+file, tell)
	}

	if _, err := os.Stat(d.name); err != nil {
		return err // it would be made, and be empty
	}
	db, err := d.open(true)
	if err != nil {
		return err
	}
	defer db.Close()
	// It reads one moment of the database, and keeps nobody from writing meanwhile.
	if _, err := db.ExecContext(ctx, `VACUUM INTO $1`, file); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		return err
	}
	return Verify(ctx, file, tell)
}

// Verify reports that a file is a whole database of an installation that this program
// knows, and counts its rows.
func Verify(ctx context.Context, file string, tell func(Copied)) error {
	d, err := dialectOf("sqlite:" + file)
	if err != nil {
		return err
	}
	db, err := d.open(true)
	if err != nil {
		return err
	}
	defer db.Close()

	for _, check := range []string{`PRAGMA integrity_check`, `PRAGMA foreign_key_check`} {
		if err := sound(ctx, db, check); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	if err := known(ctx, d, db); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, c := range copied {
		n := 0
		switch err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+c.table).Scan(&n); {
		case err == nil:
			tell(Copied{c.table, n})
		case !strings.Contains(err.Error(), "no such table"): // of a later version
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

// sound runs one of SQLite's own checks.
func sound(ctx context.Context, db *sql.DB, check string) error {
	rows, err := db.QueryContext(ctx, check)
	if err != nil {
		return fmt.Errorf("is no whole SQLite database: %w", err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	for err == nil && rows.Next() {
		var row []any
		if row, err = scanRow(rows, len(columns)); err == nil && fmt.Sprint(row[0]) != "ok" {
			err = fmt.Errorf("%s finds: %v", check, row)
		}
	}
	if err == nil {
		err = rows.Err()
	}
	return err
}

// known reports that a database is of an installation, and of no later version than this.
func known(ctx context.Context, d *dialect, db *sql.DB) error {
	var newest int64
	if err := db.QueryRowContext(ctx, `SELECT MAX(version_id) FROM goose_db_version`).Scan(&newest); err != nil {
		return fmt.Errorf("is no backup of sheet24: %w", err)
	}
	p, err := d.migrations(db)
	if err != nil {
		return err
	}
	sources := p.ListSources()
	if ours := sources[len(sources)-1].Version; newest > ours {
		return fmt.Errorf("its schema is of version %d, and this sheet24 knows %d: restore it with the version that made it, or a newer one", newest, ours)
	}
	return nil
}
