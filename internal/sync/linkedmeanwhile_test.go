package sync_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sim/bitrixsim"
	"sheet24/internal/sqlstore"
)

// racing is a database in which something happens right before a scan asks which rows there
// were.
type racing struct {
	*sqlstore.Store
	before func()
}

func (r *racing) Present(ctx context.Context, tableID int64) (map[int64]int, error) {
	if f := r.before; f != nil {
		r.before = nil
		f()
	}
	return r.Store.Present(ctx, tableID)
}

// TestRowIsLinkedWhileItsTabIsScanned has a push find that a new row is a record after a scan
// read the tab, which shows the row's key still: the record is not taken for deleted, and no
// other row becomes it.
func TestRowIsLinkedWhileItsTabIsScanned(t *testing.T) {
	t.Parallel()
	for _, deleted := range []sheet24.Deleted{sheet24.KeepRecord, sheet24.DeleteRecord} {
		t.Run(fmt.Sprint("deleted rows ", deleted), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.policies(sheet24.Policies{NewRows: sheet24.CreateNew, Keys: []string{"EMAIL"}, Deleted: deleted})
			id := w.portal.Add(1, map[string]any{"name": "Fatma", "stageId": "NEW"},
				bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: "5@ornek.com.tr"}, bitrixsim.Multi{TypeID: "EMAIL", ValueType: "HOME", Value: "beş@ornek.com.tr"})
			w.edit("B6", []any{"Fatma", "5@ornek.com.tr"})
			w.nudge(6, 6)
			w.sync()
			w.later(4 * time.Second)

			// The scan reads the tab, and the row becomes the record.
			between := &racing{Store: w.store, before: func() {
				_, err := w.Push(t.Context(), w.table.PortalID)
				w.check(err)
			}}
			w.Rounds.Store = between
			w.event(sheet24.Structure, sheet24.Range{})
			_, err := w.Scan(t.Context(), w.table.ID)
			w.check(err)
			if between.before != nil {
				t.Fatal("nobody asked which rows there were")
			}
			w.Rounds.Store = w.store
			w.edit("B7", []any{"Fatma", "beş@ornek.com.tr"})
			w.nudge(7, 7)
			for range 2 {
				_, err = w.Scan(t.Context(), w.table.ID) // before the report has shown the id
				w.check(err)
			}
			w.later(4 * time.Second)
			for range 3 {
				_, err = w.Push(t.Context(), w.table.PortalID)
				w.check(err)
			}
			w.later(2 * time.Minute)
			w.settled()

			if _, there := w.portal.Record(1, id); !there {
				t.Error("the record was deleted")
			}
			expect(t, "records", len(w.portal.Records(1)), 5)
			expect(t, "the row", fmt.Sprint(w.id(6), w.status(6)), fmt.Sprint(id, ok))
			if says := fmt.Sprint(w.status(7)); !strings.HasPrefix(says, "❌") || !strings.Contains(says, fmt.Sprint(id)) {
				t.Errorf("the row of the other address says %s", says)
			}
		})
	}
}
