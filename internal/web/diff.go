package web

import (
	"slices"

	"sheet24"
)

// columnChange is a changed field under the name of its column.
type columnChange struct {
	field, name string
	change      sheet24.Change
}

// columnsOf lists a change's fields in the order of the table's columns, and
// those that are no longer mapped after them; those of a table as it was have no columns.
func columnsOf(t *sheet24.Table, c sheet24.RowChange) []columnChange {
	var list []columnChange
	place := func(field string) (int, string) {
		if t != nil && c.Binding == t.Binding {
			if m, ok := t.Mapping(field); ok {
				return m.Column.Index, m.Column.Name
			}
		}
		return 1 << 20, field
	}

	for field, change := range c.Fields {
		_, name := place(field)
		list = append(list, columnChange{field, name, change})
	}

	slices.SortFunc(list, func(a, b columnChange) int {
		i, _ := place(a.field)
		j, _ := place(b.field)
		if i != j {
			return i - j
		}
		return len(a.field) - len(b.field)
	})

	return list
}

// conflictText says who won a conflict.
func conflictText(c sheet24.RowChange, change sheet24.Change) string {
	switch {
	case c.Status == sheet24.NeedsReview:
		return "conflict_asked"
	case change.Resolution == sheet24.CRMWins:
		return "conflict_kept"
	}

	return "conflict_overwritten"
}
