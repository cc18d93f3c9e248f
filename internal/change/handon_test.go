package change_test

import (
	"testing"

	"sheet24"
	"sheet24/internal/change"
)

// TestHandOn: the row of key -5 has become record 31, which may have open changes of its own.
func TestHandOn(t *testing.T) {
	t.Parallel()
	created := *stored(of(31), createdAs(-5), done, creation, inRow(4), title(nil, "b"))
	atNoon := func(c *sheet24.RowChange) { c.CreatedAt = noon }
	for _, c := range []struct {
		name    string
		waiting *sheet24.RowChange
		open    []sheet24.RowChange
		want    *sheet24.RowChange
		ended   []int64
	}{
		{"nothing waits", nil, nil, nil, nil},
		{"what came for the row is an update of the record", stored(newRow, creation, title("b", "c")), nil, stored(of(31), title("b", "c")), nil},
		{"what needs review stays what it is", stored(newRow, review, matching, title("b", "c")), nil, stored(of(31), review, matching, title("b", "c")), nil},
		{"an edit of a row into which somebody typed the id is one of the record's row", nil, []sheet24.RowChange{*stored(id(8), of(31), email("x", "y"))},
			stored(id(0), of(31), inRow(4), email("x", "y"), atNoon), []int64{8}},
		{"such an edit is older than what waits", stored(newRow, title("b", "c")), []sheet24.RowChange{*stored(id(8), of(31), title("x", "y"), email("p", "q"))},
			stored(of(31), title("x", "c"), email("p", "q")), []int64{8}},
		{"a deletion of the record ends", nil, []sheet24.RowChange{*stored(id(8), of(31), deletion, title("b", nil))}, nil, []int64{8}},
		{"several open changes join, the oldest first", nil, []sheet24.RowChange{*stored(id(8), of(31), status(sheet24.Syncing), title("x", "y")), *stored(id(9), of(31), title("y", "z"))},
			stored(id(0), of(31), inRow(4), title("x", "z"), atNoon), []int64{8, 9}},
	} {
		t.Run(c.name, func(t *testing.T) {
			next, ended := change.HandOn(created, c.waiting, c.open, noon)
			expect(t, c.want, next)
			expect(t, c.ended, ended)
		})
	}
}

// TestLink: the row of key -5 is found to be record 11.
func TestLink(t *testing.T) {
	t.Parallel()
	row := *stored(newRow, creation, title(nil, "b"))
	for _, c := range []struct {
		name   string
		open   []sheet24.RowChange
		sent   bool
		want   *sheet24.RowChange
		joined []int64
	}{
		{"its row matches from then on", nil, false, stored(createdAs(-5), matching, title(nil, "b")), nil},
		{"a record that its creation may have made was created", nil, true, stored(createdAs(-5), creation, title(nil, "b")), nil},
		{"the record's deletion ends, and the history says so", []sheet24.RowChange{*stored(id(3), deletion, title("a", nil))}, false,
			stored(createdAs(-5), matching, note("again"), title(nil, "b")), []int64{3}},
		{"what is open of the record is older than what the row holds", []sheet24.RowChange{*stored(id(3), title("a", "x"), email("p", "q"))}, false,
			stored(createdAs(-5), matching, title("a", "b"), email("p", "q")), []int64{3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			linked, joined := change.Link(row, 11, c.open, c.sent, "again")
			expect(t, *c.want, linked)
			expect(t, c.joined, joined)
		})
	}
}

// TestResolveKeys: a scan read a row under its key, -5, which is record 31 by now, or is
// ignored.
func TestResolveKeys(t *testing.T) {
	t.Parallel()
	events := []sheet24.Event{{ID: 1}}
	holds := func(id int64, values map[string]any) []sheet24.Snapshot {
		return []sheet24.Snapshot{{EntityID: id, Row: 4, Values: values}}
	}
	found := func(values map[string]any, all ...says) sheet24.Scanned {
		return sheet24.Scanned{Events: events, Changes: []sheet24.RowChange{edit(append([]says{newRow, creation}, all...)...)}, Snapshots: holds(-5, values)}
	}
	stored := map[int64]sheet24.Snapshot{31: {EntityID: 31, Values: map[string]any{"TITLE": "b"}}}

	for _, c := range []struct {
		name    string
		found   sheet24.Scanned
		records map[int64]int64
		want    sheet24.Scanned
	}{
		{"a row that has no record yet stays as it was found", found(map[string]any{"TITLE": "b"}, title(nil, "b")), map[int64]int64{},
			found(map[string]any{"TITLE": "b"}, title(nil, "b"))},
		{"what the record was created with is no change", found(map[string]any{"TITLE": "b"}, title(nil, "b")), map[int64]int64{-5: 31},
			sheet24.Scanned{Events: events, Snapshots: holds(31, map[string]any{"TITLE": "b"})}},
		{"what was typed since is an update", found(map[string]any{"TITLE": "c"}, title(nil, "c")), map[int64]int64{-5: 31},
			sheet24.Scanned{Events: events, Changes: []sheet24.RowChange{edit(of(31), title("b", "c"))}, Snapshots: holds(31, map[string]any{"TITLE": "c"})}},
		{"of a row that is ignored nothing is left, and the scan looks again", found(map[string]any{"TITLE": "c"}, title(nil, "c")), map[int64]int64{-5: 0},
			sheet24.Scanned{Snapshots: []sheet24.Snapshot{}}},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, c.want, change.ResolveKeys(c.found, c.records, stored)) })
	}
}
