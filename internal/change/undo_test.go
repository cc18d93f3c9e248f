package change_test

import (
	"testing"

	"sheet24"
	"sheet24/internal/change"
)

// TestUndo: changes that a person wants taken back, and all that happened since.
func TestUndo(t *testing.T) {
	t.Parallel()
	bound := func(n int64) says { return func(c *sheet24.RowChange) { c.Binding = n } }
	line := func(n int64, all ...says) sheet24.RowChange {
		return *stored(append([]says{id(n), done, bound(1)}, all...)...)
	}
	back := func(field string, value any) sheet24.CellWrite {
		return sheet24.CellWrite{EntityID: 11, Field: field, Value: value, Undo: true}
	}

	for _, c := range []struct {
		name          string
		chosen, since []sheet24.RowChange
		want          change.Undone
	}{
		{"nothing is taken back", nil, nil, change.Undone{}},
		{"a cell gets its value from before", []sheet24.RowChange{line(1, title("a", "b"))}, nil,
			change.Undone{Cells: []sheet24.CellWrite{back("TITLE", "a")}}},
		{"a cell that was empty is emptied", []sheet24.RowChange{line(1, title(nil, "b"))}, nil,
			change.Undone{Cells: []sheet24.CellWrite{back("TITLE", nil)}}},
		{"of several changes of a cell the first one's value from before counts", []sheet24.RowChange{line(2, title("b", "c")), line(1, title("a", "b"))}, nil,
			change.Undone{Cells: []sheet24.CellWrite{back("TITLE", "a")}}},
		{"each cell of a row gets its own", []sheet24.RowChange{line(1, title("a", "b"), email("x", "y"))}, nil,
			change.Undone{Cells: []sheet24.CellWrite{back("EMAIL", "x"), back("TITLE", "a")}}},
		{"a cell that was changed again later is left", []sheet24.RowChange{line(1, title("a", "b"))}, []sheet24.RowChange{line(2, title("b", "c"))},
			change.Undone{Later: 1}},
		{"the other cells of the row are not", []sheet24.RowChange{line(1, title("a", "b"), email("x", "y"))}, []sheet24.RowChange{line(2, title("b", "c"))},
			change.Undone{Cells: []sheet24.CellWrite{back("EMAIL", "x")}, Later: 1}},
		{"what waits counts as a later change", []sheet24.RowChange{line(1, title("a", "b"))}, []sheet24.RowChange{line(2, status(sheet24.Pending), title("b", "c"))},
			change.Undone{Later: 1}},
		{"a change that goes around one that stays is left", []sheet24.RowChange{line(1, title("a", "b")), line(3, title("c", "d"))}, []sheet24.RowChange{line(2, title("b", "c"))},
			change.Undone{Cells: []sheet24.CellWrite{back("TITLE", "a")}}},
		{"a creation cannot be taken back", []sheet24.RowChange{line(1, creation, title(nil, "b"))}, nil, change.Undone{Other: 1}},
		{"a deletion cannot be taken back", []sheet24.RowChange{line(1, deletion, title("a", nil))}, nil, change.Undone{Other: 1}},
		{"what never reached the CRM cannot be taken back", []sheet24.RowChange{line(1, failed, title("a", "b"))}, nil, change.Undone{Other: 1}},
		{"a cell whose value the CRM kept out cannot be taken back", []sheet24.RowChange{line(1, cell("TITLE", stays(conflict("a", "b", "x"))))}, nil, change.Undone{Other: 1}},
		{"changes of the table as it was are left", []sheet24.RowChange{line(1, bound(0), title("a", "b"))}, nil, change.Undone{Former: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			expect(t, c.want, change.Undo(c.chosen, append(c.since, c.chosen...), 1))
		})
	}
}

func TestNotTakenBack(t *testing.T) {
	t.Parallel()
	writes := []sheet24.CellWrite{{EntityID: 12, Field: "TITLE", Value: "c", Undo: true}, {EntityID: 11, Field: "TITLE", Value: "a", Undo: true},
		{EntityID: 11, Field: "EMAIL", Value: "the CRM's"}}
	snapshots := map[int64]sheet24.Snapshot{11: {EntityID: 11, Row: 4, Values: map[string]any{"TITLE": "b"}}}

	expect(t, []sheet24.RowChange{
		edit(failed, inRow(4), cell("TITLE", sheet24.Change{Old: "b", New: "a", Undo: true})),
		edit(of(12), failed, cell("TITLE", sheet24.Change{New: "c", Undo: true})),
	}, change.NotTakenBack(writes, snapshots))
}
