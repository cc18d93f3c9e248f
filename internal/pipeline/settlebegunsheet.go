package pipeline

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/mapping"
)

// doubts are what is left in doubt by writes of ids whose answer nobody saw.
type doubts struct {
	rows    map[int64]error // by the key or id that a row shows: it may be another's
	records map[int64]bool  // that may be such rows: they are not gone
	values  []doubtfulValue // that new rows may hold though nobody typed them
}

// leaveOut has a tab say nothing of the rows that are left in doubt.
func (t *tab) leaveOut(left doubts) {
	for id := range left.rows {
		for _, number := range t.byID[id] {
			delete(t.idAt, number)
			delete(t.rows, number)
		}
		delete(t.byID, id)
	}
}

// settling is a look at where writes of ids went.
type settling struct {
	*Pipeline
	t    *sheet24.Table
	tab  *tab // the rows in which they stand
	lost map[int64]sheet24.Snapshot

	given    map[int64]any // by the key or id in whose place they are given back
	missed   map[any]int   // of what stood in several rows, or is no id: how many are missing
	replaced []sheet24.Replacement
	written  map[int]any
	doubts   doubts
}

// settleBegun looks where writes went that were begun by a process that ended, or whose
// answer was lost, before anything else is done with a tab: an id that a key stands in the
// place of is given back, a cell that got what was another's gets back what it held. It
// fails with errTabMoves where it wrote: the tab is to be read anew. What cannot be told
// for certain is left in doubt.
func (p *Pipeline) settleBegun(ctx context.Context, t *sheet24.Table, events []sheet24.Event) (doubts, error) {
	begun, err := p.Store.BegunSheetWrites(ctx, t.ID, sheet24.ScanStage)
	if err != nil || len(begun) == 0 {
		return doubts{}, err
	}
	if quiet, err := p.quiet(ctx, t, waitingSince(events, p.Now())); err != nil || !quiet {
		return doubts{}, cmp.Or(err, error(errTabMoves))
	}

	tab, err := p.readTab(ctx, t, nil)
	if err != nil || tab.layout.ID < 0 {
		return doubts{}, err
	}
	left, err := p.settleIDs(ctx, t, tab, begun)
	if err != nil {
		return left, err
	}
	if err := p.settleCleared(ctx, t, tab, begun); err != nil {
		return left, err
	}
	err = p.settleValues(ctx, t, tab, begun, events, &left)
	return left, err
}

// settleIDs looks where ids and keys went.
func (p *Pipeline) settleIDs(ctx context.Context, t *sheet24.Table, tab *tab, begun []sheet24.BegunSheetWrite) (doubts, error) {
	s := &settling{Pipeline: p, t: t, given: map[int64]any{}, missed: map[any]int{}, written: map[int]any{}, doubts: doubts{rows: map[int64]error{}, records: map[int64]bool{}}}
	cells, done, err := s.open(ctx, tab, begun)
	if err != nil || len(cells) == 0 {
		return s.doubts, cmp.Or(err, p.Store.EndSheetWrites(ctx, done))
	}

	// The rows in which they stand, and the records that stand nowhere since.
	if s.tab, err = p.standing(ctx, t, tab, cells); err != nil {
		return s.doubts, err
	}
	if s.lost, err = s.missing(ctx, cells); err != nil {
		return s.doubts, err
	}
	if err := s.onlyMissing(ctx, cells); err != nil {
		return s.doubts, err
	}

	// Whose they are.
	if err := s.decide(ctx, cells); err != nil {
		return s.doubts, err
	}
	wrote, err := s.write(ctx)
	if err != nil {
		return s.doubts, err
	}
	if len(s.doubts.rows) == 0 {
		if err := p.Store.EndSheetWrites(ctx, done); err != nil {
			return s.doubts, err
		}
	}
	if !wrote {
		return s.doubts, nil
	}
	return s.doubts, cmp.Or(p.Recheck(ctx, t), error(errTabMoves)) // what was edited in these rows meanwhile is found
}

// openCell is a cell of a write of ids, and what stood beside it that no record tells of.
type openCell struct {
	sheet24.BegunCell
	stood []sheet24.StoodCell
}

// open are the cells of writes of ids that stand somewhere, and of which it is not known
// where; and the writes that are done with once these are: those that took effect, or
// cannot any more.
func (s *settling) open(ctx context.Context, tab *tab, begun []sheet24.BegunSheetWrite) (open []openCell, done []int64, err error) {
	var keys []int64
	for key := range tab.byID {
		if key < 0 {
			keys = append(keys, key)
		}
	}
	records, err := s.Store.RecordsOf(ctx, s.t.ID, keys)
	if err != nil {
		return nil, nil, err
	}
	waiting, err := s.Store.Snapshots(ctx, s.t.ID, keys)
	if err != nil {
		return nil, nil, err
	}

	for _, w := range begun {
		if slices.ContainsFunc(w.Cells, func(c sheet24.BegunCell) bool { return !c.IsID }) {
			continue
		}
		landed := false
		for _, c := range w.Cells {
			id, _ := recordID(c.Value)
			_, known := waiting[id]
			_, became := records[id]
			landed = landed || len(tab.byID[id]) > 0
			if len(tab.byID[id]) > 0 && !known && !became { // else a scan has seen it in its row
				open = append(open, openCell{c, w.Stood})
			}
		}
		if landed || s.Now().Sub(w.At) > landsWithin {
			done = append(done, w.ID)
		}
	}
	return open, done, nil
}

// standing reads the rows in which ids stand.
func (p *Pipeline) standing(ctx context.Context, t *sheet24.Table, tab *tab, cells []openCell) (*tab, error) {
	var numbers []int
	for _, c := range cells {
		id, _ := recordID(c.Value)
		numbers = append(numbers, tab.byID[id]...)
	}
	slices.Sort(numbers)

	read, err := p.readAt(ctx, t, tab.layout, blocksOf(slices.Compact(numbers)))
	if err != nil {
		return nil, err
	}
	if !slices.Equal(read.header, tab.header) || !maps.Equal(read.idAt, tab.idAt) {
		return nil, errTabMoves
	}
	read.layout = tab.layout
	return read, nil
}

// missing are the records, and the keys that rows wait under, that stand nowhere though
// they were last seen in a row, and what these held.
func (s *settling) missing(ctx context.Context, cells []openCell) (map[int64]sheet24.Snapshot, error) {
	present, err := s.Store.Present(ctx, s.t.ID)
	if err != nil {
		return nil, err
	}
	var keys []int64
	for id := range s.tab.byID {
		delete(present, id)
		if id < 0 {
			keys = append(keys, id)
		}
	}
	records, err := s.Store.RecordsOf(ctx, s.t.ID, keys)
	if err != nil {
		return nil, err
	}
	for _, record := range records {
		delete(present, record)
	}
	for _, c := range cells { // a key that was to be replaced
		if c.EntityID < 0 {
			delete(present, c.EntityID)
		}
	}
	return s.Store.Snapshots(ctx, s.t.ID, slices.Sorted(maps.Keys(present)))
}

// finding is a row in which an id stands that is not its own, and what is.
type finding struct {
	id     int64
	number int
	own    any
	sure   bool
}

// decide says what becomes of the rows in which ids stand: of each, whether it is the one
// that was meant, a lost record's, one whose ID cell told of none, or neither for certain.
func (s *settling) decide(ctx context.Context, cells []openCell) error {
	var found []finding
	var strangers []sheet24.BegunCell
	var held []map[string]any
	misled := map[int]openCell{}
	for _, c := range cells {
		id, _ := recordID(c.Value)
		for _, number := range s.tab.byID[id] {
			now := values(s.tab.layout, s.tab.rows[number])
			own, sure := s.own(now, c)
			switch {
			case own != nil:
				found = append(found, finding{id, number, own, sure && len(s.tab.byID[id]) == 1})
			case len(now) == 0: // its row moved on
				s.empty(number, c)
			case id > 0 && c.EntityID == 0 && len(c.Held) > 0 && equalFields(now, c.Held) == 0:
				misled[number] = c
			case id < 0 && equalFields(now, c.Held) == 0 || mapping.Summary(now):
				strangers, held = append(strangers, c.BegunCell), append(held, nil)
			case id < 0:
				strangers, held = append(strangers, c.BegunCell), append(held, now)
			}
		}
	}

	s.giveBack(found)
	if err := s.takeFrom(ctx, misled); err != nil {
		return err
	}
	return s.takeBack(ctx, strangers, held)
}

// takeFrom takes the ids of records out of rows that hold nothing of what those did that were
// to get them, where these stand elsewhere, without one.
func (s *settling) takeFrom(ctx context.Context, misled map[int]openCell) error {
	if len(misled) == 0 {
		return nil
	}
	all, err := s.readAt(ctx, s.t, s.tab.layout, wholeTab(s.t))
	if err != nil {
		return err
	}
	if !slices.Equal(all.header, s.tab.header) || !maps.Equal(all.idAt, s.tab.idAt) {
		return errTabMoves
	}

	for number, c := range misled {
		for other, row := range all.rows {
			if cell(row, s.tab.layout.ID) == nil && other != number && alike(values(s.tab.layout, row), c.Held) {
				s.written[number] = ""
			}
		}
	}
	return nil
}

// own is what is to stand in the ID cell of a row, rather than the id that was meant for
// another; nil: nothing else, as far as is known.
func (s *settling) own(now map[string]any, c openCell) (own any, sure bool) {
	record, same, sure := s.whose(now, c.BegunCell)
	if v, certain := c.stoodIn(now, max(same, equalFields(now, c.Held))+1); v != nil {
		return v, certain
	}
	if record == 0 {
		return nil, true
	}
	return cellOf(record), sure
}

// empty takes an id out of a row that holds nothing else.
func (s *settling) empty(number int, c openCell) {
	switch id, _ := recordID(c.Value); {
	case id < 0 && len(s.tab.byID[id]) == 1:
		s.replaced = append(s.replaced, sheet24.Replacement{Find: keyText(id)})
	case id > 0 && c.EntityID == 0:
		s.written[number] = ""
	}
}

// giveBack gives back what stood in rows, but where several may have lost it.
func (s *settling) giveBack(found []finding) {
	claimed := map[any]int{}
	for _, f := range found {
		claimed[f.own]++
	}

	for _, f := range found {
		_, isID := recordID(f.own)
		switch {
		case !f.sure || claimed[f.own] > max(1, s.missed[f.own]):
			s.doubt(f.id, f.own)
			continue
		case f.id < 0 && isID:
			s.replaced = append(s.replaced, sheet24.Replacement{Find: keyText(f.id), Text: mapping.Text(f.own)})
		default:
			s.written[f.number] = f.own
		}
		s.given[f.id] = f.own
	}
}

// doubt leaves in doubt whether the row that shows an id is another one.
func (s *settling) doubt(id int64, own any) {
	s.doubts.rows[id] = sheet24.Errorf(sheet24.Invalid, "row_other_record", mapping.Text(cellOf(id)), mapping.Text(own))
	if record, ok := recordID(own); ok {
		s.doubts.records[record] = true
	}
}

// whose is the lost record whose row this is that shows an id, rather than the one that
// was meant, 0: none; in how many fields it is the same, and whether that is certain.
func (s *settling) whose(now map[string]any, c sheet24.BegunCell) (record int64, best int, sure bool) {
	mine, several := equalFields(now, c.Held), false
	for _, id := range slices.Sorted(maps.Keys(s.lost)) {
		same := equalFields(now, s.lost[id].Values)
		switch {
		case same > best:
			best, record, several = same, id, false
		case same == best && same > 0:
			several = true
		}
	}

	switch {
	case best < mine || best == 0:
		return 0, best, true
	case several:
		return record, best, false
	case best == mine: // rows that are the same: either is right
		return record, best, maps.Equal(now, s.lost[record].Values)
	}
	return record, best, alike(now, s.lost[record].Values)
}

// takeBack takes keys out of rows that are not to become records, or are others than those
// they were made for: of the last nothing is held. Those that are new get keys of their own.
func (s *settling) takeBack(ctx context.Context, cells []sheet24.BegunCell, held []map[string]any) error {
	left, err := s.Store.Left(ctx, s.t.ID, held)
	if err != nil {
		return err
	}
	for i, c := range cells {
		if key, _ := recordID(c.Value); key < 0 && (held[i] == nil || left[i]) {
			s.replaced = append(s.replaced, sheet24.Replacement{Find: keyText(key)})
		}
	}
	return nil
}

// write puts right what was decided, and reports whether it wrote. Where the column is
// protected, all of it is left in doubt.
func (s *settling) write(ctx context.Context) (wrote bool, err error) {
	if len(s.replaced)+len(s.written) == 0 {
		return false, nil
	}
	if len(s.replaced) > 0 { // whatever the table is by now: it is our own damage
		err = s.Sheets.Replace(ctx, s.t.Ref(), s.replaced)
	}
	if err == nil {
		work := &scanning{Pipeline: s.Pipeline, t: s.t, settling: true}
		err = work.writeIDs(ctx, s.tab, s.written)
	}
	if !sheet24.IsKind(err, sheet24.Invalid) {
		return true, err
	}

	for id, record := range s.given {
		s.doubt(id, record)
	}
	s.Log.Warn("ids not given back", "table", s.t.ID, "error", err)
	return false, nil
}
