package app

import (
	"context"

	"sheet24"
	"sheet24/internal/jobs"
	"sheet24/internal/sync/receive"
	"sheet24/internal/undo"
)

// work is what pages, and Google Drive, ask of the sync: it is stored, and woken.
type work struct {
	receiver *receive.Receiver
	undo     *undo.Undo
	runner   *jobs.Runner
}

// Recheck asks for a look at a whole tab.
func (w *work) Recheck(ctx context.Context, t *sheet24.Table) error {
	next, err := w.receiver.Recheck(ctx, t)
	w.runner.Wake(ctx, next.Wake...)
	return err
}

// Undo takes changes back.
func (w *work) Undo(ctx context.Context, t *sheet24.Table, changes []sheet24.RowChange) (undo.Undone, error) {
	done, err := w.undo.Undo(ctx, t, changes)
	if err == nil {
		w.runner.Scan(ctx, t.ID)
	}
	return done, err
}
