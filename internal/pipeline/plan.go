package pipeline

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"sheet24"
	"sheet24/internal/change"
	"sheet24/internal/isolate"
	"sheet24/internal/mapping"
)

// rowPlan is what a change needs: a write, which is empty if the CRM holds all of
// it already, or the error that keeps it from being sent.
type rowPlan struct {
	write  sheet24.ItemWrite
	create bool
	fields map[string]sheet24.Change // the change's, with what the CRM held where that was changed there
	asks   map[string]sheet24.Change // those that their owner has to decide about
	held   map[string]any            // what the CRM holds, in its own words, of the fields that are written
	known  sheet24.Known             // and once they are
	note   string                    // what is to be said of it besides, in the table's language
	twin   int64                     // the record, or the key, of the row that is in its way
	left   bool                      // its row becomes no record
	forget bool                      // there is nothing to do, nor to tell
	err    error
}

// writes tells whether anything is to be sent.
func (p rowPlan) writes() bool {
	return p.err == nil && (p.create || p.write.Delete || len(p.write.Fields)+len(p.write.Multi) > 0)
}

// entityFields are an entity's fields by name.
type entityFields map[string]sheet24.Field

func byName(described []sheet24.Field) entityFields {
	fields := make(entityFields, len(described))
	for _, f := range described {
		fields[f.Name] = f
	}
	return fields
}

// planned plans a change. One at which that panics fails, and no other with it.
func (b *pushBatch) planned(c sheet24.RowChange, plan func() rowPlan) (p rowPlan) {
	err := isolate.Guard(func() error { p = plan(); return nil })
	if err != nil {
		return rowPlan{err: b.broken(sheet24.PushStage, c, err)}
	}
	return p
}

// remember loads what the CRM was last known to hold of the records of changes.
func (b *pushBatch) remember(ctx context.Context, changes []sheet24.RowChange) error {
	ids := map[int64][]int64{}
	for _, c := range changes {
		ids[c.TableID] = append(ids[c.TableID], c.EntityID)
	}
	for id, records := range ids {
		known, err := b.Store.Known(ctx, id, records)
		if err != nil {
			return err
		}
		for record, k := range known {
			b.known[knownKey{id, record}] = k
		}
	}
	return b.findBack(ctx, changes)
}

// findBack finds the records among those to be deleted whose rows are in the sheet again.
func (b *pushBatch) findBack(ctx context.Context, changes []sheet24.RowChange) error {
	ids := map[int64][]int64{}
	for _, c := range changes {
		if c.Action == sheet24.Delete {
			ids[c.TableID] = append(ids[c.TableID], c.EntityID)
		}
	}
	for id, records := range ids {
		seen, err := b.Store.Snapshots(ctx, id, records)
		if err != nil {
			return err
		}
		for record, n := range seen {
			b.back[knownKey{id, record}] = n.Row > 0
		}
	}
	return nil
}

// planChange says what must be done about a change.
func (b *pushBatch) planChange(fields entityFields, item *sheet24.Item, c sheet24.RowChange, found map[sheet24.Link][]int64) rowPlan {
	switch {
	case c.Action == sheet24.Delete:
		return b.planGone(fields, item, c)
	case len(c.Fields) == 0 && (len(c.Dropped) == 0 || c.EntityID < 0):
		return rowPlan{forget: true} // what the row says to this stays as it is
	case c.EntityID < 0:
		return b.planNew(fields, c, found)
	case item == nil:
		return rowPlan{err: sheet24.Errorf(sheet24.Invalid, "record_missing")}
	}
	return b.planRow(fields, item, c, found)
}

// resolve finds the records that cells name by their titles.
func (b *pushBatch) resolve(ctx context.Context, fields map[sheet24.Entity]entityFields, changes []sheet24.RowChange) (map[sheet24.Link][]int64, map[sheet24.Link]error) {
	var links []sheet24.Link
	for _, c := range changes {
		// Where that panics, so does planning the change, which then fails.
		_ = isolate.Guard(func() error {
			for name, change := range c.Fields {
				links = append(links, mapping.LinksIn(fields[b.ref(c).Entity][name], change.New)...)
			}
			return nil
		})
	}
	found, unfound := map[sheet24.Link][]int64{}, map[sheet24.Link]error{}
	err := isolate.Each(links, func(some []sheet24.Link) error {
		if len(some) == 0 {
			return nil
		}
		ids, not := b.CRM.Resolve(ctx, b.portal, some)
		maps.Copy(found, ids)
		maps.Copy(unfound, not)
		return nil
	}, func(l sheet24.Link, err error) error {
		unfound[l] = b.broken(sheet24.PushStage, sheet24.RowChange{}, err)
		return nil
	})
	for _, l := range links {
		if err != nil && found[l] == nil && unfound[l] == nil {
			unfound[l] = err
		}
	}
	return found, unfound
}

// linksFailed is why a record that a row names could not be looked for.
func linksFailed(fields entityFields, c sheet24.RowChange, unfound map[sheet24.Link]error) error {
	for name, change := range c.Fields {
		for _, l := range mapping.LinksIn(fields[name], change.New) {
			if unfound[l] != nil {
				return unfound[l]
			}
		}
	}
	return nil
}

// outdated are the errors that may come from descriptions that are no longer
// true: somebody added a field, a stage or a colleague since they were read.
var outdated = []string{"mapping_field", "value_choice", "value_choice_near", "value_user", "value_user_near"}

// lookAgain plans rows once more with descriptions read anew, where old ones may
// be why they failed.
func (b *pushBatch) lookAgain(ctx context.Context, changes []sheet24.RowChange, plans []rowPlan, items map[sheet24.ItemRef]*sheet24.Item, found map[sheet24.Link][]int64) {
	fresh := map[sheet24.Entity]entityFields{}
	for i, c := range changes {
		if plans[i].err == nil || !slices.ContainsFunc(causes(plans[i].err), func(e *sheet24.Error) bool { return slices.Contains(outdated, e.Code) }) {
			continue
		}
		r := b.ref(c)
		if fresh[r.Entity] == nil {
			described, err := b.CRM.Refresh(ctx, b.portal, r.Entity)
			if err != nil {
				continue
			}
			fresh[r.Entity] = byName(described)
		}
		plans[i] = b.planned(c, func() rowPlan { return b.planChange(fresh[r.Entity], items[r], c, found) })
	}
}

// planRow says what must be sent so that a record holds what its row does; item is the
// record as it stands, without an id where it is to be created.
func (b *pushBatch) planRow(fields entityFields, item *sheet24.Item, c sheet24.RowChange, found map[sheet24.Link][]int64) rowPlan {
	t := b.tables[c.TableID]
	plan := rowPlan{
		write:  sheet24.ItemWrite{Entity: t.Entity, ID: item.ID, Fields: map[string]any{}},
		fields: map[string]sheet24.Change{}, asks: map[string]sheet24.Change{}, held: map[string]any{}, known: sheet24.Known{},
	}
	at := mapping.Context{Locale: t.Locale, Zone: location(t), Links: func(l sheet24.Link) []int64 { return found[l] }}
	at.Funnel = funnelAfter(fields, item, c)

	var bad badCells
	for _, m := range t.Mappings { // in the order of the columns
		if _, changed := c.Fields[m.Field]; !changed {
			continue
		}
		f, ok := fields[m.Field]
		if !ok || f.ReadOnly || f.Immutable && item.ID != 0 {
			bad.add(t, m.Column.Name, sheet24.Errorf(sheet24.Invalid, "mapping_field", m.Field))
			continue
		}

		at.Currency = currencyOf(item.Values[f.Name])
		merged, want, err := b.merge(f, item, c, m.Field, at)
		if err != nil {
			bad.add(t, m.Column.Name, err)
			continue
		}
		plan.add(m.Field, f, merged)
		if merged.Verdict == change.Write && want.Currency != "" && f.Name == "OPPORTUNITY" {
			if err := amountIn(t, fields, item, c, want.Currency, &plan.write); err != nil {
				bad.add(t, m.Column.Name, err)
			}
		}
	}
	if err := bad.err(); err != nil {
		return rowPlan{err: err}
	}
	return plan
}

// add has a plan do what was decided about a field.
func (p *rowPlan) add(field string, f sheet24.Field, merged change.Outcome) {
	switch merged.Verdict {
	case change.NeedsReview:
		p.asks[field] = merged.Change
		return
	case change.Keep:
		p.fields[field] = merged.Change
		return
	}

	p.fields[field] = merged.Change
	p.held[field], p.known[field] = merged.Before, []any{merged.After}
	switch {
	case merged.Verdict == change.Agree:
	case change.IsContact(f):
		p.write.Multi = append(p.write.Multi, merged.Contacts...)
	default:
		p.write.Fields[f.APIName] = merged.Plain
	}
}

// funnelAfter is the funnel that a record will be in: a row may change it together
// with the stage.
func funnelAfter(fields entityFields, item *sheet24.Item, c sheet24.RowChange) int64 {
	for name, change := range c.Fields {
		if f := fields[name]; f.Type == "crm_category" {
			if v, err := mapping.ToCRM(f, change.New, mapping.Context{}); err == nil {
				if id, err := strconv.ParseInt(mapping.Text(v.Plain), 10, 64); err == nil {
					return id
				}
			}
		}
	}
	return item.Funnel
}

// currencyOf is the currency of an amount that a record holds: TRY of 10|TRY.
func currencyOf(v any) string {
	_, code, _ := strings.Cut(mapping.Text(v), "|")
	return code
}

// amountIn makes an amount be in the currency written beside it. A record has one
// currency; where a column of its own says which, the two must agree.
func amountIn(t *sheet24.Table, fields entityFields, item *sheet24.Item, c sheet24.RowChange, code string, w *sheet24.ItemWrite) error {
	f, ok := fields["CURRENCY_ID"]
	if !ok {
		return nil
	}
	want, err := mapping.ToCRM(f, code, mapping.Context{})
	if err != nil {
		return err
	}
	if _, mapped := t.Mapping(f.Name); mapped {
		have := item.Values[f.Name]
		if change, ok := c.Fields[f.Name]; ok {
			if other, err := mapping.ToCRM(f, change.New, mapping.Context{}); err == nil {
				have = other.Plain
			}
		}
		if mapping.Text(have) == "" { // neither the cell nor the record says which: the amount does
			w.Fields[f.APIName] = want.Plain
			return nil
		}
		if !mapping.Same(f, want.Plain, have) {
			return sheet24.Errorf(sheet24.Invalid, "value_currency_other", code, mapping.Text(have))
		}
		return nil
	}
	if !mapping.Same(f, want.Plain, item.Values[f.Name]) {
		w.Fields[f.APIName] = want.Plain
	}
	return nil
}

func location(t *sheet24.Table) *time.Location {
	zone, err := time.LoadLocation(t.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}
