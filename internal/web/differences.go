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

// differences shows what a comparison found.
func (w *Web) differences(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	below, _ := strconv.Atoi(r.FormValue("below"))
	rows, err := w.Compared.Differences(r.Context(), t, below, differencesPage)
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	c, err := w.Compared.Last(r.Context(), t)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	if c == nil {
		w.fail(rw, r, sheet24.Errorf(sheet24.NotFound, sheet24.CodeComparisonUnknown))
		return
	}

	w.render(rw, r, http.StatusOK, differencesTable(t, c, rows))
}

// differencesFile is what a comparison found, as a file for spreadsheets: a line for
// each value.
func (w *Web) differencesFile(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	lang := visitOf(r.Context()).lang
	below := 0
	rows, err := w.Compared.Differences(r.Context(), t, below, differencesPage)
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
		if rows, err = w.Compared.Differences(r.Context(), t, below, differencesPage); err != nil {
			w.Log.Error("write differences", "table", t.ID, "error", err)
			panic(http.ErrAbortHandler) // half a file must not look like a whole one
		}
	}
}
