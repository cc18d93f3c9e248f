package pipeline

import (
	"context"
	"strconv"
	"strings"

	"sheet24"
	"sheet24/internal/mapping"
)

// asShown puts into changes what numbers mean by the formats of their cells: a field
// that takes texts gets what the sheet shows ("31.12.2026", "007"), and a number that is
// shown as %50 is 50. It costs a second read, and only where numbers changed; a row
// that has moved since the first keeps what was read of it.
func (p *Pipeline) asShown(ctx context.Context, t *sheet24.Table, layout mapping.Layout, changes []sheet24.RowChange) error {
	var wanted []sheet24.FieldMapping
	var ranges []sheet24.Range // of each
	for _, m := range layout.Fields {
		first, last := 0, 0
		for _, c := range changes {
			if _, number := c.Fields[m.Field].New.(float64); number && (mapping.AsShown(m.Type) || mapping.ByFormat(m.Type)) {
				if first == 0 {
					first = c.Row
				}
				first, last = min(first, c.Row), max(last, c.Row)
			}
		}
		if last > 0 {
			column := m.Column.Index + 1
			wanted, ranges = append(wanted, m), append(ranges, sheet24.Range{FirstRow: first, LastRow: last, FirstColumn: column, LastColumn: column})
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	ids := ranges[0]
	for _, r := range ranges {
		ids.FirstRow, ids.LastRow = min(ids.FirstRow, r.FirstRow), max(ids.LastRow, r.LastRow)
	}
	ids.FirstColumn, ids.LastColumn = layout.ID+1, layout.ID+1
	shown, err := p.Sheets.Shown(ctx, t.UserID, t.SpreadsheetID, t.GID, append(ranges, ids))
	if err != nil {
		return err
	}
	moved := func(c sheet24.RowChange) bool {
		at := c.Row - ids.FirstRow
		return at >= len(shown[len(ranges)]) || shownID(cell(shown[len(ranges)][at], 0)) != c.EntityID
	}
	for i, m := range wanted {
		for _, c := range changes {
			change, ok := c.Fields[m.Field]
			at := c.Row - ranges[i].FirstRow
			n, number := change.New.(float64)
			if !ok || !number || at < 0 || at >= len(shown[i]) || moved(c) {
				continue
			}
			text, ok := cell(shown[i][at], 0).(string)
			if !ok {
				continue
			}
			if change.New = any(text); mapping.ByFormat(m.Type) {
				change.New = mapping.Formatted(m.Type, n, text, t.Locale)
			}
			c.Fields[m.Field] = change
		}
	}
	return nil
}

// shownID reads a record's id, or a row's key, from what a cell shows: its locale may
// group an id's digits.
func shownID(v any) int64 {
	text := mapping.Text(v)
	if key, ok := keyOf(text); ok {
		return key
	}
	id, _ := strconv.ParseInt(strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text), 10, 64)
	return id
}
