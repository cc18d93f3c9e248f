package plan

import (
	"sheet24"
	"sheet24/internal/change"
	"sheet24/internal/mapping"
)

// merge decides about a field of a row's change. A cell that holds no value of the field is an
// error, unless the CRM's is to stay anyway.
func (b *Planner) merge(f sheet24.Field, item *sheet24.Item, c sheet24.RowChange, field string, at mapping.Context) (change.Outcome, mapping.Values, error) {
	t, cell := b.Tables[c.TableID], c.Fields[field]
	want, err := mapping.ToCRM(f, cell.New, at)
	if err != nil && cell.Resolution != sheet24.CRMWins {
		return change.Outcome{}, want, err
	}

	former, err := mapping.ToCRM(f, cell.Old, at)
	base := change.Base{LastKnown: b.LastKnown[Key{t.ID, c.EntityID}][field], Former: former, Invalid: err != nil}
	if c.Action == sheet24.Create {
		base = base.Created()
	}
	return change.Merge(base, change.Sheet{Change: cell, Value: want}, CrmSide(t, f, item), t.Policies.Winner(field)), want, nil
}

// CrmSide is the CRM's side of a field in a merge.
func CrmSide(t *sheet24.Table, f sheet24.Field, item *sheet24.Item) change.CRM {
	return change.CRM{Field: f, Record: item, At: mapping.Context{Locale: t.Locale, Zone: t.Location()}}
}

// mergeDeletion decides about the record of a row that was deleted, field by field.
func (b *Planner) mergeDeletion(fields Fields, item *sheet24.Item, c sheet24.RowChange) (change.Verdict, change.Fields) {
	t := b.Tables[c.TableID]
	merged := map[string]change.Outcome{}

	for name, cell := range c.Fields {
		f, described := fields[name]
		var base change.Base // what is not described any more is in nobody's way
		if described {
			base.LastKnown = b.LastKnown[Key{c.TableID, c.EntityID}][name]
		}
		merged[name] = change.Merge(base, change.Sheet{Change: cell, Deleted: true}, CrmSide(t, f, item), t.Policies.Winner(name))
	}
	return change.MergeDeletion(merged)
}
