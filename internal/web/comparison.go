package web

import (
	"fmt"
	"net/http"
	"strconv"

	"sheet24"
	"sheet24/internal/locale"
)

// differencesPage is how many differences are shown at once, and read at once for a file.
const differencesPage = 100

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
		err = sheet24.Errorf(sheet24.NotFound, "not_found")
	}
	w.acted(rw, r, t, err)
}

// differences shows what a comparison found.
func (w *Web) differences(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	below, _ := strconv.Atoi(r.FormValue("below"))
	rows, err := w.Store.Differences(r.Context(), t.ID, below, differencesPage)
	var c *sheet24.Comparison
	if err == nil {
		c, err = w.Store.Comparison(r.Context(), t.ID)
	}
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	w.render(rw, r, http.StatusOK, differencesTable(t, c, rows))
}

// differencesFile is what a comparison found, as a file for spreadsheets: a line for
// each value.
func (w *Web) differencesFile(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	lang := visitOf(r.Context()).lang
	below := 0
	rows, err := w.Store.Differences(r.Context(), t.ID, below, differencesPage)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	rw.Header().Set("Content-Type", "text/csv; charset=utf-8")
	rw.Header().Set("Content-Disposition", `attachment; filename="sheet24-`+strconv.FormatInt(t.ID, 10)+`.csv"`)
	fmt.Fprint(rw, "\ufeff") // so that Excel reads it as UTF-8
	out := &csvFile{to: rw}
	text := func(key string) string { return locale.T(lang, key) }
	out.line([]string{text("row"), text("record"), text("kind"), text("column"), text("in_crm"), text("in_sheet"), text("problem")})
	for len(rows) > 0 {
		for _, d := range rows {
			record := ""
			if d.EntityID > 0 {
				record = strconv.FormatInt(d.EntityID, 10)
			}
			line := []string{strconv.Itoa(d.Row), record, text("difference." + string(d.Kind)), "", "", "", d.Message}
			columns := columnsOf(t, sheet24.RowChange{Binding: t.Binding, Fields: d.Fields})
			if len(columns) == 0 {
				out.line(line)
			}
			for _, c := range columns {
				line[3], line[4], line[5] = c.name, textOf(c.change.Old), textOf(c.change.New)
				out.line(line)
			}
		}
		below = rows[len(rows)-1].Row
		if rows, err = w.Store.Differences(r.Context(), t.ID, below, differencesPage); err != nil {
			w.Log.Error("write differences", "table", t.ID, "error", err)
			panic(http.ErrAbortHandler) // half a file must not look like a whole one
		}
	}
}
