// Package plan says what must be done about a row and its record: one write, nothing, or a
// question to its owner.
package plan

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sheet24"
	"sheet24/internal/change"
	"sheet24/internal/isolate"
	"sheet24/internal/mapping"
)

// Store is what is known of records.
type Store interface {
	Known(ctx context.Context, tableID int64, entityIDs []int64) (map[int64]sheet24.Known, error)
	Snapshots(ctx context.Context, tableID int64, entityIDs []int64) (map[int64]sheet24.Snapshot, error)
}

// Planner plans changes of the tables of one portal.
type Planner struct {
	Store  Store
	CRM    sheet24.CRM
	Rows   isolate.Rows
	Portal *sheet24.Portal
	Tables map[int64]*sheet24.Table // by id, those of the changes
	Known  map[Key]sheet24.Known

	back map[Key]bool // records that were to be deleted, and whose rows are in the sheet again
}

// New makes a Planner that knows of no table yet.
func New(store Store, crm sheet24.CRM, rows isolate.Rows, portal *sheet24.Portal) *Planner {
	return &Planner{Store: store, CRM: crm, Rows: rows, Portal: portal, Tables: map[int64]*sheet24.Table{}, Known: map[Key]sheet24.Known{}, back: map[Key]bool{}}
}

// ItemKey names the record that a row's creation makes.
func (b *Planner) ItemKey(c sheet24.RowChange) sheet24.ItemKey {
	t := b.Tables[c.TableID]
	return sheet24.ItemKey{Entity: t.Entity, Key: creationKey(t, c)}
}

// Plan is what a change needs: a write, which is empty if the CRM holds all of
// it already, or the error that keeps it from being sent.
type Plan struct {
	Write  sheet24.ItemWrite
	Create bool
	Fields map[string]sheet24.Change // the change's, with what the CRM held where that was changed there
	Asks   map[string]sheet24.Change // those that their owner has to decide about
	Held   map[string]any            // what the CRM holds, in its own words, of the fields that are written
	Known  sheet24.Known             // and once they are
	Note   string                    // what is to be said of it besides, in the table's language
	Twin   int64                     // the record, or the key, of the row that is in its way
	Left   bool                      // its row becomes no record
	Forget bool                      // there is nothing to do, nor to tell
	Err    error
}

// Writes tells whether anything is to be sent.
func (p Plan) Writes() bool {
	return p.Err == nil && (p.Create || p.Write.Delete || len(p.Write.Fields)+len(p.Write.Multi) > 0)
}

// Fields are an entity's fields by name.
type Fields map[string]sheet24.Field

// ByName are described fields by their names.
func ByName(described []sheet24.Field) Fields {
	fields := make(Fields, len(described))
	for _, f := range described {
		fields[f.Name] = f
	}
	return fields
}

// Planned plans a change. One at which that panics fails, and no other with it.
func (b *Planner) Planned(c sheet24.RowChange, plan func() Plan) (p Plan) {
	err := isolate.Guard(func() error { p = plan(); return nil })
	if err != nil {
		return Plan{Err: b.Rows.Broken(sheet24.PushStage, c, err)}
	}
	return p
}

// Remember loads what the CRM was last known to hold of the records of changes.
func (b *Planner) Remember(ctx context.Context, changes []sheet24.RowChange) error {
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
			b.Known[Key{id, record}] = k
		}
	}
	return b.findBack(ctx, changes)
}

// findBack finds the records among those to be deleted whose rows are in the sheet again.
func (b *Planner) findBack(ctx context.Context, changes []sheet24.RowChange) error {
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
			b.back[Key{id, record}] = n.Row > 0
		}
	}
	return nil
}

// PlanChange says what must be done about a change.
func (b *Planner) PlanChange(fields Fields, item *sheet24.Item, c sheet24.RowChange, found map[sheet24.Link][]int64) Plan {
	switch {
	case c.Action == sheet24.Delete:
		return b.planGone(fields, item, c)
	case len(c.Fields) == 0 && (len(c.Dropped) == 0 || c.EntityID < 0):
		return Plan{Forget: true} // what the row says to this stays as it is
	case c.EntityID < 0:
		return b.planNew(fields, c, found)
	case item == nil:
		return Plan{Err: sheet24.Errorf(sheet24.Invalid, sheet24.CodeRecordMissing)}
	}
	return b.planRow(fields, item, c, found)
}

// Resolve finds the records that cells name by their titles.
func (b *Planner) Resolve(ctx context.Context, fields map[sheet24.Entity]Fields, changes []sheet24.RowChange) (map[sheet24.Link][]int64, map[sheet24.Link]error) {
	var links []sheet24.Link
	for _, c := range changes {
		// Where that panics, so does planning the change, which then fails.
		_ = isolate.Guard(func() error {
			for name, change := range c.Fields {
				links = append(links, mapping.LinksIn(fields[b.Ref(c).Entity][name], change.New)...)
			}
			return nil
		})
	}
	found, unfound := map[sheet24.Link][]int64{}, map[sheet24.Link]error{}
	err := isolate.Each(links, func(some []sheet24.Link) error {
		if len(some) == 0 {
			return nil
		}
		ids, not := b.CRM.Resolve(ctx, b.Portal, some)
		maps.Copy(found, ids)
		maps.Copy(unfound, not)
		return nil
	}, func(l sheet24.Link, err error) error {
		unfound[l] = b.Rows.Broken(sheet24.PushStage, sheet24.RowChange{}, err)
		return nil
	})
	for _, l := range links {
		if err != nil && found[l] == nil && unfound[l] == nil {
			unfound[l] = err
		}
	}
	return found, unfound
}

// LinksFailed is why a record that a row names could not be looked for.
func LinksFailed(fields Fields, c sheet24.RowChange, unfound map[sheet24.Link]error) error {
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
var outdated = []sheet24.Code{sheet24.CodeMappingField, sheet24.CodeValueChoice, sheet24.CodeValueChoiceNear, sheet24.CodeValueUser, sheet24.CodeValueUserNear}

// LookAgain plans rows once more with descriptions read anew, where old ones may
// be why they failed.
func (b *Planner) LookAgain(ctx context.Context, changes []sheet24.RowChange, plans []Plan, items map[sheet24.ItemRef]*sheet24.Item, found map[sheet24.Link][]int64) {
	fresh := map[sheet24.Entity]Fields{}
	for i, c := range changes {
		if plans[i].Err == nil || !slices.ContainsFunc(causes(plans[i].Err), func(e *sheet24.Error) bool { return slices.Contains(outdated, e.Code) }) {
			continue
		}
		r := b.Ref(c)
		if fresh[r.Entity] == nil {
			described, err := b.CRM.Refresh(ctx, b.Portal, r.Entity)
			if err != nil {
				continue
			}
			fresh[r.Entity] = ByName(described)
		}
		plans[i] = b.Planned(c, func() Plan { return b.PlanChange(fresh[r.Entity], items[r], c, found) })
	}
}

// planRow says what must be sent so that a record holds what its row does; item is the
// record as it stands, without an id where it is to be created.
func (b *Planner) planRow(fields Fields, item *sheet24.Item, c sheet24.RowChange, found map[sheet24.Link][]int64) Plan {
	t := b.Tables[c.TableID]
	plan := Plan{
		Write:  sheet24.ItemWrite{Entity: t.Entity, ID: item.ID, Fields: map[string]any{}},
		Fields: map[string]sheet24.Change{}, Asks: map[string]sheet24.Change{}, Held: map[string]any{}, Known: sheet24.Known{},
	}
	at := mapping.Context{Locale: t.Locale, Zone: t.Location(), Links: func(l sheet24.Link) []int64 { return found[l] }}
	at.Funnel = FunnelAfter(fields, item, c)

	var bad BadCells
	for _, m := range t.Mappings { // in the order of the columns
		if _, changed := c.Fields[m.Field]; !changed {
			continue
		}
		f, ok := fields[m.Field]
		if !ok || f.ReadOnly || f.Immutable && item.ID != 0 {
			bad.Add(t, m.Column.Name, sheet24.Errorf(sheet24.Invalid, sheet24.CodeMappingField, m.Field))
			continue
		}

		at.Currency = CurrencyOf(item.Values[f.Name])
		merged, want, err := b.merge(f, item, c, m.Field, at)
		if err != nil {
			bad.Add(t, m.Column.Name, err)
			continue
		}
		plan.add(m.Field, f, merged)
		if merged.Verdict == change.Write && want.Currency != "" && f.Name == "OPPORTUNITY" {
			if err := amountIn(t, fields, item, c, want.Currency, &plan.Write); err != nil {
				bad.Add(t, m.Column.Name, err)
			}
		}
	}
	if err := bad.Err(); err != nil {
		return Plan{Err: err}
	}
	return plan
}

// add has a plan do what was decided about a field.
func (p *Plan) add(field string, f sheet24.Field, merged change.Outcome) {
	switch merged.Verdict {
	case change.NeedsReview:
		p.Asks[field] = merged.Change
		return
	case change.Keep:
		p.Fields[field] = merged.Change
		return
	}

	p.Fields[field] = merged.Change
	p.Held[field], p.Known[field] = merged.Before, []any{merged.After}
	switch {
	case merged.Verdict == change.Agree:
	case change.IsContact(f):
		p.Write.Multi = append(p.Write.Multi, merged.Contacts...)
	default:
		p.Write.Fields[f.APIName] = merged.Plain
	}
}

// FunnelAfter is the funnel that a record will be in: a row may change it together
// with the stage.
func FunnelAfter(fields Fields, item *sheet24.Item, c sheet24.RowChange) int64 {
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

// CurrencyOf is the currency of an amount that a record holds: TRY of 10|TRY.
func CurrencyOf(v any) string {
	_, code, _ := strings.Cut(mapping.Text(v), "|")
	return code
}

// amountIn makes an amount be in the currency written beside it. A record has one
// currency; where a column of its own says which, the two must agree.
func amountIn(t *sheet24.Table, fields Fields, item *sheet24.Item, c sheet24.RowChange, code string, w *sheet24.ItemWrite) error {
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
			return sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueCurrencyOther, code, mapping.Text(have))
		}
		return nil
	}
	if !mapping.Same(f, want.Plain, item.Values[f.Name]) {
		w.Fields[f.APIName] = want.Plain
	}
	return nil
}

// Key names a record of a table.
type Key struct{ Table, Record int64 }

// Ref is the record that a change is about.
func (b *Planner) Ref(c sheet24.RowChange) sheet24.ItemRef {
	return sheet24.ItemRef{Entity: b.Tables[c.TableID].Entity, ID: c.EntityID}
}
