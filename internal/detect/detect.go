// Package detect finds out what a sheet is: which row has the column names, and which field
// of the CRM each column is for, from its name in Turkish, English or Russian and from the
// values below. It is pure: no I/O.
package detect

import (
	"slices"
	"strings"

	"sheet24"
	"sheet24/internal/mapping"
)

// Sheet is what there is to look at.
type Sheet struct {
	Entity sheet24.Entity
	Fields []sheet24.Field // of the entity, as the portal has them
	Rows   [][]any         // the tab's first rows, as they are read: string, float64 or bool

	HeaderRow int // from 1; 0: it is to be found
	Frozen    int // rows that stand still when the tab is scrolled

	// Learned is what the portal's users chose before, by Key of the header; "" is no field.
	Learned map[string]string
}

// Found is what a sheet turned out to be.
type Found struct {
	HeaderRow int // from 1; 0: no row looks like column names
	Columns   []Column
	Status    int // 0-based column for sheet24's own status, -1 if there is none
}

// Column is what a column turned out to be.
type Column struct {
	Index      int // 0-based
	Header     string
	Field      string  // name of the field proposed; "": none
	Confidence float64 // from 0 to 1
	Selected   bool    // sure enough to be used unless somebody objects
	Reasons    []Reason
}

// From which confidence on a field is selected, and is proposed at all.
const (
	Sure   = 0.75
	Likely = 0.45
)

// Detect finds the header row and what its columns are for. Each field is proposed for one
// column at most.
func Detect(s Sheet) Found {
	f := Found{HeaderRow: s.HeaderRow, Status: -1}
	if f.HeaderRow < 1 {
		f.HeaderRow = HeaderRow(s)
	}

	header, below := cut(s.Rows, f.HeaderRow)
	for i, name := range header {
		f.Columns = append(f.Columns, Column{Index: i, Header: name})
		if f.Status < 0 && isStatus(headingOf(name)) {
			f.Status = i
		}
	}

	d := newDetector(s, header, below)
	d.skip(f.Status)
	for _, c := range d.assign() {
		f.Columns[c.Index] = c
	}
	return f
}

// Mappings are the selected columns as mappings.
func (f Found) Mappings(fields []sheet24.Field) []sheet24.FieldMapping {
	var mappings []sheet24.FieldMapping

	for _, c := range f.Columns {
		for _, field := range fields {
			if c.Selected && field.Name == c.Field && !f.many(field.Name) {
				mappings = append(mappings, mapping.MappingOf(sheet24.Column{Index: c.Index, Name: c.Header}, field))
			}
		}
	}
	return mappings
}

// many reports whether a field is the first of several that another selected column holds:
// CONTACT_ID beside CONTACT_IDS. Both cannot be written.
func (f Found) many(field string) bool {
	return strings.HasSuffix(field, "_ID") && slices.ContainsFunc(f.Columns, func(c Column) bool { return c.Selected && c.Field == field+"S" })
}

// Key is what headers have in common that name the same: "Müşteri Tel." and "müşteri tel".
func Key(header string) string { return mapping.Normalize(header) }

// cut takes a sheet's rows apart: the texts of the header row, and what is below it. Without
// a header row there are only values.
func cut(rows [][]any, headerRow int) (header []string, below [][]any) {
	switch {
	case headerRow < 1:
		widest := 0
		for _, r := range rows {
			widest = max(widest, len(r))
		}
		return make([]string, widest), rows
	case headerRow > len(rows):
		return nil, nil
	}

	for _, v := range rows[headerRow-1] {
		header = append(header, mapping.Text(v))
	}
	return header, rows[headerRow:]
}

// isStatus reports whether a header is of the column that sheet24 writes to.
func isStatus(h heading) bool {
	if len(h.content) == 0 {
		return false
	}

	for _, u := range h.content {
		if u.meaning != syncing || u.guessed {
			return false
		}
	}
	return true
}
