package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"sheet24"
	"sheet24/internal/comparison"
)

// comparisonState answers the page that shows how far a comparison is.
func (w *Web) comparisonState(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	c, err := w.Compared.Last(r.Context(), t)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	w.render(rw, r, http.StatusOK, comparisonCard(t, c))
}

// compare begins a comparison.
func (w *Web) compare(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	w.showAfter(rw, r, t, w.Compared.Start(r.Context(), t))
}

// act does what the owner decided about a comparison.
func (w *Web) act(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	w.showAfter(rw, r, t, w.Compared.Do(r.Context(), t, comparison.Action(r.PathValue("act"))))
}

// showAfter shows a table again after something was done to its comparison.
func (w *Web) showAfter(rw http.ResponseWriter, r *http.Request, t *sheet24.Table, err error) {
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	http.Redirect(rw, r, t.Path(), http.StatusSeeOther)
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
