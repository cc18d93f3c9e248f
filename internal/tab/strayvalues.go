package tab

import (
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/mapping"
)

// A value that is written into a record's cell may land in another row, if rows move
// meanwhile. What stood in its column is stored before it is sent. So it shows afterwards
// which rows got it: those under the same ID cells that held something else.

// stray is a cell that shows a value which was meant for another's row.
type stray struct {
	row    int
	column sheet24.Column
	field  string
	holds  any // what it shows
	value  any // what it held before, where that is known

	known bool // else another row, or nobody, wrote what it shows
	blank bool // its ID cell is empty
}

// straying is a look at where one write of values went.
type straying struct {
	access  *Access
	t       *sheet24.Table
	before  *Places         // nil: it is not known what stood there
	at      *Places         // what stands there now
	records map[int64]int64 // what rows became whose keys are still shown, or were
	events  []sheet24.Event // that name rows
	meant   map[CellOfRecord]any
}

// Doubtful says why a row that no scan has stored yet is not to be sent: it may hold a value
// that was meant for another's.
func (d Doubts) Doubtful(now map[string]any) error {
	for _, v := range d.values {
		if held, holds := now[v.field]; holds && held == v.value {
			return sheet24.Errorf(sheet24.Invalid, sheet24.CodeRowValueDoubt, mapping.Text(held))
		}
	}
	return nil
}

// doubtfulValue is a value of a field that a new row may hold without anybody having typed it.
type doubtfulValue struct {
	field string
	value any
}

// settleValues looks where values went, and puts right what they were written over. Values
// of which it is not certain whether they went into a new row are left in doubt.
func (p *Access) settleValues(ctx context.Context, next *sheet24.Next, t *sheet24.Table, tab *Tab, begun []sheet24.BegunSheetWrite, events []sheet24.Event, left *Doubts) error {
	fields, columns := map[sheet24.Column]string{}, []sheet24.Column{IDColumnOf(t, tab.Layout)}
	for _, w := range begun {
		for _, c := range w.Cells {
			m, found := columnNamed(tab, c.Column)
			if _, again := fields[m.Column]; found && !c.IsID && !again {
				fields[m.Column] = m.Field
				columns = append(columns, m.Column)
			}
		}
	}
	if len(fields) == 0 {
		return p.endValues(ctx, next, t, begun, nil)
	}
	at, err := p.ReadPlaces(ctx, t, columns)
	if err != nil {
		return err
	}

	// What each write hit.
	var wrong []Placement
	landed := map[int64]bool{}
	for _, w := range begun {
		if slices.ContainsFunc(w.Cells, func(c sheet24.BegunCell) bool { return c.IsID }) {
			continue
		}
		s := &straying{access: p, t: t, at: at, events: events}
		found, err := s.find(ctx, w, columns[1:], fields)
		if err != nil {
			return err
		}
		if found, err = s.withoutEmpty(ctx, tab, found); err != nil {
			return err
		}
		landed[w.ID] = s.landed(w, columns[1:])
		for _, c := range found {
			if !c.known {
				left.values = append(left.values, doubtfulValue{c.field, c.holds})
				continue
			}
			landed[w.ID] = true
			wrong = append(wrong, s.putRight(c))
		}
	}

	if len(wrong) > 0 {
		if _, err := p.PlaceAt(ctx, sheet24.ScanStage, t, at, wrong); err != nil {
			return err
		}
	}
	if err := p.endValues(ctx, next, t, begun, landed); err != nil || len(wrong) == 0 {
		return err
	}
	return ErrMoves
}

// columnNamed is the mapping of a column of that name, if it is known where that is.
func columnNamed(tab *Tab, name string) (sheet24.FieldMapping, bool) {
	for _, m := range tab.Layout.Fields {
		if m.Column.Name == name && m.Column.Index >= 0 {
			return m, true
		}
	}
	return sheet24.FieldMapping{}, false
}

// endValues ends writes of values that took effect, or cannot any more: rows that were left
// in doubt are looked at once more then.
func (p *Access) endValues(ctx context.Context, next *sheet24.Next, t *sheet24.Table, begun []sheet24.BegunSheetWrite, landed map[int64]bool) error {
	var done []int64
	late := false
	for _, w := range begun {
		ids := slices.ContainsFunc(w.Cells, func(c sheet24.BegunCell) bool { return c.IsID })
		if !ids && (landed[w.ID] || p.Now().Sub(w.At) > landsWithin) {
			done = append(done, w.ID)
			late = late || !landed[w.ID]
		}
	}
	if late {
		if err := p.Store.AddEvent(ctx, sheet24.NewRecheck(t.ID)); err != nil {
			return err
		}
		next.Scan(t.ID)
	}
	return p.Begun.EndSheetWrites(ctx, done)
}

// find finds the cells that show what a write was to put elsewhere.
func (s *straying) find(ctx context.Context, w sheet24.BegunSheetWrite, columns []sheet24.Column, fields map[sheet24.Column]string) (found []stray, err error) {
	s.before = placesBefore(s.t, w)
	if s.records, err = s.access.Store.RecordsOf(ctx, s.t.ID, keysIn(s.before, s.at)); err != nil {
		return nil, err
	}

	s.meant = map[CellOfRecord]any{}
	for _, column := range columns {
		written := map[any]bool{}
		for _, c := range w.Cells {
			if c.Column == column.Name {
				written[orNil(c.Value)] = true
				s.meant[CellOfRecord{s.become(c.EntityID), column}] = orNil(c.Value)
			}
		}
		if len(written) == 0 {
			continue
		}
		cells, err := s.inColumn(ctx, w, column, fields[column], written)
		if err != nil {
			return nil, err
		}
		found = append(found, cells...)
	}
	return found, nil
}

// placesBefore are the columns of a write as they were before it; nil if that is not known.
func placesBefore(t *sheet24.Table, w sheet24.BegunSheetWrite) *Places {
	if len(w.Columns) == 0 {
		return nil
	}
	var columns []sheet24.Column
	var cells [][]any
	for _, c := range w.Columns {
		columns = append(columns, sheet24.Column{Name: c.Name})
		cells = append(cells, c.Cells)
	}
	return placesOf(t, columns, cells)
}

// keysIn are the keys that rows show, or showed.
func keysIn(looks ...*Places) (keys []int64) {
	for _, s := range looks {
		if s == nil {
			continue
		}
		for id := range s.Rows {
			if id < 0 {
				keys = append(keys, id)
			}
		}
	}
	return keys
}

// become is the record that a row of a key became, else what it was.
func (s *straying) become(id int64) int64 {
	if record := s.records[id]; record > 0 {
		return record
	}
	return id
}

// rowName is what a row is told by: a record's id or a key, else what its ID cell shows.
func (s *straying) rowName(shows any) any {
	if id, ok := RecordID(shows); ok {
		return s.become(id)
	}
	return orNil(shows)
}

// rowsBy are the rows of some places by their names.
func (s *straying) rowsBy(of *Places) map[any][]int {
	rows := map[any][]int{}
	if of == nil {
		return rows
	}
	for row := of.headerRow + 1; row <= of.Last(); row++ {
		name := s.rowName(of.At(of.Columns[0], row))
		rows[name] = append(rows[name], row)
	}
	return rows
}

// inColumn is find of one column.
func (s *straying) inColumn(ctx context.Context, w sheet24.BegunSheetWrite, column sheet24.Column, field string, written map[any]bool) (found []stray, err error) {
	var was sheet24.Column
	expected := map[int]any{} // by the row as it stood before
	before := s.rowsBy(s.before)
	if s.before != nil {
		was = sheet24.Column{Name: column.Name}
		for _, c := range w.Cells {
			if c.Column == column.Name {
				expected[c.Row] = orNil(c.Value)
			}
		}
	}

	now := s.rowsBy(s.at)
	var unknown []stray
	for name, rows := range now {
		var stood, wanted []any // in rows of that name, before the write, and if it hit what it was meant for
		for _, row := range before[name] {
			v := orNil(s.before.At(was, row))
			stood = append(stood, v)
			if e, meant := expected[row]; meant {
				v = e
			}
			wanted = append(wanted, v)
		}
		cells := s.inRows(column, field, name, rows, stood, wanted, written)
		for _, c := range cells {
			if c.known {
				found = append(found, c)
			} else {
				unknown = append(unknown, c)
			}
		}
	}

	unknown, err = s.lastKnown(ctx, unknown)
	slices.SortFunc(unknown, func(a, b stray) int { return a.row - b.row })
	found = append(found, unknown...)
	slices.SortStableFunc(found, func(a, b stray) int { return a.row - b.row })
	return found, err
}

// inRows finds those of the rows of one name that show a written value which none of them
// held, nor was to get; and what they held.
func (s *straying) inRows(column sheet24.Column, field string, name any, rows []int, stood, wanted []any, written map[any]bool) (found []stray) {
	shown := map[any][]int{}
	for _, row := range rows {
		v := orNil(s.at.At(column, row))
		shown[v] = append(shown[v], row)
	}
	count := func(values []any, v any) (n int) {
		for _, other := range values {
			if other == v {
				n++
			}
		}
		return n
	}

	// What none of them shows any more.
	missing := map[any]bool{}
	for _, v := range stood {
		if len(shown[v]) < count(stood, v) && (v != nil || name != nil) {
			missing[v] = true
		}
	}

	id, _ := name.(int64)
	for v, hit := range shown {
		mine, meant := s.meant[CellOfRecord{id, column}]
		switch {
		case !written[v] || id != 0 && meant && mine == v:
			continue
		case v == nil && name == nil: // of rows without an id, an empty cell says nothing
			continue
		case len(stood) == 1 && name != nil && stood[0] != v: // its copies hold what it does
		case len(hit) <= max(count(stood, v), count(wanted, v)):
			continue
		}
		for _, row := range hit {
			c := stray{row: row, column: column, field: field, holds: v, blank: name == nil}
			switch {
			case len(stood) == 1 && name != nil:
				c.value, c.known = stood[0], true
			case len(missing) == 1 && count(stood, v) == 0:
				c.value, c.known = slices.Collect(maps.Keys(missing))[0], true
			}
			if s.typed(c, column, v) {
				continue
			}
			found = append(found, c)
		}
	}
	return found
}

// typed reports whether somebody typed the value that a cell shows, as far as can be told: a
// notification names the row, and others held it too.
func (s *straying) typed(c stray, column sheet24.Column, v any) bool {
	if !Announced(s.events, c.row) {
		return false
	}
	return s.before == nil || s.common(column, v)
}

// common reports whether a value stood in a column before it was written.
func (s *straying) common(column sheet24.Column, v any) bool {
	if s.before == nil {
		return true
	}
	i := slices.IndexFunc(s.before.Columns, func(c sheet24.Column) bool { return c.Name == column.Name })
	return v == nil || i >= 0 && slices.Contains(s.before.cells[i], v)
}

// lastKnown has cells of which it is not stored what they held hold what the last scan saw,
// where it saw them.
func (s *straying) lastKnown(ctx context.Context, cells []stray) (found []stray, err error) {
	var ids []int64
	for _, c := range cells {
		if id := s.idAt(c.row); id != 0 {
			ids = append(ids, id)
		}
	}
	known, err := s.access.Store.Snapshots(ctx, s.t.ID, ids)
	if err != nil {
		return nil, err
	}

	for _, c := range cells {
		id := s.idAt(c.row)
		n, seen := known[id]
		switch {
		case !seen || len(s.at.Rows[id]) > 1:
		case n.Values[c.field] == c.holds:
			continue
		default:
			c.value, c.known = n.Values[c.field], true
		}
		found = append(found, c)
	}
	return found, nil
}

// idAt is the record, or the key, that a row shows; 0: neither.
func (s *straying) idAt(row int) int64 {
	id, _ := s.rowName(s.at.At(s.at.Columns[0], row)).(int64)
	return id
}

// withoutEmpty has cells of rows without an id that hold nothing else be emptied: those were
// empty rows. So are those of new ones, where the value is no other row's; a value that rows
// share may have been typed.
func (s *straying) withoutEmpty(ctx context.Context, tab *Tab, cells []stray) ([]stray, error) {
	var numbers []int
	for _, c := range cells {
		if c.blank {
			numbers = append(numbers, c.row)
		}
	}
	if len(numbers) == 0 {
		return cells, nil
	}
	slices.Sort(numbers)
	read, err := s.access.ReadAt(ctx, s.t, tab.Layout, BlocksOf(slices.Compact(numbers)))
	if err != nil {
		return nil, err
	}
	if !slices.Equal(read.Header, tab.Header) || !maps.EqualFunc(read.ByID, s.at.Rows, slices.Equal) {
		return nil, ErrMoves
	}

	for i, c := range cells {
		if !c.blank {
			continue
		}
		others := Values(tab.Layout, read.Rows[c.row])
		if others[c.field] != c.holds {
			return nil, ErrMoves
		}
		delete(others, c.field)
		if len(others) == 0 || !c.known && !s.common(c.column, c.holds) && s.present(c) {
			cells[i].value, cells[i].known = nil, true
		}
	}
	return cells, nil
}

// putRight is what is to stand in a cell again.
func (s *straying) putRight(c stray) Placement {
	shows := s.at.At(s.at.Columns[0], c.row)
	w := Placement{Row: c.row, Shows: shows, Column: c.column, Value: c.value, Only: true, Holds: c.holds}
	if id, ok := RecordID(shows); ok && len(s.at.Rows[id]) == 1 {
		w.ID = id
	}
	return w
}

// present reports whether all rows stand somewhere under their ids that a value was meant
// for: else it may stand in one of these.
func (s *straying) present(c stray) bool {
	for of, v := range s.meant {
		if of.Column == c.column && v == c.holds && len(s.at.Rows[of.ID]) != 1 {
			return false
		}
	}
	return true
}

// landed reports whether a record's row shows what it was to get.
func (s *straying) landed(w sheet24.BegunSheetWrite, columns []sheet24.Column) bool {
	return slices.ContainsFunc(w.Cells, func(c sheet24.BegunCell) bool {
		i := slices.IndexFunc(columns, func(column sheet24.Column) bool { return column.Name == c.Column })
		rows := s.at.Rows[c.EntityID]
		return i >= 0 && c.EntityID != 0 && len(rows) == 1 && s.at.At(columns[i], rows[0]) == orNil(c.Value)
	})
}
