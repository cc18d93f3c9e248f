package jobs

import "time"

// StallAfter has a runner tell sooner that work is not taken up.
func (r *Runner) StallAfter(d time.Duration) { r.stalledAfter = d }
