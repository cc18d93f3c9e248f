package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
)

//go:embed migrations
var migrations embed.FS

// dialect is all that differs between the databases: how one is opened, and its
// migrations. Every other statement is the same text on both.
type dialect struct {
	name    string // for messages, without a password
	goose   goose.Dialect
	folder  string // of the migrations
	open    func(durable bool) (*sql.DB, error)
	prepare string // runs before the migrations
	lock    string // and before that, so that one process migrates at a time
	unlock  string
	// clock is the database's own time, $1 seconds from now: the clocks of several
	// processes differ.
	clock func(seconds string) string
	// held, after a SELECT, keeps the rows that it found from changing until the transaction
	// ends; where one writes at a time they do not anyway.
	held string
	// seconds is the same time now, in Unix seconds.
	seconds string
	// each is a table of the values of a JSON list, in a column called value; eachText has
	// them as texts.
	each, eachText func(list string) string
	// forUpdate is what locks the rows of a query until the transaction ends, and forClaim what
	// leaves out those that are locked; empty where one writes at a time.
	forUpdate, forClaim string
	// merged is a column's JSON object with the members of another.
	merged func(column, other string) string
	// sameJSON is a condition: a column holds the same JSON as a text.
	sameJSON func(column, other string) string
}

// server tells PostgreSQL from SQLite.
func (d *dialect) server() bool { return d.goose == goose.DialectPostgres }

// numbers and texts are what stands in a list, which is one parameter, for IN: so a
// statement is the same however many it names.
func (d *dialect) numbers(list string) string {
	return `(SELECT CAST(value AS BIGINT) FROM ` + d.eachText(list) + `)`
}

func (d *dialect) texts(list string) string { return `(SELECT value FROM ` + d.eachText(list) + `)` }

// listed is a list as such a parameter.
func listed[T ~int | ~int64 | ~string](all []T) string {
	if len(all) == 0 {
		return "[]"
	}
	text, _ := json.Marshal(all) // numbers and texts cannot fail
	return string(text)
}

// migrationLock is the number of PostgreSQL's advisory lock for migrations.
const migrationLock = "7243924"

func dialectOf(databaseURL string) (*dialect, error) {
	if strings.HasPrefix(databaseURL, "postgres://") || strings.HasPrefix(databaseURL, "postgresql://") {
		return &dialect{
			name: redact(databaseURL), goose: goose.DialectPostgres, folder: "migrations/postgres",
			open:    func(durable bool) (*sql.DB, error) { return openPostgres(databaseURL, durable) },
			prepare: `CREATE SCHEMA IF NOT EXISTS auth; CREATE SCHEMA IF NOT EXISTS bitrix`,
			lock:    `SELECT pg_advisory_lock(` + migrationLock + `)`, unlock: `SELECT pg_advisory_unlock(` + migrationLock + `)`,
			clock: func(seconds string) string {
				return `(clock_timestamp() + make_interval(secs => CAST(` + seconds + ` AS double precision)))`
			},
			seconds: `CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS double precision)`,
			each:    func(list string) string { return `jsonb_array_elements(CAST(` + list + ` AS jsonb)) AS value` },
			eachText: func(list string) string {
				return `jsonb_array_elements_text(CAST(` + list + ` AS jsonb)) AS value`
			},
			held: ` FOR NO KEY UPDATE`, forUpdate: ` FOR UPDATE`, forClaim: ` FOR UPDATE SKIP LOCKED`,
			merged:   func(column, other string) string { return column + ` || CAST(` + other + ` AS jsonb)` },
			sameJSON: func(column, other string) string { return column + ` = CAST(` + other + ` AS jsonb)` },
		}, nil
	}

	path, ok := sqlitePath(databaseURL)
	if !ok {
		return nil, fmt.Errorf("database URL %q: expected sqlite:PATH or postgres://…", redact(databaseURL))
	}

	return &dialect{
		name: path, goose: goose.DialectSQLite3, folder: "migrations/sqlite",
		open: func(durable bool) (*sql.DB, error) { return openSQLite(path, durable) },
		clock: func(seconds string) string {
			return `strftime('%Y-%m-%d %H:%M:%f', 'now', ` + seconds + ` || ' seconds')`
		},
		seconds:  `unixepoch('subsec')`,
		each:     func(list string) string { return `json_each(` + list + `)` },
		eachText: func(list string) string { return `json_each(` + list + `)` },
		merged:   func(column, other string) string { return `json_patch(` + column + `, ` + other + `)` },
		sameJSON: func(column, other string) string { return `json(` + column + `) = json(` + other + `)` },
	}, nil
}

func openSQLite(path string, durable bool) (*sql.DB, error) {
	// A new file is its owner's alone: it holds what people keep in their sheets.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	file.Close()

	// Immediate transactions wait for the writer's lock at their start instead of
	// failing in the middle; WAL lets readers go on meanwhile. FULL makes a commit
	// survive a power cut, which is what a 202 promises.
	synchronous := "synchronous(FULL)"
	if !durable {
		synchronous = "synchronous(NORMAL)"
	}

	query := url.Values{
		"_txlock":      {"immediate"},
		"_time_format": {"sqlite"},
		"_pragma":      {"busy_timeout(10000)", "journal_mode(WAL)", synchronous, "foreign_keys(1)"},
	}

	// A path may hold what means something in an address: "#" would end it there, and the
	// data of several paths meet in one file.
	address := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath(), RawQuery: query.Encode()}
	connector, err := sqlite.NewConnector(address.String())
	if err != nil {
		return nil, err
	}

	sqlite.Fdatasync(true) // as safe, and half the time, where there is it
	db := sql.OpenDB(keeper{connector})
	db.SetMaxOpenConns(8)
	return db, nil
}

func openPostgres(databaseURL string, durable bool) (*sql.DB, error) {
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, err
	}

	config.RuntimeParams["search_path"] = "bitrix,auth"
	config.RuntimeParams["timezone"] = "UTC"
	// A process that is frozen within a transaction must not hold up the others.
	config.RuntimeParams["idle_in_transaction_session_timeout"] = "10s"
	if !durable {
		config.RuntimeParams["synchronous_commit"] = "off"
	}

	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(16)
	return db, nil
}

// alone runs f while no other process does.
func (d *dialect) alone(ctx context.Context, db *sql.DB, f func() error) error {
	if d.lock == "" {
		return f()
	}

	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()

	if _, err := conn.ExecContext(ctx, d.lock); err != nil {
		return err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), d.unlock)

	return f()
}

func (d *dialect) migrations(db *sql.DB) (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, d.folder)
	if err != nil {
		return nil, err
	}
	// Steps that come later may have smaller numbers: their numbers were given out before.
	return goose.NewProvider(d.goose, db, dir, goose.WithAllowOutofOrder(true))
}

func (d *dialect) migrate(ctx context.Context, db *sql.DB) error {
	return d.alone(ctx, db, func() error {
		if d.prepare != "" {
			if _, err := db.ExecContext(ctx, d.prepare); err != nil {
				return err
			}
		}

		p, err := d.migrations(db)
		if err != nil {
			return err
		}
		_, err = p.Up(ctx)
		return err
	})
}

func sqlitePath(databaseURL string) (string, bool) {
	if rest, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		return strings.TrimPrefix(rest, "//"), rest != ""
	}
	return databaseURL, databaseURL != "" && !strings.Contains(databaseURL, "://")
}

// redact hides the password of a URL that goes into an error message.
func redact(databaseURL string) string {
	if u, err := url.Parse(databaseURL); err == nil {
		return u.Redacted()
	}
	return "…"
}
