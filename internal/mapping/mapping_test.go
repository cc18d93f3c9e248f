package mapping_test

import (
	"reflect"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/mapping"
)

var leadFields = []sheet24.Field{
	{Name: "ID", APIName: "id", Title: "ID", Type: "integer", ReadOnly: true},
	{Name: "TITLE", APIName: "title", Title: "Aday adı", Type: "string"},
	{Name: "NAME", APIName: "name", Title: "Ad", Type: "string"},
	{Name: "LAST_NAME", APIName: "lastName", Title: "Soyad", Type: "string"},
	{Name: "EMAIL", APIName: "fm", Title: "EMAIL", Type: "crm_multifield", Multiple: true},
	{Name: "PHONE", APIName: "fm", Title: "PHONE", Type: "crm_multifield", Multiple: true},
	{Name: "OPPORTUNITY", APIName: "opportunity", Title: "Tutar", Type: "double"},
	{Name: "STATUS_ID", APIName: "stageId", Title: "Aşama", Type: "crm_status",
		Choices: []sheet24.Choice{{ID: "NEW", Label: "Yeni"}, {ID: "IN_PROCESS", Label: "İşlemde"}}},
}

func field(name string) sheet24.Field {
	for _, f := range leadFields {
		if f.Name == name {
			return f
		}
	}
	return sheet24.Field{Name: name, Title: name}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header []string
		want   map[int]string
	}{
		"turkish":           {[]string{"ID", "Ad", "Soyad", "E-posta", "Telefon", "Durum", "Tutar", "Senkronizasyon"}, map[int]string{0: "ID", 1: "NAME", 2: "LAST_NAME", 3: "EMAIL", 4: "PHONE", 5: "STATUS_ID", 6: "OPPORTUNITY"}},
		"shouted":           {[]string{"SOYADI", "E-POSTA ADRESİ", "TEL. NO"}, map[int]string{0: "LAST_NAME", 1: "EMAIL", 2: "PHONE"}},
		"english":           {[]string{"First name", "Last name", "Email", "Stage", "Amount"}, map[int]string{0: "NAME", 1: "LAST_NAME", 2: "EMAIL", 3: "STATUS_ID", 4: "OPPORTUNITY"}},
		"russian":           {[]string{"Имя", "Фамилия", "Телефон", "Сумма"}, map[int]string{0: "NAME", 1: "LAST_NAME", 2: "PHONE", 3: "OPPORTUNITY"}},
		"api names":         {[]string{"lastName", "STATUS_ID"}, map[int]string{0: "LAST_NAME", 1: "STATUS_ID"}},
		"surer wins":        {[]string{"Durum", "Aşama"}, map[int]string{1: "STATUS_ID"}},
		"blank and unknown": {[]string{"", "Ayakkabı no", "Ad"}, map[int]string{2: "NAME"}},
	} {
		got := map[int]string{}
		for _, m := range mapping.Suggest(c.header, leadFields) {
			got[m.Column.Index] = m.Field
			if m.Updatable != (m.Field != "ID") {
				t.Errorf("%s: %s updatable = %v", name, m.Field, m.Updatable)
			}
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v; want %v", name, got, c.want)
		}
	}
}

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

func TestToCRM(t *testing.T) {
	t.Parallel()
	istanbul, err := time.LoadLocation("Europe/Istanbul")
	if err != nil {
		t.Fatal(err)
	}
	of := func(kind string) sheet24.Field { return sheet24.Field{Name: "X", Title: "Alan", Type: kind} }
	for _, c := range []struct {
		field sheet24.Field
		in    any
		want  any
		code  string
	}{
		{of("string"), "  Ayşe ", "Ayşe", ""},
		{of("string"), 905321234567.0, "905321234567", ""},
		{of("string"), true, "TRUE", ""},
		{of("string"), "", nil, ""},
		{of("string"), nil, nil, ""},
		{of("string"), "#REF!", nil, "value_sheet_error"},
		{of("string"), "#etiket", "#etiket", ""},
		{of("double"), 1234.5, 1234.5, ""},
		{of("double"), "1.234,56", 1234.56, ""},
		{of("double"), "1,234.56", 1234.56, ""},
		{of("double"), "1.234", 1234.0, ""},
		{of("double"), "12,5", 12.5, ""},
		{of("double"), "12.5", 12.5, ""},
		{of("double"), "₺ 1.234.567,00", 1234567.0, ""},
		{of("double"), "-1.234,5", -1234.5, ""},
		{of("double"), "1.500 TL", 1500.0, ""},
		{of("double"), "1,5", 1.5, ""},
		{of("double"), "1,234", 1.234, ""},
		{of("double"), "1,234,567", 1234567.0, ""},
		{of("double"), "1e5", nil, "value_number"},
		{of("double"), true, nil, "value_number"},
		{of("double"), "USD 12.50", 12.5, ""},
		{of("double"), "1 234 567,8", 1234567.8, ""},
		{of("double"), "50%", nil, "value_number"},
		{of("double"), "TL", nil, "value_number"},
		{of("double"), "1.2.3", nil, "value_number"},
		{of("double"), "1,2,3.4", nil, "value_number"},
		{of("double"), "çok", nil, "value_number"},
		{of("double"), "", nil, ""},
		{of("integer"), "42", 42.0, ""},
		{of("integer"), 4.5, nil, "value_integer"},
		{of("boolean"), "Evet", "Y", ""},
		{of("boolean"), "HAYIR", "N", ""},
		{of("boolean"), true, "Y", ""},
		{of("boolean"), "✓", "Y", ""},
		{of("boolean"), "Нет", "N", ""},
		{of("boolean"), 0.0, "N", ""},
		{of("boolean"), "belki", nil, "value_boolean"},
		{of("date"), 46387.0, "2026-12-31", ""},
		{of("date"), "31.12.2026", "2026-12-31", ""},
		{of("date"), "2026-12-31", "2026-12-31", ""},
		{of("date"), "31.13.2026", nil, "value_date"},
		{of("date"), -5.0, nil, "value_date"},
		{of("datetime"), 46387.5, "2026-12-31T12:00:00+03:00", ""},
		{of("datetime"), "31.12.2026 08:30", "2026-12-31T08:30:00+03:00", ""},
		{field("STATUS_ID"), "işlemde", "IN_PROCESS", ""},
		{field("STATUS_ID"), "ISLEMDE", "IN_PROCESS", ""},
		{field("STATUS_ID"), "NEW", "NEW", ""},
		{field("STATUS_ID"), "Yenii", nil, "value_choice"},
		{of("file"), "a.pdf", nil, "value_type"},
		{sheet24.Field{Type: "string", Multiple: true}, "a", nil, "value_type"},
	} {
		got, err := mapping.ToCRM(c.field, c.in, istanbul)
		if c.code != "" {
			if err == nil || sheet24.AsError(err).Code != c.code {
				t.Errorf("%s %#v: %v, %v; want %s", c.field.Type, c.in, got, err, c.code)
			}
		} else if err != nil || got.Plain != c.want {
			t.Errorf("%s %#v = %#v, %v; want %#v", c.field.Type, c.in, got.Plain, err, c.want)
		}
	}
}

func TestToCRMMultiFields(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field string
		in    any
		want  []string
		code  string
	}{
		{"EMAIL", "a@x.tr", []string{"a@x.tr"}, ""},
		{"EMAIL", "a@x.tr; b@x.tr,\nc@x.tr", []string{"a@x.tr", "b@x.tr", "c@x.tr"}, ""},
		{"EMAIL", "", nil, ""},
		{"EMAIL", "ayse", nil, "value_email"},
		{"EMAIL", "Ayşe <a@x.tr>", nil, "value_email"},
		{"PHONE", "+90 (532) 123 45 67", []string{"+90 (532) 123 45 67"}, ""},
		{"PHONE", 905321234567.0, []string{"905321234567"}, ""},
		{"PHONE", "0212 123 45 67 dahili 12", []string{"0212 123 45 67 dahili 12"}, ""},
		{"PHONE", "yok", nil, "value_phone"},
		{"PHONE", "#N/A", nil, "value_sheet_error"},
	} {
		got, err := mapping.ToCRM(field(c.field), c.in, time.UTC)
		if c.code != "" {
			if err == nil || sheet24.AsError(err).Code != c.code {
				t.Errorf("%s %#v: %v, %v; want %s", c.field, c.in, got, err, c.code)
			}
		} else if err != nil || !reflect.DeepEqual(got.Multi, c.want) {
			t.Errorf("%s %#v = %q, %v; want %q", c.field, c.in, got.Multi, err, c.want)
		}
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind       string
		want, have any
		same       bool
	}{
		{"string", "a", "a", true}, {"string", "a", "A", false}, {"string", nil, "", true}, {"string", nil, nil, true},
		{"double", 10.0, "10.00", true}, {"double", nil, 0.0, true}, {"double", 1.0, "x", false},
		{"crm_company", nil, 0.0, true}, {"date", "2000-01-01", "2000-01-01T02:00:00+02:00", true},
		{"datetime", "2026-01-01T12:00:00+03:00", "2026-01-01T09:00:00Z", true},
	} {
		if got := mapping.Same(sheet24.Field{Type: c.kind}, c.want, c.have); got != c.same {
			t.Errorf("Same(%s, %v, %v) = %v", c.kind, c.want, c.have, got)
		}
	}
}

func TestPlanMulti(t *testing.T) {
	t.Parallel()
	email := func(id int64, v string) sheet24.MultiValue {
		return sheet24.MultiValue{ID: id, Type: "EMAIL", Kind: "WORK", Value: v}
	}
	phone := sheet24.MultiValue{ID: 9, Type: "PHONE", Kind: "MOBILE", Value: "1"}
	for name, c := range map[string]struct {
		current       []sheet24.MultiValue
		before, after []string
		want          []sheet24.MultiValue
	}{
		"changed":             {[]sheet24.MultiValue{email(1, "a"), phone}, []string{"a"}, []string{"b"}, []sheet24.MultiValue{email(1, "b")}},
		"there already":       {[]sheet24.MultiValue{email(1, "b")}, []string{"a"}, []string{"b"}, nil},
		"second of two":       {[]sheet24.MultiValue{email(1, "a"), email(2, "b")}, []string{"a", "b"}, []string{"a", "c"}, []sheet24.MultiValue{email(2, "c")}},
		"unseen one stays":    {[]sheet24.MultiValue{email(1, "a"), email(2, "z")}, []string{"a"}, []string{"b"}, []sheet24.MultiValue{email(1, "b")}},
		"cleared":             {[]sheet24.MultiValue{email(1, "a")}, []string{"a"}, nil, []sheet24.MultiValue{email(1, "")}},
		"first":               {[]sheet24.MultiValue{phone}, nil, []string{"a"}, []sheet24.MultiValue{email(0, "a")}},
		"one more":            {[]sheet24.MultiValue{email(1, "a")}, []string{"a"}, []string{"a", "b"}, []sheet24.MultiValue{email(0, "b")}},
		"CRM had another":     {[]sheet24.MultiValue{email(1, "z")}, []string{"a"}, []string{"b"}, []sheet24.MultiValue{email(1, "b")}},
		"CRM had another, no": {[]sheet24.MultiValue{email(1, "z")}, []string{"a"}, nil, nil},
		"case is a change":    {[]sheet24.MultiValue{email(1, "A")}, []string{"A"}, []string{"a"}, []sheet24.MultiValue{email(1, "a")}},
	} {
		if got := mapping.PlanMulti("EMAIL", c.current, c.before, c.after); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v; want %+v", name, got, c.want)
		}
	}
}

func FuzzToCRM(f *testing.F) {
	for _, s := range []string{"1.234,56", "31.12.2026", "a@x.tr;b@x.tr", "İşlemde", "+90 532", "#REF!", "₺", "-", ",", "1e400"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, kind := range []string{"string", "double", "integer", "boolean", "date", "datetime", "crm_status", "crm_multifield", "file"} {
			fd := sheet24.Field{Name: "EMAIL", Type: kind, Choices: []sheet24.Choice{{ID: "NEW", Label: "Yeni"}}}
			v, err := mapping.ToCRM(fd, s, time.UTC)
			if err != nil && !sheet24.IsKind(err, sheet24.Invalid) {
				t.Fatalf("%s %q: %v is not an error for the user", kind, s, err)
			}
			if err == nil && v.Plain != nil && !mapping.Same(fd, v.Plain, v.Plain) {
				t.Fatalf("%s %q: %v is not the same as itself", kind, s, v.Plain)
			}
		}
	})
}
