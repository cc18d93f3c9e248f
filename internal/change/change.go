// Package change has the rules of a sheet24.RowChange: the work of one row on its way from
// the sheet into the CRM. How a new edit joins what waits, how a change settles, what is
// handed on when a row becomes a record, what needs review and how that is resolved, what
// can be taken back, and the three-way merge of one field that all writing asks.
//
// It is pure: values in, values out. Nothing here reads a database, a sheet, a portal or a
// clock; the time is a parameter. A value that is passed in is never modified; what comes
// back may share memory with it.
package change

import (
	"maps"

	"sheet24"
)

// Fields are the changed cells of a row by field name ("TITLE", "EMAIL" …).
type Fields = map[string]sheet24.Change

// Coalesce joins two changes of one row's cells, the older one first: a cell has its oldest
// value before and its newest value after, so that the history shows one edit from "a" to
// "c" where a person typed "b" in between.
//
// What the older change tells of a conflict stays with the cell, as the CRM's value has not
// become any other by typing. If the newer one tells of a conflict too, that is what counts;
// a value that a write may have replaced already is remembered as an earlier one.
func Coalesce(older, newer Fields) Fields {
	joined := make(Fields, len(older)+len(newer))
	maps.Copy(joined, older)
	for field, c := range newer {
		if before, ok := older[field]; ok {
			c = coalesceCell(before, c)
		}
		joined[field] = c
	}
	return joined
}

func coalesceCell(older, newer sheet24.Change) sheet24.Change {
	newer.Old = older.Old

	earlier := newer.Earlier[:len(newer.Earlier):len(newer.Earlier)] // appending copies
	switch {
	case !newer.Conflict:
		newer.Conflict, newer.CRM, newer.Seen, newer.Tried = older.Conflict, older.CRM, older.Seen, older.Tried
	case older.Tried:
		earlier = append(earlier, older.CRM)
	}
	newer.Earlier = append(earlier, older.Earlier...)
	return newer
}

// Waiting picks, of the open changes of one row, the one that waits: to be pushed, or else
// for review. It is nil if none does. (A row has at most one change of each open status.)
func Waiting(open []sheet24.RowChange) *sheet24.RowChange {
	for _, status := range []sheet24.Status{sheet24.Pending, sheet24.NeedsReview} {
		for i, c := range open {
			if c.Status == status && c.EntityID != 0 {
				return &open[i]
			}
		}
	}
	return nil
}

// edits reports whether a change, which may be nil, changes a field.
func edits(c *sheet24.RowChange, field string) bool {
	if c == nil {
		return false
	}
	_, ok := c.Fields[field]
	return ok
}

// isRowKey reports whether an entity id is the key of a row that has no record yet.
func isRowKey(entityID int64) bool { return entityID < 0 }
