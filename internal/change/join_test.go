package change_test

import (
	"testing"

	"sheet24"
	"sheet24/internal/change"
)

// TestJoin: an edit was found; what else the row has is given, and what waits for it then.
func TestJoin(t *testing.T) {
	t.Parallel()
	conflicting := cell("TITLE", conflict("a", "b", "x"))

	for _, c := range []struct {
		name          string
		waiting, last *sheet24.RowChange
		found, want   sheet24.RowChange
	}{
		// A row with nothing open.
		{"an edit of a row with nothing open is new and due at once", nil, nil,
			edit(title("a", "b")), edit(title("a", "b"), due(0))},
		{"a new row waits until it is typed", nil, nil,
			edit(newRow, creation, title(nil, "b"), due(3)), edit(newRow, creation, title(nil, "b"), due(3))},
		{"a deleted row waits as it may come back", nil, nil,
			edit(deletion, title("a", nil), due(60)), edit(deletion, title("a", nil), due(60))},
		{"many deleted rows need review", nil, nil,
			edit(deletion, review, title("a", nil), due(60)), edit(deletion, review, title("a", nil), due(60))},
		{"an edit keeps the row number that the scan saw", nil, nil,
			edit(inRow(9), title("a", "b")), edit(inRow(9), title("a", "b"), due(0))},
		{"what completed before is no matter", nil, stored(done, title("a", "b")),
			edit(title("b", "c")), edit(title("b", "c"), due(0))},

		// What failed before.
		{"what failed to be sent goes along with the next edit", nil, stored(failed, email("a", "bad")),
			edit(title("a", "b")), edit(title("a", "b"), email("a", "bad"), due(0))},
		{"the cell that was refused and is mended counts as it is now", nil, stored(failed, email("a", "bad")),
			edit(email("bad", "good")), edit(email("a", "good"), due(0))},
		{"mending one cell sends the others that failed with it", nil, stored(failed, email("a", "bad"), title("t", "u")),
			edit(email("bad", "good")), edit(email("a", "good"), title("t", "u"), due(0))},
		{"what failed of a new row goes along too", nil, stored(newRow, failed, creation, email(nil, "bad")),
			edit(newRow, creation, title(nil, "b"), due(3)), edit(newRow, creation, title(nil, "b"), email(nil, "bad"), due(3))},
		{"a conflict that failed stays with its cell", nil, stored(failed, conflicting),
			edit(title("b", "c")), edit(cell("TITLE", conflict("a", "c", "x")), due(0))},
		{"a deletion that failed leaves nothing unsent", nil, stored(failed, deletion, title("a", nil)),
			edit(email("a", "b")), edit(email("a", "b"), due(0))},
		{"a deleted row sends nothing that failed", nil, stored(failed, title("a", "bad")),
			edit(deletion, email("a", nil), due(60)), edit(deletion, email("a", nil), due(60))},
		{"a row that is no record has no past", nil, stored(of(0), failed, title("a", "bad")),
			edit(of(0), email("a", "b")), edit(of(0), email("a", "b"), due(0))},
		{"what waits for review is not what failed", nil, stored(review, title("a", "b")),
			edit(email("a", "b")), edit(email("a", "b"), due(0))},
		{"what is under way is not what failed", nil, stored(status(sheet24.Syncing), title("a", "b")),
			edit(email("a", "b")), edit(email("a", "b"), due(0))},

		// A line of the history.
		{"what cannot be told joins nothing that waits", stored(title("a", "b")), nil,
			edit(failed, sentence("which row?")), edit(failed, sentence("which row?"), due(0), settledAt(0))},
		{"what cannot be told carries nothing that failed", nil, stored(failed, title("a", "bad")),
			edit(failed, sentence("which row?")), edit(failed, sentence("which row?"), due(0), settledAt(0))},
		{"what cannot be told is settled at once", nil, nil,
			edit(of(0), failed, inRow(4)), edit(of(0), failed, inRow(4), due(0), settledAt(0))},

		// Edits of a row that waits.
		{"two edits of a cell are one, from the oldest value to the newest", stored(title("a", "b")), nil,
			edit(title("b", "c")), *stored(title("a", "c"))},
		{"edits of two cells are one change", stored(title("a", "b")), nil,
			edit(email("x", "y")), *stored(title("a", "b"), email("x", "y"))},
		{"of two edits of several cells each cell counts for itself", stored(title("a", "b"), email("x", "y")), nil,
			edit(title("b", "c")), *stored(title("a", "c"), email("x", "y"))},
		{"an edit that takes the one before back still is a change", stored(title("a", "b")), nil,
			edit(title("b", "a")), *stored(title("a", "a"))},
		{"a cleared cell is an edit", stored(title("a", "b")), nil,
			edit(title("b", nil)), *stored(title("a", nil))},
		{"a cell that was empty stays empty before", stored(title(nil, "b")), nil,
			edit(title("b", "c")), *stored(title(nil, "c"))},
		{"numbers and yes or no keep their types", stored(title(1.5, true)), nil,
			edit(title(true, 2.0)), *stored(title(1.5, 2.0))},
		{"an edit has the place in the queue of the one that waits", stored(title("a", "b"), due(-30)), nil,
			edit(title("b", "c")), *stored(title("a", "c"), due(-30))},
		{"an edit of a row that waits to be tried again does not hurry it", stored(title("a", "b"), due(600)), nil,
			edit(title("b", "c")), *stored(title("a", "c"), due(600))},
		{"the row is where it was seen last", stored(inRow(3), title("a", "b")), nil,
			edit(inRow(8), title("b", "c")), *stored(inRow(8), title("a", "c"))},
		{"what a waiting row said is said no more", stored(sentence("503"), title("a", "b")), nil,
			edit(title("b", "c")), *stored(title("a", "c"))},
		{"what failed before what waits is part of it already", stored(title("a", "b")), stored(id(6), failed, email("x", "bad")),
			edit(title("b", "c")), *stored(title("a", "c"))},
		{"a record whose row matches still matches", stored(matching, title(nil, "b")), nil,
			edit(title("b", "c")), *stored(matching, title(nil, "c"))},

		// New rows.
		{"a new row that is still being typed waits for longer", stored(newRow, creation, title(nil, "b"), due(3)), nil,
			edit(newRow, creation, email(nil, "y"), due(5)), *stored(newRow, creation, title(nil, "b"), email(nil, "y"), due(5))},
		{"a new row that waits for the portal is not hurried by typing", stored(newRow, creation, title(nil, "b"), due(600)), nil,
			edit(newRow, creation, email(nil, "y"), due(3)), *stored(newRow, creation, title(nil, "b"), email(nil, "y"), due(600))},
		{"a new row is created if that was decided, whatever the policy is by now", stored(newRow, creation, title(nil, "b")), nil,
			edit(newRow, matching, title("b", "c")), *stored(newRow, creation, title(nil, "c"))},
		{"a new row that only matches is not created by an edit", stored(newRow, matching, title(nil, "b")), nil,
			edit(newRow, creation, title("b", "c")), *stored(newRow, matching, title(nil, "c"))},

		// Rows that need review.
		{"an edit of a row that needs review is looked at anew", stored(review, conflicting, due(-30)), nil,
			edit(title("b", "c")), *stored(cell("TITLE", conflict("a", "c", "x")), due(0))},
		{"an edit of another cell has the question looked at too", stored(review, conflicting), nil,
			edit(email("x", "y")), *stored(conflicting, email("x", "y"))},
		{"a new row that was to be asked about is what the policy says now", stored(newRow, review, creation, title(nil, "b")), nil,
			edit(newRow, matching, title("b", "c"), due(3)), *stored(newRow, matching, title(nil, "c"), due(3))},
		{"a new row that needs review and is found to match still matches", stored(newRow, review, matching, title(nil, "b")), nil,
			edit(newRow, creation, title("b", "c"), due(3)), *stored(newRow, matching, title(nil, "c"), due(3))},
		{"a new row that needs review waits until it is typed", stored(newRow, review, matching, title(nil, "b"), due(-30)), nil,
			edit(newRow, matching, title("b", "c"), due(3)), *stored(newRow, matching, title(nil, "c"), due(3))},
		{"a record with a question that matched still matches", stored(review, matching, conflicting), nil,
			edit(title("b", "c")), *stored(matching, cell("TITLE", conflict("a", "c", "x")))},

		// Conflicts.
		{"a conflict stays with its cell", stored(conflicting), nil,
			edit(title("b", "c")), *stored(cell("TITLE", conflict("a", "c", "x")))},
		{"a conflict found anew is the one that counts", stored(conflicting), nil,
			edit(cell("TITLE", conflict("b", "c", "y"))), *stored(cell("TITLE", conflict("a", "c", "y")))},
		{"that a write over a conflict was begun stays with its cell", stored(cell("TITLE", tried(conflict("a", "b", "x")))), nil,
			edit(title("b", "c")), *stored(cell("TITLE", tried(conflict("a", "c", "x"))))},
		{"what a write may have replaced is remembered beside a new conflict", stored(cell("TITLE", tried(conflict("a", "b", "x")))), nil,
			edit(cell("TITLE", conflict("b", "c", "y"))), *stored(cell("TITLE", sheet24.Change{Old: "a", New: "c", Conflict: true, CRM: "y", Seen: "y", Earlier: []any{"x"}}))},
		{"a new conflict forgets one that no write was begun over", stored(conflicting), nil,
			edit(cell("TITLE", tried(conflict("b", "c", "y")))), *stored(cell("TITLE", tried(conflict("a", "c", "y"))))},
		{"what may have been replaced earlier stays remembered", stored(cell("TITLE", tried(conflict("a", "b", "x"), "w"))), nil,
			edit(title("b", "c")), *stored(cell("TITLE", tried(conflict("a", "c", "x"), "w")))},
		{"what may have been replaced is remembered of both", stored(cell("TITLE", tried(conflict("a", "b", "x"), "w"))), nil,
			edit(cell("TITLE", tried(conflict("b", "c", "y"), "z"))), *stored(cell("TITLE", tried(conflict("a", "c", "y"), "z", "x", "w")))},
		{"that the CRM's value was to stay ends with an edit of the cell", stored(cell("TITLE", stays(conflict("a", "b", "x")))), nil,
			edit(title("b", "c")), *stored(cell("TITLE", conflict("a", "c", "x")))},
		{"that the CRM's value is to stay does not end with an edit of another cell", stored(cell("TITLE", stays(conflict("a", "b", "x")))), nil,
			edit(email("x", "y")), *stored(cell("TITLE", stays(conflict("a", "b", "x"))), email("x", "y"))},
		{"an edit that takes a change back says so", stored(title("a", "b")), nil,
			edit(cell("TITLE", sheet24.Change{Old: "b", New: "a", Undo: true})), *stored(cell("TITLE", sheet24.Change{Old: "a", New: "a", Undo: true}))},
		{"an edit after one that takes a change back does not say so", stored(cell("TITLE", sheet24.Change{Old: "b", New: "a", Undo: true})), nil,
			edit(title("a", "c")), *stored(title("b", "c"))},

		// Deletions.
		{"a row that is deleted is not updated", stored(title("a", "b")), nil,
			edit(deletion, title("b", nil), due(60)), *stored(deletion, title("a", nil), due(60))},
		{"a deletion that needs review takes what waits along", stored(title("a", "b")), nil,
			edit(deletion, review, title("b", nil), due(60)), *stored(deletion, review, title("a", nil), due(60))},
		{"a deleted row's question is whether to delete it", stored(review, conflicting), nil,
			edit(deletion, title("b", nil), due(60)), *stored(deletion, cell("TITLE", conflict("a", nil, "x")), due(60))},
		{"a deleted row found again waits anew", stored(deletion, title("a", nil), due(5)), nil,
			edit(deletion, title("a", nil), due(60)), *stored(deletion, title("a", nil), due(60))},
		{"many deleted rows need review though some waited before", stored(deletion, title("a", nil), due(5)), nil,
			edit(deletion, review, title("a", nil), due(60)), *stored(deletion, review, title("a", nil), due(60))},
		{"an edit of a row that was deleted updates it", stored(deletion, title("a", nil), due(60)), nil,
			edit(title("a", "b")), *stored(title("a", "b"))},
		{"an edit of a row whose deletion needs review updates it", stored(deletion, review, title("a", nil), due(60)), nil,
			edit(title("a", "b")), *stored(title("a", "b"))},
		{"a row typed anew in place of a deleted one is what it is now", stored(newRow, deletion, title("a", nil), due(60)), nil,
			edit(newRow, creation, title(nil, "b"), due(3)), *stored(newRow, creation, title("a", "b"), due(3))},
	} {
		t.Run(c.name, func(t *testing.T) {
			expect(t, c.want, change.Join(change.Row{Waiting: c.waiting, Last: c.last}, c.found, noon))
		})
	}
}

// TestJoinModifiesNothing: what is passed in may be used again.
func TestJoinModifiesNothing(t *testing.T) {
	t.Parallel()
	waiting, found := stored(cell("TITLE", tried(conflict("a", "b", "x"), "w"))), edit(cell("TITLE", conflict("b", "c", "y")))
	change.Join(change.Row{Waiting: waiting}, found, noon)
	expect(t, *stored(cell("TITLE", tried(conflict("a", "b", "x"), "w"))), *waiting)
	expect(t, edit(cell("TITLE", conflict("b", "c", "y"))), found)
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		open []sheet24.RowChange
		want int64
	}{
		{"nothing is open", nil, 0},
		{"what is under way does not wait", []sheet24.RowChange{edit(id(1), status(sheet24.Syncing))}, 0},
		{"what is to be pushed waits", []sheet24.RowChange{edit(id(1), status(sheet24.Syncing)), edit(id(2))}, 2},
		{"what needs review waits", []sheet24.RowChange{edit(id(1), review)}, 1},
		{"what is to be pushed goes before what needs review", []sheet24.RowChange{edit(id(1), review), edit(id(2))}, 2},
		{"a row that is no record has nothing that waits", []sheet24.RowChange{edit(id(1), of(0))}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got int64
			if w := change.Waiting(c.open); w != nil {
				got = w.ID
			}
			expect(t, c.want, got)
		})
	}
}

func TestOvertaken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		found sheet24.RowChange
		want  []change.Cell
	}{
		{"what is typed is not written over", edit(title("a", "b")), []change.Cell{{EntityID: 11, Field: "TITLE"}}},
		{"nothing is written into a row without a record", edit(newRow, title("a", "b")), nil},
		{"nor into one that nobody can tell", edit(of(0), title("a", "b")), nil},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, c.want, change.Overtaken([]sheet24.RowChange{c.found})) })
	}
}

func TestMayDrop(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		open []sheet24.RowChange
		sent bool
		want bool
	}{
		{"a row that waits is dropped", []sheet24.RowChange{edit(newRow, creation)}, false, true},
		{"a row that needs review is dropped", []sheet24.RowChange{edit(newRow, review)}, false, true},
		{"a row of which nothing is open is dropped", nil, true, true},
		{"a row that is being created becomes a record first", []sheet24.RowChange{edit(newRow, creation, status(sheet24.Syncing))}, false, false},
		{"a row that may have been created becomes a record first", []sheet24.RowChange{edit(newRow, creation)}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, c.want, change.MayDrop(c.open, c.sent)) })
	}
}

func TestFailing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		row  change.Row
		want int64
		done bool
	}{
		{"a row with no past gets a line of its own", change.Row{}, 0, false},
		{"what waits fails", change.Row{Waiting: stored()}, 7, false},
		{"what waits fails rather than what failed before", change.Row{Waiting: stored(), Last: stored(id(3), failed)}, 7, false},
		{"what failed before says the new reason", change.Row{Last: stored(failed, sentence("before"))}, 7, false},
		{"what says so already stays as it is", change.Row{Last: stored(failed, sentence("broken"))}, 7, true},
		{"what completed before does not fail", change.Row{Last: stored(done)}, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, done := change.Failing(c.row, "broken")
			expect(t, c.want, id)
			expect(t, c.done, done)
		})
	}
}

func TestUnidentified(t *testing.T) {
	t.Parallel()
	copied, overtyped := sheet24.UnidentifiedRow{Row: 4, ID: "11", Error: "twice"}, sheet24.UnidentifiedRow{Row: 4, ID: "?", Error: "no id"}
	rows := sheet24.Range{FirstRow: 2, LastRow: 9}
	before := map[int]sheet24.UnidentifiedRow{4: copied}

	for _, c := range []struct {
		name   string
		before map[int]sheet24.UnidentifiedRow
		found  sheet24.Scanned
		tell   []sheet24.UnidentifiedRow
		ended  []int
	}{
		{"a row of an edit is told", nil, sheet24.Scanned{Unidentified: []sheet24.UnidentifiedRow{copied}}, []sheet24.UnidentifiedRow{copied}, nil},
		{"a row of an edit is told again", before, sheet24.Scanned{Unidentified: []sheet24.UnidentifiedRow{copied}}, []sheet24.UnidentifiedRow{copied}, nil},
		{"a scan of the whole tab tells once", before, sheet24.Scanned{Unidentified: []sheet24.UnidentifiedRow{copied}, Covered: rows}, nil, nil},
		{"a scan of the whole tab tells what is new", nil, sheet24.Scanned{Unidentified: []sheet24.UnidentifiedRow{copied}, Covered: rows}, []sheet24.UnidentifiedRow{copied}, nil},
		{"a scan of the whole tab tells what is another by now", before, sheet24.Scanned{Unidentified: []sheet24.UnidentifiedRow{overtyped}, Covered: rows}, []sheet24.UnidentifiedRow{overtyped}, nil},
		{"a row that was read and is what it should be ends", before, sheet24.Scanned{Identified: []int{4}}, nil, []int{4}},
		{"a row that was not read stays", before, sheet24.Scanned{Identified: []int{5}}, nil, nil},
		{"a row of a page where nothing is found ends", before, sheet24.Scanned{Covered: rows}, nil, []int{4}},
		{"a row above the page stays", before, sheet24.Scanned{Covered: sheet24.Range{FirstRow: 5}}, nil, nil},
		{"a row below the page stays", before, sheet24.Scanned{Covered: sheet24.Range{FirstRow: 2, LastRow: 3}}, nil, nil},
		{"the last page has no end", before, sheet24.Scanned{Covered: sheet24.Range{FirstRow: 2}}, nil, []int{4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tell, ended := change.Unidentified(c.before, c.found)
			expect(t, c.tell, tell)
			expect(t, c.ended, ended)
		})
	}
}
