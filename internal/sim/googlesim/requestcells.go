package googlesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// findReplace replaces what cells show. Cells that are empty are not looked at, not even
// by what matches the empty text.
func (u *update) findReplace(q struct {
	Find, Replacement                                          string
	MatchCase, MatchEntireCell, SearchByRegex, IncludeFormulas bool
	Range                                                      *gridRange
	SheetID                                                    *int64
	AllSheets                                                  bool
}) (any, error) {
	pattern, err := findPattern(q.Find, q.SearchByRegex, q.MatchCase, q.MatchEntireCell)
	if err != nil {
		return nil, err
	}
	places, err := u.findIn(q.Range, q.SheetID, q.AllSheets)
	if err != nil {
		return nil, err
	}
	replacement := strings.ReplaceAll(q.Replacement, "$", "$$")
	if q.SearchByRegex {
		replacement = javaReplacement(q.Replacement)
	}

	found := foundCells{sheets: map[int64]bool{}}
	for _, p := range places {
		for row := p.row; row < min(p.endRow, len(p.tab.Rows)); row++ {
			before := found.values + found.formulas
			for col := p.col; col < min(p.endCol, len(p.tab.Rows[row])); col++ {
				if err := u.replaceIn(p.tab, row, col, pattern, replacement, q.IncludeFormulas, &found); err != nil {
					return nil, err
				}
			}
			if found.values+found.formulas > before {
				found.rows++
				found.sheets[p.tab.GID] = true
			}
		}
	}
	return found.json(), nil
}

// foundCells counts what findReplace changed.
type foundCells struct {
	values, formulas, rows, occurrences int
	sheets                              map[int64]bool
}

func (f foundCells) json() map[string]any {
	v := map[string]any{}
	for name, n := range map[string]int{"valuesChanged": f.values, "formulasChanged": f.formulas, "rowsChanged": f.rows, "sheetsChanged": len(f.sheets), "occurrencesChanged": f.occurrences} {
		if n > 0 {
			v[name] = n
		}
	}
	return v
}

// findPattern is what findReplace looks for. Java's regular expressions are taken for
// Go's, which have the common ones.
func findPattern(find string, regex, matchCase, entire bool) (*regexp.Regexp, error) {
	if find == "" {
		return nil, errors.New("The find value must not be empty.")
	}
	text := regexp.QuoteMeta(find)
	if regex {
		text = find
	}
	if entire {
		text = `^(?:` + text + `)$`
	}
	if !matchCase {
		text = `(?i)` + text
	}
	pattern, err := regexp.Compile(text)
	if err != nil {
		return nil, errors.New("Invalid regular expression: " + find)
	}
	return pattern, nil
}

var javaGroup = regexp.MustCompile(`\\(.)|\$([0-9])`)

// javaReplacement writes a replacement of Java's regular expressions as Go has it.
func javaReplacement(text string) string {
	return javaGroup.ReplaceAllStringFunc(text, func(s string) string {
		if m := javaGroup.FindStringSubmatch(s); m[2] != "" {
			return "${" + m[2] + "}"
		} else if m[1] == "$" {
			return "$$"
		} else {
			return m[1]
		}
	})
}

// findIn are the blocks that findReplace looks through.
func (u *update) findIn(r *gridRange, sheetID *int64, all bool) ([]place, error) {
	whole := func(t *Sheet) place { return place{tab: t, block: t.within(block{0, -1, 0, -1})} }
	switch {
	case r != nil && sheetID == nil && !all:
		p, err := u.atGrid(*r)
		if err == nil {
			p.block = p.tab.within(p.block)
		}
		return []place{p}, err
	case sheetID != nil && r == nil && !all:
		t, err := u.tab(sheetID)
		if err != nil {
			return nil, err
		}
		return []place{whole(t)}, nil
	case all && r == nil && sheetID == nil:
		var places []place
		for _, t := range u.Sheets {
			places = append(places, whole(t))
		}
		return places, nil
	}
	return nil, errors.New("Exactly one of range, sheetId and allSheets must be set.")
}

// replaceIn replaces within one cell. What it then holds is a text, unless the faults
// say that it is read as if it was typed: what Google does is not documented.
func (u *update) replaceIn(t *Sheet, row, col int, pattern *regexp.Regexp, replacement string, formulas bool, found *foundCells) error {
	raw := t.at(row, col)
	f, isFormula := raw.(map[string]any)
	if raw == nil || isFormula && !formulas {
		return nil
	}
	shown := fmt.Sprint(formatted(raw, u.Locale, t.formatAt(row, col)))
	if isFormula {
		shown = f["formula"].(string)
	}
	hits := len(pattern.FindAllString(shown, -1))
	if hits == 0 {
		return nil
	}
	if err := t.unprotected(block{row, row + 1, col, col + 1}, u.email); err != nil {
		return err
	}

	v := pattern.ReplaceAllString(shown, replacement)
	if isFormula || !u.google.faults.now().TextReplace {
		t.enter(row, col, v, u.Locale)
	} else {
		t.put(row, col, v)
	}
	found.occurrences += hits
	if isFormula {
		found.formulas++
	} else {
		found.values++
	}
	return nil
}

// cellData is a cell as updateCells brings it, of any of its fields.
type cellData = map[string]any

// patch writes those fields of a cell that a mask names; one that is not brought is
// cleared.
func (u *update) patch(t *Sheet, row, col int, c cellData, m *mask) error {
	if m.has("userEnteredValue") {
		v, err := enteredValue(c["userEnteredValue"])
		if err != nil {
			return err
		}
		t.put(row, col, v)
	}
	mark := t.markAt(row, col)
	if m.has("note") {
		mark.Note, _ = c["note"].(string)
	}
	if f := m.at("userEnteredFormat"); f != nil {
		brought, _ := c["userEnteredFormat"].(map[string]any)
		mark.Format = patched(mark.Format, brought, f)
	}
	if m.has("dataValidation") {
		mark.Validation, _ = c["dataValidation"].(map[string]any)
	}
	t.setMark(row, col, mark)
	return nil
}

// enteredValue is an ExtendedValue as a cell holds it. Texts are not read as if they
// were typed.
func enteredValue(v any) (any, error) {
	value, _ := v.(map[string]any)
	if len(value) > 1 {
		return nil, errors.New("Only one value may be set.")
	}
	for kind, inner := range value {
		switch kind {
		case "numberValue", "stringValue", "boolValue":
			return inner, nil
		case "formulaValue":
			text, _ := inner.(string)
			if !strings.HasPrefix(text, "=") {
				return nil, errors.New("A formula must start with =.")
			}
			return formula(text), nil
		}
		return nil, errors.New(kind + " is read-only.")
	}
	return nil, nil
}

// patched is a with those fields that a mask names taken from b.
func patched(a, b map[string]any, m *mask) map[string]any {
	if m.all {
		return b
	}
	left := merged(a, nil)
	for name, inner := range m.fields {
		had, _ := left[name].(map[string]any)
		brought, _ := b[name].(map[string]any)
		switch {
		case !inner.all && (had != nil || brought != nil):
			left[name] = patched(had, brought, inner)
		case b[name] != nil:
			left[name] = b[name]
		default:
			delete(left, name)
		}
	}
	return left
}

// rowsOfCells are rows as updateCells and appendCells bring them.
type rowsOfCells []struct {
	Values []cellData
}

func (u *update) updateCells(q struct {
	Rows   rowsOfCells
	Fields string
	Start  *struct {
		SheetID               *int64
		RowIndex, ColumnIndex int
	}
	Range *gridRange
}) (any, error) {
	m, err := cellMask(q.Fields)
	if err != nil {
		return nil, err
	}

	var p place
	switch {
	case q.Start != nil && q.Range == nil:
		t, err := u.tab(q.Start.SheetID)
		if err != nil {
			return nil, err
		}
		p = place{tab: t, block: block{q.Start.RowIndex, -1, q.Start.ColumnIndex, -1}}
	case q.Range != nil && q.Start == nil:
		if p, err = u.open(q.Range); err != nil {
			return nil, err
		}
	default:
		return nil, errors.New("Exactly one of start and range must be set.")
	}
	rows, columns := p.tab.size()
	end := p.tab.within(p.block)
	for i, row := range q.Rows {
		if p.row+i >= min(end.endRow, rows) { // said so in Thource/dude-wheres-my-stuff issue 428
			return nil, fmt.Errorf("Attempting to write row: %d, beyond the last requested row of: %d", p.row+i, end.endRow-1)
		}
		if p.col+len(row.Values) > min(end.endCol, columns) {
			return nil, fmt.Errorf("Attempting to write column: %d, beyond the last requested column of: %d", p.col+len(row.Values)-1, end.endCol-1)
		}
		if err := p.tab.unprotected(block{p.row + i, p.row + i + 1, p.col, p.col + len(row.Values)}, u.email); err != nil {
			return nil, err
		}
	}

	if q.Range != nil { // what the rows do not cover is cleared
		for row := end.row; row < end.endRow; row++ {
			for col := end.col; col < end.endCol; col++ {
				if i := row - p.row; i >= len(q.Rows) || col-p.col >= len(q.Rows[i].Values) {
					if err := u.patch(p.tab, row, col, cellData{}, m); err != nil {
						return nil, err
					}
				}
			}
		}
	}
	return nil, u.patchRows(p.tab, p.row, p.col, q.Rows, m)
}

func (u *update) patchRows(t *Sheet, row, col int, rows rowsOfCells, m *mask) error {
	for i, r := range rows {
		for j, c := range r.Values {
			if err := u.patch(t, row+i, col+j, c, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// cellMask reads a mask whose root is CellData.
func cellMask(fields string) (*mask, error) {
	m, err := fieldsNamed(fields)
	if err != nil {
		return nil, err
	}
	if err := m.check(sheetsMessage.cellType(), ""); err != nil {
		return nil, fmt.Errorf("Invalid field: %w", err)
	}
	return m, nil
}

func (u *update) repeatCell(q struct {
	Range  *gridRange
	Cell   json.RawMessage
	Fields string
}) (any, error) {
	m, err := cellMask(q.Fields)
	if err != nil {
		return nil, err
	}
	p, err := u.open(q.Range)
	if err != nil {
		return nil, err
	}
	var c cellData
	if len(q.Cell) > 0 {
		if err := json.Unmarshal(q.Cell, &c); err != nil {
			return nil, err
		}
	}
	for row := p.row; row < p.endRow; row++ {
		for col := p.col; col < p.endCol; col++ {
			if err := u.patch(p.tab, row, col, c, m); err != nil {
				return nil, err
			}
			if v, ok := p.tab.at(row, col).(map[string]any); ok && m.has("userEnteredValue") {
				p.tab.put(row, col, copied(v, row-p.row, col-p.col))
			}
		}
	}
	p.tab.Formatted = append(p.tab.Formatted, Format{Cell: q.Cell, Rows: [2]int{p.row, p.endRow}})
	return nil, nil
}

// appendCells writes below the last row that holds anything.
func (u *update) appendCells(q struct {
	SheetID *int64
	Rows    rowsOfCells
	Fields  string
}) (any, error) {
	m, err := cellMask(q.Fields)
	if err != nil {
		return nil, err
	}
	t, err := u.tab(q.SheetID)
	if err != nil {
		return nil, err
	}
	row, _ := t.end()
	columns := 0
	for _, r := range q.Rows {
		columns = max(columns, len(r.Values))
	}
	if err := t.unprotected(block{row, row + len(q.Rows), 0, columns}, u.email); err != nil {
		return nil, err
	}
	t.grow(row+len(q.Rows), columns)
	return nil, u.patchRows(t, row, 0, q.Rows, m)
}

// pasteKinds are what of cells is pasted, by PasteType.
var pasteKinds = map[string]struct{ value, result, format, validation bool }{
	"": {value: true, format: true, validation: true}, "PASTE_NORMAL": {value: true, format: true, validation: true}, "PASTE_NO_BORDERS": {value: true, format: true, validation: true},
	"PASTE_VALUES": {value: true, result: true}, "PASTE_FORMULA": {value: true}, "PASTE_FORMAT": {format: true},
	"PASTE_DATA_VALIDATION": {validation: true}, "PASTE_CONDITIONAL_FORMATTING": {},
}

func (u *update) copyPaste(q struct {
	Source, Destination *gridRange
	PasteType           string
	PasteOrientation    string
}) (any, error) {
	kind, ok := pasteKinds[q.PasteType]
	if !ok {
		return nil, errors.New("Invalid paste type " + q.PasteType)
	}
	if q.Source == nil || q.Destination == nil {
		return nil, errors.New("A source and a destination must be specified.")
	}
	from, err := u.atGrid(*q.Source)
	if err != nil {
		return nil, err
	}
	from.block = from.tab.within(from.block)
	lines := from.tab.lines(from.block)
	if kind.result {
		for i, line := range lines {
			for j := range line {
				line[j].Value = from.tab.result(from.row+i, from.col+j)
			}
		}
	}
	if q.PasteOrientation == "TRANSPOSE" {
		lines = transposed(lines)
	}
	to, err := u.atGrid(*q.Destination)
	if err != nil || len(lines) == 0 {
		return nil, err
	}

	// A destination that is larger than the source is filled with it, one that is smaller
	// takes all of it (source: the description of copyPaste.destination).
	to.block = to.tab.within(to.block)
	rows, columns := max(1, (to.endRow-to.row)/len(lines))*len(lines), max(1, (to.endCol-to.col)/len(lines[0]))*len(lines[0])
	target := block{to.row, to.row + rows, to.col, to.col + columns}
	if err := to.tab.mayWrite(place{tab: to.tab, block: target}, u.email); err != nil {
		return nil, err
	}
	for i := range rows {
		for j := range columns {
			c := lines[i%len(lines)][j%len(lines[0])]
			now := to.tab.cellAt(to.row+i, to.col+j)
			if kind.value {
				now.Value = copied(c.Value, to.row+i-from.row-i%len(lines), to.col+j-from.col-j%len(lines[0]))
			}
			if kind.format {
				now.Mark.Format, now.Mark.Note = c.Mark.Format, c.Mark.Note
			}
			if kind.validation {
				now.Mark.Validation = c.Mark.Validation
			}
			to.tab.setCell(to.row+i, to.col+j, now)
		}
	}
	return nil, nil
}

func transposed(lines [][]cell) (turned [][]cell) {
	for j := range lines[0] {
		var line []cell
		for i := range lines {
			line = append(line, lines[i][j])
		}
		turned = append(turned, line)
	}
	return turned
}

func (u *update) cutPaste(q struct {
	Source      *gridRange
	Destination *struct {
		SheetID               *int64
		RowIndex, ColumnIndex int
	}
	PasteType string
}) (any, error) {
	from, err := u.open(q.Source)
	if err != nil {
		return nil, err
	}
	if q.Destination == nil {
		return nil, errors.New("A destination must be specified.")
	}
	to, err := u.tab(q.Destination.SheetID)
	if err != nil {
		return nil, err
	}
	row, col := q.Destination.RowIndex, q.Destination.ColumnIndex
	if err := to.mayWrite(place{tab: to, block: block{row, row + from.endRow - from.row, col, col + from.endCol - from.col}}, u.email); err != nil {
		return nil, err
	}
	lines := from.tab.lines(from.block)
	from.tab.wipe(from.block)
	to.paste(row, col, lines)
	return nil, nil
}

func (u *update) sortRange(q struct {
	Range     *gridRange
	SortSpecs []struct {
		DimensionIndex int
		SortOrder      string
	}
}) (any, error) {
	p, err := u.open(q.Range)
	if err != nil {
		return nil, err
	}
	var keys []sortKey
	for _, spec := range q.SortSpecs {
		if spec.DimensionIndex < p.col || spec.DimensionIndex >= p.endCol {
			return nil, errors.New("The sort column must be within the range.")
		}
		keys = append(keys, sortKey{spec.DimensionIndex, spec.SortOrder == "DESCENDING"})
	}
	if len(keys) == 0 {
		keys = []sortKey{{p.col, false}}
	}
	p.endRow = min(p.endRow, max(p.row, len(p.tab.Rows), len(p.tab.Marks)))
	u.google.sortBlock(u.Spreadsheet, p.tab, p.block, keys)
	return nil, nil
}

// shiftedRange is a block of which the cells behind it, in one dimension, move.
type shiftedRange struct {
	Range          *gridRange
	ShiftDimension string
}

// openShifted finds such a block, and the cells from it to the end of the grid.
func (u *update) openShifted(q shiftedRange) (p place, all block, err error) {
	if p, err = u.open(q.Range); err != nil {
		return p, all, err
	}
	rows, columns := p.tab.size()
	switch q.ShiftDimension {
	case "ROWS":
		all = block{p.row, rows, p.col, p.endCol}
	case "COLUMNS":
		all = block{p.row, p.endRow, p.col, columns}
	default:
		return p, all, errors.New("No shift dimension set.")
	}
	return p, all, p.tab.unprotected(all, u.email)
}

// insertRange pushes cells down or to the right; what has no room there is gone.
func (u *update) insertRange(q shiftedRange) (any, error) {
	p, all, err := u.openShifted(q)
	if err != nil {
		return nil, err
	}
	kept := all
	if q.ShiftDimension == "ROWS" {
		kept.endRow = max(kept.row, all.endRow-(p.endRow-p.row))
	} else {
		kept.endCol = max(kept.col, all.endCol-(p.endCol-p.col))
	}
	kept.endRow = min(kept.endRow, max(kept.row, len(p.tab.Rows), len(p.tab.Marks)))
	lines := p.tab.lines(kept)
	p.tab.wipe(p.block)
	if q.ShiftDimension == "ROWS" {
		p.tab.paste(p.endRow, p.col, lines)
	} else {
		p.tab.paste(p.row, p.endCol, lines)
	}
	return nil, nil
}

// deleteRange takes cells away; those behind them move up or to the left.
func (u *update) deleteRange(q shiftedRange) (any, error) {
	p, all, err := u.openShifted(q)
	if err != nil {
		return nil, err
	}
	all.endRow = min(all.endRow, max(p.endRow, len(p.tab.Rows), len(p.tab.Marks)))
	left := all
	if q.ShiftDimension == "ROWS" {
		left.row = p.endRow
	} else {
		left.col = p.endCol
	}
	lines := p.tab.lines(left)
	p.tab.wipe(all)
	p.tab.paste(p.row, p.col, lines)
	return nil, nil
}

// wipe empties cells of all that they carry.
func (t *Sheet) wipe(b block) {
	for row := b.row; row < b.endRow; row++ {
		for col := b.col; col < b.endCol; col++ {
			t.setCell(row, col, cell{})
		}
	}
}
