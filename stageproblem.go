package sheet24

import "time"

// Stage names a stage of the sync that works for a table or a portal.
type Stage string

// The stages. Push works for a portal, the others for a table.
const (
	ScanStage    Stage = "scan"
	PushStage    Stage = "push"
	ReportStage  Stage = "report"
	CompareStage Stage = "compare"
)

// StageProblem is a stage that failed several times in a row, in whatever processes. It
// is tried again by itself.
type StageProblem struct {
	Stage Stage
	Times int
	Since time.Time // when it failed first
	Err   *Error    // of the last time, without its cause
}

// StageFailures is how many times in a row a stage fails before people are told.
const StageFailures = 3
