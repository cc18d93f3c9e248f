package mapping

import "sheet24"

// Layout says where a table's columns stand in the sheet now.
type Layout struct {
	ID     int                    // 0-based column of the records' ids, -1 if it is not to be found
	IDName string                 // what it is called by now, where that has changed
	Status int                    // 0-based column of the status, -1 if there is none
	Fields []sheet24.FieldMapping // the columns found, at their present places
	Lost   []sheet24.FieldMapping // the columns that cannot be told for certain
}

// Locate finds a table's columns in a header row. Users move columns: a column
// is where its name is, not where it was. A name that is gone, or that now
// stands twice and neither at the old place, is lost: to guess could write one
// field's values into another.
func Locate(t *sheet24.Table, header []string) Layout {
	l := Layout{ID: -1, Status: -1}
	for _, m := range t.Mappings {
		i, ok := find(header, m.Column)
		if !ok {
			l.Lost = append(l.Lost, m)
			continue
		}

		m.Column.Index = i
		if m.Field == sheet24.IDField {
			l.ID = i
		} else {
			l.Fields = append(l.Fields, m)
		}
	}

	if t.StatusColumn.Name != "" {
		if i, ok := find(header, t.StatusColumn); ok {
			l.Status = i
		}
	}
	return l
}

// Renamed is the column that stands where a mapping's stood, if its name belongs to no
// other: perhaps it was renamed. Its values tell.
func Renamed(t *sheet24.Table, header []string, m sheet24.FieldMapping) (sheet24.Column, bool) {
	i := m.Column.Index
	if i < 0 || i >= len(header) || header[i] == "" || header[i] == t.StatusColumn.Name {
		return sheet24.Column{}, false
	}

	for _, other := range t.Mappings {
		if other.Column.Name == header[i] {
			return sheet24.Column{}, false
		}
	}
	return sheet24.Column{Index: i, Name: header[i]}, true
}

func find(header []string, c sheet24.Column) (int, bool) {
	if c.Index >= 0 && c.Index < len(header) && header[c.Index] == c.Name {
		return c.Index, true
	}

	at, n := -1, 0
	for i, h := range header {
		if h == c.Name {
			at, n = i, n+1
		}
	}
	return at, n == 1
}
