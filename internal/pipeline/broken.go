package pipeline

import (
	"context"
	"runtime/debug"

	"sheet24"
	"sheet24/internal/isolate"
	"sheet24/internal/locale"
)

// broken is the error of a row at which work of our own failed: what exactly is for the
// log, the row says that it did.
func (p *Pipeline) broken(stage sheet24.Stage, c sheet24.RowChange, err error) error {
	p.Log.Error("a row failed", "stage", stage, "table", c.TableID, "record", c.EntityID, "row", c.Row, "change", c.ID, "error", err, "stack", isolate.Stack(err))
	return sheet24.Errorf(sheet24.Invalid, "row_internal").Because(err)
}

// failRow fails a row at which work of our own failed. Should not even that be possible,
// the log says so, and the others go on.
func (p *Pipeline) failRow(ctx context.Context, stage sheet24.Stage, t *sheet24.Table, c sheet24.RowChange, err error) error {
	c.TableID = t.ID
	c.Error = locale.Error(t.Language, p.broken(stage, c, err))
	err = isolate.Guard(func() error { return p.Store.FailRow(ctx, t, c) })
	if isolate.Fault(err) {
		p.Log.Error("a row could not even be failed", "stage", stage, "table", t.ID, "record", c.EntityID, "change", c.ID, "error", err)
		return nil
	}
	return err
}

// survive ends a stage that panics with an error.
func (p *Pipeline) survive(stage sheet24.Stage, id int64, more *bool, err *error) {
	v := recover()
	if v == nil {
		return
	}
	broke := &isolate.Panic{Value: v, Stack: debug.Stack()}
	p.Log.Error("a stage panicked", "stage", stage, "id", id, "error", broke, "stack", string(broke.Stack))
	*more, *err = false, broke
}
