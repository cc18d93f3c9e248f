package tab

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/mapping"
	"sheet24/internal/match"
)

// Doubts are what is left in doubt by writes of ids whose answer nobody saw.
type Doubts struct {
	Rows    map[int64]error // by the key or id that a row shows: it may be another's
	Records map[int64]bool  // that may be such rows: they are not gone
	values  []doubtfulValue // that new rows may hold though nobody typed them
}

// LeaveOut has a tab say nothing of the rows that are left in doubt.
func (t *Tab) LeaveOut(left Doubts) {
	for id := range left.Rows {
		for _, number := range t.ByID[id] {
			delete(t.IDAt, number)
			delete(t.Rows, number)
		}
		delete(t.ByID, id)
	}
}

// settling is a look at where writes of ids went.
type settling struct {
	access *Access
	t      *sheet24.Table
	tab    *Tab // the rows in which they stand
	lost   map[int64]sheet24.Snapshot

	given    map[int64]any // by the key or id in whose place they are given back
	missed   map[any]int   // of what stood in several rows, or is no id: how many are missing
	replaced []sheet24.Replacement
	written  map[int]any
	doubts   Doubts
}

// SettleBegun looks where writes went that were begun by a process that ended, or whose
// answer was lost, before anything else is done with a tab: an id that a key stands in the
// place of is given back, a cell that got what was another's gets back what it held. It
// fails with ErrMoves where it wrote: the tab is to be read anew. What cannot be told
// for certain is left in doubt.
func (p *Access) SettleBegun(ctx context.Context, next *sheet24.Next, t *sheet24.Table, events []sheet24.Event) (Doubts, error) {
	begun, err := p.Begun.BegunSheetWrites(ctx, t.ID, sheet24.ScanStage)
	if err != nil || len(begun) == 0 {
		return Doubts{}, err
	}
	if quiet, err := p.Quiet(ctx, t, WaitingSince(events, p.Now())); err != nil || !quiet {
		return Doubts{}, cmp.Or(err, error(ErrMoves))
	}

	tab, err := p.Read(ctx, t, nil)
	if err != nil || tab.Layout.ID < 0 {
		return Doubts{}, err
	}
	left, err := p.settleIDs(ctx, next, t, tab, begun)
	if err != nil {
		return left, err
	}
	if err := p.settleCleared(ctx, next, t, tab, begun); err != nil {
		return left, err
	}
	err = p.settleValues(ctx, next, t, tab, begun, events, &left)
	return left, err
}

// settleIDs looks where ids and keys went.
func (p *Access) settleIDs(ctx context.Context, next *sheet24.Next, t *sheet24.Table, tab *Tab, begun []sheet24.BegunSheetWrite) (Doubts, error) {
	s := &settling{access: p, t: t, given: map[int64]any{}, missed: map[any]int{}, written: map[int]any{}, doubts: Doubts{Rows: map[int64]error{}, Records: map[int64]bool{}}}
	cells, done, err := s.open(ctx, tab, begun)
	if err != nil || len(cells) == 0 {
		return s.doubts, cmp.Or(err, p.Begun.EndSheetWrites(ctx, done))
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
	if len(s.doubts.Rows) == 0 {
		if err := p.Begun.EndSheetWrites(ctx, done); err != nil {
			return s.doubts, err
		}
	}
	if !wrote {
		return s.doubts, nil
	}
	if err := p.Store.AddEvent(ctx, sheet24.NewRecheck(t.ID)); err != nil { // what was edited in these rows meanwhile is found
		return s.doubts, err
	}
	next.Scan(t.ID)
	return s.doubts, ErrMoves
}

// openCell is a cell of a write of ids, and what stood beside it that no record tells of.
type openCell struct {
	sheet24.BegunCell
	stood []sheet24.StoodCell
}

// open are the cells of writes of ids that stand somewhere, and of which it is not known
// where; and the writes that are done with once these are: those that took effect, or
// cannot any more.
func (s *settling) open(ctx context.Context, tab *Tab, begun []sheet24.BegunSheetWrite) (open []openCell, done []int64, err error) {
	var keys []int64
	for key := range tab.ByID {
		if key < 0 {
			keys = append(keys, key)
		}
	}
	records, err := s.access.Store.RecordsOf(ctx, s.t.ID, keys)
	if err != nil {
		return nil, nil, err
	}
	waiting, err := s.access.Store.Snapshots(ctx, s.t.ID, keys)
	if err != nil {
		return nil, nil, err
	}

	for _, w := range begun {
		if slices.ContainsFunc(w.Cells, func(c sheet24.BegunCell) bool { return !c.IsID }) {
			continue
		}
		landed := false
		for _, c := range w.Cells {
			id, _ := RecordID(c.Value)
			_, known := waiting[id]
			_, became := records[id]
			landed = landed || len(tab.ByID[id]) > 0
			if len(tab.ByID[id]) > 0 && !known && !became { // else a scan has seen it in its row
				open = append(open, openCell{c, w.Stood})
			}
		}
		if landed || s.access.Now().Sub(w.At) > landsWithin {
			done = append(done, w.ID)
		}
	}
	return open, done, nil
}

// standing reads the rows in which ids stand.
func (p *Access) standing(ctx context.Context, t *sheet24.Table, tab *Tab, cells []openCell) (*Tab, error) {
	var numbers []int
	for _, c := range cells {
		id, _ := RecordID(c.Value)
		numbers = append(numbers, tab.ByID[id]...)
	}
	slices.Sort(numbers)

	read, err := p.ReadAt(ctx, t, tab.Layout, BlocksOf(slices.Compact(numbers)))
	if err != nil {
		return nil, err
	}
	if !slices.Equal(read.Header, tab.Header) || !maps.Equal(read.IDAt, tab.IDAt) {
		return nil, ErrMoves
	}
	read.Layout = tab.Layout
	return read, nil
}

// missing are the records, and the keys that rows wait under, that stand nowhere though
// they were last seen in a row, and what these held.
func (s *settling) missing(ctx context.Context, cells []openCell) (map[int64]sheet24.Snapshot, error) {
	present, err := s.access.Store.Present(ctx, s.t.ID)
	if err != nil {
		return nil, err
	}
	var keys []int64
	for id := range s.tab.ByID {
		delete(present, id)
		if id < 0 {
			keys = append(keys, id)
		}
	}
	records, err := s.access.Store.RecordsOf(ctx, s.t.ID, keys)
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
	return s.access.Store.Snapshots(ctx, s.t.ID, slices.Sorted(maps.Keys(present)))
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
		id, _ := RecordID(c.Value)
		for _, number := range s.tab.ByID[id] {
			now := Values(s.tab.Layout, s.tab.Rows[number])
			own, sure := s.own(now, c)
			switch {
			case own != nil:
				found = append(found, finding{id, number, own, sure && len(s.tab.ByID[id]) == 1})
			case len(now) == 0: // its row moved on
				s.empty(number, c)
			case id > 0 && c.EntityID == 0 && len(c.Held) > 0 && match.EqualFields(now, c.Held) == 0:
				misled[number] = c
			case id < 0 && match.EqualFields(now, c.Held) == 0 || mapping.Summary(now):
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
	all, err := s.access.ReadAt(ctx, s.t, s.tab.Layout, Whole(s.t))
	if err != nil {
		return err
	}
	if !slices.Equal(all.Header, s.tab.Header) || !maps.Equal(all.IDAt, s.tab.IDAt) {
		return ErrMoves
	}

	for number, c := range misled {
		for other, row := range all.Rows {
			if Cell(row, s.tab.Layout.ID) == nil && other != number && match.Alike(Values(s.tab.Layout, row), c.Held) {
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
	if v, certain := c.stoodIn(now, max(same, match.EqualFields(now, c.Held))+1); v != nil {
		return v, certain
	}
	if record == 0 {
		return nil, true
	}
	return CellOf(record), sure
}

// empty takes an id out of a row that holds nothing else.
func (s *settling) empty(number int, c openCell) {
	switch id, _ := RecordID(c.Value); {
	case id < 0 && len(s.tab.ByID[id]) == 1:
		s.replaced = append(s.replaced, sheet24.Replacement{Find: KeyText(id)})
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
		_, isID := RecordID(f.own)
		switch {
		case !f.sure || claimed[f.own] > max(1, s.missed[f.own]):
			s.doubt(f.id, f.own)
			continue
		case f.id < 0 && isID:
			s.replaced = append(s.replaced, sheet24.Replacement{Find: KeyText(f.id), Text: mapping.Text(f.own)})
		default:
			s.written[f.number] = f.own
		}
		s.given[f.id] = f.own
	}
}

// doubt leaves in doubt whether the row that shows an id is another one.
func (s *settling) doubt(id int64, own any) {
	s.doubts.Rows[id] = sheet24.Errorf(sheet24.Invalid, sheet24.CodeRowOtherRecord, mapping.Text(CellOf(id)), mapping.Text(own))
	if record, ok := RecordID(own); ok {
		s.doubts.Records[record] = true
	}
}

// whose is the lost record whose row this is that shows an id, rather than the one that
// was meant, 0: none; in how many fields it is the same, and whether that is certain.
func (s *settling) whose(now map[string]any, c sheet24.BegunCell) (record int64, best int, sure bool) {
	mine, several := match.EqualFields(now, c.Held), false
	for _, id := range slices.Sorted(maps.Keys(s.lost)) {
		same := match.EqualFields(now, s.lost[id].Values)
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
	return record, best, match.Alike(now, s.lost[record].Values)
}

// takeBack takes keys out of rows that are not to become records, or are others than those
// they were made for: of the last nothing is held. Those that are new get keys of their own.
func (s *settling) takeBack(ctx context.Context, cells []sheet24.BegunCell, held []map[string]any) error {
	left, err := s.access.Store.Left(ctx, s.t.ID, held)
	if err != nil {
		return err
	}
	for i, c := range cells {
		if key, _ := RecordID(c.Value); key < 0 && (held[i] == nil || left[i]) {
			s.replaced = append(s.replaced, sheet24.Replacement{Find: KeyText(key)})
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
		err = s.access.Sheets.Replace(ctx, s.t.Ref(), s.replaced)
	}
	if err == nil {
		err = s.access.WriteIDs(ctx, s.t, s.tab, s.written, s.access.Now(), func() error { return nil })
	}
	if !sheet24.IsKind(err, sheet24.Invalid) {
		return true, err
	}

	for id, record := range s.given {
		s.doubt(id, record)
	}
	s.access.Log.Warn("ids not given back", "table", s.t.ID, "error", err)
	return false, nil
}

// settleCleared looks where it may have gone that statuses were taken out of rows: those of
// records that say nothing say once more what became of their last changes.
func (p *Access) settleCleared(ctx context.Context, next *sheet24.Next, t *sheet24.Table, tab *Tab, begun []sheet24.BegunSheetWrite) error {
	cleared := slices.ContainsFunc(begun, func(w sheet24.BegunSheetWrite) bool {
		return slices.ContainsFunc(w.Cells, func(c sheet24.BegunCell) bool { return !c.IsID && c.Column == t.StatusColumn.Name })
	})
	if !cleared || tab.Layout.Status < 0 {
		return nil
	}
	status := t.StatusColumn
	status.Index = tab.Layout.Status
	at, err := p.ReadPlaces(ctx, t, []sheet24.Column{IDColumnOf(t, tab.Layout), status})
	if err != nil {
		return err
	}

	var silent []int64
	for _, id := range slices.Sorted(maps.Keys(at.Rows)) {
		if rows := at.Rows[id]; len(rows) == 1 && orNil(at.At(status, rows[0])) == nil {
			silent = append(silent, id)
		}
	}
	told, err := p.Store.TellAgain(ctx, t.ID, silent)
	if len(told) > 0 {
		next.Report(t.ID)
	}
	return err
}
