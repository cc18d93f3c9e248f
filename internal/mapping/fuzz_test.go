package mapping_test

import (
	"math"
	"strconv"
	"testing"

	"sheet24"
	"sheet24/internal/mapping"
)

var fuzzed = []sheet24.Field{
	of("string"), of("double"), of("integer"), of("boolean"), of("date"), of("datetime"), among("money", currencies), among("crm_status", stages[:2]),
	among("enumeration", regions), many(among("enumeration", regions)), among("user", users), linking("crm_company", sheet24.Companies),
	many(of("double")), many(of("string")), of("url"), of("address"), of("crm"), among("crm_currency", currencies), multi("EMAIL", ""), multi("PHONE", ""), of("file"),
}

// FuzzToCRM looks for a panic, an error that is not for the user, and a success
// that the field could not hold: each value taken must come back out of the CRM
// as one that is taken for the same.
func FuzzToCRM(f *testing.F) {
	for _, s := range []string{"1.234,56", "31.12.2026", "31.12.2026 23:59", "2026-12-31T08:30:00+03:00", "a@x.tr;b@x.tr", "İşlemde", "Cep: +90 532 123 45 67",
		"#REF!", "₺", "-", ",", "1e400", "100 TL", "$5", "Ege, Marmara", "C_5", "Ayşe Yılmaz", "✓", "0x1p-2", "NaN", "Infinity", "1_000", "\x00", "İ"} {
		f.Add(s, 46387.5, false)
	}
	f.Add("", math.NaN(), true)
	f.Add("", math.Inf(1), true)
	f.Add("", -1e308, true)
	at := mapping.Context{Zone: istanbul, Links: found}
	f.Fuzz(func(t *testing.T, s string, n float64, number bool) {
		var in any = s
		if number {
			if math.IsNaN(n) || math.IsInf(n, 0) {
				return // JSON has none
			}
			in = n
		}
		for _, fd := range fuzzed {
			v, err := mapping.ToCRM(fd, in, at)
			if err != nil {
				if !sheet24.IsKind(err, sheet24.Invalid) {
					t.Fatalf("%s %#v: %v is not an error for the user", fd.Type, in, err)
				}
				continue
			}
			if err := holdable(fd, v.Plain); err != "" {
				t.Fatalf("%s %#v became %#v: %s", fd.Type, in, v.Plain, err)
			}
			if fd.Type == "crm_multifield" {
				continue
			}
			item := &sheet24.Item{Values: map[string]any{"X": v.Plain}}
			cell, err := mapping.FromCRM(fd, item, at)
			if err != nil {
				t.Fatalf("%s %#v: %v", fd.Type, v.Plain, err)
			}
			again, err := mapping.ToCRM(fd, cell, at)
			if err != nil || !mapping.Same(fd, again.Plain, v.Plain) {
				t.Fatalf("%s: %#v is %#v in the CRM, %#v in the sheet and %#v, %v again", fd.Type, in, v.Plain, cell, again.Plain, err)
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
