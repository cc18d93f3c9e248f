package scan

import (
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/mapping"
	"sheet24/internal/match"
	"sheet24/internal/tab"
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
func (s *scanning) findMisplaced(ctx context.Context, sheet *tab.Tab, known map[int64]sheet24.Snapshot) (map[int]error, error) {
	strange := s.strange(sheet, known)
	if len(strange) == 0 {
		return nil, nil
	}
	candidates, err := s.candidates(ctx, sheet, strange, known)
	if err != nil || len(candidates) == 0 {
		return nil, err
	}

	counts, err := s.occurrences(ctx, sheet, candidates)
	if err != nil {
		return nil, err
	}
	claims := claimsOf(sheet, strange, candidates, counts)
	right, doubtful := settleClaims(sheet, claims, known)
	if len(right) >= bulkMoves && !s.confirmed(sheet, "ids", claims) {
		return nil, s.lookAgain(sheet, "ids", claims)
	}
	if err := s.correctIDs(ctx, sheet, right); err != nil {
		return nil, err
	}
	if len(right) > 0 {
		more, err := s.tabs.SnapshotsOf(ctx, s.t, sheet)
		if err != nil {
			return nil, err
		}
		maps.Copy(known, more)
	}
	return doubtful, nil
}

// strange are rows that hold nothing of what their record's row held, or of whose record
// nothing is known.
func (s *scanning) strange(sheet *tab.Tab, known map[int64]sheet24.Snapshot) (numbers []int) {
	for _, number := range slices.Sorted(maps.Keys(sheet.Rows)) {
		now := tab.Values(sheet.Layout, sheet.Rows[number])
		id, err := tab.Identify(s.t, sheet, number, known)
		if err == nil && len(now) > 1 && !match.Alike(now, known[id].Values) {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// candidates are the snapshots of the records whose content strange rows may hold: of
// those that stand in no row any more, of those whose rows are strange themselves, and of
// those that hold the same.
func (s *scanning) candidates(ctx context.Context, sheet *tab.Tab, strange []int, known map[int64]sheet24.Snapshot) (map[int64]sheet24.Snapshot, error) {
	all := map[int64]sheet24.Snapshot{}
	for _, number := range strange {
		if id := sheet.IDAt[number]; id > 0 && len(known[id].Values) > 0 {
			all[id] = known[id]
		}
	}

	present, err := s.scanner.Known.Present(ctx, s.t.ID)
	if err != nil {
		return nil, err
	}
	absent, err := s.absent(ctx, sheet, present)
	if err != nil {
		return nil, err
	}
	var missing []int64
	for id := range absent {
		if id > 0 {
			missing = append(missing, id)
		}
	}
	gone, err := s.scanner.Known.Snapshots(ctx, s.t.ID, missing)
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
		held = append(held, tab.Values(sheet.Layout, sheet.Rows[number]))
	}
	same, err := s.scanner.Known.SnapshotsHolding(ctx, s.t.ID, held)
	if err != nil {
		return nil, err
	}
	return all, s.addDisturbed(ctx, sheet, same, all)
}

// addDisturbed adds to candidates those of some records whose own rows hold something
// else by now: a row that merely holds the same as another is a copy.
func (s *scanning) addDisturbed(ctx context.Context, sheet *tab.Tab, records []sheet24.Snapshot, candidates map[int64]sheet24.Snapshot) error {
	var unread []int
	for _, n := range records {
		for _, number := range sheet.ByID[n.EntityID] {
			if _, read := sheet.Rows[number]; !read {
				unread = append(unread, number)
			}
		}
	}
	elsewhere := sheet
	if len(unread) > 0 {
		var err error
		if elsewhere, err = s.tabs.ReadAt(ctx, s.t, sheet.Layout, tab.BlocksOf(slices.Compact(slices.Sorted(slices.Values(unread))))); err != nil {
			return err
		}
		if !slices.Equal(elsewhere.Header, sheet.Header) {
			return tab.ErrMoves
		}
		elsewhere.Layout = sheet.Layout
	}

	for _, n := range records {
		if !sheet.Stands(n) && !elsewhere.Stands(n) {
			candidates[n.EntityID] = n
		}
	}
	return nil
}

// claimsOf are the strange rows that hold what a record's row held: all of it, or most. One
// that has an id is believed where these are values that other rows hold too.
func claimsOf(t *tab.Tab, strange []int, candidates map[int64]sheet24.Snapshot, counts match.Occurrences) (claims []claim) {
	for _, number := range strange {
		now, has := tab.Values(t.Layout, t.Rows[number]), t.IDAt[number]
		for _, id := range slices.Sorted(maps.Keys(candidates)) {
			before := candidates[id].Values
			if id == has || len(before) < 2 || t.Stands(candidates[id]) {
				continue
			}
			exact := maps.Equal(now, before)
			same := match.EqualFields(now, before)
			half := has > 0 && same > 1 && 2*same >= len(before) // while a record's row holds less of its own
			similar := (half || match.MostlyAlike(now, before)) && (has <= 0 || counts.Tells(now, before))
			if exact || similar {
				claims = append(claims, claim{number, has, id, exact})
			}
		}
	}
	return claims
}

// settleClaims says which ids are to be written right, and which rows are left alone. One
// can be put right if its content is a single record's, claimed by no other row, and the
// id that it shows is not lost by it: it is a row's key, another row claims it, or stands
// with what belongs to it.
func settleClaims(t *tab.Tab, claims []claim, known map[int64]sheet24.Snapshot) (right map[int]any, doubtful map[int]error) {
	right, doubtful = map[int]any{}, map[int]error{}
	ofRow, ofRecord := map[int]int{}, map[int64]int{}
	for _, c := range claims {
		ofRow[c.row]++
		ofRecord[c.record]++
	}

	for _, c := range claims {
		n, seen := known[c.has]
		placed := c.has < 0 || ofRecord[c.has] > 0 || seen && t.Stands(n)
		if c.exact && ofRow[c.row] == 1 && ofRecord[c.record] == 1 && placed {
			right[c.row] = float64(c.record)
			continue
		}
		doubtful[c.row] = sheet24.Errorf(sheet24.Invalid, sheet24.CodeRowOtherRecord, mapping.Text(tab.CellOf(c.has)), mapping.Text(float64(c.record)))
		for _, number := range t.ByID[c.record] { // what it lost may stand there
			doubtful[number] = sheet24.Errorf(sheet24.Invalid, sheet24.CodeRowMovedContent, mapping.Text(float64(c.record)), mapping.Text(float64(c.row)))
		}
	}
	for number := range right {
		delete(doubtful, number)
	}
	return right, doubtful
}
