package detect_test

import (
	"reflect"
	"slices"
	"testing"

	"sheet24"
	"sheet24/internal/detect"
)

var leadFields = []sheet24.Field{
	{Name: "ID", APIName: "id", Title: "ID", Type: "integer", ReadOnly: true},
	{Name: "TITLE", APIName: "title", Title: "Aday adı", Type: "string"},
	{Name: "NAME", APIName: "name", Title: "Ad", Type: "string"},
	{Name: "LAST_NAME", APIName: "lastName", Title: "Soyad", Type: "string"},
	{Name: "HONORIFIC", APIName: "honorific", Title: "Hitap", Type: "crm_status", Choices: []sheet24.Choice{{ID: "HNR_TR_1", Label: "Bay"}}},
	{Name: "POST", APIName: "post", Title: "Pozisyon", Type: "string"},
	{Name: "EMAIL", APIName: "fm", Title: "EMAIL", Type: "crm_multifield", Multiple: true, Multi: sheet24.MultiKind{Type: "EMAIL"}},
	{Name: "PHONE", APIName: "fm", Title: "PHONE", Type: "crm_multifield", Multiple: true, Multi: sheet24.MultiKind{Type: "PHONE"}},
	{Name: "PHONE_MOBILE", APIName: "fm", Title: "PHONE_MOBILE", Type: "crm_multifield", Multiple: true, Multi: sheet24.MultiKind{Type: "PHONE", Kind: "MOBILE"}},
	{Name: "PHONE_FAX", APIName: "fm", Title: "PHONE_FAX", Type: "crm_multifield", Multiple: true, Multi: sheet24.MultiKind{Type: "PHONE", Kind: "FAX"}},
	{Name: "PHONE_OTHER", APIName: "fm", Title: "PHONE_OTHER", Type: "crm_multifield", Multiple: true, Multi: sheet24.MultiKind{Type: "PHONE", Kind: "OTHER"}},
	{Name: "COMPANY_ID", APIName: "companyId", Title: "Şirket", Type: "crm_company", Links: sheet24.Companies},
	{Name: "COMPANY_TITLE", APIName: "companyTitle", Title: "Şirket adı", Type: "string"},
	{Name: "UF_CRM_1", APIName: "ufCrm_1", Title: "Sözleşme", Type: "file"},
	{Name: "UF_CRM_2", APIName: "ufCrm_2", Title: "Sevk adresi", Type: "string"},
	{Name: "CATEGORY_ID", APIName: "categoryId", Title: "Huni", Type: "crm_category", Immutable: true},
	{Name: "OPPORTUNITY", APIName: "opportunity", Title: "Tutar", Type: "double"},
	{Name: "STATUS_ID", APIName: "stageId", Title: "Aşama", Type: "crm_status",
		Choices: []sheet24.Choice{{ID: "NEW", Label: "Yeni"}, {ID: "IN_PROCESS", Label: "İşlemde"}}},
}

// selected are the fields that are selected for a lead sheet's columns, by index.
func selected(s detect.Sheet) map[int]string {
	if s.Fields == nil {
		s.Fields = leadFields
	}
	got := map[int]string{}
	for _, c := range detect.Detect(s).Columns {
		if c.Selected {
			got[c.Index] = c.Field
		}
	}
	return got
}

func leadSheet(header []string, values ...[]any) detect.Sheet {
	row := make([]any, len(header))
	for i, h := range header {
		row[i] = h
	}
	return detect.Sheet{Entity: sheet24.Leads, Fields: leadFields, Rows: append([][]any{row}, values...), HeaderRow: 1}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header []string
		want   map[int]string
	}{
		"turkish":           {[]string{"Ad", "Soyad", "E-posta", "Telefon", "Durum", "Tutar", "Senkronizasyon"}, map[int]string{0: "NAME", 1: "LAST_NAME", 2: "EMAIL", 3: "PHONE", 4: "STATUS_ID", 5: "OPPORTUNITY"}},
		"shouted":           {[]string{"SOYADI", "E-POSTA ADRESİ", "TEL. NO"}, map[int]string{0: "LAST_NAME", 1: "EMAIL", 2: "PHONE"}},
		"english":           {[]string{"First name", "Last name", "Email", "Stage", "Amount"}, map[int]string{0: "NAME", 1: "LAST_NAME", 2: "EMAIL", 3: "STATUS_ID", 4: "OPPORTUNITY"}},
		"russian":           {[]string{"Имя", "Фамилия", "Телефон", "Сумма"}, map[int]string{0: "NAME", 1: "LAST_NAME", 2: "PHONE", 3: "OPPORTUNITY"}},
		"api names":         {[]string{"lastName", "STATUS_ID"}, map[int]string{0: "LAST_NAME", 1: "STATUS_ID"}},
		"surer wins":        {[]string{"Durum", "Aşama"}, map[int]string{1: "STATUS_ID"}},
		"one telephone":     {[]string{"Cep telefonu"}, map[int]string{0: "PHONE"}},
		"two telephones":    {[]string{"Cep telefonu", "Telefon"}, map[int]string{0: "PHONE_MOBILE", 1: "PHONE"}},
		"second telephone":  {[]string{"Telefon", "Telefon 2"}, map[int]string{0: "PHONE", 1: "PHONE_OTHER"}},
		"a fax is a fax":    {[]string{"Faks"}, map[int]string{0: "PHONE_FAX"}},
		"text before link":  {[]string{"Şirket"}, map[int]string{0: "COMPANY_TITLE"}},
		"text and link":     {[]string{"Şirket adı", "Şirket"}, map[int]string{0: "COMPANY_TITLE", 1: "COMPANY_ID"}},
		"not for cells":     {[]string{"Sözleşme", "Huni", "Ad"}, map[int]string{2: "NAME"}},
		"blank and unknown": {[]string{"", "Ayakkabı no", "Ad"}, map[int]string{2: "NAME"}},
		"user's field":      {[]string{"Teslimat adresi"}, map[int]string{0: "UF_CRM_2"}},
		"full name first":   {[]string{"Adı Soyadı", "Soyadı"}, map[int]string{0: "NAME", 1: "LAST_NAME"}},
		"first name first":  {[]string{"Ad Soyad", "Ad", "Soyad"}, map[int]string{1: "NAME", 2: "LAST_NAME"}},
		"doubled":           {[]string{"Telefon", "Telefon"}, map[int]string{0: "PHONE"}},
		"mistyped":          {[]string{"Telfon", "E-psota", "Soaydı"}, map[int]string{0: "PHONE", 1: "EMAIL", 2: "LAST_NAME"}},
		"written as one":    {[]string{"adsoyad", "telno", "epostaadresi"}, map[int]string{0: "NAME", 1: "PHONE", 2: "EMAIL"}},
		"possessives":       {[]string{"Müşterinin Telefonu", "Müşteri’nin E-postası"}, map[int]string{0: "PHONE", 1: "EMAIL"}},
		"questions":         {[]string{"E-posta adresiniz nedir?", "What is your phone number?", "Как вас зовут?"}, map[int]string{0: "EMAIL", 1: "PHONE", 2: "NAME"}},
		"pictures":          {[]string{"📞", "📧 Mail", "👤"}, map[int]string{0: "PHONE", 1: "EMAIL", 2: "NAME"}},
		"two lines":         {[]string{"Telefon\n(Cep)", "Teklif\nTutarı"}, map[int]string{0: "PHONE", 1: "OPPORTUNITY"}},
		"vetoes":            {[]string{"E-posta izni", "Telefon türü", "Birim fiyat", "Ara toplam", "Kargo firması", "Vergi no", "Form ID", "Ödeme durumu"}, map[int]string{}},
		"ids without ids":   {[]string{"ID", "Lead ID"}, map[int]string{}},
	} {
		s := leadSheet(c.header)
		if got := selected(s); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v; want %v", name, got, c.want)
		}
		for _, m := range detect.Detect(s).Mappings(leadFields) {
			if c.want[m.Column.Index] != m.Field || m.Updatable != (m.Field != "ID") || m.Column.Name != c.header[m.Column.Index] {
				t.Errorf("%s: mapping %+v", name, m)
			}
		}
	}
	if s := detect.Detect(leadSheet([]string{"Ad", "Senkronizasyon"})); s.Status != 1 || s.Columns[1].Field != "" {
		t.Errorf("status: %+v", s)
	}
}

// TestSamplesDecide where a header leaves it open, and against it.
func TestSamplesDecide(t *testing.T) {
	t.Parallel()
	column := func(values ...any) (rows [][]any) {
		for _, v := range values {
			rows = append(rows, []any{v})
		}
		return rows
	}
	for name, c := range map[string]struct {
		header string
		values [][]any
		want   string
	}{
		"unvan: a job":             {"Unvan", column("Satış Müdürü", "Mühendis"), "POST"},
		"unvan: a salutation":      {"Unvan", column("Bay", "Bayan"), "HONORIFIC"},
		"unvan: a company":         {"Unvan", column("ABC Makina A.Ş.", "Deniz Ltd. Şti."), "COMPANY_TITLE"},
		"title: a salutation":      {"Title", column("Mr.", "Ms."), "HONORIFIC"},
		"title: a job":             {"Title", column("Sales Manager", "CEO"), "POST"},
		"title: a title":           {"Title", column("New office", "Renewal"), "TITLE"},
		"customer: a person":       {"Müşteri", column("Ayşe Yılmaz", "Mehmet Kaya"), "NAME"},
		"customer: a company":      {"Müşteri", column("ABC Makina A.Ş.", "Deniz Ltd. Şti."), "COMPANY_TITLE"},
		"ids":                      {"ID", column(1.0, 2.0, 7.0), "ID"},
		"ids as texts":             {"ID", column("1", "2", "7"), "ID"},
		"an id twice":              {"ID", column(1.0, 1.0), ""},
		"ids with a fraction":      {"ID", column(1.5, 2.0), ""},
		"an id of nought":          {"ID", column(0.0, 1.0), ""},
		"negative ids":             {"ID", column(-3.0, 1.0), ""},
		"codes, not ids":           {"ID", column("A-1", "A-2"), ""},
		"ids of an advertiser":     {"id", column("l:1234567890", "l:1234567891"), ""},
		"ids of another system":    {"ID", column("9876543210", "9876543211"), ""},
		"our own column, no rows":  {"Bitrix24 ID", nil, "ID"},
		"their column":             {"Record ID", column(101.0, 102.0), ""},
		"no e-mail addresses":      {"E-posta", column("evet", "hayır"), ""},
		"no telephone numbers":     {"Telefon", column("var", "yok"), ""},
		"no amounts":               {"Tutar", column("12.03.2026", "13.03.2026"), ""},
		"words nobody knows":       {"Xyzzy telefonu", column("+90 532 111 22 33", "0533 222 33 44"), "PHONE"},
		"reached by what is there": {"İletişim", column("+90 532 111 22 33", "0533 222 33 44"), "PHONE"},
		"a fax is never a phone":   {"Fax", column("+90 212 111 22 33", "0212 222 33 44"), "PHONE_FAX"},
	} {
		got := selected(leadSheet([]string{c.header}, c.values...))
		if got[0] != c.want {
			t.Errorf("%s: %q; want %q", name, got[0], c.want)
		}
	}
}

// TestLearned proposes what was chosen before, unless samples rule it out.
func TestLearned(t *testing.T) {
	t.Parallel()
	s := leadSheet([]string{"Telefon", "Özel kolon", "Tutar", "Kayıt"}, []any{"0532 111 22 33", "abc", 5.0, "x"})
	s.Learned = map[string]string{
		detect.Key("Özel Kolon"): "COMPANY_TITLE",
		detect.Key("TUTAR"):      "",
		detect.Key("kayıt"):      "ID",
	}
	if got, want := selected(s), map[int]string{0: "PHONE", 1: "COMPANY_TITLE"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v; want %v", got, want)
	}
	one := leadSheet([]string{"Telefon"}, []any{"0532 111 22 33"})
	one.Learned = map[string]string{detect.Key("Telefon"): "PHONE_MOBILE"}
	if got, want := selected(one), map[int]string{0: "PHONE_MOBILE"}; !reflect.DeepEqual(got, want) {
		t.Errorf("one kind alone: %v; want %v", got, want)
	}
	if c := detect.Detect(s).Columns[1]; c.Text("tr") != "geçen sefer siz seçtiniz" || c.Confidence < 0.98 {
		t.Errorf("%q, %v", c.Text("tr"), c.Confidence)
	}
}

// TestReasons say in the user's language why.
func TestReasons(t *testing.T) {
	t.Parallel()
	c := detect.Detect(leadSheet([]string{"Müşteri Tel."}, []any{"0532 111 22 33"})).Columns[0]
	for language, want := range map[string]string{
		"tr": "başlık: müşteri tel · örnekler telefon gibi",
		"en": "header: müşteri tel · samples look like telephone numbers",
		"ru": "заголовок: müşteri tel · примеры похожи на телефоны",
	} {
		if got := c.Text(language); got != want {
			t.Errorf("%s: %q; want %q", language, got, want)
		}
	}
}

func TestHeaderRow(t *testing.T) {
	t.Parallel()
	header := []any{"ID", "Ad", "Soyad", "E-posta", "Telefon"}
	person := []any{1.0, "Ayşe", "Yılmaz", "ayse@ornek.com.tr", "+90 532 000 00 00"}
	texts := []any{"Ayşe", "Yılmaz", "İstanbul", "Satış Müdürü"}
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
		"numbers alone":            {[][]any{{1.0, 2.0}, {3.0, 4.0}}, 0, 0},
		"values alone":             {[][]any{person, person}, 0, 0},
		"empty":                    {nil, 0, 0},
		"merged groups above":      {[][]any{{"Müşteri Bilgileri", "", "", "İletişim", ""}, header, person}, 0, 2},
		"filters above":            {[][]any{{"Filtre:", "Durum = Yeni"}, {"Tarih:", "01.01.2026 - 31.03.2026"}, {}, header, person, person}, 0, 4},
		"a machine row below":      {[][]any{{"Adı", "Soyadı", "E-posta", "Telefonu"}, {"NAME", "LAST_NAME", "EMAIL", "PHONE"}, {"Ayşe", "Yılmaz", "a@x.tr", "0532 111 22 33"}}, 0, 2},
		"a machine row above":      {[][]any{{"NAME", "LAST_NAME", "EMAIL", "PHONE"}, {"Adı", "Soyadı", "E-posta", "Telefonu"}, {"Ayşe", "Yılmaz", "a@x.tr", "0532 111 22 33"}}, 0, 2},
		"totals below the header":  {[][]any{header, {"Toplam", "", "", "", 12.0}, person, person}, 0, 1},
		"texts alone below":        {[][]any{{"Ad", "Soyad", "Şehir", "Görev"}, texts, texts}, 0, 1},
		"a date above":             {[][]any{{"Rapor tarihi", "12.03.2026"}, header, person}, 0, 2},
		"questions":                {[][]any{{"Zaman damgası", "Adınız ve soyadınız nedir?", "Telefon numaranız nedir?"}, {"12.03.2026 14:30", "Ayşe Yılmaz", "0532 111 22 33"}}, 0, 1},
		"words in the last row":    {[][]any{{"Fiş Kodu", "Semt", "Gelir Kaynağı"}, {"F-1", "Kızılay", "Instagram"}, {"F-2", "Ulus", "Fuar"}, {"F-3", "Etlik", "Web"}}, 0, 1},
		"a job in a middle row":    {[][]any{{"Код", "Город", "Кто пришёл"}, {"B1", "Омск", "Директор"}, {"B2", "Тула", "Менеджер"}, {"B3", "Уфа", "Повар"}}, 0, 1},
		"a job in the last row":    {[][]any{{"Müşteri No", "Şehir", "Eşinin Mesleği"}, {"K1", "Van", "Usta"}, {"K2", "Kars", "Satış Uzmanı"}}, 0, 1},
		"snake case above":         {[][]any{{"id", "full_name", "phone", "amount"}, {"No", "Ad Soyad", "Telefon", "Tutar"}, {"1", "Ayşe Yılmaz", "0532 111 22 33", "1.200"}}, 0, 2},
		"snake case above data":    {[][]any{{"full_name", "phone"}, {"Ayşe Yılmaz", "0532 111 22 33"}}, 0, 1},
		"one name over two":        {[][]any{{"Ad", "Telefon", "", "E-posta", ""}, {"", "Cep", "İş", "İş", "Kişisel"}, {"Ayşe", "0532 111 22 33", "0312 111 22 33", "a@x.tr", "b@y.tr"}}, 0, 2},
		"units below":              {[][]any{{"Firma", "Tutar", "Ağırlık"}, {"", "TL", "kg"}, {"Ege AŞ", "1200", "50"}}, 0, 1},
		"below many titles":        {append(slices.Repeat([][]any{{"Açıklama satırı"}}, 45), header, person, person), 0, 46},
		"below too many titles":    {append(slices.Repeat([][]any{{12.0}}, 50), header, person, person), 0, 0},
		"one column":               {[][]any{{"Telefon"}, {"0532 111 22 33"}, {"0533 222 33 44"}}, 0, 1},
	} {
		if got := detect.Detect(detect.Sheet{Entity: sheet24.Leads, Fields: leadFields, Rows: c.rows, Frozen: c.frozen}).HeaderRow; got != c.want {
			t.Errorf("%s: row %d; want %d", name, got, c.want)
		}
	}
}
