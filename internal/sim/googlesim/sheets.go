package googlesim

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

func (g *Google) routeSheets(mux *http.ServeMux) {
	mux.HandleFunc("GET /v4/spreadsheets/{id}", g.inSpreadsheet(g.getSpreadsheet))
	mux.HandleFunc("POST /v4/spreadsheets/{id}", g.inSpreadsheet(g.batchUpdate))
	mux.HandleFunc("GET /v4/spreadsheets/{id}/{values}", g.inSpreadsheet(g.getValues))
	mux.HandleFunc("POST /v4/spreadsheets/{id}/{values}", g.inSpreadsheet(g.postValues))
	mux.HandleFunc("GET /v4/spreadsheets/{id}/values/{range}", g.inSpreadsheet(g.getRange))
	mux.HandleFunc("PUT /v4/spreadsheets/{id}/values/{range}", g.inSpreadsheet(g.putRange))
}

type inSheet func(http.ResponseWriter, *http.Request, *Spreadsheet)

// inSpreadsheet finds the spreadsheet of a request that its sender may see, and
// holds the lock while it is answered.
func (g *Google) inSpreadsheet(f inSheet) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		email, ok := g.authorized(w, r, "spreadsheets")
		if !ok {
			return
		}
		kind := "Read"
		if r.Method == http.MethodPut || strings.Contains(r.URL.Path, "pdate") {
			kind = "Write"
		}
		if whose := g.faults.within(email, kind, g.now()); whose != "" {
			overQuota(w, kind, whose)
			return
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		id, updates := isBatchUpdate(r.PathValue("id"))
		s, ok := g.spreadsheets[id]
		if !ok || updates != (r.Method == http.MethodPost && r.PathValue("values") == "") {
			notFound(w)
			return
		}
		if !s.mayEdit(email) {
			fail(w, http.StatusForbidden, "PERMISSION_DENIED", "The caller does not have permission", "")
			return
		}
		f(w, r, s)
	}
}

func (g *Google) getSpreadsheet(w http.ResponseWriter, _ *http.Request, s *Spreadsheet) {
	var tabs []any
	for i, t := range s.Sheets {
		rows, columns := t.size()
		grid := map[string]any{"rowCount": rows, "columnCount": columns}
		if t.Frozen > 0 {
			grid["frozenRowCount"] = t.Frozen
		}
		tab := map[string]any{"properties": map[string]any{"sheetId": t.GID, "title": t.Title, "index": i, "sheetType": "GRID",
			"gridProperties": grid}}
		if merges := t.merges(); len(merges) > 0 {
			tab["merges"] = merges
		}
		tabs = append(tabs, tab)
	}
	reply(w, http.StatusOK, map[string]any{"spreadsheetId": s.ID, "sheets": tabs,
		"properties": map[string]any{"title": s.Title, "locale": s.Locale, "timeZone": s.TimeZone}})
}

// merges are the blocks of merged cells, as Sheets describes them.
func (t *Sheet) merges() (all []any) {
	for _, a := range t.Merges {
		if b, err := t.closed(a); err == nil {
			all = append(all, gridRange{t.GID, b.row, b.endRow, b.col, b.endCol})
		}
	}
	return all
}

// mayWrite tells why a block of a tab cannot be written by an API.
func (t *Sheet) mayWrite(b block) error {
	rows, columns := t.size()
	rows = max(rows, b.endRow) // the grid grows downwards as far as anybody needs
	if b.endCol > columns {
		return fmt.Errorf("Range (%s!%s%d) exceeds grid limits. Max rows: %d, max columns: %d", t.Title, columnLetter(b.col), b.row+1, rows, columns)
	}
	for _, a := range t.Protected {
		if p, err := t.closed(a); err == nil && b.row < p.endRow && p.row < b.endRow && b.col < p.endCol && p.col < b.endCol {
			return errors.New("You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection if you need to edit.")
		}
	}
	return nil
}

// place is where a range or a data filter points.
type place struct {
	tab *Sheet
	block
}

func (s *Spreadsheet) atA1(a string) (place, error) {
	tab, b, err := parseA1(a)
	if err != nil {
		return place{}, err
	}
	t := s.Sheets[0]
	if tab != "" {
		var ok bool
		if t, ok = s.byTitle(tab); !ok {
			return place{}, errors.New("Unable to parse range: " + a)
		}
	}
	return place{t, b}, nil
}

// dataFilter points by A1 or by a grid range, which names the tab's gid.
type dataFilter struct {
	A1Range   string     `json:"a1Range,omitempty"`
	GridRange *gridRange `json:"gridRange,omitempty"`
}

type gridRange struct {
	SheetID          int64 `json:"sheetId,omitempty"`
	StartRowIndex    int   `json:"startRowIndex,omitempty"`
	EndRowIndex      int   `json:"endRowIndex,omitempty"`
	StartColumnIndex int   `json:"startColumnIndex,omitempty"`
	EndColumnIndex   int   `json:"endColumnIndex,omitempty"`
}

func (s *Spreadsheet) at(f dataFilter) (place, error) {
	if f.GridRange == nil {
		return s.atA1(f.A1Range)
	}
	r := f.GridRange
	t, ok := s.byGID(r.SheetID)
	if !ok {
		return place{}, errors.New("No grid with id: " + strconv.FormatInt(r.SheetID, 10))
	}
	open := func(end int) int {
		if end == 0 {
			return -1
		}
		return end
	}
	return place{t, block{r.StartRowIndex, open(r.EndRowIndex), r.StartColumnIndex, open(r.EndColumnIndex)}}, nil
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
		for _, row := range rows {
			for i, value := range row {
				row[i] = formatted(value, s.Locale, p.tab.Formats[p.col+i])
			}
		}
	}
	if len(rows) > 0 {
		v["values"] = rows
	}
	return v
}

// write sets values and returns what values.update answers.
func (g *Google) write(s *Spreadsheet, p place, values [][]any, input string) (map[string]any, error) {
	cells, columns := 0, 0
	for _, row := range values {
		columns = max(columns, len(row))
	}
	if err := p.tab.mayWrite(block{p.row, p.row + len(values), p.col, p.col + columns}); err != nil {
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
			if input == "USER_ENTERED" {
				v = typed(v, s.Locale)
			}
			p.tab.set(p.row+i, p.col+j, v)
			cells++
		}
	}
	g.written(s)
	return map[string]any{"spreadsheetId": s.ID, "updatedRange": a1(p.tab.Title, p.block, p.tab),
		"updatedRows": len(values), "updatedColumns": columns, "updatedCells": cells}, nil
}

func (g *Google) getRange(w http.ResponseWriter, r *http.Request, s *Spreadsheet) {
	p, err := s.atA1(r.PathValue("range"))
	if err != nil {
		invalid(w, err.Error())
		return
	}
	reply(w, http.StatusOK, s.valueRange(p, r.URL.Query().Get("valueRenderOption")))
}

func (g *Google) putRange(w http.ResponseWriter, r *http.Request, s *Spreadsheet) {
	var body struct {
		Values [][]any `json:"values"`
	}
	if !decode(w, r, &body) {
		return
	}
	input := r.URL.Query().Get("valueInputOption")
	if !inputOption(w, input) {
		return
	}
	p, err := s.atA1(r.PathValue("range"))
	var answer map[string]any
	if err == nil {
		answer, err = g.write(s, p, body.Values, input)
	}
	if err != nil {
		invalid(w, err.Error())
		return
	}
	reply(w, http.StatusOK, answer)
}

func inputOption(w http.ResponseWriter, input string) bool {
	if input != "RAW" && input != "USER_ENTERED" {
		invalid(w, "'valueInputOption' is required but not specified")
		return false
	}
	return true
}

func (g *Google) getValues(w http.ResponseWriter, r *http.Request, s *Spreadsheet) {
	if r.PathValue("values") != "values:batchGet" {
		notFound(w)
		return
	}
	ranges := []any{}
	for _, a := range r.URL.Query()["ranges"] {
		p, err := s.atA1(a)
		if err != nil {
			invalid(w, err.Error())
			return
		}
		ranges = append(ranges, s.valueRange(p, r.URL.Query().Get("valueRenderOption")))
	}
	reply(w, http.StatusOK, map[string]any{"spreadsheetId": s.ID, "valueRanges": ranges})
}

func (g *Google) postValues(w http.ResponseWriter, r *http.Request, s *Spreadsheet) {
	var body struct {
		DataFilters       []dataFilter `json:"dataFilters"`
		ValueInputOption  string       `json:"valueInputOption"`
		ValueRenderOption string       `json:"valueRenderOption"`
		Data              []struct {
			Range      string     `json:"range"`
			DataFilter dataFilter `json:"dataFilter"`
			Values     [][]any    `json:"values"`
		} `json:"data"`
	}
	action, known := strings.CutPrefix(r.PathValue("values"), "values:")
	if !known {
		notFound(w)
		return
	}
	if !decode(w, r, &body) {
		return
	}
	switch action {
	case "batchGetByDataFilter":
		ranges := []any{}
		for _, f := range body.DataFilters {
			p, err := s.at(f)
			if err != nil {
				invalid(w, err.Error())
				return
			}
			ranges = append(ranges, map[string]any{"valueRange": s.valueRange(p, body.ValueRenderOption), "dataFilters": []dataFilter{f}})
		}
		reply(w, http.StatusOK, map[string]any{"spreadsheetId": s.ID, "valueRanges": ranges})
	case "batchUpdate", "batchUpdateByDataFilter":
		if !inputOption(w, body.ValueInputOption) {
			return
		}
		responses := []any{}
		for _, d := range body.Data {
			if action == "batchUpdate" {
				d.DataFilter = dataFilter{A1Range: d.Range}
			}
			p, err := s.at(d.DataFilter)
			var answer map[string]any
			if err == nil {
				answer, err = g.write(s, p, d.Values, body.ValueInputOption)
			}
			if err != nil {
				invalid(w, err.Error())
				return
			}
			if action == "batchUpdateByDataFilter" {
				delete(answer, "spreadsheetId")
				answer["dataFilter"] = d.DataFilter
			}
			responses = append(responses, answer)
		}
		reply(w, http.StatusOK, map[string]any{"spreadsheetId": s.ID, "responses": responses})
	default:
		notFound(w)
	}
}
