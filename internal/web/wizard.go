package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sheet24"
	"sheet24/internal/detect"
	"sheet24/internal/google"
	"sheet24/internal/locale"
	"sheet24/internal/setup"
)

// spreadsheets is the first step: which spreadsheet.
func (w *Web) spreadsheets(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	portals, err := w.Store.PortalsOf(r.Context(), u.ID)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	if len(portals) == 0 {
		http.Redirect(rw, r, "/sheet-sync/portal", http.StatusSeeOther)
		return
	}
	search := strings.TrimSpace(r.FormValue("q"))
	if id := google.SpreadsheetOf(search); id != "" {
		if r.Header.Get("HX-Request") != "" { // pasted into the search as it is typed
			rw.Header().Set("HX-Redirect", "/sheet-sync/new/"+id)
			return
		}
		http.Redirect(rw, r, "/sheet-sync/new/"+id, http.StatusSeeOther)
		return
	}
	if w.LinksOnly {
		problem := ""
		if search != "" {
			problem = locale.Error(u.Language, sheet24.Errorf(sheet24.Invalid, "google_link", search))
		}
		w.render(rw, r, http.StatusOK, linkPage(search, problem))
		return
	}
	files, next, err := w.Google.Spreadsheets(r.Context(), u.ID, search, r.FormValue("page"))
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	if next != "" {
		next = "/sheet-sync/new?" + url.Values{"q": {search}, "page": {next}}.Encode()
	}
	w.render(rw, r, http.StatusOK, spreadsheetsPage(search, files, next))
}

// tabs is the second step: which tab, and what it holds.
func (w *Web) tabs(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	s, err := w.Google.Spreadsheet(r.Context(), u.ID, r.PathValue("spreadsheet"))
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	portals, err := w.Setup.Portals(r.Context(), u.ID)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	portal, entities, err := w.Setup.Entities(r.Context(), u.ID, number(r, "portal"))
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	w.render(rw, r, http.StatusOK, tabsPage(s, portals, portal, entities))
}

// number is a form's whole number of that name, 0 if there is none.
func number(r *http.Request, name string) int64 {
	n, err := strconv.ParseInt(r.FormValue(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

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

// titles are what fields are called, as one text.
func titles(lang string, fields []sheet24.Field) string {
	var list []string
	for _, f := range fields {
		list = append(list, fieldTitle(lang, f))
	}
	return strings.Join(list, ", ")
}

func percent(confidence float64) string { return strconv.Itoa(int(100*confidence+0.5)) + " %" }

// mapping is the third step: the mapping found, and the colours.
func (w *Web) mapping(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	d, err := w.draft(r, u)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	problem := ""
	if d.Taken {
		problem = locale.Error(u.Language, sheet24.Errorf(sheet24.Conflict, "tab_taken"))
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
		return nil, sheet24.Errorf(sheet24.Invalid, "tab_unknown")
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

// saveTable stores the table, installs the script, and leads on to Google, where
// the user allows it. What was chosen stays on the page if something is wrong.
func (w *Web) saveTable(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	gid, err := strconv.ParseInt(r.FormValue("gid"), 10, 64)
	if err != nil { // tab 0 is another one
		w.fail(rw, r, sheet24.Errorf(sheet24.Invalid, "tab_unknown"))
		return
	}
	c := setup.Choice{
		SpreadsheetID: r.PathValue("spreadsheet"), GID: gid, PortalID: number(r, "portal"), Entity: sheet24.Entity(r.FormValue("entity")),
		Beside: r.FormValue("table") == beside, Replaces: number(r, "table"),
		HeaderRow: headerRow(r), Fields: map[int]string{}, AddStatus: r.FormValue("add_status") != "", AddID: r.FormValue("add_id") != "",
		FormatHeader: r.FormValue("format_header") != "",
		Colors: sheet24.ColorScheme{Header: r.FormValue("color_header"), Text: r.FormValue("color_text"),
			Accent: r.FormValue("color_accent"), Row: r.FormValue("color_row")},
		Policies: sheet24.Policies{NewRows: sheet24.NewRows(r.FormValue("new_rows"))},
	}
	for name, values := range r.PostForm {
		if n, ok := strings.CutPrefix(name, "column_"); ok {
			if i, err := strconv.Atoi(n); err == nil {
				c.Fields[i] = values[0]
			}
		}
	}
	if !slices.Contains(newRows, c.Policies.NewRows) {
		w.fail(rw, r, sheet24.Errorf(sheet24.Invalid, "policy"))
		return
	}
	c.Policies.Keys = keysAmong(c.Fields)
	t, matched, err := w.Setup.Save(r.Context(), u, c)
	if err != nil {
		d, again := w.draft(r, u)
		if again != nil {
			w.fail(rw, r, err)
			return
		}
		w.render(rw, r, http.StatusUnprocessableEntity, mappingPage(mappingForm{
			draft: d, fields: c.Fields, addStatus: c.AddStatus, addID: c.AddID, format: c.FormatHeader, colors: c.Colors, newRows: c.Policies.NewRows, replaces: replaced(d), problem: locale.Error(u.Language, err)}))
		return
	}
	if matched.Rows > 0 {
		w.sessions.Put(r.Context(), "notice", matchedText(u.Language, matched))
	}
	// Its owner sees what differs while they are at Google.
	if err := w.Store.StartComparison(r.Context(), t.ID); err != nil {
		w.fail(rw, r, err)
		return
	}
	w.Wake.Compare(r.Context(), t.ID)
	w.activate(rw, r, t)
}

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

// keysAmong are the fields by which the records of new rows are looked for at first: an
// address, or else a telephone number.
func keysAmong(fields map[int]string) []string {
	for _, key := range []string{"EMAIL", "PHONE"} {
		for _, f := range fields {
			if f == key {
				return []string{key}
			}
		}
	}
	return nil
}

// matchedText says what became of rows without ids.
func matchedText(lang string, m setup.Matched) string {
	if m.Found == m.Rows {
		return locale.T(lang, "matched_all", m.Rows)
	}
	return locale.T(lang, "matched", m.Found, m.Rows, m.Ambiguous, m.Rows-m.Found-m.Ambiguous)
}
