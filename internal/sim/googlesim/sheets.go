package googlesim

import (
	"errors"
	"fmt"
	"slices"
)

// mayWrite tells why a block of a tab cannot be written by an API.
func (t *Sheet) mayWrite(b block, email string) error {
	rows, columns := t.size()
	rows = max(rows, b.endRow) // the grid grows downwards as far as anybody needs
	if b.endCol > columns {
		return fmt.Errorf("Range (%s!%s%d) exceeds grid limits. Max rows: %d, max columns: %d", t.Title, columnLetter(b.col), b.row+1, rows, columns)
	}
	return t.unprotected(b, email)
}

// unprotected tells if a protected range keeps an account from writing into a block.
func (t *Sheet) unprotected(b block, email string) error {
	for _, p := range t.Protected {
		if !p.WarningOnly && !slices.Contains(p.Editors, email) && t.within(p.Range.block()).meets(b) {
			return errors.New("You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection if you need to edit.")
		}
	}
	return nil
}

// valueRange is what values.get answers. render is its valueRenderOption: without
// one, values come as the spreadsheet's locale shows them.
func (s *Spreadsheet) valueRange(p place, render string) map[string]any {
	v := map[string]any{"range": a1(p.tab.Title, p.block, p.tab), "majorDimension": "ROWS"}
	rows := p.tab.read(p.block)
	if render == "FORMULA" {
		p.tab.formulas(p.block, rows)
	}
	if render == "" || render == "FORMATTED_VALUE" {
		for i, row := range rows {
			for j, value := range row {
				row[j] = formatted(value, s.Locale, p.tab.formatAt(p.row+i, p.col+j))
			}
		}
	}
	if len(rows) > 0 {
		v["values"] = rows
	}
	return v
}

// write sets values and returns what values.update answers. null leaves a cell.
func (g *Google) write(s *Spreadsheet, email string, p place, values [][]any, input string) (map[string]any, error) {
	cells, columns := 0, 0
	for _, row := range values {
		columns = max(columns, len(row))
	}
	if err := p.tab.mayWrite(block{p.row, p.row + len(values), p.col, p.col + columns}, email); err != nil {
		return nil, err
	}
	for i, row := range values {
		for j, v := range row {
			if p.endRow >= 0 && p.row+i >= p.endRow || p.endCol >= 0 && p.col+j >= p.endCol {
				return nil, errors.New("Requested writing within range [" + a1(p.tab.Title, p.block, p.tab) + "], but tried writing to another row or column")
			}
			switch v.(type) {
			case nil, string, float64, bool:
			default:
				return nil, errors.New("Invalid values: struct_value or list_value is not supported")
			}
			if v == nil {
				continue
			}
			if input == "USER_ENTERED" {
				v = p.tab.enteredAt(p.row+i, p.col+j, v, s.Locale)
			}
			p.tab.set(p.row+i, p.col+j, v)
			cells++
		}
	}
	return map[string]any{"spreadsheetId": s.ID, "updatedRange": a1(p.tab.Title, p.block, p.tab),
		"updatedRows": len(values), "updatedColumns": columns, "updatedCells": cells}, nil
}

// enteredAt is what a cell holds when something is typed into it: in one that is
// formatted as text, that text.
func (t *Sheet) enteredAt(row, col int, v any, locale string) any {
	if _, isText := v.(string); isText && t.formatAt(row, col) == "TEXT" {
		return v
	}
	return typed(v, locale)
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
	p, err := c.atA1(c.arg)
	if err != nil {
		invalid(c.w, err.Error())
		return
	}
	c.reply(c.valueRange(p, c.query("valueRenderOption")))
}

func (g *Google) putRange(c *sheetsCall) {
	var body struct {
		Values [][]any `json:"values"`
	}
	if !decodeProto(c.w, c.r, sheetsMessage.valueRange, &body) {
		return
	}
	input := c.query("valueInputOption")
	if !c.inputOption(input) {
		return
	}
	p, err := c.atA1(c.arg)
	var answer map[string]any
	if err == nil {
		err = g.atomic(c.Spreadsheet, func() (err error) {
			answer, err = g.write(c.Spreadsheet, c.email, p, body.Values, input)
			return err
		})
	}
	if err != nil {
		invalid(c.w, err.Error())
		return
	}
	c.reply(answer)
}

func (c *sheetsCall) inputOption(input string) bool {
	if input != "RAW" && input != "USER_ENTERED" {
		invalid(c.w, "'valueInputOption' is required but not specified")
		return false
	}
	return true
}

func (g *Google) batchGet(c *sheetsCall) {
	ranges := []any{}
	for _, a := range c.r.URL.Query()["ranges"] {
		p, err := c.atA1(a)
		if err != nil {
			invalid(c.w, err.Error())
			return
		}
		ranges = append(ranges, c.valueRange(p, c.query("valueRenderOption")))
	}
	c.reply(map[string]any{"spreadsheetId": c.ID, "valueRanges": ranges})
}

// batchGetByDataFilter answers a range for each place, with the filters that led there.
func (g *Google) batchGetByDataFilter(c *sheetsCall) {
	var body struct {
		DataFilters       []dataFilter `json:"dataFilters"`
		ValueRenderOption string       `json:"valueRenderOption"`
	}
	if !decodeProto(c.w, c.r, sheetsMessage.batchGetByDataFilter, &body) {
		return
	}
	ranges := []any{}
	for _, f := range body.DataFilters {
		places, err := c.at(f)
		if err != nil {
			invalid(c.w, err.Error())
			return
		}
		for _, p := range places {
			ranges = append(ranges, map[string]any{"valueRange": c.valueRange(p, body.ValueRenderOption), "dataFilters": []dataFilter{f}})
		}
	}
	c.reply(map[string]any{"spreadsheetId": c.ID, "valueRanges": ranges})
}

func (g *Google) batchUpdateValues(c *sheetsCall) {
	var body struct {
		ValueInputOption string `json:"valueInputOption"`
		Data             []struct {
			Range  string  `json:"range"`
			Values [][]any `json:"values"`
		} `json:"data"`
	}
	if !decodeProto(c.w, c.r, sheetsMessage.batchUpdateValues, &body) || !c.inputOption(body.ValueInputOption) {
		return
	}
	responses := []any{}
	err := g.atomic(c.Spreadsheet, func() error {
		for _, d := range body.Data {
			p, err := c.atA1(d.Range)
			if err != nil {
				return err
			}
			answer, err := g.write(c.Spreadsheet, c.email, p, d.Values, body.ValueInputOption)
			if err != nil {
				return err
			}
			responses = append(responses, answer)
		}
		return nil
	})
	if err != nil {
		invalid(c.w, err.Error())
		return
	}
	c.reply(map[string]any{"spreadsheetId": c.ID, "responses": responses})
}

// batchUpdateByDataFilter writes to wherever its filters point now, all of it or
// nothing. What points nowhere writes nothing.
func (g *Google) batchUpdateByDataFilter(c *sheetsCall) {
	var body struct {
		ValueInputOption string `json:"valueInputOption"`
		Data             []struct {
			DataFilter dataFilter `json:"dataFilter"`
			Values     [][]any    `json:"values"`
		} `json:"data"`
	}
	if !decodeProto(c.w, c.r, sheetsMessage.batchUpdateByDataFilter, &body) || !c.inputOption(body.ValueInputOption) {
		return
	}
	responses := []any{}
	err := g.atomic(c.Spreadsheet, func() error {
		for _, d := range body.Data {
			places, err := c.at(d.DataFilter)
			if err != nil {
				return err
			}
			for _, p := range places {
				answer, err := g.write(c.Spreadsheet, c.email, p, d.Values, body.ValueInputOption)
				if err != nil {
					return err
				}
				delete(answer, "spreadsheetId")
				answer["dataFilter"] = d.DataFilter
				responses = append(responses, answer)
			}
		}
		return nil
	})
	if err != nil {
		invalid(c.w, err.Error())
		return
	}
	c.reply(map[string]any{"spreadsheetId": c.ID, "responses": responses})
}

func (g *Google) batchClearByDataFilter(c *sheetsCall) {
	var body struct {
		DataFilters []dataFilter `json:"dataFilters"`
	}
	if !decodeProto(c.w, c.r, sheetsMessage.batchClearByDataFilter, &body) {
		return
	}
	cleared := []any{}
	err := g.atomic(c.Spreadsheet, func() error {
		for _, f := range body.DataFilters {
			places, err := c.at(f)
			if err != nil {
				return err
			}
			for _, p := range places {
				b := p.tab.within(p.block)
				if err := p.tab.unprotected(b, c.email); err != nil {
					return err
				}
				p.tab.clear(b)
				cleared = append(cleared, a1(p.tab.Title, p.block, p.tab))
			}
		}
		return nil
	})
	if err != nil {
		invalid(c.w, err.Error())
		return
	}
	c.reply(map[string]any{"spreadsheetId": c.ID, "clearedRanges": cleared})
}

// getMetadata answers developerMetadata.get.
func (g *Google) getMetadata(c *sheetsCall) {
	for _, m := range c.Metadata {
		if fmt.Sprint(m.ID) == c.arg {
			c.reply(m.json())
			return
		}
	}
	notFound(c.w)
}

// searchMetadata answers developerMetadata.search: what is at, or meets, the places that
// filters name, or matches their lookups, each once.
func (g *Google) searchMetadata(c *sheetsCall) {
	var body struct {
		DataFilters []dataFilter `json:"dataFilters"`
	}
	if !decodeProto(c.w, c.r, sheetsMessage.searchMetadata, &body) {
		return
	}
	var all []any
	seen := map[int64]bool{}
	for _, f := range body.DataFilters {
		found, err := c.metadataBy(f)
		if err != nil {
			invalid(c.w, err.Error())
			return
		}
		for _, m := range found {
			if !seen[m.ID] {
				seen[m.ID] = true
				all = append(all, map[string]any{"developerMetadata": m.json(), "dataFilters": []dataFilter{f}})
			}
		}
	}
	answer := map[string]any{}
	if len(all) > 0 {
		answer["matchedDeveloperMetadata"] = all
	}
	c.reply(answer)
}

// metadataBy are the metadata that a data filter finds.
func (s *Spreadsheet) metadataBy(f dataFilter) ([]Metadata, error) {
	if f.DeveloperMetadataLookup != nil {
		return s.lookup(*f.DeveloperMetadataLookup)
	}
	places, err := s.at(f)
	if err != nil {
		return nil, err
	}
	var found []Metadata
	for _, m := range s.Metadata {
		at, ok := s.placeOf(m)
		if ok && m.Type != "SPREADSHEET" && slices.ContainsFunc(places, func(p place) bool {
			return p.tab == at.tab && p.tab.within(p.block).meets(at.tab.within(at.block))
		}) {
			found = append(found, m)
		}
	}
	return found, nil
}
