package googlesim

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
)

// getSpreadsheet answers spreadsheets.get.
func (g *Google) getSpreadsheet(c *sheetsCall) {
	var places []place
	for _, a := range c.r.URL.Query()["ranges"] {
		p, err := c.atA1(a)
		if err == nil {
			err = p.inGrid()
		}
		if err != nil {
			invalid(c.w, err.Error())
			return
		}
		places = append(places, p)
	}
	c.reply(g.resource(c.Spreadsheet, places, c.query("includeGridData") == "true", c.requested()))
}

// requested is the mask that a request brought, nil for none: with one, it alone
// decides whether grid data are answered (source: the description of includeGridData in
// the discovery document).
func (c *sheetsCall) requested() *mask {
	if c.mask.all {
		return nil
	}
	return c.mask
}

// getByDataFilter answers spreadsheets.getByDataFilter.
func (g *Google) getByDataFilter(c *sheetsCall) {
	var body struct {
		DataFilters     []dataFilter `json:"dataFilters"`
		IncludeGridData bool         `json:"includeGridData"`
	}
	if !decodeProto(c.w, c.r, sheetsMessage.getByDataFilter, &body) {
		return
	}
	var places []place
	for _, f := range body.DataFilters {
		found, err := g.toRead(c.Spreadsheet, f)
		if err != nil {
			invalid(c.w, err.Error())
			return
		}
		places = append(places, found...)
	}
	if len(body.DataFilters) > 0 && len(places) == 0 {
		places = []place{} // nothing matched
	}
	c.reply(g.resource(c.Spreadsheet, places, body.IncludeGridData, c.requested()))
}

// resource is a spreadsheet as the API describes it, with the tabs that hold some of
// the places, all without any.
func (g *Google) resource(s *Spreadsheet, places []place, gridData bool, m *mask) map[string]any {
	if m == nil {
		m = everything
		if !gridData {
			m = withoutData
		}
	}
	v := map[string]any{
		"spreadsheetId":  s.ID,
		"spreadsheetUrl": "https://docs.google.com/spreadsheets/d/" + s.ID + "/edit",
		"properties": map[string]any{"title": s.Title, "locale": s.Locale, "timeZone": s.TimeZone, "autoRecalc": "ON_CHANGE",
			"defaultFormat": defaultFormat()},
	}
	tabs := []any{}
	for i, t := range s.Sheets {
		mine := []block{}
		for _, p := range places {
			if p.tab == t {
				mine = append(mine, p.block)
			}
		}
		if places == nil {
			mine = []block{{0, -1, 0, -1}}
		}
		if len(mine) > 0 {
			tabs = append(tabs, g.tabResource(s, t, i, mine, m.at("sheets")))
		}
	}
	if len(tabs) > 0 {
		v["sheets"] = tabs
	}

	named := []any{}
	for _, n := range s.Named {
		named = append(named, n.json())
	}
	if len(named) > 0 {
		v["namedRanges"] = named
	}
	if all := s.metadataOf(func(m Metadata) bool { return m.Type == "SPREADSHEET" }); len(all) > 0 {
		v["developerMetadata"] = all
	}
	return v
}

// withoutData is all of a spreadsheet but grid data.
var withoutData = func() *mask {
	tab := allBut(sheetsMessage.sheetType(), "data")
	m := allBut(sheetsMessage.spreadsheetType(), "sheets")
	m.fields["sheets"] = tab
	return m
}()

// allBut selects all fields of a type but one.
func allBut(t reflect.Type, name string) *mask {
	m := &mask{fields: map[string]*mask{}}
	for field := range fieldsOf(t) {
		if field != name {
			m.fields[field] = everything
		}
	}
	return m
}

func (s *Spreadsheet) metadataOf(which func(Metadata) bool) (all []any) {
	for _, m := range s.Metadata {
		if which(m) {
			all = append(all, m.json())
		}
	}
	return all
}

// properties are a tab's.
func (t *Sheet) properties(index int) map[string]any {
	rows, columns := t.size()
	grid := map[string]any{"rowCount": rows, "columnCount": columns}
	if t.Frozen > 0 {
		grid["frozenRowCount"] = t.Frozen
	}
	p := map[string]any{"sheetId": t.GID, "title": t.Title, "index": index, "sheetType": "GRID", "gridProperties": grid}
	if t.Hidden {
		p["hidden"] = true
	}
	return p
}

// tabResource is a tab as the API describes it, with a block of grid data for each
// block asked for.
func (g *Google) tabResource(s *Spreadsheet, t *Sheet, index int, blocks []block, m *mask) map[string]any {
	v := map[string]any{"properties": t.properties(index)}
	meets := func(a Area) bool {
		return slices.ContainsFunc(blocks, func(b block) bool { return t.within(b).meets(t.within(a.block())) })
	}

	var merges, protected []any
	for _, a := range t.Merges {
		if meets(a) {
			merges = append(merges, gridRangeOf(t, a))
		}
	}
	for _, p := range t.Protected {
		if meets(p.Range) {
			protected = append(protected, p.json(t))
		}
	}
	if len(merges) > 0 {
		v["merges"] = merges
	}
	if len(protected) > 0 {
		v["protectedRanges"] = protected
	}
	if t.Filtered != nil {
		v["basicFilter"] = map[string]any{"range": gridRangeOf(t, *t.Filtered)}
	}
	if all := s.metadataOf(func(m Metadata) bool { return m.Type == "SHEET" && m.GID == t.GID }); len(all) > 0 {
		v["developerMetadata"] = all
	}

	if data := m.at("data"); data != nil {
		set := g.faults.now()
		var all []any
		for _, b := range blocks {
			all = append(all, s.gridData(t, b, data, set.PaddedBlocks))
		}
		if set.ShuffleBlocks {
			rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		}
		v["data"] = all
	}
	return v
}

// meets reports whether two closed blocks have a cell in common.
func (b block) meets(other block) bool {
	return b.row < other.endRow && other.row < b.endRow && b.col < other.endCol && other.col < b.endCol
}

// gridRangeOf writes an area as the API has it.
func gridRangeOf(t *Sheet, a Area) gridRange {
	r := gridRange{SheetID: t.GID, StartRowIndex: a.Row, StartColumnIndex: a.Col}
	if a.EndRow >= 0 {
		r.EndRowIndex = &a.EndRow
	}
	if a.EndCol >= 0 {
		r.EndColumnIndex = &a.EndCol
	}
	return r
}

func (p Protection) json(t *Sheet) map[string]any {
	v := map[string]any{"protectedRangeId": p.ID, "range": gridRangeOf(t, p.Range), "requestingUserCanEdit": p.WarningOnly || len(p.Editors) > 0}
	if p.Description != "" {
		v["description"] = p.Description
	}
	if p.WarningOnly {
		v["warningOnly"] = true
	}
	if len(p.Editors) > 0 {
		v["editors"] = map[string]any{"users": p.Editors}
	}
	return v
}

func (n Named) json() map[string]any {
	return map[string]any{"namedRangeId": n.ID, "name": n.Name, "range": gridRangeOf(&Sheet{GID: n.GID}, n.Range)}
}

// newID is an id that no tab or protection of a spreadsheet has.
func (s *Spreadsheet) newID() int64 {
	id := int64(0)
	for _, t := range s.Sheets {
		id = max(id, t.GID)
		for _, p := range t.Protected {
			id = max(id, p.ID)
		}
	}
	return id + 1
}

// atA1 is where a range in A1 notation points.
func (s *Spreadsheet) atA1(a string) (place, error) {
	tab, b, err := parseA1(a)
	if err != nil {
		return place{}, err
	}
	t := s.Sheets[0]
	if tab != "" {
		var ok bool
		if t, ok = s.byTitle(tab); !ok {
			if p, named := s.byName(a); named {
				return p, nil
			}
			return place{}, errors.New("Unable to parse range: " + a)
		}
	}
	return place{tab: t, block: b, said: a}, nil
}

// byName is where a named range is.
func (s *Spreadsheet) byName(name string) (place, bool) {
	for _, n := range s.Named {
		if t, ok := s.byGID(n.GID); ok && strings.EqualFold(n.Name, name) {
			return place{tab: t, block: n.Range.block(), said: name}, true
		}
	}
	return place{}, false
}
