package compare

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/change"
	"sheet24/internal/isolate"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
	"sheet24/internal/sync/plan"
	"sheet24/internal/tab"
)

// difference compares the rows of a page with their records. A row at which that breaks
// down is one that cannot be compared.
func (k *comparing) difference(ctx context.Context, first, last int) error {
	counts := &k.c.Counts
	if k.c.State != sheet24.Comparing {
		counts = &sheet24.ComparisonCounts{} // they stay what the owner saw
	}
	fail := func(c sheet24.RowChange, err error) {
		counts.Problem++
		if isolate.Fault(err) {
			err = k.comparer.Rows.Broken(sheet24.CompareStage, c, err)
		}
		k.found = append(k.found, sheet24.RowDifference{Row: c.Row, EntityID: max(c.EntityID, 0), Kind: sheet24.WouldFail, Message: locale.Error(k.t.Language, err)})
	}

	texts, err := k.tabs.ReadFormats(ctx, k.t, k.sheet, k.formatted(first, last))
	if err != nil {
		return err
	}

	for _, number := range slices.Sorted(maps.Keys(k.sheet.Rows)) {
		if number < first || number > last {
			continue
		}
		c := sheet24.RowChange{TableID: k.t.ID, Row: number, Fields: map[string]sheet24.Change{}}
		compared := false
		err := isolate.Guard(func() (err error) {
			compared, err = k.rowOf(&c, texts, counts)
			return err
		})
		switch {
		case err != nil:
			fail(c, err)
		case compared:
			k.rows = append(k.rows, c)
		}
	}

	return k.differences(ctx, counts, fail)
}

// rowOf takes a row of the page for one to be compared, unless it is left alone.
func (k *comparing) rowOf(c *sheet24.RowChange, texts tab.Formats, counts *sheet24.ComparisonCounts) (compared bool, err error) {
	held := tab.Values(k.sheet.Layout, k.sheet.Rows[c.Row])
	if len(held) == 0 {
		return false, nil
	}

	c.EntityID, err = tab.Identify(k.t, k.sheet, c.Row, nil)
	switch {
	case err != nil && sheet24.AsError(err).Code == sheet24.CodeRowWithoutID:
		if !k.t.Policies.Seeks() || mapping.Summary(held) {
			counts.Ignored++
			return false, nil
		}
		c.EntityID = tab.NewKey() // for the time of the comparison
	case err != nil:
		return false, err
	}

	for _, m := range k.sheet.Layout.Fields {
		if m.Updatable {
			c.Fields[m.Field] = sheet24.Change{New: held[m.Field]}
		}
	}
	texts.Apply(k.t, k.sheet.Layout, c.Row, c.Fields)
	return true, nil
}

// differences reads the records of the page's rows, and counts and keeps what differs.
func (k *comparing) differences(ctx context.Context, counts *sheet24.ComparisonCounts, fail func(sheet24.RowChange, error)) error {
	described, err := k.comparer.CRM.Fields(ctx, k.plan.Portal, k.t.Entity)
	if err != nil {
		return err
	}
	k.fields = plan.ByName(described)

	// Which records they are, and what these hold.
	unmatched, err := k.matchRows(ctx)
	if err != nil {
		return err
	}
	unreadable, err := k.readRecords(ctx)
	if err != nil {
		return err
	}
	found, unfound := k.plan.Resolve(ctx, map[sheet24.Entity]plan.Fields{k.t.Entity: k.fields}, k.rows)

	for i, c := range k.rows {
		item := k.items[k.plan.Ref(c)]
		var d sheet24.RowDifference
		err := isolate.Guard(func() (err error) {
			if err := cmp.Or(unmatched[i], unreadable[c.EntityID], plan.LinksFailed(k.fields, c, unfound)); err != nil {
				return err
			}
			if item == nil && c.EntityID > 0 {
				return sheet24.Errorf(sheet24.Invalid, sheet24.CodeRecordMissing)
			}
			d, err = k.compareRow(item, c, found)
			return err
		})

		switch {
		case sheet24.IsKind(err, sheet24.Unavailable):
			return err
		case err != nil:
			fail(c, err)
		default:
			if tally(counts, d.Kind); d.Kind != "" {
				k.found = append(k.found, d)
			}
		}
	}
	return nil
}

// tally counts a row by what differs in it, "" if nothing does.
func tally(counts *sheet24.ComparisonCounts, kind sheet24.DifferenceKind) {
	switch kind {
	case sheet24.WouldUpdate:
		counts.Update++
	case sheet24.WouldFill:
		counts.Fill++
	case sheet24.WouldCreate:
		counts.Create++
	default:
		counts.Same++
	}
}

// formatted are the rows of a page with cells whose format says what they mean.
func (k *comparing) formatted(first, last int) (numbers []int) {
	for _, number := range slices.Sorted(maps.Keys(k.sheet.Rows)) {
		if number >= first && number <= last && slices.ContainsFunc(k.sheet.Layout.Fields, func(m sheet24.FieldMapping) bool {
			return m.Updatable && tab.ByFormat(m, tab.Cell(k.sheet.Rows[number], m.Column.Index))
		}) {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// readRecords reads the records of the page's rows, and says at which of them that broke
// down.
func (k *comparing) readRecords(ctx context.Context) (unreadable map[int64]error, err error) {
	var refs []sheet24.ItemRef
	for _, c := range k.rows {
		if c.EntityID > 0 {
			refs = append(refs, k.plan.Ref(c))
		}
	}

	k.items, unreadable = map[sheet24.ItemRef]*sheet24.Item{}, map[int64]error{}
	err = isolate.Each(refs, func(some []sheet24.ItemRef) error {
		read, unread := k.comparer.CRM.Items(ctx, k.plan.Portal, some)
		maps.Copy(k.items, read)
		return unread[k.t.Entity]
	}, func(r sheet24.ItemRef, err error) error {
		unreadable[r.ID] = err
		return nil
	})
	return unreadable, err
}

// matchRows finds which records the page's rows without an id are, and by their indexes
// why some are none: another row is the record, in the tab, or in this page.
func (k *comparing) matchRows(ctx context.Context) ([]error, error) {
	matches := k.plan.Match(ctx, k.rows)
	errs := make([]error, len(matches))
	var ids []int64
	for i, m := range matches {
		errs[i] = m.Err
		if m.Record > 0 {
			ids = append(ids, m.Record)
		}
	}

	seen, err := k.comparer.Store.Snapshots(ctx, k.t.ID, ids)
	if err != nil {
		return nil, err
	}

	first := map[int64]int{} // the row that is a record
	for id, n := range seen {
		if len(k.sheet.ByID[id]) > 0 { // what was last seen may be gone
			first[id] = n.Row
		}
	}

	for i, m := range matches {
		switch row := first[m.Record]; {
		case m.Record == 0:
		case row > 0:
			errs[i] = plan.Taken(m.Record, row)
		default:
			first[m.Record] = k.rows[i].Row
			k.rows[i].Key, k.rows[i].EntityID = k.rows[i].EntityID, m.Record
		}
	}
	return errs, nil
}

// compareRow compares a row with its record; without one it would be created.
func (k *comparing) compareRow(item *sheet24.Item, c sheet24.RowChange, found map[sheet24.Link][]int64) (sheet24.RowDifference, error) {
	d := sheet24.RowDifference{Row: c.Row, EntityID: max(c.EntityID, 0), Fields: map[string]sheet24.Change{}}
	if item == nil {
		item = &sheet24.Item{Values: map[string]any{}}
		d.Kind = sheet24.WouldCreate
	}
	at := mapping.Context{Locale: k.t.Locale, Zone: k.t.Location(), Links: func(l sheet24.Link) []int64 { return found[l] }}
	at.Funnel = plan.FunnelAfter(k.fields, item, c)

	agreed := sheet24.LastKnown{}
	var bad plan.BadCells
	for _, m := range k.t.Mappings {
		cell, ok := c.Fields[m.Field]
		f, described := k.fields[m.Field]
		if !ok || !described {
			continue
		}

		at.Currency = plan.CurrencyOf(item.Values[f.Name])
		differs, held, err := k.compareCell(f, item, c.Row, cell, at)
		if err != nil {
			bad.Add(k.t, m.Column.Name, err)
			continue
		}
		if held != nil {
			agreed[m.Field] = held
		}
		if differs == nil {
			continue
		}

		d.Fields[m.Field] = *differs
		if d.Kind == "" && cell.New != nil {
			d.Kind = sheet24.WouldUpdate
		}
	}
	if err := bad.Err(); err != nil {
		return d, err
	}

	if d.Kind == "" && len(d.Fields) > 0 {
		d.Kind = sheet24.WouldFill
	}
	if item.ID != 0 {
		k.seen[item.ID] = agreed
	}
	return d, nil
}

// compareCell compares a cell with its field. It returns how they differ, nil if they do not;
// and the field's value, where both agree, or the owner was shown how they differ and wants
// the sheet's. An error says what is wrong with the cell.
func (k *comparing) compareCell(f sheet24.Field, item *sheet24.Item, row int, cell sheet24.Change, at mapping.Context) (differs *sheet24.Change, held []any, err error) {
	there, err := mapping.FromCRM(f, item, at)
	if err != nil {
		return nil, nil, nil //nolint:nilerr // a cell cannot hold it
	}
	cell.Old = there
	if cell.New == nil {
		if there == nil {
			return nil, nil, nil
		}
		return &cell, nil, nil
	}
	want, err := mapping.ToCRM(f, cell.New, at)
	if err != nil {
		return nil, nil, err
	}

	// What differs is the sheet's: as long as nobody decided, the CRM's is the base.
	crm := plan.CrmSide(k.t, f, item)
	merged := change.Merge(change.Base{LastKnown: []any{crm.Value()}}, change.Sheet{Change: cell, Value: want}, crm, sheet24.SheetWins)
	if merged.Verdict == change.Agree {
		return nil, []any{merged.Before}, nil // as the sheet shows
	}

	if k.c.State == sheet24.Pushing && k.sends(row, item.ID) {
		shown := k.shown[row]
		was, ok := shown.Fields[f.Name]
		approved := false
		if cell, approved = change.Approve(cell, was, ok && shown.EntityID == item.ID, crm); approved {
			held = []any{merged.Before}
		}
	}
	return &cell, held, nil
}
