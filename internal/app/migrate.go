package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/joho/godotenv"

	"sheet24/internal/sqlstore"
)

// Newest is the version of the schema that this program works with.
const Newest = sqlstore.Newest

// MigrateOptions are the choices of `migrate`.
type MigrateOptions struct {
	EnvFile string
	Change  bool  // go to a version; else the versions are only printed
	To      int64 // the version
	Down    bool  // it may be lower than that of the database
	Out     io.Writer
}

// Migrate takes the schema of the database to a version and prints all of them. Only
// the database's address has to be set. A SQLite file that is served is only looked at.
func Migrate(ctx context.Context, o MigrateOptions) error {
	if err := godotenv.Load(o.EnvFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", o.EnvFile, err)
	}

	url := cmp.Or(os.Getenv("SHEET24_DATABASE_URL"), "sqlite:sheet24.db")
	if o.Change {
		leave, err := sqlstore.Occupy(ctx, url)
		if err != nil {
			return err
		}
		defer leave()
	}

	all, err := sqlstore.Migrations(ctx, url)
	if err != nil {
		return err
	}

	if o.Change {
		for _, m := range all {
			if o.To != Newest && m.Version > o.To && !m.Applied.IsZero() && !o.Down {
				return fmt.Errorf("the database is at a higher version than %d: what that holds would be lost; say --yes if you mean it, and make a copy first", o.To)
			}
		}
		if all, err = sqlstore.Migrate(ctx, url, o.To); err != nil {
			return err
		}
	}

	for _, m := range all {
		applied := "not applied"
		if !m.Applied.IsZero() {
			applied = m.Applied.Format("2006-01-02 15:04:05")
		}
		fmt.Fprintf(o.Out, "%5d  %-20s %s\n", m.Version, m.Name, applied)
	}
	return nil
}

// Copy copies an installation from one database into another and prints what it copied.
// A SQLite file that is served is refused: what came after the copy would be missing.
func Copy(ctx context.Context, from, to string, out io.Writer) error {
	for _, url := range []string{from, to} {
		leave, err := sqlstore.Occupy(ctx, url)
		if err != nil {
			return err
		}
		defer leave()
	}

	err := sqlstore.Copy(ctx, from, to, func(c sqlstore.Copied) { fmt.Fprintf(out, "%-20s %9d rows, the same on both sides\n", c.Table, c.Rows) })
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "Copied. Point SHEET24_DATABASE_URL at the new database and keep SHEET24_SECRET_KEY.")
	return err
}
