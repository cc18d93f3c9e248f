package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Copied tells how many rows of a table were copied, and found the same on both sides.
type Copied struct {
	Table string
	Rows  int
}

// copied are the tables that make up an installation, those that others refer to first,
// each with the columns that order it. Leases, buckets and wake-ups
// are made anew.
var copied = []struct{ table, order string }{
	{"teams", "id"}, {"users", "id"}, {"invitations", "token_hash"}, {"audit_log", "id"}, {"sessions", "token"}, {"user_sheets_tokens", "user_id"}, {"portals", "id"}, {"header_corrections", "portal_id, entity, header"}, {"former_id_columns", "id"}, {"sheet_sync_config", "id"}, {"field_mappings", "id"},
	{"row_snapshots", "config_id, entity_id"}, {"row_keys", "config_id, row_key"}, {"left_rows", "config_id, row_hash"}, {"unidentified_rows", "config_id, sheet_row"}, {"reverse_sync_logs", "id"}, {"begun_writes", "config_id, entity_id"},
	{"webhook_events", "id"}, {"cell_writes", "id"}, {"begun_sheet_writes", "id"}, {"comparisons", "config_id"}, {"comparison_rows", "config_id, sheet_row"}, {"drive_channels", "id"},
}

// texts are the columns among them that are texts: databases sort those differently.
var texts = map[string]bool{"teams.id": true, "users.id": true, "invitations.token_hash": true, "sessions.token": true, "user_sheets_tokens.user_id": true, "drive_channels.id": true, "header_corrections.entity": true, "header_corrections.header": true, "row_hash": true}

// Copy copies an installation from one database into another, which has to be empty, and
// then compares both row by row. The source is read as it stands at one moment. tell
// hears of each table that is done. If anything fails, the target is left empty.
func Copy(ctx context.Context, fromURL, toURL string, tell func(Copied)) (err error) {
	from, closeFrom, err := openForCopy(ctx, fromURL)
	if err != nil {
		return err
	}
	defer closeFrom()
	to, closeTo, err := openForCopy(ctx, toURL)
	if err != nil {
		return err
	}
	defer closeTo()
	// One moment of the source, and all of the target or nothing.
	source, err := from.db.BeginTx(ctx, &sql.TxOptions{Isolation: from.snapshot()})
	if err != nil {
		return err
	}
	defer source.Rollback()
	target, err := to.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer target.Rollback()
	for side, tx := range map[*copySide]*sql.Tx{&from: source, &to: target} {
		if !side.server() {
			continue
		}
		// One side waits while the other works, for as long as that takes.
		if _, err := tx.ExecContext(ctx, `SET LOCAL idle_in_transaction_session_timeout = 0`); err != nil {
			return err
		}
	}
	var someone bool
	if err := target.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM users)`).Scan(&someone); err != nil {
		return err
	}
	if someone {
		return fmt.Errorf("%s is not empty: copy into a new database", to.name)
	}
	for _, c := range copied {
		if err := copyTable(ctx, source, target, from.dialect, c.table, c.order); err != nil {
			return fmt.Errorf("copy %s: %w", c.table, err)
		}
	}
	for _, c := range copied {
		n, err := compareTable(ctx, source, target, from.dialect, to.dialect, c.table, c.order)
		if err != nil {
			return fmt.Errorf("compare %s: %w", c.table, err)
		}
		if err := to.goOn(ctx, target, c.table, c.order); err != nil {
			return fmt.Errorf("number %s: %w", c.table, err)
		}
		tell(Copied{c.table, n})
	}
	return target.Commit()
}

type copySide struct {
	*dialect
	db *sql.DB
}

func openForCopy(ctx context.Context, url string) (copySide, func() error, error) {
	d, err := dialectOf(url)
	if err != nil {
		return copySide{}, nil, err
	}
	db, err := d.open(true)
	if err == nil {
		err = d.migrate(ctx, db)
	}
	if err != nil {
		return copySide{}, nil, fmt.Errorf("open %s: %w", d.name, err)
	}
	return copySide{d, db}, db.Close, nil
}

// snapshot is the isolation that shows one moment of a database. SQLite has one only.
func (s copySide) snapshot() sql.IsolationLevel {
	if s.server() {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

// goOn has a table number its next rows after those that were copied.
func (s copySide) goOn(ctx context.Context, tx *sql.Tx, table, order string) error {
	if !s.server() || order != "id" || texts[table+".id"] {
		return nil // SQLite goes on after the highest by itself
	}
	_, err := tx.ExecContext(ctx, `SELECT setval(pg_get_serial_sequence('`+table+`', 'id'), COALESCE((SELECT MAX(id) FROM `+table+`), 0) + 1, false)`)
	return err
}

// ordered reads a whole table in the order of bytes.
func ordered(ctx context.Context, tx *sql.Tx, d *dialect, columns []string, table, order string) (*sql.Rows, error) {
	if d.server() {
		var parts []string
		for _, column := range strings.Split(order, ", ") {
			if texts[column] || texts[table+"."+column] {
				column += ` COLLATE "C"`
			}
			parts = append(parts, column)
		}
		order = strings.Join(parts, ", ")
	}
	return tx.QueryContext(ctx, `SELECT `+strings.Join(columns, ", ")+` FROM `+table+` ORDER BY `+order)
}

// columnsOf are a table's columns, and the types that a database gives them.
func columnsOf(ctx context.Context, tx *sql.Tx, table string) (names, types []string, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT * FROM `+table+` LIMIT 0`)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	list, err := rows.ColumnTypes()
	for _, c := range list {
		names, types = append(names, c.Name()), append(types, c.DatabaseTypeName())
	}
	return names, types, err
}

// copyParameters is how many values one statement writes at most.
const copyParameters = 5000

func copyTable(ctx context.Context, source, target *sql.Tx, from *dialect, table, order string) error {
	columns, types, err := columnsOf(ctx, target, table)
	if err != nil {
		return err
	}
	rows, err := ordered(ctx, source, from, columns, table, order)
	if err != nil {
		return err
	}
	defer rows.Close()
	var values []any
	flush := func() error {
		if len(values) == 0 {
			return nil
		}
		var lists []string
		for i := 0; i < len(values); i += len(columns) {
			lists = append(lists, "("+placeholders(i+1, len(columns))+")")
		}
		_, err := target.ExecContext(ctx, `INSERT INTO `+table+` (`+strings.Join(columns, ", ")+`) VALUES `+strings.Join(lists, ","), values...)
		values = values[:0]
		return err
	}
	for rows.Next() {
		row, err := scanRow(rows, len(columns))
		if err != nil {
			return err
		}
		for i, v := range row {
			values = append(values, asColumn(v, types[i]))
		}
		if len(values)+len(columns) > copyParameters {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return flush()
}

func scanRow(rows *sql.Rows, n int) ([]any, error) {
	row, targets := make([]any, n), make([]any, n)
	for i := range row {
		targets[i] = &row[i]
	}
	return row, rows.Scan(targets...)
}

// asColumn is a value as a column of a type takes it.
func asColumn(v any, columnType string) any {
	switch columnType {
	case "BOOL", "BOOLEAN":
		if n, ok := v.(int64); ok {
			return n != 0
		}
	case "BYTEA", "BLOB":
		if s, ok := v.(string); ok {
			return []byte(s)
		}
	default:
		if b, ok := v.([]byte); ok {
			return string(b)
		}
	}
	return v
}

// compareTable compares a table on both sides, row by row, and counts the rows.
func compareTable(ctx context.Context, source, target *sql.Tx, from, to *dialect, table, order string) (n int, err error) {
	columns, types, err := columnsOf(ctx, target, table)
	if err != nil {
		return 0, err
	}
	a, err := ordered(ctx, source, from, columns, table, order)
	if err != nil {
		return 0, err
	}
	defer a.Close()
	b, err := ordered(ctx, target, to, columns, table, order)
	if err != nil {
		return 0, err
	}
	defer b.Close()
	for a.Next() {
		n++
		if !b.Next() {
			return n, fmt.Errorf("row %d is missing", n)
		}
		want, err := scanRow(a, len(columns))
		if err != nil {
			return n, err
		}
		have, err := scanRow(b, len(columns))
		if err != nil {
			return n, err
		}
		for i, column := range columns {
			if !sameValue(asColumn(want[i], types[i]), asColumn(have[i], types[i]), types[i]) {
				return n, fmt.Errorf("row %d: %s is not the same", n, column)
			}
		}
	}
	if b.Next() {
		return n, fmt.Errorf("there are more than %d rows", n)
	}
	if err := a.Err(); err != nil {
		return n, err
	}
	return n, b.Err()
}

// sameValue compares values as what they mean: times by their microsecond, JSON by what
// it says, which PostgreSQL writes in its own way.
func sameValue(a, b any, columnType string) bool {
	if x, ok := a.(time.Time); ok {
		y, ok := b.(time.Time)
		return ok && x.Sub(y).Abs() < time.Microsecond // PostgreSQL keeps no more
	}
	if reflect.DeepEqual(a, b) {
		return true
	}
	x, okA := a.(string)
	y, okB := b.(string)
	var m, n any
	return okA && okB && strings.HasPrefix(columnType, "JSON") && json.Unmarshal([]byte(x), &m) == nil && json.Unmarshal([]byte(y), &n) == nil && reflect.DeepEqual(m, n)
}

// placeholders lists n parameters from $first on: "$3,$4,$5".
func placeholders(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "$%d", first+i)
	}
	return b.String()
}
