package setup_test

import (
	"testing"

	"sheet24"
	"sheet24/internal/setup"
)

// TestMissing has the fields that a new record cannot do without: none that Bitrix24 fills by
// itself.
func TestMissing(t *testing.T) {
	t.Parallel()
	required := func(name, kind string) sheet24.Field {
		return sheet24.Field{Name: name, Title: name, Type: kind, Required: true}
	}
	d := setup.Draft{Fields: []sheet24.Field{required("TITLE", "string"), required("OPENED", "boolean"), required("STATUS_ID", "crm_status"), {Name: "NAME", Type: "string"}}}

	m := d.Missing(map[int]string{0: "NAME"})
	if len(m.Fields) != 1 || m.Fields[0].Name != "TITLE" || !m.Key {
		t.Errorf("%+v", m)
	}
	if m := d.Missing(map[int]string{0: "TITLE"}); len(m.Fields) > 0 || m.Key {
		t.Errorf("%+v", m)
	}
}
