package web

import (
	"net/http"
	"slices"

	"sheet24"
	"sheet24/internal/locale"
)

// settingsForm is what a table does where more than one thing would be right, as its
// page shows it.
type settingsForm struct {
	table   *sheet24.Table
	fields  []sheet24.Field // of the columns that are written to the CRM, in their order
	stages  []string        // that a record can be put into
	problem string
	saved   bool
}

func (w *Web) settings(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	f, err := w.settingsOf(r, t)
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	f.saved = w.sessions.PopBool(r.Context(), "saved")
	w.render(rw, r, http.StatusOK, settingsPage(f))
}

func (w *Web) settingsOf(r *http.Request, t *sheet24.Table) (settingsForm, error) {
	f := settingsForm{table: t}
	described, err := w.Setup.Fields(r.Context(), t)
	if err != nil {
		return f, err
	}

	for _, m := range t.Mappings {
		i := slices.IndexFunc(described, func(d sheet24.Field) bool { return d.Name == m.Field })
		if i >= 0 && m.Updatable {
			f.fields = append(f.fields, described[i])
		}
	}

	for _, d := range described {
		if d.Name != "STAGE_ID" && d.Name != "STATUS_ID" {
			continue
		}

		for _, c := range d.Choices {
			if !c.Retired && !slices.Contains(f.stages, c.Label) {
				f.stages = append(f.stages, c.Label)
			}
		}
	}

	return f, nil
}

// keyTypes are the types of fields whose values can tell records apart.
var keyTypes = []string{"string", "integer", "url", "double"}

// isKey reports whether a field can tell records apart.
func isKey(f sheet24.Field) bool {
	if f.Type == "crm_multifield" {
		return f.Name == "EMAIL" || f.Name == "PHONE"
	}
	return slices.Contains(keyTypes, f.Type) && !f.Multiple
}

func (w *Web) saveSettings(rw http.ResponseWriter, r *http.Request, t *sheet24.Table) {
	f, err := w.settingsOf(r, t)
	if err != nil {
		w.fail(rw, r, err)
		return
	}

	before := t.Policies
	t.Policies, err = f.chosen(r)
	if err == nil {
		err = w.Store.SetPolicies(r.Context(), t.ID, t.Policies)
	}

	if err == nil && t.Policies.SeeksOtherwise(before) { // rows without an id may become records now
		err = w.Work.Recheck(r.Context(), t)
	}

	if err != nil {
		f.problem = locale.Error(visitOf(r.Context()).lang, err)
		w.render(rw, r, http.StatusUnprocessableEntity, settingsPage(f))
		return
	}

	w.sessions.Put(r.Context(), "saved", true)
	http.Redirect(rw, r, t.Path()+"/settings", http.StatusSeeOther)
}

// refuseSettings shows a table's settings as they were sent, and what is wrong with them.
func (w *Web) refuseSettings(rw http.ResponseWriter, r *http.Request, t *sheet24.Table, problem error) {
	f, err := w.settingsOf(r, t)
	if err != nil {
		w.fail(rw, r, problem)
		return
	}

	f.problem = locale.Error(visitOf(r.Context()).lang, problem)
	w.render(rw, r, http.StatusUnprocessableEntity, settingsPage(f))
}

// chosen are the policies that a form says.
func (f settingsForm) chosen(r *http.Request) (sheet24.Policies, error) {
	// An empty choice is one, too; a missing one is none.
	if err := complete(r, "new_rows", "deleted", "conflict"); err != nil {
		return f.table.Policies, err
	}

	p := sheet24.Policies{
		NewRows: sheet24.NewRows(r.FormValue("new_rows")), Deleted: sheet24.Deleted(r.FormValue("deleted")),
		Conflict: sheet24.Side(r.FormValue("conflict")), Fields: map[string]sheet24.Side{},
	}

	if p.Deleted == sheet24.SetStage {
		p.Stage = r.FormValue("stage")
	}

	for _, field := range f.fields {
		if isKey(field) && slices.Contains(r.PostForm["key"], field.Name) {
			p.Keys = append(p.Keys, field.Name)
		}

		side, apart, err := f.sideOf(r, field.Name)
		if err != nil {
			return f.table.Policies, err
		}

		if apart {
			p.Fields[field.Name] = side
		}
	}

	valid := slices.Contains(newRows, p.NewRows) && slices.Contains(deletions, p.Deleted) && slices.Contains(winners, p.Conflict)
	if !valid || p.Deleted == sheet24.SetStage && !slices.Contains(f.stages, p.Stage) {
		return p, sheet24.Errorf(sheet24.Invalid, sheet24.CodePolicy)
	}

	return p, nil
}

// sideOf is who wins a field's conflicts, and whether that is decided apart from the
// table's. A field that the form does not name, since its column came meanwhile, stays as
// it is.
func (f settingsForm) sideOf(r *http.Request, field string) (side sheet24.Side, apart bool, err error) {
	name := "conflict_" + field
	if !r.PostForm.Has(name) {
		side, apart = f.table.Policies.Fields[field]
		return side, apart, nil
	}

	if r.PostForm.Get(name) == "" {
		return "", false, nil
	}

	side, apart = sides[r.PostForm.Get(name)]
	if !apart {
		err = sheet24.Errorf(sheet24.Invalid, sheet24.CodePolicy)
	}

	return side, apart, err
}

// What forms offer, in their order.
var (
	newRows   = []sheet24.NewRows{sheet24.CreateNew, sheet24.AskNew, sheet24.IgnoreNew}
	deletions = []sheet24.Deleted{sheet24.KeepRecord, sheet24.SetStage, sheet24.DeleteRecord}
	winners   = []sheet24.Side{sheet24.SheetWins, sheet24.CRMWins, sheet24.Ask}
)

// sides are who wins conflicts, by the names that forms give them: there, "" stands for
// as the table does.
var sides = map[string]sheet24.Side{"sheet": sheet24.SheetWins, "crm": sheet24.CRMWins, "ask": sheet24.Ask}

// sideName is a side's name in a form.
func sideName(s sheet24.Side) string {
	if s == sheet24.SheetWins {
		return "sheet"
	}
	return string(s)
}

// decidedFor reports whether a field's conflicts are decided apart from the table's.
func decidedFor(p sheet24.Policies, field string, side sheet24.Side) bool {
	s, ok := p.Fields[field]
	return ok && s == side
}
