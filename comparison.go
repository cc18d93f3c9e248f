package sheet24

import "time"

// ComparisonState is where a Comparison stands.
type ComparisonState string

// A Comparison goes comparing → compared; its owner then has the sheet's values pushed,
// or the CRM's taken into the sheet, or leaves all as it is.
const (
	Comparing ComparisonState = "comparing"
	Compared  ComparisonState = "compared"
	Pushing   ComparisonState = "pushing"
	Taking    ComparisonState = "taking"
	Done      ComparisonState = "done"
	Cancelled ComparisonState = "cancelled"
)

// Comparison is a whole tab held against the CRM, and what is done about the
// differences: the first run of a table, or a later look at whether both agree. An
// empty cell and an empty field say nothing: they overwrite nothing.
type Comparison struct {
	TableID   int64
	Binding   int64 // of the table, when it was begun
	State     ComparisonState
	Paused    bool
	DoneRow   int // the last row of the sheet that was gone through
	LastRow   int // of the tab; 0: not known yet
	Counts    ComparisonCounts
	Problem   Code // code of the error that it waits for
	StartedAt time.Time
	UpdatedAt time.Time
}

// ComparisonCounts are numbers of rows.
type ComparisonCounts struct {
	Same    int `json:"same"`
	Update  int `json:"update"`  // hold values that the CRM does not
	Fill    int `json:"fill"`    // have empty cells for which the CRM has values, and are the same otherwise
	Create  int `json:"create"`  // would be new records
	Left    int `json:"left"`    // are left alone: no id, and no policy for such
	Problem int `json:"problem"` // cannot be compared, or not sent
}

// Running tells whether something is being done.
func (c *Comparison) Running() bool {
	return c.State == Comparing || c.State == Pushing || c.State == Taking
}

// RowDifference is a row that differs from the CRM. Old of a Change is what the CRM
// holds, New what the sheet does.
type RowDifference struct {
	Row      int
	EntityID int64
	Kind     DifferenceKind
	Fields   map[string]Change
	Message  string // of a problem, in the table's language
}

// DifferenceKind says what would become of a row.
type DifferenceKind string

// The kinds of differences, as ComparisonCounts counts them.
const (
	WouldUpdate DifferenceKind = "update"
	WouldFill   DifferenceKind = "fill"
	WouldCreate DifferenceKind = "create"
	WouldFail   DifferenceKind = "problem"
)
