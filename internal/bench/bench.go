// Package bench measures sheet24 beside its limits: what one figure says, and what it
// should, come from the same run.
package bench

import (
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
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

// silent logs nothing.
var silent = slog.New(slog.DiscardHandler)
