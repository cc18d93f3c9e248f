package mapping_test

import (
	"reflect"
	"testing"

	"sheet24"
	"sheet24/internal/mapping"
)

var leadFields = []sheet24.Field{
	{Name: "ID", APIName: "id", Title: "ID", Type: "integer", ReadOnly: true},
	{Name: "TITLE", APIName: "title", Title: "Aday adı", Type: "string"},
	{Name: "NAME", APIName: "name", Title: "Ad", Type: "string"},
	{Name: "LAST_NAME", APIName: "lastName", Title: "Soyad", Type: "string"},
	{Name: "EMAIL", APIName: "fm", Title: "EMAIL", Type: "crm_multifield", Multiple: true, Multi: sheet24.MultiKind{Type: "EMAIL"}},
	{Name: "PHONE", APIName: "fm", Title: "PHONE", Type: "crm_multifield", Multiple: true, Multi: sheet24.MultiKind{Type: "PHONE"}},
	{Name: "PHONE_MOBILE", APIName: "fm", Title: "PHONE_MOBILE", Type: "crm_multifield", Multiple: true, Multi: sheet24.MultiKind{Type: "PHONE", Kind: "MOBILE"}},
	{Name: "COMPANY_ID", APIName: "companyId", Title: "Şirket", Type: "crm_company", Links: sheet24.Companies},
	{Name: "COMPANY_TITLE", APIName: "companyTitle", Title: "Şirket adı", Type: "string"},
	{Name: "UF_CRM_1", APIName: "ufCrm_1", Title: "Sözleşme", Type: "file"},
	{Name: "CATEGORY_ID", APIName: "categoryId", Title: "Huni", Type: "crm_category", Immutable: true},
	{Name: "OPPORTUNITY", APIName: "opportunity", Title: "Tutar", Type: "double"},
	{Name: "STATUS_ID", APIName: "stageId", Title: "Aşama", Type: "crm_status",
		Choices: []sheet24.Choice{{ID: "NEW", Label: "Yeni"}, {ID: "IN_PROCESS", Label: "İşlemde"}}},
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
		"one telephone":     {[]string{"Cep telefonu"}, map[int]string{0: "PHONE"}},
		"two telephones":    {[]string{"Cep telefonu", "Telefon"}, map[int]string{0: "PHONE_MOBILE", 1: "PHONE"}},
		"text before link":  {[]string{"Şirket"}, map[int]string{0: "COMPANY_TITLE"}},
		"text and link":     {[]string{"Şirket adı", "Şirket"}, map[int]string{0: "COMPANY_TITLE", 1: "COMPANY_ID"}},
		"not for cells":     {[]string{"Sözleşme", "Huni", "Ad"}, map[int]string{2: "NAME"}},
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

func TestHeaderRow(t *testing.T) {
	t.Parallel()
	header := []any{"ID", "Ad", "Soyad", "E-posta", "Telefon"}
	person := []any{1.0, "Ayşe", "Yılmaz", "ayse@ornek.com.tr", "+90 532 000 00 00"}
	for name, c := range map[string]struct {
		rows   [][]any
		frozen int
		want   int
	}{
		"first":                    {[][]any{header, person}, 0, 1},
		"below a title":            {[][]any{{"Satış 2026"}, {}, header, person}, 0, 3},
		"below a title and totals": {[][]any{{"Satış listesi", "", "Toplam", 12.0}, {"Tarih", 46387.0}, {}, header, person, person}, 0, 4},
		"frozen":                   {[][]any{{"Bölüm", "Kaynak"}, {"Bir", "İki"}, {"x", 1.0}}, 2, 2},
		"no data yet":              {[][]any{{"Liste"}, header}, 0, 2},
		"names of nothing":         {[][]any{{"Ayakkabı", "Numara"}, {"Bot", 42.0}}, 0, 1},
		"numbers alone":            {[][]any{{1.0, 2.0}, {3.0, 4.0}}, 0, 1},
		"empty":                    {nil, 0, 1},
	} {
		if got := mapping.HeaderRow(c.rows, c.frozen, leadFields); got != c.want {
			t.Errorf("%s: row %d; want %d", name, got, c.want)
		}
	}
}
