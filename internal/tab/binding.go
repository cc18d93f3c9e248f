package tab

import (
	"context"

	"sheet24"
)

// A table may be set up anew at any moment, with another portal, entity or mapping. What
// was begun for it as it was then ends: nothing of it is written into the sheet or stored,
// and no change made under the former binding is sent any more.

// checkBound returns a Conflict if a table has been exchanged since it was read.
func (p *Access) checkBound(ctx context.Context, t *sheet24.Table) error {
	now, err := p.Store.Bindings(ctx, []int64{t.ID})
	if err != nil {
		return err
	}
	if now[t.ID] != t.Binding {
		return sheet24.Errorf(sheet24.Conflict, sheet24.CodeTableExchanged)
	}
	return nil
}

// Replace replaces cells by what they hold, unless the table has been exchanged since it
// was read.
func (p *Access) Replace(ctx context.Context, t *sheet24.Table, replacements []sheet24.Replacement) error {
	if len(replacements) == 0 {
		return nil
	}
	if err := p.checkBound(ctx, t); err != nil {
		return err
	}
	return p.Sheets.Replace(ctx, t.Ref(), replacements)
}
