package setup

import (
	"context"
	"slices"
	"strconv"
	"unicode/utf8"

	"sheet24"
	"sheet24/internal/detect"
	"sheet24/internal/mapping"
)

// sheet is a tab's first rows as detection looks at them, with the header row found if none
// was chosen.
func (s *Setup) sheet(ctx context.Context, d *Draft, rows [][]any, headerRow int) (detect.Sheet, error) {
	learned, err := s.Store.Corrections(ctx, d.Portal.ID, d.Entity)
	if err != nil {
		return detect.Sheet{}, err
	}

	sheet := detect.Sheet{Entity: d.Entity, Fields: d.Fields, Rows: rows, HeaderRow: headerRow, Frozen: int(d.Tab.Frozen), Learned: learned}
	if headerRow < 1 {
		sheet.HeaderRow = detect.HeaderRow(sheet)
	}

	if sheet.HeaderRow == 0 {
		d.NoHeader = true
		sheet.HeaderRow = 1 // the page asks where it is
	}

	d.HeaderRow = sheet.HeaderRow
	return sheet, nil
}

// detect finds what a tab's columns are for. Nothing is found in those that are other
// tables'; the table's own stay what they are.
func (s *Setup) detect(ctx context.Context, d *Draft, sheet detect.Sheet) {
	d.Found = detect.Detect(d.unowned(sheet))
	if d.ownID >= 0 {
		d.Found.Columns[d.ownID] = detect.Column{Index: d.ownID, Header: d.Header[d.ownID], Field: sheet24.IDField,
			Confidence: 1, Selected: true, Reasons: []detect.Reason{{Code: "own"}}}
	} else {
		s.proveIDs(ctx, d, sheet.Rows)
	}

	if d.ownStatus >= 0 {
		d.Found.Status = d.ownStatus
	}

	d.Mappings = d.Found.Mappings(d.Fields)
	d.HasID = slices.ContainsFunc(d.Mappings, func(m sheet24.FieldMapping) bool { return m.Field == sheet24.IDField })
	if i := d.Found.Status; i >= 0 {
		d.Status, d.HasStatus = sheet24.Column{Index: i, Name: d.Header[i]}, true
	}
}

// proveIDs takes the ID column back if the portal has none of its first records: then they
// are the ids of another system, and rows would change strangers' records. Where the portal
// does not answer, the page shows what was found all the same.
func (s *Setup) proveIDs(ctx context.Context, d *Draft, rows [][]any) {
	i := slices.IndexFunc(d.Found.Columns, func(c detect.Column) bool { return c.Field == sheet24.IDField && c.Selected })
	if i < 0 {
		return
	}

	var refs []sheet24.ItemRef
	for _, row := range rows[d.HeaderRow:min(len(rows), d.HeaderRow+sampled)] {
		if i < len(row) {
			if id, err := strconv.ParseInt(mapping.Text(row[i]), 10, 64); err == nil && id > 0 {
				refs = append(refs, sheet24.ItemRef{Entity: d.Entity, ID: id})
			}
		}
	}

	if len(refs) == 0 {
		return
	}

	items, failed := s.CRM.Items(sheet24.Interactive(ctx), d.Portal, refs)
	if len(failed) > 0 {
		return
	}

	c := &d.Found.Columns[i]
	if len(items) == 0 {
		c.Selected, c.Confidence = false, detect.Likely
		c.Reasons = append(c.Reasons, detect.Reason{Code: "id.unknown"})
		return
	}

	c.Reasons = append(c.Reasons, detect.Reason{Code: "id.known"})
}

// longestKey is how long the key of a header may be that is remembered, in letters: a
// longer one is a text.
const longestKey = 200

// remember keeps where a user chose otherwise than was proposed: it is proposed next time.
func (s *Setup) remember(ctx context.Context, d *Draft, chosen map[int]string) error {
	corrections := map[string]string{}
	times := map[string]int{}
	for _, c := range d.Found.Columns {
		times[detect.Key(c.Header)]++
	}

	for _, c := range d.Found.Columns {
		proposed := ""
		if c.Selected {
			proposed = c.Field
		}

		key := detect.Key(c.Header)
		if chosen[c.Index] == proposed || key == "" || times[key] > 1 || utf8.RuneCountInString(key) > longestKey || c.Index == d.Found.Status {
			continue
		}

		corrections[key] = chosen[c.Index]
	}

	if len(corrections) == 0 {
		return nil
	}

	return s.Store.SaveCorrections(ctx, d.Portal.ID, d.Entity, corrections)
}

// Missing says what a mapping lacks: the fields that a record cannot do without, and
// whether nothing tells which record a row is.
type Missing struct {
	Fields []sheet24.Field
	Key    bool
}

// Missing says what the selected columns lack.
func (d *Draft) Missing(chosen map[int]string) Missing {
	has := func(names ...string) bool {
		for _, field := range chosen {
			if slices.Contains(names, field) {
				return true
			}
		}
		return false
	}

	m := Missing{Key: !has(sheet24.IDField, "EMAIL", "PHONE", "TITLE")}
	for _, f := range d.Fields {
		// Bitrix24 fills these by itself.
		filled := f.Type == "boolean" || f.Stage || f.Name == "STAGE_ID" || f.Name == "STATUS_ID" || f.Name == "ASSIGNED_BY_ID"
		if f.Required && mapping.Mappable(f) && !filled && !has(f.Name) {
			m.Fields = append(m.Fields, f)
		}
	}

	return m
}
