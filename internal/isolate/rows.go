package isolate

import (
	"context"
	"log/slog"
	"runtime/debug"

	"sheet24"
	"sheet24/internal/locale"
)

// Rows fails rows at which work of our own failed. What exactly is for the log; the row says
// that it did.
type Rows struct {
	Store Failures
	Log   *slog.Logger
}

// Failures keeps that rows failed.
type Failures interface {
	FailRow(ctx context.Context, t *sheet24.Table, c sheet24.RowChange) error
}

// Broken is the error of a row at which work of our own failed.
func (r Rows) Broken(stage sheet24.Stage, c sheet24.RowChange, err error) error {
	r.Log.Error("a row failed", "stage", stage, "table", c.TableID, "record", c.EntityID, "row", c.Row, "change", c.ID, "error", err, "stack", Stack(err))
	return sheet24.Errorf(sheet24.Invalid, sheet24.CodeRowInternal).Because(err)
}

// Fail fails a row at which work of our own failed. Should not even that be possible, the
// log says so, and the others go on.
func (r Rows) Fail(ctx context.Context, stage sheet24.Stage, t *sheet24.Table, c sheet24.RowChange, err error) error {
	c.TableID = t.ID
	c.Error = locale.Error(t.Language, r.Broken(stage, c, err))
	err = Guard(func() error { return r.Store.FailRow(ctx, t, c) })
	if Fault(err) {
		r.Log.Error("a row could not even be failed", "stage", stage, "table", t.ID, "record", c.EntityID, "change", c.ID, "error", err)
		return nil
	}
	return err
}

// Survive, deferred, ends a stage that panics with an error.
func (r Rows) Survive(stage sheet24.Stage, id int64, more *bool, err *error) {
	v := recover()
	if v == nil {
		return
	}
	broke := &Panic{Value: v, Stack: debug.Stack()}
	r.Log.Error("a stage panicked", "stage", stage, "id", id, "error", broke, "stack", string(broke.Stack))
	*more, *err = false, broke
}
