package pipeline

import (
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
)

// A comparison goes through a tab so many rows at a time. While it pushes, it leaves
// room for edits: no more than a backlog, and one smaller page, waits of it.
const (
	compareRows = 5000
	pushPage    = 1250
	pushBacklog = 500
)

// Compare goes on with what holds a table against the CRM: it looks for differences,
// has them pushed, or takes them into the sheet, one page of the tab. It tells whether
// there is more. It must not run while the table is scanned: both keep its snapshots.
func (p *Pipeline) Compare(ctx context.Context, tableID int64) (more bool, err error) {
	c, err := p.Store.Comparison(ctx, tableID)
	if err != nil || !c.Running() || c.Paused {
		return false, ignoreNotFound(err)
	}
	t, err := p.Store.Table(ctx, tableID)
	if err != nil || !t.Enabled {
		return false, ignoreNotFound(err)
	}
	from := c.State
	k := &comparing{pushBatch: &pushBatch{Pipeline: p, tables: map[int64]*sheet24.Table{t.ID: t}, known: map[knownKey]sheet24.Known{}}, t: t, c: c, shown: map[int]sheet24.RowDifference{}, seen: map[int64]sheet24.Known{}}
	if k.portal, err = p.Store.Portal(ctx, t.PortalID); err != nil {
		return false, err
	}
	if from == sheet24.Pushing {
		open, err := p.Store.CountOpen(ctx, t.ID)
		if err != nil || open >= pushBacklog {
			return false, err
		}
	}
	if err := k.page(ctx); err != nil {
		return false, k.waits(ctx, from, err)
	}
	c.Problem = ""
	return c.Running(), p.Store.SaveCompared(ctx, c, from, k.found, k.seen)
}

// comparing is one page of a comparison.
type comparing struct {
	*pushBatch
	t      *sheet24.Table
	c      *sheet24.Comparison
	tab    *tab
	rows   []sheet24.RowChange // of the page: all that their cells hold
	items  map[sheet24.ItemRef]*sheet24.Item
	fields entityFields
	found  []sheet24.RowDifference       // among them
	shown  map[int]sheet24.RowDifference // what the owner was shown of them, once they decided
	seen   map[int64]sheet24.Known       // what the CRM holds and somebody saw
}

// waits keeps why a comparison cannot go on for now; what may pass is tried again.
func (k *comparing) waits(ctx context.Context, from sheet24.ComparisonState, err error) error {
	e := sheet24.AsError(err)
	if e.Kind == sheet24.Internal || k.c.Problem == e.Code || ctx.Err() != nil {
		return err
	}
	c := *k.c
	c.State, c.Problem = from, e.Code
	if saved := k.Store.SaveCompared(ctx, &c, from, nil, nil); saved != nil {
		return saved
	}
	return err
}

// page reads the next rows and deals with them.
func (k *comparing) page(ctx context.Context) error {
	first := max(k.c.DoneRow, k.t.HeaderRow) + 1
	last := first + compareRows - 1
	if k.c.State == sheet24.Pushing {
		last = first + pushPage - 1
	}
	var err error
	if k.tab, err = k.readRecords(ctx, k.t, []sheet24.Range{sheet24.Rows(first, last)}); err != nil {
		return err
	}
	if err := k.follow(ctx, k.t, k.tab.layout); err != nil {
		return err
	}
	if k.c.State != sheet24.Comparing {
		shown, err := k.Store.Differences(ctx, k.t.ID, first-1, compareRows)
		if err != nil {
			return err
		}
		for _, d := range shown {
			k.shown[d.Row] = d
		}
	}
	if err := k.difference(ctx, first, last); err != nil {
		return err
	}
	switch k.c.State {
	case sheet24.Pushing:
		err = k.send(ctx)
	case sheet24.Taking:
		err = k.take(ctx)
	}
	if err != nil {
		return err
	}
	k.c.DoneRow = last
	for number := range k.tab.idAt {
		k.c.LastRow = max(k.c.LastRow, number)
	}
	for number := range k.tab.rows {
		k.c.LastRow = max(k.c.LastRow, number)
	}
	if k.tab.goesOn(last) {
		return nil
	}
	k.c.DoneRow = k.c.LastRow
	return k.end(ctx)
}

// end closes what a comparison did last.
func (k *comparing) end(ctx context.Context) error {
	state := k.c.State
	k.c.State = sheet24.Done
	switch state {
	case sheet24.Comparing:
		if k.c.State = sheet24.Compared; k.c.Counts.Update+k.c.Counts.Fill+k.c.Counts.Create+k.c.Counts.Problem == 0 {
			k.c.State = sheet24.Done // both agree: there is nothing to decide
		}
	case sheet24.Pushing:
		if k.t.Policies.Seeks() { // rows without an id are the next scan's
			if err := k.Store.LeaveNone(ctx, k.t.ID); err != nil {
				return err
			}
			return k.Recheck(ctx, k.t)
		}
	}
	return nil
}

// difference compares the rows of a page with their records.
func (k *comparing) difference(ctx context.Context, first, last int) error {
	counts := &k.c.Counts
	if k.c.State != sheet24.Comparing {
		counts = &sheet24.ComparisonCounts{} // they stay what the owner saw
	}
	fail := func(c sheet24.RowChange, err error) {
		counts.Problem++
		k.found = append(k.found, sheet24.RowDifference{Row: c.Row, EntityID: max(c.EntityID, 0), Kind: sheet24.WouldFail, Message: locale.Error(k.t.Language, err)})
	}
	for _, number := range slices.Sorted(maps.Keys(k.tab.rows)) {
		row := k.tab.rows[number]
		held := values(k.tab.layout, row)
		if number < first || number > last || len(held) == 0 {
			continue
		}
		id, err := identify(k.t, k.tab, number, nil)
		c := sheet24.RowChange{TableID: k.t.ID, EntityID: id, Row: number, Fields: map[string]sheet24.Change{}}
		switch {
		case err != nil && sheet24.AsError(err).Code == "row_without_id":
			if !k.t.Policies.Seeks() || mapping.Summary(held) {
				counts.Left++
				continue
			}
			c.EntityID = newKey() // for the time of the comparison
		case err != nil:
			fail(c, err)
			continue
		}
		for _, m := range k.tab.layout.Fields {
			if m.Updatable {
				c.Fields[m.Field] = sheet24.Change{New: held[m.Field]}
			}
		}
		k.rows = append(k.rows, c)
	}
	if err := k.asShown(ctx, k.t, k.tab.layout, k.rows); err != nil {
		return err
	}
	described, err := k.CRM.Fields(ctx, k.portal, k.t.Entity)
	if err != nil {
		return err
	}
	fields := byName(described)
	plans := make([]rowPlan, len(k.rows))
	if err := k.match(ctx, k.rows, plans); err != nil {
		return err
	}
	var refs []sheet24.ItemRef
	for _, c := range k.rows {
		if c.EntityID > 0 {
			refs = append(refs, k.ref(c))
		}
	}
	items, unread := k.CRM.Items(ctx, k.portal, refs)
	k.items, k.fields = items, fields
	if err := unread[k.t.Entity]; err != nil {
		return err
	}
	found, unfound := k.resolve(ctx, map[sheet24.Entity]entityFields{k.t.Entity: fields}, k.rows)
	for i, c := range k.rows {
		item := items[k.ref(c)]
		err := plans[i].err
		if err == nil {
			err = linksFailed(fields, c, unfound)
		}
		if err == nil && item == nil && c.EntityID > 0 {
			err = sheet24.Errorf(sheet24.Invalid, "record_missing")
		}
		if sheet24.IsKind(err, sheet24.Unavailable) {
			return err
		}
		var d sheet24.RowDifference
		if err == nil {
			d, err = k.compareRow(fields, item, c, found)
		}
		if err != nil {
			fail(c, err)
			continue
		}
		switch d.Kind {
		case sheet24.WouldUpdate:
			counts.Update++
		case sheet24.WouldFill:
			counts.Fill++
		case sheet24.WouldCreate:
			counts.Create++
		default:
			counts.Same++
			continue
		}
		k.found = append(k.found, d)
	}
	return nil
}

// compareRow compares a row with its record; without one it would be created.
func (k *comparing) compareRow(fields entityFields, item *sheet24.Item, c sheet24.RowChange, found map[sheet24.Link][]int64) (sheet24.RowDifference, error) {
	d := sheet24.RowDifference{Row: c.Row, EntityID: max(c.EntityID, 0), Fields: map[string]sheet24.Change{}}
	at := mapping.Context{Locale: k.t.Locale, Zone: location(k.t), Links: func(l sheet24.Link) []int64 { return found[l] }}
	known := sheet24.Known{}
	if item == nil {
		item = &sheet24.Item{Values: map[string]any{}}
		d.Kind = sheet24.WouldCreate
	}
	at.Funnel = funnelAfter(fields, item, c)
	for _, m := range k.t.Mappings {
		change, ok := c.Fields[m.Field]
		f, described := fields[m.Field]
		if !ok || !described {
			continue
		}
		at.Currency = currencyOf(item.Values[f.Name])
		there, err := mapping.FromCRM(f, item, at)
		if err != nil {
			continue // a cell cannot hold it
		}
		change.Old = there
		if change.New == nil {
			if there != nil {
				d.Fields[m.Field] = change
			}
			continue
		}
		want, err := mapping.ToCRM(f, change.New, at)
		if err != nil {
			return d, sheet24.Errorf(sheet24.Invalid, "in_column", m.Column.Name, locale.Error(k.t.Language, err)).Because(err)
		}
		same := f.Type != "crm_multifield" && mapping.Same(f, want.Plain, item.Values[f.Name])
		if same || f.Type == "crm_multifield" && len(mapping.PlanMulti(f.Multi, item.Multi, nil, want.Multi)) == 0 {
			known[m.Field] = []any{seen(f, item)} // as the sheet shows
			continue
		}
		if k.c.State == sheet24.Pushing {
			// Its owner wants overwritten what they were shown, and nothing that came since.
			shown := k.shown[c.Row]
			if was, ok := shown.Fields[m.Field]; ok && shown.EntityID == item.ID && was.Old == there {
				change.Conflict, change.CRM, change.Seen = true, there, seen(f, item)
				known[m.Field] = []any{seen(f, item)}
			} else {
				change.Old = was.Old
			}
		}
		d.Fields[m.Field] = change
		if d.Kind == "" {
			d.Kind = sheet24.WouldUpdate
		}
	}
	if d.Kind == "" && len(d.Fields) > 0 {
		d.Kind = sheet24.WouldFill
	}
	if item.ID != 0 {
		k.seen[item.ID] = known
	}
	return d, nil
}

// scanned are the snapshots of the records whose cells were dealt with, and of no other
// cells: what is edited there is the next scan's.
func (k *comparing) scanned(ctx context.Context, cells map[cellKey]bool) ([]sheet24.Snapshot, error) {
	var ids []int64
	for key := range cells {
		ids = append(ids, key.id)
	}
	slices.Sort(ids)
	known, err := k.Store.Snapshots(ctx, k.t.ID, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	for key := range cells {
		n, seen := known[key.id]
		if !seen {
			continue
		}
		v := cell(k.tab.rows[k.tab.byID[key.id][0]], columnOf(k.tab, key.field))
		if v == nil {
			delete(n.Values, key.field)
		} else {
			n.Values[key.field] = v
		}
	}
	return slices.Collect(maps.Values(known)), nil
}

// send has the sheet's values pushed where they differ.
func (k *comparing) send(ctx context.Context) error {
	var changes []sheet24.RowChange
	cells := map[cellKey]bool{}
	for _, d := range k.found {
		fields := maps.Clone(d.Fields)
		maps.DeleteFunc(fields, func(_ string, c sheet24.Change) bool { return c.New == nil })
		if d.Kind == sheet24.WouldUpdate && k.tab.idAt[d.Row] == d.EntityID {
			changes = append(changes, sheet24.RowChange{EntityID: d.EntityID, Row: d.Row, Status: sheet24.Pending, Fields: fields})
			for field := range fields {
				cells[cellKey{d.EntityID, field}] = true
			}
		}
	}
	k.found = nil
	if len(changes) == 0 {
		return nil
	}
	snapshots, err := k.scanned(ctx, cells)
	if err != nil {
		return err
	}
	if err := k.Store.CommitScan(ctx, k.t, sheet24.Scanned{Changes: changes, Snapshots: snapshots, Known: k.seen}); err != nil {
		return err
	}
	k.Wake.Push(ctx, k.t.PortalID)
	return nil
}

// take writes the CRM's values into the sheet where they differ, as the owner was shown.
// A cell that was edited since, or whose edit is on its way to the CRM, keeps what it
// holds.
func (k *comparing) take(ctx context.Context) error {
	var ids []int64
	for _, d := range k.found {
		ids = append(ids, d.EntityID)
	}
	edits, err := k.Store.Open(ctx, k.t.ID, ids)
	if err != nil {
		return err
	}
	edited := map[cellKey]bool{}
	for _, c := range edits {
		for field := range c.Fields {
			edited[cellKey{c.EntityID, field}] = true
		}
	}
	var cells []sheet24.Cell
	taken := map[cellKey]bool{}
	for _, d := range k.found {
		if d.Kind != sheet24.WouldUpdate && d.Kind != sheet24.WouldFill || k.tab.idAt[d.Row] != d.EntityID {
			continue
		}
		for field, c := range d.Fields {
			was, shown := k.shown[d.Row].Fields[field]
			same := shown && was.New == c.New && k.shown[d.Row].EntityID == d.EntityID && !edited[cellKey{d.EntityID, field}]
			if column := columnOf(k.tab, field); column >= 0 && c.Old != nil && same {
				cells = append(cells, sheet24.Cell{Row: d.Row, Column: column + 1, Value: c.Old})
				k.tab.set(d.Row, column, []any{c.Old})
				taken[cellKey{d.EntityID, field}] = true
				ref := sheet24.ItemRef{Entity: k.t.Entity, ID: d.EntityID}
				k.seen[d.EntityID][field] = []any{seen(k.fields[field], k.items[ref])} // the sheet shows it now
			}
		}
	}
	k.found = nil
	if len(cells) == 0 {
		return nil
	}
	if err := k.Sheets.Write(ctx, k.t.UserID, k.t.SpreadsheetID, k.t.GID, cells); err != nil {
		return err
	}
	snapshots, err := k.scanned(ctx, taken)
	if err != nil {
		return err
	}
	return k.Store.CommitScan(ctx, k.t, sheet24.Scanned{Snapshots: snapshots, Known: k.seen})
}
