package googlesim

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/dop251/goja"
)

// formula is a cell that shows the result of a formula. What another place would
// bring, as IMPORTRANGE does, is set by an edit of the kind "recalculate".
func formula(text string) map[string]any { return map[string]any{"formula": text} }

var (
	reference = regexp.MustCompile(`\b([A-Z]{1,3})([1-9][0-9]*)\b`)
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
		number, _ := strconv.Atoi(m[2])
		v := t.evaluate(number-1, columnIndex(m[1]), depth+1)
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
