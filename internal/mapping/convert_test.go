package mapping_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/mapping"
)

var istanbul = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Istanbul")
	if err != nil {
		panic(err)
	}
	return zone
}()

var berlin = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
}()

func of(kind string) sheet24.Field { return sheet24.Field{Name: "X", Title: "Alan", Type: kind} }

var (
	currencies = []sheet24.Choice{{ID: "TRY", Label: "TRY", Aliases: []string{"Türk lirası", "₺", "TL"}}, {ID: "USD", Label: "USD", Aliases: []string{"$"}}}
	users      = []sheet24.Choice{
		{ID: "1", Label: "Ayşe Yılmaz", Aliases: []string{"ayse@ornek.com.tr"}}, {ID: "2", Label: "Mehmet Kaya", Aliases: []string{"mehmet@ornek.com.tr"}},
		{ID: "4", Label: "Ali Çelik", Retired: true}, {ID: "5", Label: "Mehmet Kaya", Retired: true},
		{ID: "6", Label: "Elif Şahin"}, {ID: "7", Label: "Elif Şahin"}}
	regions = []sheet24.Choice{{ID: "41", Label: "Marmara"}, {ID: "42", Label: "Ege"}, {ID: "43", Label: "İç Anadolu, doğu"}, {ID: "44", Label: "41"}}
	stages  = []sheet24.Choice{{ID: "NEW", Label: "Yeni"}, {ID: "EXECUTING", Label: "Yürütülüyor"}, {ID: "C9:NEW", Label: "Yeni", Funnel: 9}, {ID: "C9:CUSTOMS", Label: "Gümrükte", Funnel: 9}}
)

func with(f sheet24.Field, change func(*sheet24.Field)) sheet24.Field { change(&f); return f }
func among(kind string, choices []sheet24.Choice) sheet24.Field {
	return with(of(kind), func(f *sheet24.Field) { f.Choices = choices })
}
func many(f sheet24.Field) sheet24.Field {
	return with(f, func(f *sheet24.Field) { f.Multiple = true })
}
func linking(kind string, e sheet24.Entity) sheet24.Field {
	return with(of(kind), func(f *sheet24.Field) { f.Links = e })
}

// found are the records that links name in these tests.
func found(l sheet24.Link) []int64 {
	return map[sheet24.Link][]int64{
		{Entity: sheet24.Companies, Text: "Ege Lojistik"}: {12}, {Entity: sheet24.Companies, Text: "Ege Lojistik, İzmir"}: {13},
		{Entity: sheet24.Contacts, Text: "Ayşe Yılmaz"}: {3}, {Entity: sheet24.Contacts, Text: "Ali Demir"}: {4, 5},
	}[l]
}

// conversion is a cell's value, and what the CRM gets or why it does not.
type conversion struct {
	in   any
	want any
	code sheet24.Code
}

// TestToCRM has one table of cases for each type of field.
func TestToCRM(t *testing.T) {
	t.Parallel()
	at := mapping.Context{Zone: istanbul, Links: found}
	in9 := at
	in9.Funnel = 9
	dollars := at
	dollars.Currency = "USD"
	for _, c := range []struct {
		name  string
		field sheet24.Field
		at    mapping.Context
		cases []conversion
	}{
		{"string", of("string"), at, []conversion{
			{"  Ayşe ", "Ayşe", ""}, {905321234567.0, "905321234567", ""}, {1e21, "1000000000000000000000", ""}, {true, "TRUE", ""},
			{"", nil, ""}, {nil, nil, ""}, {"   ", nil, ""}, {"#REF!", nil, sheet24.CodeValueSheetError}, {"#BAŞV!", nil, sheet24.CodeValueSheetError}, {"#etiket", "#etiket", ""},
		}},
		{"text", of("text"), at, []conversion{{"bir\niki", "bir\niki", ""}, {"[B]x[/B]", "[B]x[/B]", ""}, {nil, nil, ""}}},
		{"double", of("double"), at, []conversion{
			{1234.5, 1234.5, ""}, {"1.234,56", 1234.56, ""}, {"1,234.56", 1234.56, ""}, {"1.234", 1234.0, ""}, {"12,5", 12.5, ""}, {"12.5", 12.5, ""},
			{"₺ 1.234.567,00", 1234567.0, ""}, {"-1.234,5", -1234.5, ""}, {"1.500 TL", 1500.0, ""}, {"1.500TL", 1500.0, ""}, {"1,5", 1.5, ""}, {"1,234", 1.234, ""},
			{"1,234,567", 1234567.0, ""}, {"USD 12.50", 12.5, ""}, {"usd12.50", 12.5, ""}, {"1 234 567,8", 1234567.8, ""}, {"1\u00a0234,5 ₽", 1234.5, ""},
			{"", nil, ""}, {"1e5", nil, sheet24.CodeValueNumber}, {true, nil, sheet24.CodeValueNumber}, {"50%", nil, sheet24.CodeValueNumber}, {"TL", nil, sheet24.CodeValueNumber},
			{"1.2.3", nil, sheet24.CodeValueNumber}, {"1,2,3.4", nil, sheet24.CodeValueNumber}, {"çok", nil, sheet24.CodeValueNumber}, {"12 kg", nil, sheet24.CodeValueNumber},
			{"12 XYZ", nil, sheet24.CodeValueNumber}, {"31.12.2026", nil, sheet24.CodeValueNumber},
		}},
		{"integer", of("integer"), at, []conversion{
			{"42", 42.0, ""}, {42.0, 42.0, ""}, {"1.000", 1000.0, ""}, {"-3", -3.0, ""}, {nil, nil, ""},
			{4.5, nil, sheet24.CodeValueInteger}, {"4,5", nil, sheet24.CodeValueInteger}, {"bir", nil, sheet24.CodeValueInteger}, {1e300, nil, sheet24.CodeValueInteger}, {"5 TL", nil, sheet24.CodeValueInteger},
		}},
		{"money", among("money", currencies), at, []conversion{
			{1234.5, "1234.5|TRY", ""}, {"1.234,56 TL", "1234.56|TRY", ""}, {"$12.50", "12.5|USD", ""}, {"12,50 usd", "12.5|USD", ""}, {nil, nil, ""},
			{"100 EUR", nil, sheet24.CodeValueChoice}, {"yüz", nil, sheet24.CodeValueNumber},
		}},
		{"money where the record has dollars", among("money", currencies), dollars, []conversion{{100.0, "100|USD", ""}, {"100 TL", "100|TRY", ""}}},
		{"money without a list of currencies", of("money"), at, []conversion{{"100 TL", "100|TRY", ""}, {100.0, nil, sheet24.CodeValueCurrency}}},
		{"boolean", of("boolean"), at, []conversion{
			{"Evet", "Y", ""}, {"HAYIR", "N", ""}, {"hayır", "N", ""}, {true, "Y", ""}, {false, "N", ""}, {"✓", "Y", ""}, {"✔️", "Y", ""}, {"✗", "N", ""},
			{"Да", "Y", ""}, {"Нет", "N", ""}, {"Yes", "Y", ""}, {"no", "N", ""}, {"TRUE", "Y", ""}, {"DOĞRU", "Y", ""}, {"YANLIŞ", "N", ""},
			{1.0, "Y", ""}, {0.0, "N", ""}, {"1", "Y", ""}, {nil, "N", ""}, {"belki", nil, sheet24.CodeValueBoolean}, {2.0, nil, sheet24.CodeValueBoolean},
		}},
		{"date", of("date"), at, []conversion{
			{46387.0, "2026-12-31", ""}, {46387.99, "2026-12-31", ""}, {"31.12.2026", "2026-12-31", ""}, {"1.2.2026", "2026-02-01", ""}, {"31/12/2026", "2026-12-31", ""},
			{"2026-12-31", "2026-12-31", ""}, {"2026-12-31T23:30:00+03:00", "2026-12-31", ""}, {nil, nil, ""},
			{"31.13.2026", nil, sheet24.CodeValueDate}, {"12/31/2026", nil, sheet24.CodeValueDate}, {-5.0, nil, sheet24.CodeValueDate}, {0.0, nil, sheet24.CodeValueDate}, {1e9, nil, sheet24.CodeValueDate}, {"yarın", nil, sheet24.CodeValueDate}, {"29.02.2027", nil, sheet24.CodeValueDate},
		}},
		{"datetime", of("datetime"), at, []conversion{
			{46387.5, "2026-12-31T12:00:00+03:00", ""}, {"31.12.2026 08:30", "2026-12-31T08:30:00+03:00", ""}, {"31.12.2026", "2026-12-31T00:00:00+03:00", ""},
			{"2026-12-31 08:30:15", "2026-12-31T08:30:15+03:00", ""}, {"2026-12-31T08:30:00Z", "2026-12-31T08:30:00Z", ""}, {nil, nil, ""}, {"25:00", nil, sheet24.CodeValueDate},
		}},
		{"datetime in a sheet of Berlin, in summer and winter", of("datetime"), mapping.Context{Zone: berlin}, []conversion{
			{"01.07.2026 12:00", "2026-07-01T12:00:00+02:00", ""}, {"01.12.2026 12:00", "2026-12-01T12:00:00+01:00", ""},
		}},
		{"crm_status", among("crm_status", []sheet24.Choice{{ID: "NEW", Label: "Yeni"}, {ID: "IN_PROCESS", Label: "İşlemde"}}), at, []conversion{
			{"işlemde", "IN_PROCESS", ""}, {"ISLEMDE", "IN_PROCESS", ""}, {"İŞLEMDE", "IN_PROCESS", ""}, {" Yeni ", "NEW", ""}, {"NEW", "NEW", ""}, {"in_process", nil, sheet24.CodeValueChoice},
			{nil, nil, ""}, {"Yenii", nil, sheet24.CodeValueChoiceNear}, {"Kapalı", nil, sheet24.CodeValueChoice},
		}},
		{"stage of the first funnel", with(among("crm_status", stages), func(f *sheet24.Field) { f.Stage, f.Required = true, true }), at, []conversion{
			{"Yeni", "NEW", ""}, {"Yürütülüyor", "EXECUTING", ""}, {"Gümrükte", nil, sheet24.CodeValueChoice}, {"C9:NEW", nil, sheet24.CodeValueChoice}, {nil, nil, sheet24.CodeValueRequired},
		}},
		{"stage of funnel 9", with(among("crm_status", stages), func(f *sheet24.Field) { f.Stage, f.Required = true, true }), in9, []conversion{
			{"Yeni", "C9:NEW", ""}, {"gümrükte", "C9:CUSTOMS", ""}, {"C9:CUSTOMS", "C9:CUSTOMS", ""}, {"Yürütülüyor", nil, sheet24.CodeValueChoice},
		}},
		{"crm_category", with(among("crm_category", []sheet24.Choice{{ID: "0", Label: "Genel"}, {ID: "9", Label: "İhracat"}}), func(f *sheet24.Field) { f.Required = true }), at, []conversion{
			{"ihracat", "9", ""}, {9.0, "9", ""}, {0.0, "0", ""}, {nil, nil, sheet24.CodeValueRequired}, {"İhracatt", nil, sheet24.CodeValueChoiceNear},
		}},
		{"crm_currency", among("crm_currency", currencies), at, []conversion{
			{"TRY", "TRY", ""}, {"TL", "TRY", ""}, {"₺", "TRY", ""}, {"türk lirası", "TRY", ""}, {"$", "USD", ""}, {"usd", "USD", ""}, {"JPY", nil, sheet24.CodeValueChoice},
		}},
		{"crm_currency whose list is not to be seen", of("crm_currency"), at, []conversion{{"₺", "TRY", ""}, {"tl", "TRY", ""}, {"XAU", "XAU", ""}}},
		{"enumeration", among("enumeration", regions), at, []conversion{
			{"Ege", "42", ""}, {"ege", "42", ""}, {42.0, "42", ""}, {"İç Anadolu, doğu", "43", ""}, {nil, nil, ""}, {41.0, "44", ""}, {"Akdeniz", nil, sheet24.CodeValueChoice}, {"Marmra", nil, sheet24.CodeValueChoiceNear},
		}},
		{"several enumeration values", many(among("enumeration", regions)), at, []conversion{
			{"Ege; Marmara", []string{"42", "41"}, ""}, {"Ege, Marmara", []string{"42", "41"}, ""}, {"İç Anadolu, doğu", []string{"43"}, ""},
			{"İç Anadolu, doğu\nEge", []string{"43", "42"}, ""}, {nil, nil, ""}, {"Ege, Akdeniz", nil, sheet24.CodeValueChoice}, {42.0, []string{"42"}, ""},
		}},
		{"user", among("user", users), at, []conversion{
			{"ayse@ornek.com.tr", "1", ""}, {"AYSE@ORNEK.COM.TR", "1", ""}, {"Ayşe Yılmaz", "1", ""}, {"ayşe yılmaz", "1", ""}, {2.0, "2", ""}, {"2", "2", ""},
			{"Mehmet Kaya", "2", ""}, {"Ali Çelik", "4", ""}, {"Elif Şahin", nil, sheet24.CodeValueAmbiguous}, {"Ayşe Yılmz", nil, sheet24.CodeValueUserNear}, {"Kimse", nil, sheet24.CodeValueUser}, {99.0, nil, sheet24.CodeValueUser}, {nil, nil, ""},
		}},
		{"user, by a connection that may not see users", of("user"), at, []conversion{{7.0, "7", ""}, {"Ayşe", nil, sheet24.CodeValueUserScope}}},
		{"several users", many(among("user", users)), at, []conversion{{"Ayşe Yılmaz; mehmet@ornek.com.tr", []string{"1", "2"}, ""}, {"1, 2", []string{"1", "2"}, ""}}},
		{"employee", among("employee", users), at, []conversion{{"Ayşe Yılmaz", "1", ""}}},
		{"company", linking("crm_company", sheet24.Companies), at, []conversion{
			{12.0, "12", ""}, {"12", "12", ""}, {"Ege Lojistik", "12", ""}, {nil, nil, ""}, {"Yok AŞ", nil, sheet24.CodeValueLink}, {-1.0, nil, sheet24.CodeValueLink}, {1.5, nil, sheet24.CodeValueLink},
		}},
		{"company, nothing looked up", linking("crm_company", sheet24.Companies), mapping.Context{}, []conversion{{"Ege Lojistik", nil, sheet24.CodeValueInteger}}},
		{"contact", linking("crm_contact", sheet24.Contacts), at, []conversion{{"Ayşe Yılmaz", "3", ""}, {"Ali Demir", nil, sheet24.CodeValueAmbiguous}}},
		{"several companies", many(linking("crm_company", sheet24.Companies)), at, []conversion{
			{"Ege Lojistik; 7", []string{"12", "7"}, ""}, {"Ege Lojistik, İzmir", []string{"13"}, ""}, {"Ege Lojistik, 7", []string{"12", "7"}, ""},
		}},
		{"parent", linking("crm_entity", sheet24.EntityOf(1036)), at, []conversion{{5.0, "5", ""}, {"x", nil, sheet24.CodeValueLink}}},
		{"bound to several", of("crm"), at, []conversion{{"C_5", "C_5", ""}, {"T40c_7", "T40c_7", ""}, {5.0, nil, sheet24.CodeValueBound}, {"Ayşe", nil, sheet24.CodeValueBound}}},
		{"bound to one", linking("crm", sheet24.Contacts), at, []conversion{{"Ayşe Yılmaz", "3", ""}, {5.0, "5", ""}}},
		{"url", of("url"), at, []conversion{{"https://x.tr/a?b=c", "https://x.tr/a?b=c", ""}, {"iki kelime", nil, sheet24.CodeValueURL}}},
		{"address", of("address"), at, []conversion{{"Atatürk Cad. 5, İzmir", "Atatürk Cad. 5, İzmir", ""}}},
		{"several strings", many(of("string")), at, []conversion{{"a, b; c\nd", []string{"a, b", "c", "d"}, ""}, {" ; ", []string(nil), ""}, {nil, nil, ""}}},
		{"several numbers", many(of("double")), at, []conversion{{"1,5; 2,5", []string{"1.5", "2.5"}, ""}, {"1,5; x", nil, sheet24.CodeValueNumber}}},
		{"file", of("file"), at, []conversion{{"a.pdf", nil, sheet24.CodeValueFile}, {nil, nil, sheet24.CodeValueFile}}},
		{"a type unknown", of("resourcebooking"), at, []conversion{{"x", nil, sheet24.CodeValueType}}},
		{"a required field", with(of("string"), func(f *sheet24.Field) { f.Required = true }), at, []conversion{{"x", "x", ""}, {" ", nil, sheet24.CodeValueRequired}}},
	} {
		for _, v := range c.cases {
			got, err := mapping.ToCRM(c.field, v.in, c.at)
			if v.code != "" {
				if !sheet24.IsKind(err, sheet24.Invalid) || sheet24.AsError(err).Code != v.code {
					t.Errorf("%s %#v: %v, %v; want %s", c.name, v.in, got, err, v.code)
				}
			} else if err != nil || !reflect.DeepEqual(got.Plain, v.want) {
				t.Errorf("%s %#v = %#v, %v; want %#v", c.name, v.in, got.Plain, err, v.want)
			}
		}
	}
}

// TestLocales has texts that can be read in two ways, each in sheets of several
// locales.
func TestLocales(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field, in string
		want      map[string]any // by locale
	}{
		{"double", "1.234", map[string]any{"": 1234.0, "tr_TR": 1234.0, "de_DE": 1234.0, "ru_RU": 1234.0, "en_US": 1.234, "en_GB": 1.234, "ja_JP": 1.234, "none": 1234.0}},
		{"double", "1,234", map[string]any{"": 1.234, "tr_TR": 1.234, "de_DE": 1.234, "en_US": 1234.0, "en_GB": 1234.0}},
		{"double", "1.234,5", map[string]any{"tr_TR": 1234.5, "en_US": 1234.5}}, // one reading alone
		{"double", "1,234.5", map[string]any{"tr_TR": 1234.5, "en_US": 1234.5}},
		{"integer", "12,000", map[string]any{"tr_TR": 12.0, "en_US": 12000.0}},
		{"date", "3/4/2026", map[string]any{"tr_TR": "2026-04-03", "en_GB": "2026-04-03", "en_US": "2026-03-04"}},
		{"date", "3.4.2026", map[string]any{"tr_TR": "2026-04-03", "en_US": "2026-04-03"}},
		{"date", "2026/4/3", map[string]any{"tr_TR": "2026-04-03", "en_US": "2026-04-03"}},
		{"datetime", "3/4/2026 1:30 PM", map[string]any{"tr_TR": "2026-04-03T13:30:00+03:00", "en_US": "2026-03-04T13:30:00+03:00"}},
	} {
		for locale, want := range c.want {
			if got, err := mapping.ToCRM(of(c.field), c.in, mapping.Context{Locale: locale, Zone: istanbul}); err != nil || got.Plain != want {
				t.Errorf("%s %q in %s: %v, %v; want %v", c.field, c.in, locale, got.Plain, err, want)
			}
		}
	}
}

// TestFormatted has numbers in cells of every format that changes what they mean.
func TestFormatted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field, shown, locale string
		n                    float64
		want                 any
	}{
		{"integer", "%50", "tr_TR", 0.5, 50.0}, {"double", "7%", "en_US", 0.07, 7.0}, {"integer", "50,00 %", "de_DE", 0.5, 50.0},
		{"double", "1.234,57", "tr_TR", 1234.567, 1234.567}, {"integer", "₺12", "tr_TR", 12, 12.0},
		{"money", "₺1.234,57", "tr_TR", 1234.567, "1234,567 TRY"}, {"double", "$1,234.57", "en_US", 1234.567, "1234.567 USD"},
		{"money", "-12,00 €", "de_DE", -12, "-12 EUR"}, {"money", "(£5.00)", "en_GB", -5, "-5 GBP"}, {"double", "12 AED", "en_US", 12, "12 AED"},
		{"double", "12 adet", "tr_TR", 12, 12.0}, {"double", "12 KG", "tr_TR", 12, 12.0},
	} {
		got := mapping.Formatted(c.field, c.n, c.shown, c.locale)
		if got != c.want {
			t.Errorf("%s %v shown as %s: %v; want %v", c.field, c.n, c.shown, got, c.want)
		}
		// What comes out means the number that went in.
		back, err := mapping.ToCRM(of("double"), got, mapping.Context{Locale: c.locale})
		if err != nil || (back.Plain != c.n && !strings.Contains(c.shown, "%")) {
			t.Errorf("%v is read back as %v, %v", got, back.Plain, err)
		}
	}
}

func TestAmountsBringTheirCurrency(t *testing.T) {
	t.Parallel()
	for in, want := range map[any]string{"100 USD": "USD", "₺5": "TRY", "5": "", 5.0: ""} {
		if got, err := mapping.ToCRM(of("double"), in, mapping.Context{}); err != nil || got.Currency != want {
			t.Errorf("%v: %+v, %v; want %q", in, got, err, want)
		}
	}
}

func TestChoicesAreNamed(t *testing.T) {
	t.Parallel()
	var long []sheet24.Choice
	for _, name := range strings.Fields("bir iki üç dört beş altı yedi sekiz dokuz on onbir oniki") {
		long = append(long, sheet24.Choice{ID: name, Label: name})
	}
	_, err := mapping.ToCRM(among("enumeration", append(long, sheet24.Choice{ID: "0", Label: "eski", Retired: true})), "yüz", mapping.Context{})
	if args := sheet24.AsError(err).Args; !reflect.DeepEqual(args, []any{"yüz", "üç", "bir, iki, üç, dört, beş, altı, yedi, sekiz, dokuz, on, …"}) &&
		!reflect.DeepEqual(args, []any{"yüz", "bir, iki, üç, dört, beş, altı, yedi, sekiz, dokuz, on, …"}) {
		t.Errorf("%q", args)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	labels := []string{"Yeni", "İşlemde", "Teklif verildi", "Kazanıldı"}
	for in, want := range map[string]string{"Yenii": "Yeni", "yni": "Yeni", "islmde": "İşlemde", "teklif verilmedi": "Teklif verildi", "Kaybedildi": "", "x": "", "": "", "KAZANILDI!": "Kazanıldı"} {
		if got := mapping.Nearest(in, labels); got != want {
			t.Errorf("Nearest(%q) = %q; want %q", in, got, want)
		}
	}
}

func TestLinksIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field sheet24.Field
		in    any
		want  []string
	}{
		{linking("crm_company", sheet24.Companies), "Ege Lojistik", []string{"Ege Lojistik"}},
		{linking("crm_company", sheet24.Companies), 12.0, nil},
		{linking("crm_company", sheet24.Companies), nil, nil},
		{many(linking("crm_contact", sheet24.Contacts)), "Ayşe Yılmaz; 7; Ali Demir", []string{"Ayşe Yılmaz", "Ali Demir"}},
		{many(linking("crm_contact", sheet24.Contacts)), "Ayşe Yılmaz, Ali Demir", []string{"Ayşe Yılmaz, Ali Demir", "Ayşe Yılmaz", "Ali Demir"}},
		{of("string"), "Ayşe Yılmaz", nil},
	} {
		var got []string
		for _, l := range mapping.LinksIn(c.field, c.in) {
			got = append(got, l.Text)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %v: %q; want %q", c.field.Type, c.in, got, c.want)
		}
	}
}

// TestFromCRM also converts each cell back: nothing may change by that.
func TestFromCRM(t *testing.T) {
	t.Parallel()
	at := mapping.Context{Zone: istanbul, PortalZone: berlin, Links: found, Title: func(r sheet24.ItemRef) string {
		return map[sheet24.ItemRef]string{{Entity: sheet24.Companies, ID: 12}: "Ege Lojistik"}[r]
	}}
	for _, c := range []struct {
		field sheet24.Field
		crm   any
		want  any
	}{
		{of("string"), "Ayşe", "Ayşe"}, {of("string"), "", nil}, {of("string"), nil, nil}, {of("string"), false, nil},
		{of("double"), 1234.5, 1234.5}, {of("double"), "1234.50", 1234.5}, {of("double"), nil, nil}, {of("integer"), "42", 42.0}, {of("integer"), 0.0, 0.0},
		{among("money", currencies), "1234.5|USD", "1234,50 USD"}, {among("money", currencies), "1.234|TRY", "1,234 TRY"}, {among("money", currencies), "1000|TRY", "1000,00 TRY"},
		{of("boolean"), "Y", true}, {of("boolean"), "N", false}, {of("boolean"), true, true}, {of("boolean"), "1", true}, {of("boolean"), false, false},
		{of("date"), "2026-12-31T02:00:00+02:00", 46387.0}, {of("date"), "2026-12-31", 46387.0}, {of("date"), "", nil},
		{of("datetime"), "2026-12-31T10:00:00+01:00", 46387.5}, {of("datetime"), "2026-12-31T10:00:00", 46387.5},
		{among("crm_status", stages[:2]), "NEW", "Yeni"}, {among("crm_status", stages[:2]), "GONE", "GONE"},
		{among("enumeration", regions), 42.0, "Ege"}, {among("enumeration", regions), "43", "İç Anadolu, doğu"}, {among("enumeration", regions), 0.0, nil},
		{many(among("enumeration", regions)), []any{42.0, "43"}, "Ege; İç Anadolu, doğu"}, {many(among("enumeration", regions)), []any{}, nil}, {many(among("enumeration", regions)), false, nil},
		{among("user", users), 1.0, "Ayşe Yılmaz"}, {among("user", users), "6", "6"}, {of("user"), 9.0, "9"}, {among("user", users), 5.0, "5"},
		{linking("crm_company", sheet24.Companies), 12.0, "Ege Lojistik"}, {linking("crm_company", sheet24.Companies), "77", 77.0}, {linking("crm_company", sheet24.Companies), 0.0, nil},
		{of("address"), "Atatürk Cad. 5|38.4;27.1", "Atatürk Cad. 5"}, {of("crm"), "C_5", "C_5"}, {of("url"), "https://x.tr", "https://x.tr"},
		{among("crm_category", []sheet24.Choice{{ID: "0", Label: "Genel"}}), 0.0, "Genel"},
	} {
		item := &sheet24.Item{Values: map[string]any{"X": c.crm}}
		got, err := mapping.FromCRM(c.field, item, at)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("FromCRM(%s, %#v) = %#v, %v; want %#v", c.field.Type, c.crm, got, err, c.want)
			continue
		}
		if c.crm == "GONE" || c.crm == "2026-12-31T10:00:00" {
			continue // the list has lost it; and what the portal writes has an offset
		}
		back, err := mapping.ToCRM(c.field, got, at)
		if err != nil || !mapping.Same(c.field, back.Plain, c.crm) {
			t.Errorf("%s: %#v became %#v in the sheet and %#v, %v again", c.field.Type, c.crm, got, back.Plain, err)
		}
	}
	if _, err := mapping.FromCRM(of("file"), &sheet24.Item{}, at); sheet24.AsError(err).Code != sheet24.CodeValueFile {
		t.Errorf("a file: %v", err)
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field      sheet24.Field
		want, have any
		same       bool
	}{
		{of("string"), "a", "a", true}, {of("string"), "a", "A", false}, {of("string"), nil, "", true}, {of("string"), nil, nil, true}, {of("string"), nil, false, true},
		{of("text"), "a\nb", "a\r\nb ", true}, {of("string"), "0", nil, false},
		{of("double"), 10.0, "10.00", true}, {of("double"), nil, 0.0, true}, {of("double"), 1.0, "x", false}, {of("double"), nil, false, true},
		{of("crm_company"), nil, 0.0, true}, {of("user"), "1", 1.0, true}, {of("enumeration"), "42", 42.0, true}, {of("enumeration"), nil, "", true},
		{of("boolean"), "N", nil, true}, {of("boolean"), "Y", "1", true}, {of("boolean"), "Y", true, true}, {of("boolean"), "Y", "N", false},
		{of("date"), "2000-01-01", "2000-01-01T02:00:00+02:00", true}, {of("date"), nil, "2000-01-01", false}, {of("date"), nil, "", true},
		{of("datetime"), "2026-01-01T12:00:00+03:00", "2026-01-01T09:00:00Z", true}, {of("datetime"), "2026-01-01T12:00:00+03:00", nil, false},
		{of("money"), "10|TRY", "10.00|TRY", true}, {of("money"), "10|TRY", "10|USD", false}, {of("money"), nil, "", true},
		{of("address"), "x", "x|1;2", true},
		{many(of("user")), []string{"2", "1"}, []any{1.0, "2"}, true}, {many(of("user")), []string(nil), []any{}, true}, {many(of("user")), nil, false, true},
		{many(of("string")), []string{"a"}, []any{"a", "b"}, false},
	} {
		if got := mapping.Same(c.field, c.want, c.have); got != c.same {
			t.Errorf("Same(%s, %#v, %#v) = %v", c.field.Type, c.want, c.have, got)
		}
	}
}

// TestHolds has what Same takes for one and is not: a cell's 0 or no, and a field of nothing.
func TestHolds(t *testing.T) {
	t.Parallel()
	own := with(of("double"), func(f *sheet24.Field) { f.APIName = "ufCrm_1" })
	for _, c := range []struct {
		field      sheet24.Field
		want, have any
		holds      bool
	}{
		{of("boolean"), "N", nil, false}, {of("boolean"), "N", "", false}, {of("boolean"), "N", "N", true}, {of("boolean"), "N", false, true}, {of("boolean"), "N", "0", true},
		{of("boolean"), "N", "Y", false}, {of("boolean"), nil, nil, true},
		{of("integer"), "0", nil, false}, {of("integer"), "0", "", false}, {of("integer"), "0", false, false}, {of("integer"), "0", 0.0, true}, {of("integer"), "0", "0", true}, {of("integer"), nil, nil, true},
		{own, 0.0, nil, false}, {own, 0.0, "0.00", true}, {own, 0.0, false, false}, {own, nil, "", true},
		{of("double"), 0.0, nil, true}, {of("double"), 0.0, 0.0, true}, {of("double"), 0.0, 1.0, false},
		{of("crm_category"), "0", nil, false}, {of("crm_category"), "0", 0.0, true}, {of("address"), "|1;2", nil, false},
		{of("crm_company"), "0", nil, true}, {of("string"), "0", nil, false}, {of("money"), "0|TRY", nil, false},
		{many(of("integer")), []string{"0"}, []any{}, false}, {many(of("integer")), []string(nil), []any{}, true},
	} {
		if got := mapping.Holds(c.field, c.want, c.have); got != c.holds {
			t.Errorf("Holds(%s, %#v, %#v) = %v", c.field.Type, c.want, c.have, got)
		}
	}
	for cell, blank := range map[any]bool{nil: true, "": true, " \u200b": true, false: false, 0.0: false, "0": false} {
		if got := mapping.Blank(cell); got != blank {
			t.Errorf("Blank(%#v) = %v", cell, got)
		}
	}
}
