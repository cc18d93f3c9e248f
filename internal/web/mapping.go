package web

import (
	"net/http"
	"slices"
	"strconv"

	"sheet24"
	"sheet24/internal/detect"
	"sheet24/internal/locale"
	"sheet24/internal/setup"
)

// beside is what a form says of the tables that the tab feeds already: they stay.
const beside = "beside"

// mappingForm is the third step as the page shows it.
type mappingForm struct {
	draft     *setup.Draft
	fields    map[int]string // by column
	addStatus bool
	addID     bool
	format    bool // of the header in the sheet
	colors    sheet24.ColorScheme
	newRows   sheet24.NewRows
	replaces  int64 // the table whose place this one takes, of the user's others on the tab; 0: none
	problem   string
}

// proposal is what was detected of a column.
func (f mappingForm) proposal(i int) (detect.Column, bool) {
	if i >= len(f.draft.Found.Columns) {
		return detect.Column{}, false
	}
	c := f.draft.Found.Columns[i]
	return c, c.Field != ""
}

// fieldTitle is what a field is called on the page.
func (f mappingForm) fieldTitle(lang, name string) string {
	for _, d := range f.draft.Fields {
		if d.Name == name {
			return fieldTitle(lang, d)
		}
	}
	return name
}

// mapping is the third step: the mapping found, and the colours.
func (w *Web) mapping(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	d, err := w.draft(r, u)
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	problem := ""
	if d.Taken {
		problem = locale.Error(u.Language, sheet24.Errorf(sheet24.Conflict, sheet24.CodeTabTaken))
	}

	f := mappingForm{draft: d, problem: problem, replaces: replaced(d), fields: map[int]string{}, addStatus: true, addID: true, colors: sheet24.DefaultColors, newRows: sheet24.CreateNew}
	for _, m := range d.Mappings {
		f.fields[m.Column.Index] = m.Field
	}

	w.render(rw, r, http.StatusOK, mappingPage(f))
}

func (w *Web) draft(r *http.Request, u *sheet24.User) (*setup.Draft, error) {
	gid, err := strconv.ParseInt(r.FormValue("gid"), 10, 64)
	if err != nil {
		return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeTabUnknown)
	}

	// The page begins with what takes nothing away.
	stay := r.FormValue("table") == beside || r.Method == http.MethodGet && r.FormValue("table") == ""
	return w.Setup.Inspect(r.Context(), u.ID, setup.Place{SpreadsheetID: r.PathValue("spreadsheet"), GID: gid, PortalID: number(r, "portal"),
		Entity: sheet24.Entity(r.FormValue("entity")), HeaderRow: headerRow(r), Beside: stay, Replaces: number(r, "table")})
}

// headerRow is the row of the column names that was chosen, 0 if none was.
func headerRow(r *http.Request) int {
	n, err := strconv.Atoi(r.FormValue("header"))
	if err != nil || n < 1 {
		return 0
	}
	return min(n, maxHeaderRow)
}

// maxHeaderRow is the last row that can have the column names.
const maxHeaderRow = 1000

// replaced is the table whose place a draft's takes, of others than its own entity's; 0 if
// there is none.
func replaced(d *setup.Draft) int64 {
	for _, t := range d.Beside {
		if d.Was == t {
			return t.ID
		}
	}
	return 0
}

// owned reports whether a column is another table's.
func owned(d *setup.Draft, column int) bool {
	_, ok := d.Owned[column]
	return ok
}

// saved reports whether the tab feeds the entity of the portal already: then that table
// is set up anew.
func saved(d *setup.Draft) bool {
	return d.Was != nil && d.Was.PortalID == d.Portal.ID && d.Was.Entity == d.Entity
}

// samplesOf are the first values of a column that are not empty, each once.
func samplesOf(rows [][]string, column int) []string {
	var texts []string
	for _, r := range rows {
		if r[column] != "" && !slices.Contains(texts, r[column]) {
			texts = append(texts, r[column])
		}
	}
	return texts
}
