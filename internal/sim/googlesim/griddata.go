package googlesim

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// gridData is a block of a tab's cells as the API describes it, with the fields that a
// mask asks for. As proto3 JSON has it, what is 0 or empty is left out; so are empty
// rows and cells at the end, unless they are to be there for nothing (padded).
func (s *Spreadsheet) gridData(t *Sheet, b block, m *mask, padded bool) json.RawMessage {
	w := &gridWriter{spreadsheet: s, tab: t, formats: map[string][]byte{}}
	cells := m.at("rowData", "values")
	w.entered, w.effective, w.formatted = cells.at("userEnteredValue"), cells.at("effectiveValue"), cells.has("formattedValue")
	w.enteredFormat, w.effectiveFormat = cells.at("userEnteredFormat"), cells.at("effectiveFormat")
	w.note, w.validation = cells.has("note"), cells.at("dataValidation")

	w.out.WriteByte('{')
	closed := t.within(b)
	if b.row > 0 && m.has("startRow") {
		w.name("startRow")
		w.out.WriteString(strconv.Itoa(b.row))
	}
	if b.col > 0 && m.has("startColumn") {
		w.name("startColumn")
		w.out.WriteString(strconv.Itoa(b.col))
	}
	if m.has("rowData") {
		w.rows(closed, m.has("rowData", "values"), padded)
	}
	w.dimension("rowMetadata", "ROW", closed.row, closed.endRow, t.HiddenRows, m.at("rowMetadata"))
	w.dimension("columnMetadata", "COLUMN", closed.col, closed.endCol, t.HiddenColumns, m.at("columnMetadata"))
	w.out.WriteByte('}')
	return w.out.Bytes()
}

// gridWriter writes cells by hand: there may be a million of them.
type gridWriter struct {
	spreadsheet *Spreadsheet
	tab         *Sheet
	out         bytes.Buffer
	formats     map[string][]byte // effective formats, by what makes them

	entered, effective             *mask
	formatted, note                bool
	enteredFormat, effectiveFormat *mask
	validation                     *mask
}

// name writes the name of a field, behind a comma where one is needed.
func (w *gridWriter) name(name string) {
	if b := w.out.Bytes(); b[len(b)-1] != '{' {
		w.out.WriteByte(',')
	}
	w.out.WriteByte('"')
	w.out.WriteString(name)
	w.out.WriteString(`":`)
}

// lastCell is the column behind the last that is not empty in a row of a block.
func (w *gridWriter) lastCell(row int, b block) int {
	last := b.col
	cells := w.tab.rowAt(row)
	for col := min(len(cells), b.endCol) - 1; col >= b.col; col-- {
		if cells[col] != nil {
			last = col + 1
			break
		}
	}
	for col := range w.tab.marksAt(row) {
		if col >= b.col && col < b.endCol {
			last = max(last, col+1)
		}
	}
	return last
}

func (w *gridWriter) rows(b block, values, padded bool) {
	end := min(b.endRow, max(len(w.tab.Rows), len(w.tab.Marks)))
	for end > b.row && w.lastCell(end-1, b) == b.col {
		end--
	}
	if padded {
		end = min(b.endRow, max(end, b.row)+3)
	}
	if end <= b.row {
		return
	}
	w.name("rowData")
	w.out.WriteByte('[')
	for row := b.row; row < end; row++ {
		if row > b.row {
			w.out.WriteByte(',')
		}
		last := w.lastCell(row, b)
		if padded {
			last = b.endCol
		}
		w.out.WriteByte('{')
		if values && last > b.col {
			w.out.WriteString(`"values":[`)
			for col := b.col; col < last; col++ {
				if col > b.col {
					w.out.WriteByte(',')
				}
				w.cell(row, col)
			}
			w.out.WriteByte(']')
		}
		w.out.WriteByte('}')
	}
	w.out.WriteByte(']')
}

func (w *gridWriter) cell(row, col int) {
	t := w.tab
	w.out.WriteByte('{')
	raw, mark := t.at(row, col), t.markAt(row, col)
	value := raw
	formula, isFormula := raw.(map[string]any)
	if isFormula {
		value = t.result(row, col)
	}

	if raw != nil && w.entered != nil {
		w.name("userEnteredValue")
		if isFormula {
			w.extended(map[string]any{"formulaValue": formula["formula"]}, w.entered)
		} else {
			w.extended(extendedValue(value), w.entered)
		}
	}
	if value != nil && w.effective != nil {
		w.name("effectiveValue")
		w.extended(extendedValue(value), w.effective)
	}
	if value != nil && value != "" && w.formatted {
		w.name("formattedValue")
		w.json(formatted(value, w.spreadsheet.Locale, t.formatAt(row, col)))
	}
	if w.enteredFormat != nil {
		if f := t.enteredFormat(row, col); len(f) > 0 && (raw != nil || len(mark.Format) > 0) {
			w.name("userEnteredFormat")
			w.json(w.enteredFormat.apply(f))
		}
	}
	if raw != nil && w.effectiveFormat != nil {
		w.name("effectiveFormat")
		w.out.Write(w.effectiveFormatOf(row, col))
	}
	if mark.Note != "" && w.note {
		w.name("note")
		w.json(mark.Note)
	}
	if len(mark.Validation) > 0 && w.validation != nil {
		w.name("dataValidation")
		w.json(w.validation.apply(mark.Validation))
	}
	w.out.WriteByte('}')
}

// extendedValue is a value as an ExtendedValue.
func extendedValue(v any) map[string]any {
	switch v := v.(type) {
	case float64:
		return map[string]any{"numberValue": v}
	case bool:
		return map[string]any{"boolValue": v}
	case string:
		if kind, ok := errorTypes[v]; ok {
			return map[string]any{"errorValue": map[string]any{"type": kind, "message": v}}
		}
		return map[string]any{"stringValue": v}
	}
	return map[string]any{}
}

// errorTypes are the types of errors by what cells show (source: the enumeration
// ErrorValue.type of the discovery document).
var errorTypes = map[string]string{"#ERROR!": "ERROR", "#NULL!": "NULL_VALUE", "#DIV/0!": "DIVIDE_BY_ZERO", "#VALUE!": "VALUE", "#REF!": "REF",
	"#NAME?": "NAME", "#NUM!": "NUM", "#N/A": "N_A", "Loading...": "LOADING"}

func (w *gridWriter) extended(v map[string]any, m *mask) {
	if m.all && len(v) == 1 { // most cells
		for name, inner := range v {
			w.out.WriteString(`{"`)
			w.out.WriteString(name)
			w.out.WriteString(`":`)
			w.json(inner)
			w.out.WriteByte('}')
		}
		return
	}
	w.json(m.apply(v))
}

func (w *gridWriter) json(v any) {
	if n, ok := v.(float64); ok && n == float64(int64(n)) && n < 1e15 && n > -1e15 {
		w.out.WriteString(strconv.FormatInt(int64(n), 10))
		return
	}
	data, err := json.Marshal(v)
	if err != nil {
		data = []byte("null")
	}
	w.out.Write(data)
}

func (w *gridWriter) effectiveFormatOf(row, col int) []byte {
	entered := w.tab.enteredFormat(row, col)
	key := ""
	if len(entered) > 0 {
		data, _ := json.Marshal(entered)
		key = string(data)
	}
	if known, ok := w.formats[key]; ok {
		return known
	}
	data, _ := json.Marshal(w.effectiveFormat.apply(merged(defaultFormat(), entered)))
	w.formats[key] = data
	return data
}

// dimension writes what is known of rows or columns.
func (w *gridWriter) dimension(name, kind string, first, end int, hidden map[int]bool, m *mask) {
	if m == nil || end <= first {
		return
	}
	var all []any
	size := map[string]int{"ROW": 21, "COLUMN": 100}[kind]
	for i := first; i < end; i++ {
		v := map[string]any{"pixelSize": size}
		if hidden[i] {
			v["hiddenByUser"] = true
		}
		all = append(all, v)
	}
	for _, data := range w.spreadsheet.Metadata {
		if data.Type == kind && data.GID == w.tab.GID && data.Index >= first && data.Index < end {
			v := all[data.Index-first].(map[string]any)
			list, _ := v["developerMetadata"].([]any)
			v["developerMetadata"] = append(list, data.json())
		}
	}
	w.name(name)
	w.json(m.apply(all))
}

// defaultFormat is how cells look without anybody's doing.
func defaultFormat() map[string]any {
	return map[string]any{"backgroundColor": map[string]any{"red": 1.0, "green": 1.0, "blue": 1.0}, "horizontalAlignment": "LEFT", "verticalAlignment": "BOTTOM",
		"wrapStrategy": "OVERFLOW_CELL", "textFormat": map[string]any{"fontFamily": "Arial", "fontSize": 10.0}}
}

// enteredFormat is the format that a cell was given, or its column.
func (t *Sheet) enteredFormat(row, col int) map[string]any {
	format := t.markAt(row, col).Format
	if _, own := format["numberFormat"]; own || t.Formats[col] == "" {
		return format
	}
	return merged(format, map[string]any{"numberFormat": numberFormat(t.Formats[col])})
}

// numberFormat is a number format by its short name; see Sheet.Formats.
func numberFormat(name string) map[string]any {
	kind, pattern := name, ""
	switch {
	case name == "TEXT":
		pattern = "@"
	case name == "DATE":
		pattern = "dd.mm.yyyy"
	case name == "DATE_TIME":
		pattern = "dd.mm.yyyy hh:mm"
	case name == "TIME":
		pattern = "hh:mm:ss"
	case name == "SCIENTIFIC":
		pattern = "0.00E+00"
	case name == "PERCENT":
		pattern = "0%"
	case strings.Trim(name, "0") == "":
		kind, pattern = "NUMBER", name
	default:
		kind, pattern = "CURRENCY", name
	}
	return map[string]any{"type": kind, "pattern": pattern}
}

// formatAt is the short name of a cell's number format.
func (t *Sheet) formatAt(row, col int) string {
	own, ok := t.markAt(row, col).Format["numberFormat"].(map[string]any)
	if !ok {
		return t.Formats[col]
	}
	kind, _ := own["type"].(string)
	pattern, _ := own["pattern"].(string)
	switch kind {
	case "NUMBER", "CURRENCY":
		return pattern
	}
	return kind
}

// merged is a with what b adds or has otherwise, at all depths.
func merged(a, b map[string]any) map[string]any {
	both := map[string]any{}
	for name, v := range a {
		both[name] = v
	}
	for name, v := range b {
		inner, isMap := v.(map[string]any)
		had, hadMap := both[name].(map[string]any)
		if isMap && hadMap {
			both[name] = merged(had, inner)
		} else {
			both[name] = v
		}
	}
	return both
}
