package mapping_test

import (
	"reflect"
	"testing"

	"sheet24"
	"sheet24/internal/mapping"
)

func TestLocate(t *testing.T) {
	t.Parallel()
	table := &sheet24.Table{StatusColumn: sheet24.Column{Index: 3, Name: "Senkronizasyon"}, Mappings: []sheet24.FieldMapping{
		{Column: sheet24.Column{Index: 0, Name: "ID"}, Field: "ID"},
		{Column: sheet24.Column{Index: 1, Name: "Ad"}, Field: "NAME"},
		{Column: sheet24.Column{Index: 2, Name: "E-posta"}, Field: "EMAIL"},
	}}
	for name, c := range map[string]struct {
		header     []string
		id, status int
		fields     map[string]int
		lost       int
	}{
		"as it was":               {[]string{"ID", "Ad", "E-posta", "Senkronizasyon"}, 0, 3, map[string]int{"NAME": 1, "EMAIL": 2}, 0},
		"moved":                   {[]string{"E-posta", "Yeni", "ID", "Ad", "Senkronizasyon"}, 2, 4, map[string]int{"NAME": 3, "EMAIL": 0}, 0},
		"renamed":                 {[]string{"ID", "Ad", "Posta", "Senkronizasyon"}, 0, 3, map[string]int{"NAME": 1}, 1},
		"doubled, one at home":    {[]string{"ID", "Ad", "E-posta", "Ad"}, 0, -1, map[string]int{"NAME": 1, "EMAIL": 2}, 0},
		"doubled, both elsewhere": {[]string{"ID", "x", "E-posta", "Ad", "Ad"}, 0, -1, map[string]int{"EMAIL": 2}, 1},
		"empty":                   {nil, -1, -1, map[string]int{}, 3},
	} {
		l := mapping.Locate(table, c.header)
		fields := map[string]int{}
		for _, m := range l.Fields {
			fields[m.Field] = m.Column.Index
		}
		if l.ID != c.id || l.Status != c.status || !reflect.DeepEqual(fields, c.fields) || len(l.Lost) != c.lost {
			t.Errorf("%s: %+v; want %+v", name, l, c)
		}
	}
}
