package pipeline

import (
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/mapping"
)

// A row whose content is one record's and whose id is another's is no edit: it was sorted
// without its ID column, its id was overtyped, or an id was written while rows moved. To
// send it would write one customer's data over another's.

// soughtRows is how many rows of a scan, that hold nothing of what their records' rows
// did, are looked up by their content.
const soughtRows = 100

// claim is a row that holds what the row of another record held.
type claim struct {
	row    int
	has    int64 // the id that it shows
	record int64 // whose content it is
	exact  bool
}

// findMisplaced finds rows that hold what another record's row held. Where nobody can
// doubt whose they are, it puts their ids right; of the others it says why they are not
// sent.
func (s *scanning) findMisplaced(ctx context.Context, tab *tab, known map[int64]sheet24.Snapshot) (map[int]error, error) {
	strange := s.strange(tab, known)
	if len(strange) == 0 {
		return nil, nil
	}
	candidates, err := s.candidates(ctx, tab, strange, known)
	if err != nil || len(candidates) == 0 {
		return nil, err
	}

	counts, err := s.occurrences(ctx, tab, candidates)
	if err != nil {
		return nil, err
	}
	claims := tab.claims(strange, candidates, counts)
	right, doubtful := tab.settleClaims(claims, known)
	if len(right) >= bulkMoves && !s.confirmed(tab, "ids", claims) {
		return nil, s.lookAgain(tab, "ids", claims)
	}
	if err := s.correctIDs(ctx, tab, right); err != nil {
		return nil, err
	}
	if len(right) > 0 {
		more, err := s.snapshotsOf(ctx, tab)
		if err != nil {
			return nil, err
		}
		maps.Copy(known, more)
	}
	return doubtful, nil
}

// strange are rows that hold nothing of what their record's row held, or of whose record
// nothing is known.
func (s *scanning) strange(tab *tab, known map[int64]sheet24.Snapshot) (numbers []int) {
	for _, number := range slices.Sorted(maps.Keys(tab.rows)) {
		now := values(tab.layout, tab.rows[number])
		id, err := identify(s.t, tab, number, known)
		if err == nil && len(now) > 1 && !alike(now, known[id].Values) {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// candidates are the snapshots of the records whose content strange rows may hold: of
// those that stand in no row any more, of those whose rows are strange themselves, and of
// those that hold the same.
func (s *scanning) candidates(ctx context.Context, tab *tab, strange []int, known map[int64]sheet24.Snapshot) (map[int64]sheet24.Snapshot, error) {
	all := map[int64]sheet24.Snapshot{}
	for _, number := range strange {
		if id := tab.idAt[number]; id > 0 && len(known[id].Values) > 0 {
			all[id] = known[id]
		}
	}

	present, err := s.Store.Present(ctx, s.t.ID)
	if err != nil {
		return nil, err
	}
	var missing []int64
	for id := range present {
		if id > 0 && len(tab.byID[id]) == 0 {
			missing = append(missing, id)
		}
	}
	gone, err := s.Store.Snapshots(ctx, s.t.ID, missing)
	if err != nil {
		return nil, err
	}
	maps.Copy(all, gone)

	// Whoever holds the same stands in a row that this scan may not have read.
	if len(strange) > soughtRows {
		return all, nil
	}
	var held []map[string]any
	for _, number := range strange {
		held = append(held, values(tab.layout, tab.rows[number]))
	}
	same, err := s.Store.SnapshotsHolding(ctx, s.t.ID, held)
	if err != nil {
		return nil, err
	}
	return all, s.addDisturbed(ctx, tab, same, all)
}

// addDisturbed adds to candidates those of some records whose own rows hold something
// else by now: a row that merely holds the same as another is a copy.
func (s *scanning) addDisturbed(ctx context.Context, tab *tab, records []sheet24.Snapshot, candidates map[int64]sheet24.Snapshot) error {
	var unread []int
	for _, n := range records {
		for _, number := range tab.byID[n.EntityID] {
			if _, read := tab.rows[number]; !read {
				unread = append(unread, number)
			}
		}
	}
	elsewhere := tab
	if len(unread) > 0 {
		var err error
		if elsewhere, err = s.readAt(ctx, s.t, tab.layout, blocksOf(slices.Compact(slices.Sorted(slices.Values(unread))))); err != nil {
			return err
		}
		if !slices.Equal(elsewhere.header, tab.header) {
			return errTabMoves
		}
		elsewhere.layout = tab.layout
	}

	for _, n := range records {
		if !tab.stands(n) && !elsewhere.stands(n) {
			candidates[n.EntityID] = n
		}
	}
	return nil
}

// stands reports whether a row with a record's id still holds at least half of what the
// record's row held.
func (t *tab) stands(n sheet24.Snapshot) bool {
	return slices.ContainsFunc(t.byID[n.EntityID], func(number int) bool {
		row, read := t.rows[number]
		return read && alike(values(t.layout, row), n.Values)
	})
}

// claims are the strange rows that hold what a record's row held: all of it, or most. One
// that has an id is believed where these are values that other rows hold too.
func (t *tab) claims(strange []int, candidates map[int64]sheet24.Snapshot, counts occurrences) (claims []claim) {
	for _, number := range strange {
		now, has := values(t.layout, t.rows[number]), t.idAt[number]
		for _, id := range slices.Sorted(maps.Keys(candidates)) {
			before := candidates[id].Values
			if id == has || len(before) < 2 || t.stands(candidates[id]) {
				continue
			}
			exact := maps.Equal(now, before)
			same := equalFields(now, before)
			half := has > 0 && same > 1 && 2*same >= len(before) // while a record's row holds less of its own
			similar := (half || mostlyAlike(now, before)) && (has <= 0 || counts.tells(now, before))
			if exact || similar {
				claims = append(claims, claim{number, has, id, exact})
			}
		}
	}
	return claims
}

// mostlyAlike reports whether a row holds what another held but for an edit or so.
func mostlyAlike(now, before map[string]any) bool {
	same := equalFields(now, before)
	return same >= 3 && same*3 >= 2*len(before)
}

// settleClaims says which ids are to be written right, and which rows are left alone. One
// can be put right if its content is a single record's, claimed by no other row, and the
// id that it shows is not lost by it: it is a row's key, another row claims it, or stands
// with what belongs to it.
func (t *tab) settleClaims(claims []claim, known map[int64]sheet24.Snapshot) (right map[int]any, doubtful map[int]error) {
	right, doubtful = map[int]any{}, map[int]error{}
	ofRow, ofRecord := map[int]int{}, map[int64]int{}
	for _, c := range claims {
		ofRow[c.row]++
		ofRecord[c.record]++
	}

	for _, c := range claims {
		n, seen := known[c.has]
		placed := c.has < 0 || ofRecord[c.has] > 0 || seen && t.stands(n)
		if c.exact && ofRow[c.row] == 1 && ofRecord[c.record] == 1 && placed {
			right[c.row] = float64(c.record)
			continue
		}
		doubtful[c.row] = sheet24.Errorf(sheet24.Invalid, "row_other_record", mapping.Text(cellOf(c.has)), mapping.Text(float64(c.record)))
		for _, number := range t.byID[c.record] { // what it lost may stand there
			doubtful[number] = sheet24.Errorf(sheet24.Invalid, "row_moved_content", mapping.Text(float64(c.record)), mapping.Text(float64(c.row)))
		}
	}
	for number := range right {
		delete(doubtful, number)
	}
	return right, doubtful
}
