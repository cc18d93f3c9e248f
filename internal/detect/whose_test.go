package detect_test

import (
	"maps"
	"testing"

	"sheet24"
	"sheet24/internal/detect"
)

// Values that look like what they are.
var (
	phones = []any{"0532 111 22 33", "0533 222 33 44", "+90 542 333 44 55"}
	mails  = []any{"ayse@ornek.com.tr", "ali@example.com", "info@example.org"}
	people = []any{"Ayşe Yılmaz", "Ali Demir", "Can Er"}
	births = []any{"12.04.1985", "30.09.1990", "01.01.1978"}
	sites  = []any{"www.example.com", "example.org", "example.net"}
	marks  = []any{"85", "70", "90"}
	things = []any{"Alfa", "Beta", "Gama"}
)

// one is a sheet of an entity with one column after those that every sheet has.
func one(t *testing.T, e sheet24.Entity, header string, values []any, others ...string) detect.Sheet {
	fields := portalFields(t, "tr", e)
	s := detect.Sheet{Entity: e, Fields: fields, HeaderRow: 1}

	row := []any{header}
	for _, other := range others {
		row = append(row, other)
	}
	s.Rows = append(s.Rows, row)
	for i, v := range values {
		row := []any{v}
		for _, other := range others {
			row = append(row, map[string][]any{"Telefon": phones, "E-posta": mails}[other][i])
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// TestSomebodyElses are columns of contact data of others than the record's: a word beside
// the head that is not known may say whose they are.
func TestSomebodyElses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header string
		values []any
		beside string // the column that people can be reached by
		want   string // selected
	}{
		{"Komşunun Telefonu", phones, "E-posta", ""},
		{"Zabıta Telefonu", phones, "E-posta", ""},
		{"Eşinin Telefonu", phones, "E-posta", ""},
		{"Plumber Phone", phones, "E-posta", ""},
		{"Телефон сторожа", phones, "E-posta", ""},
		{"Телефон мужа", phones, "E-posta", ""},
		{"Ortağın Maili", mails, "Telefon", ""},
		{"Translator Email", mails, "Telefon", ""},
		{"Почта переводчика", mails, "Telefon", ""},
		{"Papağan Doğum Tarihi", births, "Telefon", ""},
		{"Dog Birthday", births, "Telefon", ""},
		{"Дата рождения попугая", births, "Telefon", ""},
		{"Motel Web", sites, "Telefon", ""},
		{"Otel Web", sites, "Telefon", ""},
		{"Gaz Kaynağı", things, "Telefon", ""},
		{"Mezuniyet Notu", things, "Telefon", ""},
		{"Девичья фамилия", people, "Telefon", ""},
		{"Фамилия матери", people, "Telefon", ""},
		{"Anne Soyadı", people, "Telefon", ""},
		{"Müşterinin Telefonu", phones, "E-posta", "PHONE"},
		{"Телефон клиента", phones, "E-posta", "PHONE"},
		{"Üyenin Maili", mails, "Telefon", "EMAIL"},
		{"Email for enquiries", mails, "Telefon", "EMAIL"},
		{"Почта для уведомлений", mails, "Telefon", "EMAIL"},
		{"Zabıta Telefonu", phones, "", "PHONE"}, // nobody could be reached otherwise
	} {
		entity := sheet24.Leads
		if &c.values[0] == &births[0] {
			entity = sheet24.Contacts
		}
		var others []string
		if c.beside != "" {
			others = []string{c.beside}
		}
		got := selected(one(t, entity, c.header, c.values, others...))[0]
		if got != c.want {
			t.Errorf("%s beside %q: %q; want %q", c.header, c.beside, got, c.want)
		}
	}
}

// TestOwners are responsible for records; those of things are customers.
func TestOwners(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"Owner": "ASSIGNED_BY_ID", "Sahibi": "ASSIGNED_BY_ID", "Владелец": "ASSIGNED_BY_ID", "Lead Owner": "ASSIGNED_BY_ID",
		"Fırsat Sahibi": "ASSIGNED_BY_ID", "Kayıt Sahibi": "ASSIGNED_BY_ID", "Владелец сделки": "ASSIGNED_BY_ID",
		"Araba Sahibi": "", "Tekne Sahibi": "", "Cihazın Sahibi": "", "Yacht Owner": "", "Pet Owner": "", "Владелец машины": "", "Владелец собаки": "",
	} {
		s := one(t, sheet24.Leads, header, people, "Telefon")
		c := detect.Detect(s).Columns[0]
		if got := selected(s)[0]; got != want || want == "" && c.Field == "ASSIGNED_BY_ID" {
			t.Errorf("%s: %q (%s %.2f); want %q", header, got, c.Field, c.Confidence, want)
		}
	}

	// The portal's own users show that it is theirs.
	var users []any
	for _, f := range portalFields(t, "tr", sheet24.Leads) {
		if f.Name == "ASSIGNED_BY_ID" && len(f.Choices) > 2 {
			users = []any{f.Choices[0].Label, f.Choices[1].Label, f.Choices[2].Label}
		}
	}
	if users == nil {
		t.Fatal("the portal has no users")
	}
	if got := selected(one(t, sheet24.Leads, "Rota Sahibi", users, "Telefon"))[0]; got != "ASSIGNED_BY_ID" {
		t.Errorf("users of the portal: %q", got)
	}

	for header, entity := range map[string]sheet24.Entity{"Baba Adı": sheet24.Contacts, "İşyeri Sahibi": sheet24.Companies} {
		if got := selected(one(t, entity, header, people, "Telefon"))[0]; got != "" {
			t.Errorf("%s: %q", header, got)
		}
	}
	if got := selected(one(t, sheet24.Contacts, "Отчество", []any{"Петрович", "Ивановна", "Сергеевич"}, "Telefon"))[0]; got != "SECOND_NAME" {
		t.Errorf("a patronymic: %q", got)
	}
}

// TestReachable are sheets with telephone numbers or e-mail addresses under whatever header:
// one of them is selected, and one of strangers only if there is no other.
func TestReachable(t *testing.T) {
	t.Parallel()
	fields := portalFields(t, "tr", sheet24.Leads)
	for name, c := range map[string]struct {
		header []string
		values [][]any // by column
		want   map[int]string
	}{
		"a caller's number":         {[]string{"ARAYAN NUMARA", "İl"}, [][]any{phones, things}, map[int]string{0: "PHONE"}},
		"a caller's id":             {[]string{"Caller ID", "Note"}, [][]any{phones, things}, map[int]string{0: "PHONE", 1: "COMMENTS"}},
		"a line":                    {[]string{"WHATSAPP HATTI", "Kod"}, [][]any{phones, marks}, map[int]string{0: "PHONE"}},
		"a picture of a telephone":  {[]string{"📞 NUMARA", "Kod"}, [][]any{phones, marks}, map[int]string{0: "PHONE"}},
		"no header over telephones": {[]string{"", "Kod"}, [][]any{phones, marks}, map[int]string{0: "PHONE"}},
		"no header over addresses":  {[]string{"Kod", ""}, [][]any{marks, mails}, map[int]string{1: "EMAIL"}},
		"nobody but the mother":     {[]string{"Öğrenci", "Anne Telefonu"}, [][]any{things, phones}, map[int]string{1: "PHONE"}},
		"a pupil's before a driver's": {[]string{"Servisçi Telefonu", "Şoför Telefonu", "Öğrenci Tel"}, [][]any{phones, phones, phones},
			map[int]string{2: "PHONE"}},
		"a neighbour's before the mother's": {[]string{"Anne Telefonu", "Zabıta Telefonu"}, [][]any{phones, phones}, map[int]string{1: "PHONE"}},
		"the owner of a car":                {[]string{"Plaka", "Araç Sahibi Cep"}, [][]any{things, phones}, map[int]string{1: "PHONE"}},
		"a fax is none":                     {[]string{"Kod", "Servis Faks"}, [][]any{marks, phones}, map[int]string{}},
		"tax numbers are none":              {[]string{"Kod", "Vergi No"}, [][]any{marks, {"1234567890", "2345678901", "3456789012"}}, map[int]string{}},
	} {
		header := make([]any, len(c.header))
		for i, h := range c.header {
			header[i] = h
		}
		rows := [][]any{header}
		for i := range c.values[0] {
			row := []any{}
			for _, column := range c.values {
				row = append(row, column[i])
			}
			rows = append(rows, row)
		}
		got := selected(detect.Sheet{Entity: sheet24.Leads, Fields: fields, Rows: rows, HeaderRow: 1})
		for i, field := range got {
			if field == "PHONE_FAX" || field == "NAME" {
				delete(got, i)
			}
		}
		if !maps.Equal(got, c.want) {
			t.Errorf("%s: %v; want %v", name, got, c.want)
		}
	}
}

// TestValuesSpeakAgainst what a header says, and for what is written in another way.
func TestValuesSpeakAgainst(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		entity sheet24.Entity
		header string
		values []any
		want   string
	}{
		{sheet24.Leads, "Not", marks, ""},
		{sheet24.Leads, "Note", []any{12.0, 15.5, 9.0}, ""},
		{sheet24.Leads, "Not", []any{"acil", "sonra arayın", "15 gün sonra"}, "COMMENTS"},
		{sheet24.Leads, "Валюта", []any{"руб.", "руб.", "USD"}, "CURRENCY_ID"},
		{sheet24.Contacts, "Birthday", []any{"04/12", "09/30", "11/22"}, "BIRTHDATE"},
		{sheet24.Contacts, "Doğum Günü", []any{"12 Nisan", "30 Eylül", "1 Ocak"}, "BIRTHDATE"},
		{sheet24.Companies, "Banka", []any{"Ziraat", "Halkbank", "Akbank"}, ""},
		{sheet24.Leads, "Bölge", []any{"Yüz", "Kol", "Sırt"}, ""},
		{sheet24.Leads, "Bölge", nil, "UF_CRM_1700000001"},
	} {
		s := one(t, c.entity, c.header, c.values, "Telefon")
		if got := selected(s)[0]; got != c.want {
			t.Errorf("%s %v: %q; want %q (%+v)", c.header, c.values, got, c.want, detect.Detect(s).Columns[0])
		}
	}
}
