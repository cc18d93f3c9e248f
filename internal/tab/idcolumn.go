package tab

import (
	"context"
	"slices"

	"sheet24"
	"sheet24/internal/mapping"
)

// ownsIDs returns an error if a table's ID column, where it was found, is an older table's
// as well: the numbers in it are that one's, and a key or an id written there would make
// one of its rows another record's. Setting up sees to it that each has its own; this is
// for two that were set up at once, and for columns that were renamed to one another's
// names.
func (p *Access) ownsIDs(ctx context.Context, t *sheet24.Table, tab *Tab) error {
	if tab.Layout.ID < 0 {
		return nil
	}
	key := Key{t.SpreadsheetID, t.GID}
	all, err := p.Followers.Of(ctx, key)
	if err != nil || !sharesIDs(all, t, tab) {
		return err
	}

	// What is remembered may be out of date.
	if all, err = p.Followers.OfNow(ctx, key); err != nil || !sharesIDs(all, t, tab) {
		return err
	}
	return sheet24.Errorf(sheet24.Invalid, sheet24.CodeIDColumnShared)
}

// sharesIDs reports whether one of a tab's older tables has its ids where a table has its.
func sharesIDs(all []*sheet24.Table, t *sheet24.Table, tab *Tab) bool {
	return slices.ContainsFunc(all, func(o *sheet24.Table) bool {
		if o.ID >= t.ID || !o.Enabled {
			return false
		}
		if o.HeaderRow != t.HeaderRow {
			id, _ := o.Mapping(sheet24.IDField)
			return id.Column.Index == tab.Layout.ID
		}
		return mapping.Locate(o, tab.Header).ID == tab.Layout.ID
	})
}
