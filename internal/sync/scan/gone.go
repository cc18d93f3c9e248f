package scan

import (
	"context"
	"maps"
	"slices"
	"time"

	"sheet24"
	"sheet24/internal/match"
	"sheet24/internal/tab"
)

// A row that is gone may come back: it was cut to be pasted, or somebody takes the
// deletion back. And where many are gone at once, something else may have happened.
const (
	mayReturn = time.Minute // before anything is done about it
	goneMost  = 10          // so many, and a tenth of the table's rows, are done away with unasked
)

// gone finds the records whose rows were deleted, and rows that went before they became
// some. tab is a whole one. Whatever becomes of the records, it is noted that their rows
// are not there: others stand in their places, and new rows may be theirs.
func (s *scanning) gone(ctx context.Context, sheet *tab.Tab, found *sheet24.Scanned) error {
	if sheet.Layout.ID < 0 {
		return nil
	}
	p, t := s.scanner, s.t
	present, err := p.Known.Present(ctx, t.ID)
	if err != nil {
		return err
	}
	for _, id := range sheet.Doubtful {
		delete(present, id)
	}
	for id := range s.doubts.Records {
		delete(present, id)
	}
	absent, err := s.absent(ctx, sheet, present)
	if err != nil {
		return err
	}
	missing := slices.Sorted(maps.Keys(absent))
	if missing, err = p.stillMissing(ctx, t, sheet, missing); err != nil {
		return err
	}

	if missing, err = s.withoutUnknown(ctx, sheet, missing); err != nil {
		return err
	}

	for len(missing) > 0 && missing[0] < 0 { // they are sorted
		found.Dropped = append(found.Dropped, missing[0])
		missing = missing[1:]
	}
	if len(missing) == 0 {
		return nil
	}
	status := sheet24.Pending
	if len(missing) > goneMost && len(missing)*10 > len(present) {
		status = sheet24.Asked
	}
	known, err := p.Known.Snapshots(ctx, t.ID, missing)
	if err != nil {
		return err
	}
	for _, id := range missing {
		held := known[id]
		found.Snapshots = append(found.Snapshots, sheet24.Snapshot{EntityID: id, Values: held.Values})
		if t.Policies.Deleted == sheet24.KeepRecord {
			continue
		}
		fields := map[string]sheet24.Change{}
		for field, v := range held.Values {
			fields[field] = sheet24.Change{Old: v}
		}
		found.Changes = append(found.Changes, sheet24.RowChange{EntityID: id, Row: held.Row, Action: sheet24.Delete, Status: status, Fields: fields, NotBefore: p.Now().Add(mayReturn)})
	}
	return nil
}

// absent are those of the records, and keys, that rows were last seen to be, that stand in no row
// of a tab. A row may have become a record since the tab was read: then it shows its key still.
// What rows have become is asked after what they are, so that none is overlooked.
func (s *scanning) absent(ctx context.Context, sheet *tab.Tab, present map[int64]int) (map[int64]int, error) {
	absent := maps.Clone(present)
	maps.DeleteFunc(absent, func(id int64, _ int) bool { return len(sheet.ByID[id]) > 0 })
	if len(absent) == 0 {
		return nil, nil
	}

	var keys []int64
	for id := range sheet.ByID {
		if id < 0 {
			keys = append(keys, id)
		}
	}
	records, err := s.scanner.Known.RecordsOf(ctx, s.t.ID, keys)
	if err != nil {
		return nil, err
	}
	for _, record := range records {
		delete(absent, record)
	}
	return absent, nil
}

// unknownRow is a row of which it is not certain which record it is: its id was overtyped,
// or is another's.
type unknownRow struct {
	number int
	values map[string]any
}

// unknownMost is how many pairs of a missing record and an unknown row are compared: where
// there are more, the whole tab is in disorder, and nothing is taken for deleted.
const unknownMost = 2_000_000

// withoutUnknown are those of some missing records whose rows none of the unknown ones may
// be: such a row holds half of what the record's did, or stands where that stood, between
// the rows that were beside it, and does not hold half of what that of its own id did.
func (s *scanning) withoutUnknown(ctx context.Context, sheet *tab.Tab, missing []int64) ([]int64, error) {
	if len(missing) == 0 || len(s.unknown) == 0 {
		return missing, nil
	}
	if len(missing)*len(s.unknown) > unknownMost {
		return nil, nil
	}
	var beside []int64
	for _, u := range s.unknown {
		beside = append(beside, sheet.IDAt[u.number-1], sheet.IDAt[u.number], sheet.IDAt[u.number+1])
	}
	known, err := s.scanner.Known.Snapshots(ctx, s.t.ID, slices.Concat(missing, beside))
	if err != nil {
		return nil, err
	}

	return slices.DeleteFunc(missing, func(id int64) bool {
		return slices.ContainsFunc(s.unknown, func(u unknownRow) bool {
			own := match.Alike(u.values, known[sheet.IDAt[u.number]].Values)
			return match.Alike(u.values, known[id].Values) || known[id].Row == u.number && !own && sheet.Unmoved(u.number, known)
		})
	}), nil
}

// stillMissing are those of some records that a second read, which asks in another way,
// does not find either: a row is taken for deleted only if both agree.
func (p *Scanner) stillMissing(ctx context.Context, t *sheet24.Table, sheet *tab.Tab, missing []int64) ([]int64, error) {
	if len(missing) == 0 {
		return nil, nil
	}
	at, err := p.Tabs.ReadPlaces(ctx, t, []sheet24.Column{tab.IDColumnOf(t, sheet.Layout)})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(missing, func(id int64) bool { return len(at.Rows[id]) > 0 }), nil
}
