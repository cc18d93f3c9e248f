package web

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"sheet24"
	"sheet24/internal/locale"
)

// longestName is how long a table's name may be, in letters.
const longestName = 100

// saveAppearance keeps what a table is called, its colours, and the language that its sheet
// is written to in.
func (w *Web) saveAppearance(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	err := readAppearance(r, t)
	if err == nil {
		err = w.Store.SetAppearance(r.Context(), t)
	}
	if err == nil && r.FormValue("format_header") != "" {
		err = w.Setup.Recolor(r.Context(), t)
	}
	if err != nil {
		w.refuseSettings(rw, r, t, err)
		return
	}

	w.sessions.Put(r.Context(), "saved", true)
	http.Redirect(rw, r, t.Path()+"/settings", http.StatusSeeOther)
}

// readAppearance takes over what a form says, for the page to show it again too.
func readAppearance(r *http.Request, t *sheet24.Table) error {
	if err := complete(r, append([]string{"name", "language"}, colorFields...)...); err != nil {
		return err
	}

	t.Name = strings.TrimSpace(r.FormValue("name"))
	colors, language := colorsOf(r), r.FormValue("language")

	if !slices.Contains(locale.Languages, language) {
		return sheet24.Errorf(sheet24.Invalid, sheet24.CodeLanguage)
	}
	t.Language = language

	for _, c := range []string{colors.Header, colors.Text, colors.Accent, colors.Row} {
		if !sheet24.IsColor(c) {
			return sheet24.Errorf(sheet24.Invalid, sheet24.CodeColor, c)
		}
	}
	t.Colors = colors

	if utf8.RuneCountInString(t.Name) > longestName {
		return sheet24.Errorf(sheet24.Invalid, sheet24.CodeNameLong)
	}
	return nil
}
