package jobs

import (
	"context"
	"time"

	"sheet24"
)

// noteTime is how long it may take to note how a stage ended.
const noteTime = 5 * time.Second

// noted runs a round of a stage, and notes in the database, for all processes, how often in a
// row it failed, so that its table's page can say so.
func (r *Runner) noted(ctx context.Context, t task, round func() (sheet24.Next, error)) (sheet24.Next, error) {
	next, err := round()
	r.note(ctx, sheet24.Stage(t.Stage), t.ID, err)
	return next, err
}

// note notes how a stage ended, unless it was being stopped, or another process had taken
// its lease.
func (r *Runner) note(ctx context.Context, stage sheet24.Stage, id int64, err error) {
	if ctx.Err() != nil || sheet24.CheckLease(ctx) != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()

	var failed error
	if err == nil {
		failed = r.store.ClearStageFailure(ctx, stage, id)
	} else {
		failed = r.store.NoteStageFailure(ctx, stage, id, err)
	}
	if failed != nil {
		r.log.Warn("it was not noted how a stage ended", "stage", stage, "id", id, "error", failed)
	}
}
