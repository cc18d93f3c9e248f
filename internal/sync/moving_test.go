package sync_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"sheet24"
	"sheet24/internal/sim/bitrixsim"
	"sheet24/internal/sim/googlesim"
)

// movers are what people do to a tab while a call is under way.
var movers = map[string][]googlesim.Edit{
	"sort":          {{Kind: "sort", Range: "A2:F9", Descending: true}},
	"insert a row":  {{Kind: "insert_rows", Range: "2:2"}},
	"delete a row":  {{Kind: "delete_rows", Range: "3:3"}},
	"move a row":    {{Kind: "move_rows", Range: "2:2", To: "6"}},
	"insert column": {{Kind: "insert_columns", Range: "B:B"}},
	"two columns":   {{Kind: "insert_columns", Range: "C:C"}, {Kind: "insert_columns", Range: "E:E"}},
	"move a column": {{Kind: "move_columns", Range: "B:B", To: "F"}},
}

// moving has somebody move rows or columns at the n-th moment of the calls to Sheets.
func (w *world) moving(edits []googlesim.Edit, n int64, told bool) (done *atomic.Bool) {
	done = &atomic.Bool{}
	var moments atomic.Int64
	w.google.OnCall(func(method string, _ googlesim.Moment) {
		if !strings.HasPrefix(method, "sheets.") || moments.Add(1) != n {
			return
		}
		done.Store(true)
		for _, e := range edits {
			e.SpreadsheetID, e.GID = w.sheet, gid
			w.check(w.google.Edit(e))
		}
		if told {
			w.event(sheet24.Structure, sheet24.Range{})
		}
	})
	return done
}

// TestTabThatMoves has rows and columns moved at each moment of the requests that an
// edit, a new row and their statuses take: whoever does what then, no row becomes another
// customer's, nothing is created twice, and no cell but ids and statuses is written.
func TestTabThatMoves(t *testing.T) {
	t.Parallel()
	for name, edits := range movers {
		for _, told := range []bool{true, false} {
			t.Run(fmt.Sprint(name, " ", told), func(t *testing.T) {
				t.Parallel()
				for n := int64(1); ; n++ {
					if !movesAt(t, name, edits, n, told) {
						if n < 10 {
							t.Errorf("only %d moments", n)
						}
						return
					}
				}
			})
		}
	}
}

// movesAt is one history: true if it has an n-th moment.
func movesAt(t *testing.T, name string, edits []googlesim.Edit, n int64, told bool) bool {
	const rows = 8
	w := newWorldOf(t, sheet24.Leads, map[int]string{0: "ID", 1: "NAME", 2: "EMAIL", 3: "OPPORTUNITY"}, func(p *bitrixsim.Portal) [][]any {
		all := [][]any{{"ID", "Ad", "E-posta", "Tutar", "Serbest", "Senkronizasyon"}}
		for i := range rows {
			email := fmt.Sprintf("%d@ornek.com.tr", i)
			id := p.Add(1, map[string]any{"name": fmt.Sprint("Ad ", i), "opportunity": 10.0 + float64(i), "stageId": "NEW"}, bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: email})
			all = append(all, []any{float64(id), fmt.Sprint("Ad ", i), email, 10.0 + float64(i), fmt.Sprint("serbest ", i)})
		}
		return all
	})
	w.policies(sheet24.Policies{NewRows: sheet24.CreateNew})

	// One edit, and one new row.
	w.edit("D4", []any{99.0})
	w.edit("B10", []any{"Yeni", "yeni@ornek.com.tr", 55.0, "serbest yeni"})
	w.notify(4, 4)
	w.notify(10, 10)
	done := w.moving(edits, n, told)
	for range 6 {
		w.settled()
		w.event(sheet24.Recheck, sheet24.Range{})
	}
	w.google.OnCall(nil)

	// Each row is its own record's, and as it was typed.
	_, cells, _ := w.google.Cells(w.sheet, gid)
	at := func(row []any, header string) any {
		i := slices.Index(cells[0], any(header))
		if i < 0 || i >= len(row) || row[i] == "" {
			return nil
		}
		return row[i]
	}
	fail := func(format string, args ...any) {
		t.Errorf("%s at moment %d (told %v): %s", name, n, told, fmt.Sprintf(format, args...))
	}
	people := 0
	for number, row := range cells[1:] {
		who := at(row, "Ad")
		if who == nil {
			if slices.ContainsFunc(row, func(v any) bool { return v != nil && v != "" }) {
				fail("row %d holds %v", number+2, row)
			}
			continue
		}
		people++
		id, ok := at(row, "ID").(float64)
		record := w.lead(int64(id))
		want := fmt.Sprint(who, " ", at(row, "E-posta"), " NEW ", at(row, "Tutar"))
		if !ok || record != want {
			fail("row %d shows id %v, whose record is %q; the row says %q", number+2, at(row, "ID"), record, want)
		}
		i := strings.TrimPrefix(fmt.Sprint(who), "Ad ")
		if free := at(row, "Serbest"); free != "serbest "+strings.ToLower(i) {
			fail("row %d of %v has %v in a column that is not mapped", number+2, who, free)
		}
		if s := fmt.Sprint(at(row, "Senkronizasyon")); s != "<nil>" && !strings.HasPrefix(s, "✅") {
			fail("row %d says %s", number+2, s)
		}
	}
	if got := len(w.portal.Records(1)); got != rows+1 {
		fail("%d records", got)
	}
	if !done.Load() {
		return false
	}
	return !t.Failed()
}
