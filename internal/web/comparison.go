package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"sheet24"
)

// comparisonOf is a table's last comparison, nil if there was none.
func (w *Web) comparisonOf(r *http.Request, t *sheet24.Table) (*sheet24.Comparison, error) {
	c, err := w.Store.Comparison(r.Context(), t.ID)
	if sheet24.IsKind(err, sheet24.NotFound) {
		return nil, nil
	}
	return c, err
}

// comparisonState answers the page that shows how far a comparison is.
func (w *Web) comparisonState(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	c, err := w.comparisonOf(r, t)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	w.render(rw, r, http.StatusOK, comparisonCard(t, c))
}

// compare begins a comparison.
func (w *Web) compare(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	w.acted(rw, r, t, w.Store.StartComparison(r.Context(), t.ID))
}

// acted wakes a comparison that was told something, and shows the table.
func (w *Web) acted(rw http.ResponseWriter, r *http.Request, t *sheet24.Table, err error) {
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	w.Wake.Compare(r.Context(), t.ID)
	http.Redirect(rw, r, t.Path(), http.StatusSeeOther)
}

// act does what the owner decided about a comparison.
func (w *Web) act(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	compared := []sheet24.ComparisonState{sheet24.Compared}
	var err error
	switch r.PathValue("act") {
	case "push":
		err = w.Store.Act(r.Context(), t.ID, compared, sheet24.Pushing)
	case "take":
		err = w.Store.Act(r.Context(), t.ID, compared, sheet24.Taking)
	case "leave":
		err = w.Store.Act(r.Context(), t.ID, compared, sheet24.Done)
	case "cancel":
		err = w.Store.Act(r.Context(), t.ID, []sheet24.ComparisonState{sheet24.Comparing, sheet24.Pushing, sheet24.Taking}, sheet24.Cancelled)
	case "pause", "resume":
		err = w.Store.PauseComparison(r.Context(), t.ID, r.PathValue("act") == "pause")
	default:
		err = sheet24.Errorf(sheet24.NotFound, sheet24.CodeNotFound)
	}

	w.acted(rw, r, t, err)
}

// comparisonPoll are the attributes that keep a running comparison up to date.
func comparisonPoll(t *sheet24.Table, c *sheet24.Comparison) templ.Attributes {
	if c == nil || !c.Running() {
		return nil
	}
	return templ.Attributes{"hx-get": t.Path() + "/comparison/state", "hx-trigger": "every 1s", "hx-swap": "outerHTML"}
}

// progress says how far a comparison is, once that is known.
func progress(t *sheet24.Table, c *sheet24.Comparison) templ.Attributes {
	if c.LastRow <= t.HeaderRow {
		return nil
	}
	return templ.Attributes{"max": strconv.Itoa(c.LastRow - t.HeaderRow), "value": strconv.Itoa(max(c.DoneRow-t.HeaderRow, 0))}
}

func comparisonEnded(ctx context.Context, c *sheet24.Comparison) string {
	n := c.Counts
	if c.State == sheet24.Done && n.Update+n.Fill+n.Create+n.Problem == 0 {
		return tr(ctx, "comparison_same")
	}
	return tr(ctx, "comparison."+string(c.State))
}

type rowCount struct {
	kind string
	rows int
}

func countsOf(n sheet24.ComparisonCounts) []rowCount {
	return []rowCount{{"update", n.Update}, {"fill", n.Fill}, {"create", n.Create}, {"problem", n.Problem}, {"left", n.Left}, {"same", n.Same}}
}
