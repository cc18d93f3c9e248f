package mapping_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"sheet24"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
)

var fuzzed = []sheet24.Field{
	of("string"), of("double"), of("integer"), of("boolean"), of("date"), of("datetime"), among("money", currencies), among("crm_status", stages[:2]),
	among("enumeration", regions), many(among("enumeration", regions)), among("user", users), linking("crm_company", sheet24.Companies),
	many(of("double")), many(of("string")), of("url"), of("address"), of("crm"), among("crm_currency", currencies), multi("EMAIL", ""), multi("PHONE", ""), of("file"),
}

// FuzzToCRM looks for a panic, an error without a sentence for the user, and a success
// that the field could not hold: each value taken must come back out of the CRM
// as one that is taken for the same.
func FuzzToCRM(f *testing.F) {
	for _, s := range []string{"1.234,56", "31.12.2026", "31.12.2026 23:59", "2026-12-31T08:30:00+03:00", "a@x.tr;b@x.tr", "İşlemde", "Cep: +90 532 123 45 67",
		"#REF!", "₺", "-", ",", "1e400", "100 TL", "$5", "Ege, Marmara", "C_5", "Ayşe Yılmaz", "✓", "0x1p-2", "NaN", "Infinity", "1_000", "\x00", "İ"} {
		f.Add(s, 46387.5, false, "tr_TR")
	}
	for language, groups := range map[string][]typed{"tr_TR": typedTurkish, "en_US": typedEnglish, "ru_RU": typedRussian} {
		for _, g := range groups {
			for _, v := range g.values {
				if s, text := v[0].(string); text {
					f.Add(s, 0.0, false, language)
				}
			}
		}
	}
	f.Add("", math.NaN(), true, "")
	f.Add("", math.Inf(1), true, "")
	f.Add("", -1e308, true, "ja_JP")

	f.Fuzz(func(t *testing.T, s string, n float64, number bool, sheet string) {
		var in any = s
		if number {
			if math.IsNaN(n) || math.IsInf(n, 0) {
				return // JSON has none
			}
			in = n
		}
		at := mapping.Context{Locale: sheet, Zone: istanbul, Links: found}
		for _, fd := range fuzzed {
			mapping.LinksIn(fd, in)
			v, err := mapping.ToCRM(fd, in, at)
			if err != nil {
				if said := locale.Error("tr", err); !sheet24.IsKind(err, sheet24.Invalid) || said == "" || strings.Contains(said, "%!") && !strings.Contains(s, "%") {
					t.Fatalf("%s %#v: %v is not an error for the user: %q", fd.Type, in, err, said)
				}
				continue
			}
			if err := holdable(fd, v.Plain); err != "" {
				t.Fatalf("%s %#v became %#v: %s", fd.Type, in, v.Plain, err)
			}
			again(t, sheet, fd, v, at)
		}
	})
}

// FuzzShown looks for a number that becomes a date though no date is shown, or another number
// than the cell holds.
func FuzzShown(f *testing.F) {
	for _, s := range []string{"31.12.2026", "12/31/2026", "2026", "31 Aralık 2026 Perşembe", "₺2.026,00", "%202600", "2,03E+03", "10:30:00", "46.387", "", "31.12"} {
		f.Add(46387.0, s, "tr_TR")
		f.Add(2026.0, s, "en_US")
	}
	f.Fuzz(func(t *testing.T, n float64, shown, sheet string) {
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return
		}
		at := mapping.Context{Locale: sheet, Zone: istanbul}
		for _, fd := range fuzzed {
			cell := mapping.AsFormatted(fd.Type, n, shown, sheet)
			v, err := mapping.ToCRM(fd, cell, at)
			if fd.Type == "date" && err == nil && strings.Trim(shown, "0123456789") == "" && shown != fmt.Sprint(v.Plain)[:4] {
				t.Fatalf("%v shown as %q is the day %v", n, shown, v.Plain)
			}
			if got, number := v.Plain.(float64); number && err == nil && fd.Type == "double" && got != n && !strings.Contains(shown, "%") {
				t.Fatalf("%v shown as %q is the number %v", n, shown, got)
			}
		}
	})
}

// FuzzContacts looks for a notation of a telephone number, or of an e-mail address, that is not
// known as the same again.
func FuzzContacts(f *testing.F) {
	for _, s := range []string{"0536 630 70 10", "+7 (916) 123-45-67", "650-253-0000 x12", "444 1 444", "112", "00905366307010", "+0536", "tel:1", "Ayse.Yilmaz@ornek.com.tr", "@", "ß@x.tr", "+999 1234567"} {
		f.Add(s, "tr_TR")
		f.Add(s, "en_US")
	}
	f.Fuzz(func(t *testing.T, s, sheet string) {
		if !utf8.ValidString(s) {
			return // JSON has none
		}
		for _, fd := range []sheet24.Field{multi("PHONE", ""), multi("EMAIL", "")} {
			for _, key := range mapping.Keys(fd, s, mapping.Context{Locale: sheet}) {
				if mapping.ContactKey(fd.Multi.Type, key, sheet) == "" {
					t.Fatalf("%q has no key", key)
				}
				likely, others := mapping.ContactForms(fd.Multi.Type, key, sheet)
				if len(likely) == 0 || len(likely) > 5 || len(others) > 20 || likely[0] != key {
					t.Fatalf("%q is looked for as %q, %q", key, likely, others)
				}
				for _, form := range append(likely, others...) {
					same := mapping.SameContact(fd.Multi.Type, key, form, sheet)
					mine, its := mapping.ContactKey(fd.Multi.Type, key, sheet), mapping.ContactKey(fd.Multi.Type, form, sheet)
					foreign := strings.HasPrefix(mine, "+") && strings.HasPrefix(its, "+") // without its country's code it is one of the sheet's
					if !same && !foreign && !strings.Contains(mine, ";") {
						t.Fatalf("%q is looked for as %q, which is another in %s", key, form, sheet)
					}
				}
			}
		}
	})
}

// holdable says what is wrong with a value that a field would be sent.
func holdable(f sheet24.Field, v any) string {
	if v == nil || f.Multiple {
		return ""
	}
	s := mapping.Text(v)
	switch f.Type {
	case "double", "integer":
		n, ok := v.(float64)
		if !ok || math.IsNaN(n) || math.IsInf(n, 0) || (f.Type == "integer" && n != math.Trunc(n)) {
			return "no number"
		}
	case "boolean":
		if s != "Y" && s != "N" {
			return "neither Y nor N"
		}
	case "crm_status", "enumeration", "user", "crm_currency":
		for _, c := range f.Choices {
			if c.ID == s {
				return ""
			}
		}
		return "none of the choices"
	case "crm_company":
		if n, err := strconv.ParseInt(s, 10, 64); err != nil || n <= 0 {
			return "no id"
		}
	}
	return ""
}
