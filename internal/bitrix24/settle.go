package bitrix24

import (
	"context"
	"slices"
	"time"

	"sheet24"
	"sheet24/internal/mapping"
)

// lost is a write whose answer was lost, and when it was sent.
type lost struct {
	index int
	sent  time.Time
}

// settle finds out by reading which of the writes were done, and returns those
// that were not. What must not be done twice is not taken for undone before the
// portal has given up on the request that carried it.
func (w *writer) settle(ctx context.Context, unsure []lost) (open []int) {
	if len(unsure) == 0 {
		return nil
	}
	undone := w.undone(ctx, unsure)
	var until time.Time
	for _, l := range undone {
		if end := l.sent.Add(w.c.options.RequestLimit); adds(w.writes[l.index]) && end.After(until) {
			until = end
		}
	}
	if wait := time.Until(until); wait > 0 {
		back := sheet24.Outside(ctx)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		back()
		if ctx.Err() != nil {
			return nil
		}
		undone = w.undone(ctx, undone)
	}
	for _, l := range undone {
		open = append(open, l.index)
	}
	return open
}

// adds tells whether doing a write twice would be more than doing it once.
func adds(w sheet24.ItemWrite) bool {
	return w.ID == 0 || slices.ContainsFunc(w.Multi, func(m sheet24.MultiValue) bool { return m.ID == 0 })
}

// undone reads the records of writes, notes those that were done, and returns
// those that were not; where reading fails, the outcome stays open, and so does
// that of a creation without a key.
func (w *writer) undone(ctx context.Context, unsure []lost) (undone []lost) {
	var refs []sheet24.ItemRef
	var creations []int
	for _, l := range unsure {
		if write := w.writes[l.index]; write.ID != 0 {
			refs = append(refs, sheet24.ItemRef{Entity: write.Entity, ID: write.ID})
		} else if write.Key != "" {
			creations = append(creations, l.index)
		}
	}
	items, unread := w.c.Items(ctx, w.p, refs)
	missing := w.findCreated(ctx, creations)
	for _, l := range unsure {
		write := w.writes[l.index]
		if write.ID == 0 {
			if slices.Contains(missing, l.index) {
				undone = append(undone, l)
			}
			continue
		}
		if unread[write.Entity] != nil {
			continue
		}
		item, there := items[sheet24.ItemRef{Entity: write.Entity, ID: write.ID}]
		switch {
		case write.Delete && !there:
			w.done[l.index].Err = nil
		case write.Delete:
			undone = append(undone, l)
		case !there:
			w.done[l.index].Err = sheet24.Errorf(sheet24.NotFound, "record_missing")
		default:
			if fields, err := w.c.Fields(ctx, w.p, write.Entity); err != nil {
				continue
			} else if holds(item, write, fields) {
				w.done[l.index].Err = nil
			} else {
				undone = append(undone, l)
			}
		}
	}
	return undone
}

// holds tells whether a record is as a write would have it.
func holds(item *sheet24.Item, w sheet24.ItemWrite, fields []sheet24.Field) bool {
	for api, want := range w.Fields {
		i := slices.IndexFunc(fields, func(f sheet24.Field) bool { return f.APIName == api })
		if i < 0 || !mapping.Same(fields[i], want, item.Values[fields[i].Name]) {
			return false
		}
	}
	for _, m := range w.Multi {
		i := slices.IndexFunc(item.Multi, func(have sheet24.MultiValue) bool {
			return have.Type == m.Type && (have.ID == m.ID || (m.ID == 0 && have.Value == m.Value))
		})
		if m.Value == "" && i >= 0 || m.Value != "" && (i < 0 || item.Multi[i].Value != m.Value) {
			return false
		}
	}
	return true
}
