package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"sheet24"
	"sheet24/internal/locale"
	"sheet24/internal/setup"
)

// saveTable stores the table, installs the script, and leads on to Google, where
// the user allows it. What was chosen stays on the page if something is wrong.
func (w *Web) saveTable(rw http.ResponseWriter, r *http.Request, u *sheet24.User) {
	c, err := choiceOf(r)
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	t, matched, err := w.Setup.Save(r.Context(), u, c)
	if err != nil {
		w.chooseAgain(rw, r, u, c, err)
		return
	}
	if matched.Rows > 0 {
		w.sessions.Put(r.Context(), "notice", matchedText(u.Language, matched))
	}

	// Its owner sees what differs while they are at Google.
	if err := w.Compared.Start(r.Context(), t); err != nil {
		w.fail(rw, r, err)
		return
	}

	w.activate(rw, r, t)
}

// choiceOf is what a mapping form says.
func choiceOf(r *http.Request) (setup.Choice, error) {
	gid, err := strconv.ParseInt(r.FormValue("gid"), 10, 64)
	if err != nil { // tab 0 is another one
		return setup.Choice{}, sheet24.Errorf(sheet24.Invalid, sheet24.CodeTabUnknown)
	}

	if err := complete(r, append([]string{"portal", "entity", "header", "new_rows"}, colorFields...)...); err != nil {
		return setup.Choice{}, err
	}

	c := setup.Choice{
		SpreadsheetID: r.PathValue("spreadsheet"),
		GID:           gid,
		PortalID:      number(r, "portal"),
		Entity:        sheet24.Entity(r.FormValue("entity")),
		Beside:        r.FormValue("table") == beside,
		Replaces:      number(r, "table"),
		HeaderRow:     headerRow(r),
		Fields:        map[int]string{},
		AddStatus:     r.FormValue("add_status") != "",
		AddID:         r.FormValue("add_id") != "",
		FormatHeader:  r.FormValue("format_header") != "",
		Colors:        colorsOf(r),
		Policies:      sheet24.Policies{NewRows: sheet24.NewRows(r.FormValue("new_rows"))},
	}

	for name, values := range r.PostForm {
		if n, ok := strings.CutPrefix(name, "column_"); ok {
			if i, err := strconv.Atoi(n); err == nil {
				c.Fields[i] = values[0]
			}
		}
	}

	if len(c.Fields) == 0 {
		return c, sheet24.Errorf(sheet24.Invalid, sheet24.CodeSettingsIncomplete)
	}

	if !slices.Contains(newRows, c.Policies.NewRows) {
		return c, sheet24.Errorf(sheet24.Invalid, sheet24.CodePolicy)
	}
	c.Policies.Keys = keysAmong(c.Fields)
	return c, nil
}

// chooseAgain shows the form as it was sent, and what is wrong with it.
func (w *Web) chooseAgain(rw http.ResponseWriter, r *http.Request, u *sheet24.User, c setup.Choice, problem error) {
	d, err := w.draft(r, u)
	if err != nil {
		w.fail(rw, r, problem)
		return
	}

	f := mappingForm{
		draft:     d,
		fields:    c.Fields,
		addStatus: c.AddStatus,
		addID:     c.AddID,
		format:    c.FormatHeader,
		colors:    c.Colors,
		newRows:   c.Policies.NewRows,
		replaces:  replaced(d),
		problem:   locale.Error(u.Language, problem),
	}
	w.render(rw, r, http.StatusUnprocessableEntity, mappingPage(f))
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
