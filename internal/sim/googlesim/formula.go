package googlesim

import (
	"encoding/json"
	"maps"
	"regexp"
	"strconv"
	"strings"

	"github.com/dop251/goja"
)

// formula is a cell that shows the result of a formula. What another place would
// bring, as IMPORTRANGE does, is set by an edit of the kind "recalculate".
func formula(text string) map[string]any { return map[string]any{"formula": text} }

var (
	reference = regexp.MustCompile(`"[^"]*"|(\$?)\b([A-Z]{1,3})(\$?)([1-9][0-9]*)\b`)
	computed  = regexp.MustCompile(`^[-+*/(). 0-9"&\p{L}\p{Zs}]*$`)
)

// result is what a cell holds: of a formula, its result. Sums and products of numbers
// and other cells are computed, and texts joined by &; functions are not known.
func (t *Sheet) result(row, col int) any { return t.evaluate(row, col, 0) }

func (t *Sheet) evaluate(row, col, depth int) any {
	f, ok := t.at(row, col).(map[string]any)
	if !ok {
		return t.at(row, col)
	}
	if result, ok := f["result"]; ok {
		return result
	}
	if depth > 20 {
		return "#REF!" // it refers to itself
	}
	wrong := ""
	text := strings.TrimPrefix(f["formula"].(string), "=")
	text = reference.ReplaceAllStringFunc(text, func(ref string) string {
		m := reference.FindStringSubmatch(ref)
		if m[2] == "" { // a text
			return ref
		}
		number, _ := strconv.Atoi(m[4])
		v := t.evaluate(number-1, columnIndex(m[2]), depth+1)
		if s, ok := v.(string); ok && strings.HasPrefix(s, "#") {
			wrong = s
		}
		if v == nil {
			v = 0.0
		}
		literal, _ := json.Marshal(v)
		return string(literal)
	})
	if wrong != "" {
		return wrong
	}
	if !computed.MatchString(text) || strings.Contains(f["formula"].(string), "#REF!") {
		return "#REF!"
	}
	value, err := goja.New().RunString(strings.ReplaceAll(text, "&", "+"))
	if err != nil {
		return "#NAME?"
	}
	switch v := value.Export().(type) {
	case int64:
		return float64(v)
	case float64:
		if v-v != 0 {
			return "#DIV/0!"
		}
		return v
	case string:
		return v
	}
	return "#VALUE!"
}

// formulas replaces values of a block by the formulas behind them, as
// valueRenderOption=FORMULA does.
func (t *Sheet) formulas(b block, rows [][]any) {
	for i := range rows {
		for j := range rows[i] {
			if f, ok := t.at(b.row+i, b.col+j).(map[string]any); ok {
				rows[i][j] = f["formula"]
			}
		}
	}
}

// mapReferences replaces the cells that a formula refers to; ok says false for one
// that is gone. Of what was written with $ the place is absolute.
func mapReferences(text string, to func(row, col int, absoluteRow, absoluteCol bool) (int, int, bool)) string {
	return reference.ReplaceAllStringFunc(text, func(ref string) string {
		m := reference.FindStringSubmatch(ref)
		if m[2] == "" {
			return ref
		}
		number, _ := strconv.Atoi(m[4])
		row, col, ok := to(number-1, columnIndex(m[2]), m[3] != "", m[1] != "")
		if !ok || row < 0 || col < 0 {
			return "#REF!"
		}
		return m[1] + columnLetter(col) + m[3] + strconv.Itoa(row+1)
	})
}

// shiftFormulas has the formulas of a tab refer to where their cells went.
func (t *Sheet) shiftFormulas(c shift) {
	for i, row := range t.Rows {
		for j, v := range row {
			f, ok := v.(map[string]any)
			if !ok {
				continue
			}
			moved := maps.Clone(f)
			moved["formula"] = mapReferences(f["formula"].(string), func(row, col int, _, _ bool) (int, int, bool) {
				place, there := 0, false
				if c.Columns {
					place, there = c.place(col)
					return row, place, there
				}
				place, there = c.place(row)
				return place, col, there
			})
			t.put(i, j, moved)
		}
	}
}

// copied is a cell's content as it is pasted so many rows and columns further: a
// formula's relative references move along.
func copied(v any, rows, cols int) any {
	f, ok := v.(map[string]any)
	if !ok || rows == 0 && cols == 0 {
		return v
	}
	moved := maps.Clone(f)
	moved["formula"] = mapReferences(f["formula"].(string), func(row, col int, absoluteRow, absoluteCol bool) (int, int, bool) {
		if !absoluteRow {
			row += rows
		}
		if !absoluteCol {
			col += cols
		}
		return row, col, true
	})
	return moved
}
