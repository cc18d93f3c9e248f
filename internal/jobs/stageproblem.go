package jobs

import (
	"context"
	"log/slog"
	"time"

	"sheet24"
)

// noteTime is how long it may take to note how a stage ended.
const noteTime = 5 * time.Second

// noted are stages of which it is noted in the database, for all processes, how often in a
// row they failed, so that their tables' pages can say so.
type noted struct {
	Stages
	store Store
	log   *slog.Logger
}

func (n noted) Scan(ctx context.Context, tableID int64) (more bool, err error) {
	more, err = n.Stages.Scan(ctx, tableID)
	n.note(ctx, sheet24.ScanStage, tableID, err)
	return more, err
}

func (n noted) Push(ctx context.Context, portalID int64) (more bool, err error) {
	more, err = n.Stages.Push(ctx, portalID)
	n.note(ctx, sheet24.PushStage, portalID, err)
	return more, err
}

func (n noted) Report(ctx context.Context, tableID int64) (more bool, err error) {
	more, err = n.Stages.Report(ctx, tableID)
	n.note(ctx, sheet24.ReportStage, tableID, err)
	return more, err
}

func (n noted) Compare(ctx context.Context, tableID int64) (more bool, err error) {
	more, err = n.Stages.Compare(ctx, tableID)
	n.note(ctx, sheet24.CompareStage, tableID, err)
	return more, err
}

// note notes how a stage ended, unless it was being stopped, or another process had taken
// its lease.
func (n noted) note(ctx context.Context, stage sheet24.Stage, id int64, err error) {
	if ctx.Err() != nil || sheet24.CheckLease(ctx) != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()

	var failed error
	if err == nil {
		failed = n.store.ClearStageFailure(ctx, stage, id)
	} else {
		failed = n.store.NoteStageFailure(ctx, stage, id, err)
	}
	if failed != nil {
		n.log.Warn("it was not noted how a stage ended", "stage", stage, "id", id, "error", failed)
	}
}
