package tab

import (
	"context"
	"slices"

	"sheet24"
	"sheet24/internal/mapping"
)

// formatRows is how many rows are read with their formats in one request.
const formatRows = 5000

// Formats are the texts that the sheet shows for cells, by row and field.
type Formats map[int]map[string]string

// ByFormat reports whether what a cell's value means to a field depends on how the sheet
// shows it.
func ByFormat(m sheet24.FieldMapping, v any) bool { return mapping.NeedsFormatted(m.Type, v) }

// ReadFormats reads rows anew together with what the sheet shows for their cells: both
// come in one answer, which from then on is what is known of these rows. Where it does
// not fit what was read before, the tab is being moved.
func (p *Access) ReadFormats(ctx context.Context, t *sheet24.Table, tab *Tab, numbers []int) (Formats, error) {
	texts := Formats{}
	for chunk := range slices.Chunk(numbers, formatRows) {
		if err := p.readFormatsOf(ctx, t, tab, chunk, texts); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

func (p *Access) readFormatsOf(ctx context.Context, t *sheet24.Table, tab *Tab, numbers []int, texts Formats) error {
	ranges := append([]sheet24.Range{sheet24.Rows(t.HeaderRow, t.HeaderRow)}, formatRanges(tab, numbers)...)
	values, formatted, err := p.Sheets.ReadFormatted(ctx, t.Ref(), ranges)
	if err != nil {
		return err
	}
	if !slices.Equal(headerOf(values[0]), tab.Header) {
		return ErrMoves
	}

	// What it says of a row replaces what was read of it before.
	for _, number := range numbers {
		delete(tab.Rows, number)
		texts[number] = map[string]string{}
	}
	for i, r := range ranges[1:] {
		for j := range values[i+1] {
			number := r.FirstRow + j
			if texts[number] == nil {
				continue // it stands between those that were wanted
			}
			tab.Set(number, r.FirstColumn-1, values[i+1][j])
			texts.take(tab.Layout, number, r.FirstColumn-1, formatted[i+1][j])
		}
	}

	return tab.checkIDs(numbers)
}

// formatRanges are, for each block of rows, the ID column and the mapped ones.
func formatRanges(tab *Tab, numbers []int) (ranges []sheet24.Range) {
	read := append(columns(tab.Layout), tab.Layout.ID)
	slices.Sort(read)
	runs := joined(read)

	for _, rows := range BlocksOf(numbers) {
		for _, run := range runs {
			ranges = append(ranges, sheet24.Range{FirstRow: rows.FirstRow, LastRow: rows.LastRow, FirstColumn: run[0] + 1, LastColumn: run[1] + 1})
		}
	}
	return ranges
}

// take keeps the texts of a row's cells, the first of which stands in a 0-based column.
func (f Formats) take(layout mapping.Layout, number, first int, cells []any) {
	for _, m := range layout.Fields {
		if at := m.Column.Index - first; at >= 0 && at < len(cells) {
			f[number][m.Field], _ = cells[at].(string)
		}
	}
}

// checkIDs reports, as ErrMoves, that rows which were read anew are not what they were.
func (t *Tab) checkIDs(numbers []int) error {
	for _, number := range numbers {
		id, has := t.IDOf(Cell(t.Rows[number], t.Layout.ID))
		if was, had := t.IDAt[number]; has != had || id != was {
			return ErrMoves
		}

		_, shows := RecordID(Cell(t.Rows[number], t.Layout.ID))
		switch {
		case has:
			t.Set(number, t.Layout.ID, []any{CellOf(id)})
		case shows: // the key of a row that is left alone
			t.Set(number, t.Layout.ID, []any{nil})
		}
	}
	return nil
}

// blockGap is how many rows that nobody asked for are read rather than to begin another
// block.
const blockGap = 10

// BlocksOf are sorted row numbers as blocks.
func BlocksOf(numbers []int) (blocks []sheet24.Range) {
	for _, number := range slices.Sorted(slices.Values(numbers)) {
		if n := len(blocks); n > 0 && number-blocks[n-1].LastRow <= blockGap {
			blocks[n-1].LastRow = number
			continue
		}
		blocks = append(blocks, sheet24.Rows(number, number))
	}
	return blocks
}

// Apply puts into a row's changed fields what their cells mean by their formats: a field
// that takes texts gets what the sheet shows ("31.12.2026", "007"), a number that is shown
// as %50 is 50, and one that is not shown as a date is none.
func (f Formats) Apply(t *sheet24.Table, layout mapping.Layout, number int, fields map[string]sheet24.Change) {
	for _, m := range layout.Fields {
		change, changed := fields[m.Field]
		text, known := f[number][m.Field]
		if !changed || !known || !ByFormat(m, change.New) {
			continue
		}

		change.New = mapping.AsFormatted(m.Type, change.New, text, t.Locale)
		fields[m.Field] = change
	}
}
