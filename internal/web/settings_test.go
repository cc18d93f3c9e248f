package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sheet24"
)

// TestIncompleteSettings: what a form does not say is no choice.
func TestIncompleteSettings(t *testing.T) {
	t.Parallel()
	table := &sheet24.Table{Policies: sheet24.Policies{NewRows: sheet24.AskNew, Deleted: sheet24.DeleteRecord, Conflict: sheet24.Ask,
		Fields: map[string]sheet24.Side{"TITLE": sheet24.CRMWins}}}
	f := settingsForm{table: table, fields: []sheet24.Field{{Name: "TITLE", Type: "string"}, {Name: "NAME", Type: "string"}}}

	for form, code := range map[string]sheet24.Code{
		"":                                            sheet24.CodeSettingsIncomplete,
		"new_rows=create":                             sheet24.CodeSettingsIncomplete,
		"new_rows=create&deleted=delete":              sheet24.CodeSettingsIncomplete,
		"deleted=delete&conflict=ask":                 sheet24.CodeSettingsIncomplete,
		"new_rows=create&conflict=ask":                sheet24.CodeSettingsIncomplete,
		"new_rows=x&deleted=&conflict=":               sheet24.CodePolicy,
		"new_rows=create&deleted=x&conflict=":         sheet24.CodePolicy,
		"new_rows=create&deleted=set_stage&conflict=": sheet24.CodePolicy,
		"new_rows=create&deleted=&conflict=x":         sheet24.CodePolicy,
		"new_rows=create&deleted=&conflict=&conflict_TITLE=nobody": sheet24.CodePolicy,
	} {
		if _, err := f.chosen(sent(t, form)); sheet24.AsError(err).Code != code {
			t.Errorf("%q: %v; want %s", form, err, code)
		}
	}

	p, err := f.chosen(sent(t, url.Values{"new_rows": {string(sheet24.CreateNew)}, "deleted": {string(sheet24.KeepRecord)}, "conflict": {string(sheet24.SheetWins)},
		"conflict_NAME": {"ask"}, "key": {"NAME"}}.Encode()))
	if err != nil || p.Fields["TITLE"] != sheet24.CRMWins || p.Fields["NAME"] != sheet24.Ask || len(p.Keys) != 1 {
		t.Errorf("policies = %+v, %v", p, err)
	}
	p, err = f.chosen(sent(t, url.Values{"new_rows": {string(sheet24.CreateNew)}, "deleted": {string(sheet24.KeepRecord)}, "conflict": {string(sheet24.SheetWins)},
		"conflict_TITLE": {""}}.Encode()))
	if _, apart := p.Fields["TITLE"]; err != nil || apart {
		t.Errorf("policies = %+v, %v; want TITLE decided as the table", p, err)
	}
}

// sent is a form as it has arrived.
func sent(t *testing.T, form string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "/", strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := r.ParseForm(); err != nil {
		t.Fatal(err)
	}
	return r
}
