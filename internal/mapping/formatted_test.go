package mapping_test

import (
	"reflect"
	"testing"

	"sheet24/internal/mapping"
)

// TestShown has values in cells of all formats, each with what it means to a field.
func TestShown(t *testing.T) {
	t.Parallel()
	const newYearsEve = 46387.0 // 31.12.2026, a Thursday
	for _, c := range []struct {
		field, locale string
		v             any
		shown         string
		want          any
	}{
		// A day is one only where the cell shows it.
		{"date", "tr_TR", newYearsEve, "31.12.2026", newYearsEve}, {"date", "tr_TR", newYearsEve, "31.12.26", newYearsEve}, {"date", "tr_TR", newYearsEve, "31 Aralık 2026 Perşembe", newYearsEve},
		{"date", "tr_TR", newYearsEve, "31.12", newYearsEve}, {"date", "tr_TR", newYearsEve, "Ara 26", newYearsEve}, {"date", "tr_TR", newYearsEve, "2026", newYearsEve}, {"date", "en_US", newYearsEve, "12/31/2026", newYearsEve},
		{"date", "en_US", newYearsEve, "Dec 31", newYearsEve}, {"date", "ru_RU", newYearsEve, "31 декабря 2026 г.", newYearsEve}, {"date", "de_DE", newYearsEve, "31. Dezember 2026", newYearsEve}, {"date", "ja_JP", newYearsEve, "2026年12月31日", newYearsEve},
		{"datetime", "tr_TR", 46387.4375, "31.12.2026 10:30", 46387.4375}, {"datetime", "tr_TR", 46387.4375, "10:30", 46387.4375}, {"datetime", "en_US", 46387.9375, "10:30 PM", 46387.9375},
		{"date", "tr_TR", 2026.0, "18.07.1905", 2026.0},
		{"date", "tr_TR", 2026.0, "2026", "2026"}, {"date", "tr_TR", newYearsEve, "46387", "46387"}, {"date", "tr_TR", newYearsEve, "46.387,00", "46.387,00"}, {"date", "en_US", newYearsEve, "46,387", "46,387"},
		{"date", "tr_TR", 2026.0, "₺2.026,00", "₺2.026,00"}, {"date", "tr_TR", 2026.0, "%202600", "%202600"}, {"date", "tr_TR", 2026.0, "2,03E+03", "2,03E+03"}, {"date", "tr_TR", 2026.0, "2026 adet", "2026 adet"}, {"date", "tr_TR", newYearsEve, "", "46387"},
		{"date", "tr_TR", 31122026.0, "31.12.2026", "31.12.2026"}, {"datetime", "tr_TR", newYearsEve, "1113288:00:00", "1113288:00:00"}, {"date", "tr_TR", "31.12.2026", "31.12.2026", "31.12.2026"},

		// A text is what the cell shows.
		{"string", "tr_TR", true, "DOĞRU", "DOĞRU"}, {"string", "en_US", false, "FALSE", "FALSE"}, {"text", "ru_RU", true, "ИСТИНА", "ИСТИНА"}, {"string", "tr_TR", newYearsEve, "31.12.2026", "31.12.2026"}, {"string", "tr_TR", 7.0, "007", "007"},
		{"boolean", "tr_TR", true, "DOĞRU", true}, {"string", "tr_TR", "x", "x", "x"}, {"string", "tr_TR", nil, "", nil},

		// A telephone number is no text that is cut off, or rounded.
		{"crm_multifield", "tr_TR", 5366307010.0, "05366307010", "05366307010"}, {"crm_multifield", "tr_TR", 5366307010.0, "5.366.307.010", "5.366.307.010"}, {"crm_multifield", "tr_TR", 5366307010.0, "5,37E+09", "5366307010"},

		{"double", "tr_TR", 0.5, "%50", 50.0}, {"money", "en_US", -5.0, "($5.00)", "-5 USD"}, {"double", "tr_TR", -5.0, "(5,00)", -5.0}, {"integer", "tr_TR", 5.0, "5", 5.0}, {"user", "tr_TR", 5.0, "5", 5.0},
	} {
		if got := mapping.AsFormatted(c.field, c.v, c.shown, c.locale); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s in %s: %v shown as %q is %#v; want %#v", c.field, c.locale, c.v, c.shown, got, c.want)
		}
	}
}

// TestKeys are what rows are found by.
func TestKeys(t *testing.T) {
	t.Parallel()
	at := mapping.Context{Locale: "tr_TR", Zone: istanbul}
	for _, c := range []struct {
		kind string
		cell any
		want []string
	}{
		{"EMAIL", "a@x.tr; \u200bb@x.tr, A@X.TR", []string{"a@x.tr", "b@x.tr"}}, {"EMAIL", "yok", nil}, {"EMAIL", nil, nil}, {"EMAIL", "a@x.tr; yok", nil},
		{"PHONE", "0536 630 70 10 / 0537 643 77 21", []string{"0536 630 70 10", "0537 643 77 21"}}, {"PHONE", 5366307010.0, []string{"5366307010"}},
	} {
		if got := mapping.Keys(multi(c.kind, ""), c.cell, at); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: %q; want %q", c.cell, got, c.want)
		}
	}
	for cell, want := range map[any][]string{" Ege \u200b": {"Ege"}, "": nil, 1.5: {"1.5"}} {
		if got := mapping.Keys(of("string"), cell, at); !reflect.DeepEqual(got, want) {
			t.Errorf("%v: %q; want %q", cell, got, want)
		}
	}

	for _, c := range []struct{ kind, a, b string }{
		{"PHONE", "0536 630 70 10", "+90 536 630 70 10"}, {"PHONE", "8 916 123-45-67", "+79161234567"}, {"PHONE", "444 1 444", "4441444"}, {"EMAIL", "A@x.tr", "a@X.tr\u200b"},
	} {
		if a, b := mapping.ContactKey(c.kind, c.a, "tr_TR"), mapping.ContactKey(c.kind, c.b, "tr_TR"); a != b || a == "" {
			t.Errorf("%q is %q, %q is %q", c.a, a, c.b, b)
		}
	}
}
