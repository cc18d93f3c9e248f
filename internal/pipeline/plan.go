package pipeline

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"sheet24"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
)

// rowPlan is what a change needs: a write, which is empty if the CRM holds all of
// it already, or the error that keeps it from being sent.
type rowPlan struct {
	write sheet24.ItemWrite
	err   error
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

// plan reads what the CRM holds of the records of changes and says for each what
// must be sent so that the record holds what its row does.
func (b *pushBatch) plan(ctx context.Context, changes []sheet24.RowChange) []rowPlan {
	plans := make([]rowPlan, len(changes))
	fields := map[sheet24.Entity]entityFields{}
	failed := map[sheet24.Entity]error{}
	var refs []sheet24.ItemRef
	for _, c := range changes {
		r := b.ref(c)
		if fields[r.Entity] == nil && failed[r.Entity] == nil {
			described, err := b.CRM.Fields(ctx, b.portal, r.Entity)
			fields[r.Entity], failed[r.Entity] = byName(described), err
		}
		if failed[r.Entity] == nil {
			refs = append(refs, r)
		}
	}
	items, unread := b.CRM.Items(ctx, b.portal, refs)
	found, unfound := b.resolve(ctx, fields, changes)
	for i, c := range changes {
		r := b.ref(c)
		switch item := items[r]; {
		case failed[r.Entity] != nil:
			plans[i].err = failed[r.Entity]
		case unread[r.Entity] != nil:
			plans[i].err = unread[r.Entity]
		case item == nil:
			plans[i].err = sheet24.Errorf(sheet24.Invalid, "record_missing")
		default:
			if plans[i].err = linksFailed(fields[r.Entity], c, unfound); plans[i].err == nil {
				plans[i] = b.planRow(fields[r.Entity], item, c, found)
			}
		}
	}
	b.lookAgain(ctx, changes, plans, items, found)
	return plans
}

// resolve finds the records that cells name by their titles.
func (b *pushBatch) resolve(ctx context.Context, fields map[sheet24.Entity]entityFields, changes []sheet24.RowChange) (map[sheet24.Link][]int64, map[sheet24.Link]error) {
	var links []sheet24.Link
	for _, c := range changes {
		for name, change := range c.Fields {
			links = append(links, mapping.LinksIn(fields[b.ref(c).Entity][name], change.New)...)
		}
	}
	if len(links) == 0 {
		return nil, nil
	}
	return b.CRM.Resolve(ctx, b.portal, links)
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
		if plans[i].err == nil || !slices.Contains(outdated, innermost(plans[i].err).Code) {
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
		plans[i] = b.planRow(fresh[r.Entity], items[r], c, found)
	}
}

// innermost is the error that an error about a column carries.
func innermost(err error) *sheet24.Error {
	e := sheet24.AsError(err)
	if e.Err != nil && e.Code == "in_column" {
		return sheet24.AsError(e.Err)
	}
	return e
}

// planRow says what must be sent so that a record holds what its row does.
func (b *pushBatch) planRow(fields entityFields, item *sheet24.Item, c sheet24.RowChange, found map[sheet24.Link][]int64) rowPlan {
	t := b.tables[c.TableID]
	w := sheet24.ItemWrite{Entity: t.Entity, ID: item.ID, Fields: map[string]any{}}
	at := mapping.Context{Locale: t.Locale, Zone: location(t), Links: func(l sheet24.Link) []int64 { return found[l] }}
	fail := func(column string, err error) rowPlan {
		return rowPlan{err: sheet24.Errorf(sheet24.Invalid, "in_column", column, locale.Error(t.Language, err)).Because(err)}
	}
	at.Funnel = funnelAfter(fields, item, c)
	for _, m := range t.Mappings { // in the order of the columns
		change, ok := c.Fields[m.Field]
		if !ok {
			continue
		}
		f, ok := fields[m.Field]
		if !ok || f.ReadOnly || f.Immutable {
			return fail(m.Column.Name, sheet24.Errorf(sheet24.Invalid, "mapping_field", m.Field))
		}
		at.Currency = currencyOf(item.Values[f.Name])
		want, err := mapping.ToCRM(f, change.New, at)
		if err != nil {
			return fail(m.Column.Name, err)
		}
		if f.Type == "crm_multifield" {
			before, _ := mapping.ToCRM(f, change.Old, at) // what was no value replaces nothing
			w.Multi = append(w.Multi, mapping.PlanMulti(f.Multi, item.Multi, before.Multi, want.Multi)...)
			continue
		}
		if !mapping.Same(f, want.Plain, item.Values[f.Name]) {
			w.Fields[f.APIName] = want.Plain
		}
		if want.Currency != "" && f.Name == "OPPORTUNITY" {
			if err := amountIn(t, fields, item, c, want.Currency, &w); err != nil {
				return fail(m.Column.Name, err)
			}
		}
	}
	return rowPlan{write: w}
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
