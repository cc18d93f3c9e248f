// Package bench measures sheet24 beside its limits: what one figure says, and what it
// should, come from the same run.
package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
	"time"
)

// Figure is something measured, and its goal.
type Figure struct {
	Name  string
	Value string
	Goal  string
	Met   bool
}

// Print writes figures as a table.
func Print(out io.Writer, figures []Figure) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "figure\tmeasured\tgoal\t")
	for _, f := range figures {
		mark := "✓"
		if !f.Met {
			mark = "✗"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", f.Name, f.Value, f.Goal, mark)
	}
	w.Flush()
}

// Asleep is a pipeline.Waker that wakes nothing: stages run when they are called.
type Asleep struct{}

func (Asleep) Scan(context.Context, int64)                     {}
func (Asleep) ScanLater(context.Context, int64, time.Duration) {}
func (Asleep) Push(context.Context, int64)                     {}
func (Asleep) PushLater(context.Context, int64, time.Duration) {}
func (Asleep) Report(context.Context, int64)                   {}
func (Asleep) Compare(context.Context, int64)                  {}

// silent logs nothing.
var silent = slog.New(slog.DiscardHandler)
