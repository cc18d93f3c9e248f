package pipeline

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"sheet24"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
)

// pushRows is how many rows one push takes at most: five batches.
const pushRows = 250

// A fault that may pass is tried again after 1 s, 2 s, 4 s … 15 min, with jitter,
// for a day in all.
const (
	firstRetry = time.Second
	lastRetry  = 15 * time.Minute
	giveUp     = 24 * time.Hour
)

// Push takes the due changes of a portal's tables, reads what the CRM holds,
// sends what differs, and settles each row. It tells whether there may be more.
func (p *Pipeline) Push(ctx context.Context, portalID int64) (more bool, err error) {
	portal, err := p.Store.Portal(ctx, portalID)
	if err != nil {
		return false, ignoreNotFound(err)
	}
	changes, err := p.Store.ClaimChanges(ctx, portalID, pushRows)
	if err != nil || len(changes) == 0 {
		return false, err
	}
	tables := map[int64]*sheet24.Table{}
	byEntity := map[sheet24.Entity][]*sheet24.RowChange{}
	for i := range changes {
		c := &changes[i]
		if tables[c.TableID] == nil {
			if tables[c.TableID], err = p.Store.Table(ctx, c.TableID); err != nil {
				return false, err
			}
		}
		e := tables[c.TableID].Entity
		byEntity[e] = append(byEntity[e], c)
	}
	for entity, rows := range byEntity {
		for i, err := range p.pushRows(ctx, portal, entity, tables, rows) {
			p.settle(rows[i], tables[rows[i].TableID], err)
		}
	}
	// A push that is being stopped leaves its rows as they are: the next one
	// begins with them.
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err := p.Store.SettleChanges(ctx, changes); err != nil {
		return false, err
	}
	for id := range tables {
		p.Wake.Report(ctx, id)
	}
	return len(changes) == pushRows, nil
}

// pushRows brings the rows of one entity to the CRM and returns an error, or nil,
// for each.
func (p *Pipeline) pushRows(ctx context.Context, portal *sheet24.Portal, entity sheet24.Entity, tables map[int64]*sheet24.Table, rows []*sheet24.RowChange) []error {
	errs := make([]error, len(rows))
	all := func(err error) []error {
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	described, err := p.CRM.Fields(ctx, portal, entity)
	if err != nil {
		return all(err)
	}
	fields := make(map[string]sheet24.Field, len(described))
	for _, f := range described {
		fields[f.Name] = f
	}
	ids := make([]int64, len(rows))
	for i, c := range rows {
		ids[i] = c.EntityID
	}
	items, err := p.CRM.Items(ctx, portal, entity, ids)
	if err != nil {
		return all(err)
	}
	var updates []sheet24.ItemUpdate
	var rowOf []int // of each update
	for i, c := range rows {
		item, ok := items[c.EntityID]
		if !ok {
			errs[i] = sheet24.Errorf(sheet24.Invalid, "record_missing")
			continue
		}
		u, err := plan(tables[c.TableID], fields, item, c)
		if err != nil {
			errs[i] = err
			continue
		}
		if len(u.Fields)+len(u.Multi) == 0 {
			continue // the CRM holds it already
		}
		u.Entity = entity
		updates, rowOf = append(updates, u), append(rowOf, i)
	}
	for n, err := range p.CRM.Update(ctx, portal, updates) {
		errs[rowOf[n]] = err
	}
	return errs
}

// plan says what must be sent so that a record holds what its row does.
func plan(t *sheet24.Table, fields map[string]sheet24.Field, item *sheet24.Item, c *sheet24.RowChange) (sheet24.ItemUpdate, error) {
	u := sheet24.ItemUpdate{ID: item.ID, Fields: map[string]any{}}
	zone, err := time.LoadLocation(t.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	for _, m := range t.Mappings { // in the order of the columns
		change, ok := c.Fields[m.Field]
		if !ok {
			continue
		}
		f, ok := fields[m.Field]
		if !ok {
			return u, sheet24.Errorf(sheet24.Invalid, "mapping_field", m.Field)
		}
		want, err := mapping.ToCRM(f, change.New, zone)
		if err != nil {
			return u, sheet24.Errorf(sheet24.Invalid, "in_column", m.Column.Name, locale.Error(t.Language, err))
		}
		if f.Type == "crm_multifield" {
			before, _ := mapping.ToCRM(f, change.Old, zone) // what was no value replaces nothing
			u.Multi = append(u.Multi, mapping.PlanMulti(f.Name, item.Multi, before.Multi, want.Multi)...)
		} else if !mapping.Same(f, want.Plain, item.Values[f.Name]) {
			u.Fields[f.APIName] = want.Plain
		}
	}
	return u, nil
}

// settle decides how a change ends: a fault that may pass, or that its owner can
// mend (a webhook that expired), is tried again.
func (p *Pipeline) settle(c *sheet24.RowChange, t *sheet24.Table, err error) {
	if err == nil {
		c.Status, c.Error = sheet24.Completed, ""
		return
	}
	e := sheet24.AsError(err)
	c.Error = locale.Error(t.Language, e)
	if e.Kind == sheet24.Internal {
		p.Log.Error("push", "table", t.ID, "record", c.EntityID, "error", err)
	}
	switch {
	case e.Kind == sheet24.Invalid || e.Kind == sheet24.NotFound:
		c.Status = sheet24.Failed
	case p.Now().Sub(c.CreatedAt) > giveUp:
		c.Status = sheet24.Failed
		c.Error = locale.Error(t.Language, sheet24.Errorf(sheet24.Unavailable, "too_many_attempts", mapping.Text(float64(c.Attempts)), c.Error))
	default:
		c.Status = sheet24.Pending
		c.NotBefore = p.Now().Add(backoff(c.Attempts))
		if !errors.Is(err, context.Canceled) {
			p.Log.Warn("push will be tried again", "table", t.ID, "record", c.EntityID, "attempt", c.Attempts, "error", err)
		}
	}
}

// backoff is how long to wait after an attempt: doubled each time, and spread
// over its upper half, so that rows do not come back all at once.
func backoff(attempt int) time.Duration {
	wait := lastRetry
	if attempt < 11 {
		wait = min(firstRetry<<max(attempt-1, 0), lastRetry)
	}
	return wait/2 + rand.N(wait/2)
}
