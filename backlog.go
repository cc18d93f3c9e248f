package sheet24

import "time"

// Backlog is what waits in one of the tables that the stages take their work from.
type Backlog struct {
	Queue   string // events, changes or reports
	Waiting int
	Oldest  time.Time // since when the first of it waits; zero: nothing does
}

// JobCount is how many wake-ups of a queue of River's are in a state.
type JobCount struct {
	Queue string
	State string
	Jobs  int
}

// TableCounts are numbers of an installation's tables.
type TableCounts struct {
	Active int // followed
	Silent int // of them, whose script, though active, tells of nothing
	Ill    int // of them, whose sheet cannot be read
	Paused int // portals that get no requests
}

// Origin is what led to a change: when it was told of, or else found, and the trace that
// began with it, as W3C's traceparent; "" where nobody traces.
type Origin struct {
	At    time.Time
	Told  bool // a script told of it
	Trace string
}
