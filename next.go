package sheet24

import "time"

// WakeUp says that a stage is to run for a table, push for a portal. One that is lost
// loses nothing: the tables say what has to be done.
type WakeUp struct {
	Stage Stage
	ID    int64
	After time.Duration // from now on; 0: at once
}

// Next is what follows from a round of a stage: more of the same, and what it left work
// for. It is told even by one that failed.
type Next struct {
	More bool
	Wake []WakeUp
}

// Scan has the scan of a table woken.
func (n *Next) Scan(tableID int64) { n.add(ScanStage, tableID, 0) }

// ScanLater has the scan of a table woken after a while.
func (n *Next) ScanLater(tableID int64, d time.Duration) { n.add(ScanStage, tableID, d) }

// Push has the push to a portal woken.
func (n *Next) Push(portalID int64) { n.add(PushStage, portalID, 0) }

// PushLater has the push to a portal woken after a while.
func (n *Next) PushLater(portalID int64, d time.Duration) { n.add(PushStage, portalID, d) }

// Report has the report to a table's sheet woken.
func (n *Next) Report(tableID int64) { n.add(ReportStage, tableID, 0) }

func (n *Next) add(stage Stage, id int64, d time.Duration) {
	n.Wake = append(n.Wake, WakeUp{Stage: stage, ID: id, After: d})
}
