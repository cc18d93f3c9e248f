package change_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sheet24"
	"sheet24/internal/change"
)

// The tables of these tests say what they mean in a few words: an edit is an update of record
// 11 that waits, unless it is said otherwise.

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// at is so many seconds after noon, which is now.
func at(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

// says is something that is said of a change.
type says func(*sheet24.RowChange)

// edit is a change as a scan finds it.
func edit(all ...says) sheet24.RowChange {
	c := sheet24.RowChange{EntityID: 11, Status: sheet24.Pending, Fields: change.Fields{}}
	for _, say := range all {
		say(&c)
	}
	return c
}

// stored is a change in the database, with id 7.
func stored(all ...says) *sheet24.RowChange {
	c := edit(append([]says{id(7), due(0)}, all...)...)
	return &c
}

func id(n int64) says              { return func(c *sheet24.RowChange) { c.ID = n } }
func of(entityID int64) says       { return func(c *sheet24.RowChange) { c.EntityID = entityID } }
func due(seconds int) says         { return func(c *sheet24.RowChange) { c.NotBefore = at(seconds) } }
func inRow(n int) says             { return func(c *sheet24.RowChange) { c.Row = n } }
func status(s sheet24.Status) says { return func(c *sheet24.RowChange) { c.Status = s } }
func action(a sheet24.Action) says { return func(c *sheet24.RowChange) { c.Action = a } }
func sentence(s string) says       { return func(c *sheet24.RowChange) { c.Error = s } }
func note(s string) says           { return func(c *sheet24.RowChange) { c.Note = s } }
func settledAt(seconds int) says   { return func(c *sheet24.RowChange) { c.SyncedAt = at(seconds) } }
func createdAs(key int64) says     { return func(c *sheet24.RowChange) { c.Key = key } }
func twinOf(entityID int64) says   { return func(c *sheet24.RowChange) { c.TwinOf = entityID } }
func cell(name string, f sheet24.Change) says {
	return func(c *sheet24.RowChange) { c.Fields[name] = f }
}
func title(before, after any) says { return cell("TITLE", sheet24.Change{Old: before, New: after}) }
func email(before, after any) says { return cell("EMAIL", sheet24.Change{Old: before, New: after}) }

var (
	deletion = action(sheet24.Delete)
	creation = action(sheet24.Create)
	matching = action(sheet24.Match)
	review   = status(sheet24.NeedsReview)
	failed   = status(sheet24.Failed)
	done     = status(sheet24.Completed)
	newRow   = of(-5)
)

// conflict is a cell in conflict with what the CRM holds.
func conflict(before, after, crm any) sheet24.Change {
	return sheet24.Change{Old: before, New: after, Conflict: true, CRM: crm, Seen: crm}
}

// tried is a cell over whose conflict a write was begun.
func tried(c sheet24.Change, earlier ...any) sheet24.Change {
	c.Tried, c.Earlier = true, earlier
	return c
}

// stays is a cell in conflict of which the CRM's value stays.
func stays(c sheet24.Change) sheet24.Change {
	c.Resolution = sheet24.CRMWins
	return c
}

func expect(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
