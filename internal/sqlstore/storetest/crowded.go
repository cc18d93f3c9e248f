package storetest

import (
	"fmt"
	"sync"
	"testing"

	"sheet24"
	"sheet24/internal/sqlstore"
)

// crowded keeps of a table's flood as much as waits of an honest one, and loses no row of it.
func crowded(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	add := func(id string, row int) {
		t.Helper()
		check(t, s.AddEvent(t.Context(), &sheet24.Event{TableID: table.ID, Type: sheet24.RowEdited, MessageID: id, Rows: sheet24.Rows(row, row), Data: []byte("{}")}))
	}
	waiting := func() []sheet24.Event { return must(s.UnprocessedEvents(t.Context(), table.ID, 2*1500))(t) }
	const rows = 1500
	var senders sync.WaitGroup
	for sender := range 50 {
		senders.Go(func() {
			for row := 2 + sender; row < 2+rows; row += 50 {
				add(fmt.Sprint("m", row), row)
			}
		})
	}
	senders.Wait()

	all := waiting()
	named, joined := map[int]bool{}, 0
	for _, e := range all {
		joined += e.Joined
		for row := e.Rows.FirstRow; row <= e.Rows.LastRow; row++ {
			named[row] = true
		}
	}
	if len(all) > 1100 || len(named) != rows || len(all)+joined != rows {
		t.Fatalf("%d wait, with %d joined, and name %d rows of %d", len(all), joined, len(named), rows)
	}

	// What comes after a scan has read them is looked into by the next one.
	add("late", 5000)
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Events: all}))
	left := waiting()
	if len(left) != 1 || left[0].Rows.LastRow != 5000 {
		t.Fatalf("after the scan: %+v", left)
	}
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Events: left}))
	if left = waiting(); len(left) != 0 {
		t.Errorf("after another: %+v", left)
	}

	// Then each is one of its own again, and whole tabs are never joined.
	add("again", 5)
	add("more", 6)
	check(t, s.AddEvent(t.Context(), sheet24.NewRecheck(table.ID)))
	if left = waiting(); len(left) != 3 || left[0].Rows.LastRow != 5 {
		t.Errorf("afterwards: %+v", left)
	}
}
