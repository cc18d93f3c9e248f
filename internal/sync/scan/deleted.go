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
	deleteGrace     = time.Minute // before anything is done about it
	bulkDeleteLimit = 10          // so many, and a tenth of the table's rows, are done away with unasked
)

// deletedRows finds the records whose rows were deleted, and rows that went before they became
// some. tab is a whole one. Whatever becomes of the records, it is noted that their rows
// are not there: others stand in their places, and new rows may be theirs.
func (s *scanning) deletedRows(ctx context.Context, sheet *tab.Tab, found *sheet24.Scanned) error {
	if sheet.Layout.ID < 0 {
		return nil
	}

	missing, rows, err := s.missing(ctx, sheet)
	if err != nil {
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
	if len(missing) > bulkDeleteLimit && len(missing)*10 > rows {
		status = sheet24.NeedsReview
	}
	snapshots, err := s.scanner.Base.Snapshots(ctx, s.t.ID, missing)
	if err != nil {
		return err
	}
	for _, id := range missing {
		held := snapshots[id]
		found.Snapshots = append(found.Snapshots, sheet24.Snapshot{EntityID: id, Values: held.Values})
		if s.t.Policies.Deleted == sheet24.KeepRecord {
			continue
		}

		fields := map[string]sheet24.Change{}
		for field, v := range held.Values {
			fields[field] = sheet24.Change{Old: v}
		}
		found.Changes = append(found.Changes, sheet24.RowChange{
			EntityID: id, Row: held.Row, Action: sheet24.Delete, Status: status, Fields: fields, NotBefore: s.scanner.Now().Add(deleteGrace),
		})
	}
	return nil
}

// missing are the records and keys, sorted, that had a row and certainly have none any more;
// and how many rows there were in all.
func (s *scanning) missing(ctx context.Context, sheet *tab.Tab) (ids []int64, rows int, err error) {
	present, err := s.scanner.Base.RecordRows(ctx, s.t.ID)
	if err != nil {
		return nil, 0, err
	}

	for _, id := range sheet.Doubtful {
		delete(present, id)
	}
	for id := range s.doubts.Records {
		delete(present, id)
	}

	absent, err := s.absent(ctx, sheet, present)
	if err != nil {
		return nil, 0, err
	}
	ids = slices.Sorted(maps.Keys(absent))
	if ids, err = s.scanner.stillMissing(ctx, s.t, sheet, ids); err != nil {
		return nil, 0, err
	}
	ids, err = s.withoutUnknown(ctx, sheet, ids)
	return ids, len(present), err
}

// absent are those of the records, and keys, that rows were last seen to be, that stand in no row
// of a tab. A row may have become a record since the tab was read: then it shows its key still.
// What rows have become is asked after what they are, so that none is overlooked.
func (s *scanning) absent(ctx context.Context, sheet *tab.Tab, present map[int64]int) (map[int64]int, error) {
	absent := map[int64]int{}
	for id, row := range present {
		if len(sheet.ByID[id]) == 0 {
			absent[id] = row
		}
	}
	if len(absent) == 0 {
		return absent, nil
	}

	var keys []int64
	for id := range sheet.ByID {
		if id < 0 {
			keys = append(keys, id)
		}
	}
	records, err := s.scanner.Base.RecordsOf(ctx, s.t.ID, keys)
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
	known, err := s.scanner.Base.Snapshots(ctx, s.t.ID, slices.Concat(missing, beside))
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
