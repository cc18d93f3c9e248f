package sqlstore

import (
	"context"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

// Migration is a step of the schema.
type Migration struct {
	Version int64
	Name    string
	Applied time.Time // zero: not applied
}

// Newest is the version that Migrate goes up to.
const Newest = -1

// Migrate takes the schema of a database to a version, up or down, and returns all its
// steps. Version 0 is an empty database: all data is lost.
func Migrate(ctx context.Context, databaseURL string, version int64) ([]Migration, error) {
	return withMigrations(ctx, databaseURL, func(p *goose.Provider) error {
		if version == Newest {
			_, err := p.Up(ctx)
			return err
		}

		sources := p.ListSources()
		if newest := sources[len(sources)-1].Version; version < 0 || version > newest {
			return fmt.Errorf("there is no version %d; the newest is %d", version, newest)
		}

		now, err := p.GetDBVersion(ctx)
		if err != nil {
			return err
		}

		if version >= now {
			_, err = p.UpTo(ctx, version)
		} else {
			_, err = p.DownTo(ctx, version)
		}
		return err
	})
}

// Migrations returns the steps of a database's schema as they are.
func Migrations(ctx context.Context, databaseURL string) ([]Migration, error) {
	return withMigrations(ctx, databaseURL, func(*goose.Provider) error { return nil })
}

func withMigrations(ctx context.Context, databaseURL string, change func(*goose.Provider) error) (all []Migration, err error) {
	d, err := dialectOf(databaseURL)
	if err != nil {
		return nil, err
	}

	db, err := d.open(true)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", d.name, err)
	}
	defer db.Close()

	err = d.alone(ctx, db, func() error {
		if d.prepare != "" {
			if _, err := db.ExecContext(ctx, d.prepare); err != nil {
				return err
			}
		}

		p, err := d.migrations(db)
		if err != nil {
			return err
		}
		if err := change(p); err != nil {
			return err
		}

		steps, err := p.Status(ctx)
		for _, s := range steps {
			_, name, _ := strings.Cut(strings.TrimSuffix(path.Base(s.Source.Path), ".sql"), "_")
			all = append(all, Migration{Version: s.Source.Version, Name: name, Applied: s.AppliedAt})
		}
		return err
	})

	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.name, err)
	}
	return all, nil
}
