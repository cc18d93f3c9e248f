package bench

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/storetest"
)

// History measures how soon a page of a long history is there, with what else the page
// and the report ask of it: the first, and the thousandth.
func History(tb testing.TB, name string, store *sqlstore.Store) []Figure {
	tb.Helper()
	const rows, page = 5_000_000, 50
	table := storetest.Seed(tb, store)
	check := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	_, err := store.DB().ExecContext(tb.Context(), `
		INSERT INTO reverse_sync_logs (config_id, user_id, entity_id, sheet_row_id, changed_fields, status, not_before, created_at, synced_at, reported_at)
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < `+fmt.Sprint(rows)+`)
		SELECT $1, $2, i % 1000 + 1, i % 1000 + 2, '{"NAME":{"old":"a","new":"b"}}', 'completed', $3, $3, $3, $3 FROM n`, table.ID, table.UserID, time.Now().UTC())
	check(err)
	_, err = store.DB().ExecContext(tb.Context(), `ANALYZE`)
	check(err)
	first, err := store.History(tb.Context(), table.ID, 0, page)
	check(err)
	var figures []Figure
	for _, p := range []struct {
		name   string
		before int64
	}{{"first", 0}, {"1,000th", first[0].ID - 999*page}} {
		var took []time.Duration
		for range 20 {
			began := time.Now()
			changes, err := store.History(tb.Context(), table.ID, p.before, page)
			check(err)
			_, err = store.CountFailed(tb.Context(), table.ID)
			check(err)
			_, err = store.CountNeedsReview(tb.Context(), table.ID)
			check(err)
			_, err = store.Unreported(tb.Context(), table.ID, 100)
			check(err)
			took = append(took, time.Since(began))
			if len(changes) != page || changes[0].Status != sheet24.Completed {
				tb.Fatalf("%d changes", len(changes))
			}
		}
		slices.Sort(took)
		figures = append(figures, Figure{fmt.Sprintf("history of 5,000,000 rows, %s page, %s (median of 20)", p.name, name), took[10].Round(10 * time.Microsecond).String(), "≤ 20ms", took[10] <= 20*time.Millisecond})
	}
	return figures
}
