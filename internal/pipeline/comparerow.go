package pipeline

import (
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
)

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
	texts, err := k.readFormats(ctx, k.t, k.tab, k.formatted(first, last))
	if err != nil {
		return err
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
		texts.apply(k.t, k.tab.layout, number, c.Fields)
		k.rows = append(k.rows, c)
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

// formatted are the rows of a page with cells whose format says what they mean.
func (k *comparing) formatted(first, last int) (numbers []int) {
	for _, number := range slices.Sorted(maps.Keys(k.tab.rows)) {
		if number >= first && number <= last && slices.ContainsFunc(k.tab.layout.Fields, func(m sheet24.FieldMapping) bool {
			return m.Updatable && byFormat(m, cell(k.tab.rows[number], m.Column.Index))
		}) {
			numbers = append(numbers, number)
		}
	}
	return numbers
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
