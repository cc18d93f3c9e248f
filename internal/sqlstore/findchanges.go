package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"sheet24"
)

// lookedAt is how many changes one page of a filter looks at: whatever is looked for, and
// however long the history is, a page takes some 10 ms.
const lookedAt = 10_000

// aside is how far the time of a change may be from that of those beside it.
const aside = time.Minute

// FindChanges returns up to limit changes of a table that a filter lets pass, the newest
// first, those before the change of an id; 0 starts at the newest. It looks at some
// thousand changes, and says from where to go on.
func (s *Store) FindChanges(ctx context.Context, tableID int64, f sheet24.ChangeFilter, before int64, limit int) (sheet24.FoundChanges, error) {
	var found sheet24.FoundChanges
	if before == 0 {
		before = 1<<63 - 1
		if !f.Until.IsZero() {
			var err error
			if before, err = s.changeAfter(ctx, tableID, f.Until.Add(aside)); err != nil {
				return found, err
			}
		}
	}

	// Those of one record are found by its id, however far back; others among those that
	// are looked at.
	from := `(SELECT * FROM reverse_sync_logs WHERE config_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3) AS l`
	if f.Record != 0 {
		from = `reverse_sync_logs AS l`
	}
	args := []any{tableID, before, lookedAt, limit}

	where := conditions(f, &args)
	rows, err := s.db.QueryContext(ctx, `SELECT `+changeFields+` FROM `+from+`
		WHERE config_id = $1 AND id < $2 AND $3 > 0`+where+` ORDER BY id DESC LIMIT $4`, args...)
	if found.Changes, err = collect(rows, err, scanChange); err != nil {
		return found, err
	}

	if n := len(found.Changes); n == limit {
		last := found.Changes[n-1]
		found.Next, found.Back = last.ID, last.CreatedAt
		return found, nil
	}

	if f.Record != 0 {
		return found, nil
	}
	return found, s.furtherBack(ctx, tableID, before, f, &found)
}

// conditions are those of a filter, each after an AND; what they compare with is added to
// args.
func conditions(f sheet24.ChangeFilter, args *[]any) string {
	var where strings.Builder
	add := func(condition string, values ...any) {
		places := make([]any, len(values))
		for i, v := range values {
			*args = append(*args, v)
			places[i] = fmt.Sprintf("$%d", len(*args))
		}
		fmt.Fprintf(&where, ` AND `+condition, places...)
	}

	if f.Status != "" {
		add(`status = %s`, string(f.Status))
	}
	if f.Record != 0 {
		add(`entity_id = %s`, f.Record)
	}
	if f.Field != "" {
		add(`CAST(changed_fields AS TEXT) LIKE %s ESCAPE '!'`, "%"+like(quoted(f.Field))+":%")
	}
	if !f.From.IsZero() {
		add(`created_at >= %s`, moment(f.From))
	}
	if !f.Until.IsZero() {
		add(`created_at <= %s`, moment(f.Until))
	}
	if f.Text != "" {
		var ways []string
		var values []any
		for _, w := range written(f.Text) {
			ways, values = append(ways, `LOWER(CAST(changed_fields AS TEXT)) LIKE %s ESCAPE '!'`), append(values, "%"+like(w)+"%")
		}
		add(`(`+strings.Join(ways, ` OR `)+`)`, values...)
	}
	return where.String()
}

// furtherBack says from where to go on looking, if there is more that may be meant.
func (s *Store) furtherBack(ctx context.Context, tableID, before int64, f sheet24.ChangeFilter, found *sheet24.FoundChanges) error {
	var oldest int64
	var at time.Time
	err := s.db.QueryRowContext(ctx, `SELECT id, created_at FROM reverse_sync_logs WHERE config_id = $1 AND id < $2 ORDER BY id DESC LIMIT 1 OFFSET $3`,
		tableID, before, lookedAt-1).Scan(&oldest, &at)

	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil && !at.Before(f.From.Add(-aside)) {
		found.Next, found.Back = oldest, at
	}
	return err
}

// changeAfter returns the id of the first change of a table that was made after a time, or
// one beyond them all. Ids grow with time, so it halves them until it is found.
func (s *Store) changeAfter(ctx context.Context, tableID int64, after time.Time) (int64, error) {
	var newest sql.NullInt64
	if err := s.db.QueryRowContext(ctx, `SELECT MAX(id) FROM reverse_sync_logs WHERE config_id = $1`, tableID).Scan(&newest); err != nil {
		return 0, err
	}

	low, high := int64(0), newest.Int64+1 // it is after low, and high at most
	for high-low > 1 {
		var id int64
		var at time.Time
		middle := low + (high-low)/2
		if err := s.db.QueryRowContext(ctx, `SELECT id, created_at FROM reverse_sync_logs WHERE config_id = $1 AND id >= $2 ORDER BY id LIMIT 1`, tableID, middle).Scan(&id, &at); err != nil {
			return 0, err
		}

		if at.After(after) {
			high = middle
		} else {
			low = id
		}
	}
	return high, nil
}

// written are the ways in which a text may stand in what LOWER makes of stored values:
// SQLite lowers ASCII letters alone, and PostgreSQL writes "<", ">" and "&" as they are.
func written(text string) []string {
	turkish := language.Turkish
	var ways []string
	for _, way := range []string{text, strings.ToLower(text), strings.ToUpper(text),
		cases.Lower(turkish).String(text), cases.Upper(turkish).String(text), cases.Title(turkish).String(text)} {
		escaped := quoted(way)
		escaped = escaped[1 : len(escaped)-1]
		plain := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(escaped)
		ways = append(ways, strings.Map(lowerASCII, escaped), strings.Map(lowerASCII, plain))
	}

	slices.Sort(ways)
	return slices.Compact(ways)
}

func lowerASCII(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// quoted is a text as JSON has it.
func quoted(text string) string {
	data, err := json.Marshal(text)
	if err != nil {
		panic(err) // a text
	}
	return string(data)
}

// like is a text as a pattern of LIKE that means itself.
func like(text string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text)
}
