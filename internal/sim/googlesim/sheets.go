package googlesim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// mayWrite tells why a place cannot be written by an API: it is not all within the grid,
// which does not grow by writing, or it is protected.
func (t *Sheet) mayWrite(p place, email string) error {
	if rows, columns := t.size(); p.endRow > rows || p.endCol > columns {
		return p.outside()
	}
	return t.unprotected(p.block, email)
}

// unprotected tells if a protected range keeps an account from writing into a block.
func (t *Sheet) unprotected(b block, email string) error {
	for _, p := range t.Protected {
		if !p.WarningOnly && !slices.Contains(p.Editors, email) && t.within(p.Range.block()).meets(b) {
			return errProtected
		}
	}
	return nil
}

// errProtected is said in the user's language.
var errProtected = errors.New("You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection if you need to edit.")

// rendering says how values are answered.
type rendering struct {
	value    string // FORMATTED_VALUE, the default; UNFORMATTED_VALUE, FORMULA
	dateTime string // SERIAL_NUMBER, the default; FORMATTED_STRING
	columns  bool   // a list for each column, not for each row
}

// renderingOf reads how values are to be answered; an error names what there is not.
func renderingOf(value, dateTime, dimension string) (rendering, error) {
	wrong := func(field, kind, v string) error {
		return fmt.Errorf("Invalid value at '%s' (type.googleapis.com/google.apps.sheets.v4.%s), %q", field, kind, v)
	}
	switch {
	case !slices.Contains([]string{"", "FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA"}, value):
		return rendering{}, wrong("value_render_option", "ValueRenderOption", value)
	case !slices.Contains([]string{"", "SERIAL_NUMBER", "FORMATTED_STRING"}, dateTime):
		return rendering{}, wrong("date_time_render_option", "DateTimeRenderOption", dateTime)
	case !slices.Contains([]string{"", "DIMENSION_UNSPECIFIED", "ROWS", "COLUMNS"}, dimension):
		return rendering{}, wrong("major_dimension", "Dimension", dimension)
	}
	return rendering{value, dateTime, dimension == "COLUMNS"}, nil
}

// rendering reads it from a request's query, whose names may have a prefix.
func (c *sheetsCall) rendering(value, dateTime, dimension string) (rendering, bool) {
	r, err := renderingOf(value, dateTime, dimension)
	if err != nil {
		invalid(c.w, err.Error())
	}
	return r, err == nil
}

// valueRange is what values.get answers.
func (s *Spreadsheet) valueRange(p place, r rendering) map[string]any {
	v := map[string]any{"range": a1(p.tab.Title, p.block, p.tab), "majorDimension": "ROWS"}
	if rows, columns := p.tab.size(); p.row >= rows || p.col >= columns { // clamped
		v["range"] = a1Loose(p.tab.Title, block{rows - 1, rows, columns - 1, columns})
		return v
	}
	rows := p.tab.read(p.block)
	if r.value == "FORMULA" {
		p.tab.formulas(p.block, rows)
	}
	for i, row := range rows {
		for j, value := range row {
			format := p.tab.formatAt(p.row+i, p.col+j)
			asText := r.value == "" || r.value == "FORMATTED_VALUE" || r.dateTime == "FORMATTED_STRING" && isDateTime(format)
			if _, isFormula := p.tab.at(p.row+i, p.col+j).(map[string]any); asText && !(isFormula && r.value == "FORMULA") {
				row[j] = formatted(value, s.Locale, format)
			}
		}
	}
	if r.columns {
		v["majorDimension"] = "COLUMNS"
		rows = turned(rows)
	}
	if len(rows) > 0 {
		v["values"] = rows
	}
	return v
}

// isDateTime reports whether a number format is one of days or times.
func isDateTime(format string) bool {
	return format == "DATE" || format == "DATE_TIME" || format == "TIME"
}

// turned makes columns of rows; what is empty at their ends is left out.
func turned(rows [][]any) (columns [][]any) {
	for i, row := range rows {
		for j, v := range row {
			for len(columns) <= j {
				columns = append(columns, []any{})
			}
			for len(columns[j]) < i {
				columns[j] = append(columns[j], "")
			}
			columns[j] = append(columns[j], v)
		}
	}
	for j, column := range columns {
		for len(column) > 0 && column[len(column)-1] == "" {
			column = column[:len(column)-1]
		}
		columns[j] = column
	}
	return columns
}

// input is values that are to be written.
type input struct {
	Range          string     `json:"range"`
	DataFilter     dataFilter `json:"dataFilter"`
	MajorDimension string     `json:"majorDimension"`
	Values         [][]any    `json:"values"`
}

// rows are the values row by row.
func (in input) rows() [][]any {
	if in.MajorDimension != "COLUMNS" {
		return in.Values
	}
	var rows [][]any
	for j, column := range in.Values {
		for i, v := range column {
			for len(rows) <= i {
				rows = append(rows, nil)
			}
			for len(rows[i]) < j {
				rows[i] = append(rows[i], nil)
			}
			rows[i] = append(rows[i], v)
		}
	}
	return rows
}

// written are options of a write, and what is to be answered of it.
type writing struct {
	input  string // RAW, USER_ENTERED
	values bool   // the values that then stand there are answered too
	rendering
}

// anchor reports whether a place was asked for as one cell, A1, from which on is written
// as much as there is. A1:A1 is no anchor (nithinmurali/pygsheets issue 120).
func (p place) anchor() bool {
	return p.endRow == p.row+1 && p.endCol == p.col+1 && p.said != "" && !strings.Contains(p.said[strings.LastIndexByte(p.said, '!')+1:], ":")
}

// write sets values and returns what values.update answers. null leaves a cell.
func (s *Spreadsheet) write(email string, p place, in input, o writing) (map[string]any, error) {
	values := in.rows()
	height, width := len(values), 0
	for _, row := range values {
		width = max(width, len(row))
	}
	target := place{tab: p.tab, block: block{p.row, p.row + height, p.col, p.col + width}, said: p.said}
	if err := tooMuch(p, values); err != nil && !p.anchor() {
		return nil, err
	}
	if err := p.tab.mayWrite(target, email); err != nil {
		return nil, err
	}

	cells, rows, columns := 0, map[int]bool{}, map[int]bool{}
	for i, row := range values {
		for j, v := range row {
			switch v.(type) {
			case nil, string, float64, bool:
			case []any:
				return nil, fmt.Errorf("Invalid values[%d][%d]: list_value", i, j)
			default:
				return nil, fmt.Errorf("Invalid values[%d][%d]: struct_value", i, j)
			}
			if v == nil {
				continue
			}
			if o.input == "USER_ENTERED" {
				p.tab.enter(p.row+i, p.col+j, v, s.Locale)
			} else {
				p.tab.set(p.row+i, p.col+j, v)
			}
			cells, rows[i], columns[j] = cells+1, true, true
		}
	}

	if width == 0 {
		target.block = block{p.row, p.row + 1, p.col, p.col + 1}
	}
	answer := map[string]any{"spreadsheetId": s.ID, "updatedRange": a1Loose(p.tab.Title, target.block)}
	for name, n := range map[string]int{"updatedRows": len(rows), "updatedColumns": len(columns), "updatedCells": cells} {
		if n > 0 { // as proto3 JSON has it
			answer[name] = n
		}
	}
	if o.values {
		answer["updatedData"] = s.valueRange(place{tab: p.tab, block: target.block}, o.rendering)
	}
	return answer, nil
}

// tooMuch tells if there are more values than a range has room for (in Google's own
// words, as in pygsheets issue 120).
func tooMuch(p place, values [][]any) error {
	what := ""
	for i, row := range values {
		if p.endRow >= 0 && p.row+i >= p.endRow {
			what = fmt.Sprintf("row [%d]", p.row+i+1)
			break
		}
		if p.endCol >= 0 && p.col+len(row) > p.endCol {
			what = fmt.Sprintf("column [%s]", columnLetter(p.endCol))
			break
		}
	}
	if what == "" {
		return nil
	}
	return fmt.Errorf("Requested writing within range [%s], but tried writing to %s", a1(p.tab.Title, p.block, p.tab), what)
}

// enter types into a cell: in one that is formatted as text, that text.
func (t *Sheet) enter(row, col int, v any, locale string) {
	if _, isText := v.(string); isText && t.formatAt(row, col) == "TEXT" {
		t.set(row, col, v)
		return
	}
	value, format := entered(v, locale)
	t.set(row, col, value)
	if format != "" && t.formatAt(row, col) == "" {
		m := t.markAt(row, col)
		m.Format = merged(m.Format, map[string]any{"numberFormat": numberFormat(format)})
		t.setMark(row, col, m)
	}
}

// atomic does something to a spreadsheet as a whole, or not at all.
func (g *Google) atomic(s *Spreadsheet, do func() error) error {
	was := s.save()
	if err := do(); err != nil {
		s.restore(was)
		return err
	}
	g.written(s)
	return nil
}

func (g *Google) getRange(c *sheetsCall) {
	r, ok := c.rendering(c.query("valueRenderOption"), c.query("dateTimeRenderOption"), c.query("majorDimension"))
	if !ok {
		return
	}
	p, err := c.atA1(c.arg)
	if err == nil {
		err = p.inGrid()
	}
	if err != nil {
		invalid(c.w, err.Error())
		return
	}
	c.reply(c.valueRange(p, r))
}

func (g *Google) batchGet(c *sheetsCall) {
	r, ok := c.rendering(c.query("valueRenderOption"), c.query("dateTimeRenderOption"), c.query("majorDimension"))
	if !ok {
		return
	}
	ranges := []any{}
	for _, a := range c.r.URL.Query()["ranges"] {
		p, err := c.atA1(a)
		if err == nil {
			err = p.inGrid()
		}
		if err != nil {
			invalid(c.w, err.Error())
			return
		}
		ranges = append(ranges, c.valueRange(p, r))
	}
	c.reply(map[string]any{"spreadsheetId": c.ID, "valueRanges": ranges})
}

// writing reads the options of a write.
func (c *sheetsCall) writing(input string, values bool, render, dateTime string) (writing, bool) {
	switch input {
	case "RAW", "USER_ENTERED":
	case "", "INPUT_VALUE_OPTION_UNSPECIFIED":
		invalid(c.w, "'valueInputOption' is required but not specified")
		return writing{}, false
	default:
		invalid(c.w, fmt.Sprintf("Invalid value at 'value_input_option' (type.googleapis.com/google.apps.sheets.v4.ValueInputOption), %q", input))
		return writing{}, false
	}
	r, ok := c.rendering(render, dateTime, "")
	return writing{input, values, r}, ok
}

// queryWriting reads them from a request's query.
func (c *sheetsCall) queryWriting() (writing, bool) {
	return c.writing(c.query("valueInputOption"), c.query("includeValuesInResponse") == "true", c.query("responseValueRenderOption"), c.query("responseDateTimeRenderOption"))
}

func (g *Google) putRange(c *sheetsCall) {
	var body input
	if !decodeProto(c.w, c.r, sheetsMessage.valueRange, &body) {
		return
	}
	o, ok := c.queryWriting()
	if !ok {
		return
	}
	if body.Range != "" && !sameRange(body.Range, c.arg) {
		invalid(c.w, fmt.Sprintf("Requested writing within range [%s], but tried writing to [%s]", c.arg, body.Range))
		return
	}
	p, err := c.atA1(c.arg)
	var answer map[string]any
	if err == nil {
		err = g.atomic(c.Spreadsheet, func() (err error) {
			answer, err = c.write(c.email, p, body, o)
			return err
		})
	}
	if err != nil {
		c.refuse(err)
		return
	}
	c.reply(answer)
}

// sameRange reports whether two texts name the same range.
func sameRange(a, b string) bool {
	tabA, blockA, errA := parseA1(a)
	tabB, blockB, errB := parseA1(b)
	return errA == nil && errB == nil && blockA == blockB && (strings.EqualFold(tabA, tabB) || tabA == "" || tabB == "")
}

// batchGetByDataFilter answers a range for each place, with the filters that led there.
func (g *Google) batchGetByDataFilter(c *sheetsCall) {
	var body struct {
		DataFilters          []dataFilter `json:"dataFilters"`
		ValueRenderOption    string       `json:"valueRenderOption"`
		DateTimeRenderOption string       `json:"dateTimeRenderOption"`
		MajorDimension       string       `json:"majorDimension"`
	}
	if !decodeProto(c.w, c.r, sheetsMessage.batchGetByDataFilter, &body) {
		return
	}
	r, ok := c.rendering(body.ValueRenderOption, body.DateTimeRenderOption, body.MajorDimension)
	if !ok {
		return
	}
	ranges := []any{}
	for _, f := range body.DataFilters {
		places, err := g.toRead(c.Spreadsheet, f)
		if err != nil {
			invalid(c.w, err.Error())
			return
		}
		for _, p := range places {
			ranges = append(ranges, g.matched(f, p, c.valueRange(p, r)))
		}
	}
	if g.faults.now().Echo == "filled" {
		slices.Reverse(ranges)
	}
	answer := map[string]any{"spreadsheetId": c.ID}
	if len(ranges) > 0 {
		answer["valueRanges"] = ranges
	}
	c.reply(answer)
}

// matched is a range with the filters that it answers. Nothing promises that they come
// back as they were sent.
func (g *Google) matched(f dataFilter, p place, values map[string]any) map[string]any {
	v := map[string]any{"valueRange": values}
	switch echo := g.faults.now().Echo; {
	case echo == "none":
	case echo == "filled" && f.DeveloperMetadataLookup == nil:
		filled := gridRangeOf(p.tab, areaOf(p.tab.within(p.block)))
		v["dataFilters"] = []dataFilter{{GridRange: &filled}}
	default:
		v["dataFilters"] = []dataFilter{f}
	}
	return v
}

// manyInputs is the body of values.batchUpdate and its sister by data filters.
type manyInputs struct {
	ValueInputOption             string  `json:"valueInputOption"`
	IncludeValuesInResponse      bool    `json:"includeValuesInResponse"`
	ResponseValueRenderOption    string  `json:"responseValueRenderOption"`
	ResponseDateTimeRenderOption string  `json:"responseDateTimeRenderOption"`
	Data                         []input `json:"data"`
}

func (g *Google) batchUpdateValues(c *sheetsCall) {
	g.writeAll(c, sheetsMessage.batchUpdateValues, func(in input) ([]place, error) {
		p, err := c.atA1(in.Range)
		return []place{p}, err
	}, func(input, map[string]any) {})
}

// batchUpdateByDataFilter writes to wherever its filters point now. What points nowhere
// writes nothing.
func (g *Google) batchUpdateByDataFilter(c *sheetsCall) {
	g.writeAll(c, sheetsMessage.batchUpdateByDataFilter, func(in input) ([]place, error) { return c.at(in.DataFilter) }, func(in input, answer map[string]any) {
		delete(answer, "spreadsheetId")
		answer["dataFilter"] = in.DataFilter
	})
}

// writeAll writes several ranges, all or none.
func (g *Google) writeAll(c *sheetsCall, message any, at func(input) ([]place, error), say func(input, map[string]any)) {
	var body manyInputs
	if !decodeProto(c.w, c.r, message, &body) {
		return
	}
	o, ok := c.writing(body.ValueInputOption, body.IncludeValuesInResponse, body.ResponseValueRenderOption, body.ResponseDateTimeRenderOption)
	if !ok {
		return
	}

	responses := []any{}
	totals := map[string]int{}
	touched := map[*Sheet]bool{}
	err := g.atomic(c.Spreadsheet, func() error {
		for i, in := range body.Data {
			places, err := at(in)
			for _, p := range places {
				var answer map[string]any
				if err == nil {
					answer, err = c.write(c.email, p, in, o)
				}
				if err != nil {
					break
				}
				for total, name := range map[string]string{"totalUpdatedRows": "updatedRows", "totalUpdatedColumns": "updatedColumns", "totalUpdatedCells": "updatedCells"} {
					n, _ := answer[name].(int)
					totals[total] += n
				}
				touched[p.tab] = true
				say(in, answer)
				responses = append(responses, answer)
			}
			if err != nil {
				return fmt.Errorf("Invalid data[%d]: %w", i, err)
			}
		}
		return nil
	})
	if err != nil {
		c.refuse(err)
		return
	}

	answer := map[string]any{"spreadsheetId": c.ID, "responses": responses}
	totals["totalUpdatedSheets"] = len(touched)
	for name, n := range totals {
		if n > 0 {
			answer[name] = n
		}
	}
	c.reply(answer)
}

// refuse answers why something was not done, in the user's language where Google has
// it.
func (c *sheetsCall) refuse(err error) {
	message := err.Error()
	if errors.Is(err, errProtected) {
		message = strings.Replace(message, errProtected.Error(), translated(c.language, errProtected.Error()), 1)
	}
	invalid(c.w, message)
}

// clearRange answers values.clear.
func (g *Google) clearRange(c *sheetsCall) {
	p, err := c.atA1(c.arg)
	g.clearAll(c, []place{p}, err, func(cleared []string) map[string]any { return map[string]any{"clearedRange": cleared[0]} })
}

// batchClear answers values.batchClear.
func (g *Google) batchClear(c *sheetsCall) {
	var body struct {
		Ranges []string `json:"ranges"`
	}
	if !decodeProto(c.w, c.r, sheetsMessage.batchClear, &body) {
		return
	}
	var places []place
	var err error
	for _, a := range body.Ranges {
		p, bad := c.atA1(a)
		err = errors.Join(err, bad)
		places = append(places, p)
	}
	g.clearAll(c, places, err, clearedRanges)
}

func clearedRanges(cleared []string) map[string]any {
	if len(cleared) == 0 {
		return map[string]any{}
	}
	return map[string]any{"clearedRanges": cleared}
}

// batchClearByDataFilter answers values.batchClearByDataFilter.
func (g *Google) batchClearByDataFilter(c *sheetsCall) {
	var body struct {
		DataFilters []dataFilter `json:"dataFilters"`
	}
	if !decodeProto(c.w, c.r, sheetsMessage.batchClearByDataFilter, &body) {
		return
	}
	var places []place
	var err error
	for _, f := range body.DataFilters {
		found, bad := c.at(f)
		err = errors.Join(err, bad)
		places = append(places, found...)
	}
	g.clearAll(c, places, err, clearedRanges)
}

// clearAll empties places of their values, all or none; formats and notes stay.
func (g *Google) clearAll(c *sheetsCall, places []place, err error, say func([]string) map[string]any) {
	cleared := []string{}
	if err == nil {
		err = g.atomic(c.Spreadsheet, func() error {
			for _, p := range places {
				if err := p.inGrid(); err != nil {
					return err
				}
				b := p.tab.within(p.block)
				if err := p.tab.unprotected(b, c.email); err != nil {
					return err
				}
				p.tab.clear(block{b.row, min(b.endRow, len(p.tab.Rows)), b.col, b.endCol})
				cleared = append(cleared, a1(p.tab.Title, p.block, p.tab))
			}
			return nil
		})
	}
	if err != nil {
		c.refuse(err)
		return
	}
	answer := say(cleared)
	answer["spreadsheetId"] = c.ID
	c.reply(answer)
}
