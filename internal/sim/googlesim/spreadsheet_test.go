package googlesim

import (
	"reflect"
	"testing"
)

func TestParseA1(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]struct {
		tab string
		b   block
	}{
		"C5":                {"", block{4, 5, 2, 3}},
		"B2:C9":             {"", block{1, 9, 1, 3}},
		"5:7":               {"", block{4, 7, 0, -1}},
		"A:B":               {"", block{0, -1, 0, 2}},
		"A2:B":              {"", block{1, -1, 0, 2}},
		"Leads!aa1":         {"Leads", block{0, 1, 26, 27}},
		"'Satış ''26'!A1:C": {"Satış '26", block{0, -1, 0, 3}},
		"'A1'":              {"A1", block{0, -1, 0, -1}},
		"Leads":             {"Leads", block{0, -1, 0, -1}},
		// From any corner, with $, and with one side open (googleapis' samples; the guide
		// "Concepts", "A1 notation").
		"$B$2":        {"", block{1, 2, 1, 2}},
		"L!$C$9:$B$2": {"L", block{1, 9, 1, 3}},
		"C9:B2":       {"", block{1, 9, 1, 3}},
		"C:A":         {"", block{0, -1, 0, 3}},
		"7:5":         {"", block{4, 7, 0, -1}},
		"A5:A":        {"", block{4, -1, 0, 1}},
		"A:B5":        {"", block{0, 5, 0, 2}},
		"TAB1":        {"", block{0, 1, 13547, 13548}},
	} {
		tab, b, err := parseA1(in)
		if err != nil || tab != want.tab || b != want.b {
			t.Errorf("%s: %q %v %v; want %q %v", in, tab, b, err, want.tab, want.b)
		}
	}
	for _, in := range []string{"A", "5", "Leads!", "Leads!?", "A0", "A1:", "A0:B2", "A1:B0", "L!A1:B2:C3", "Leads!AAAA1"} {
		if tab, b, err := parseA1(in); err == nil {
			t.Errorf("%s: %q %v; want an error", in, tab, b)
		}
	}
}

func TestTyped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		locale   string
		in, want any
	}{
		{"tr_TR", "1.234,56", 1234.56}, {"tr_TR", "12,5", 12.5}, {"tr_TR", "12.5", "12.5"}, {"tr_TR", "1.234", 1234.0},
		{"en_US", "12.5", 12.5}, {"tr_TR", "-7", -7.0}, {"tr_TR", "'007", "007"}, {"tr_TR", "007", 7.0},
		{"tr_TR", "DOĞRU", true}, {"tr_TR", "false", false}, {"tr_TR", "+90 532", "+90 532"}, {"tr_TR", "31.12.2026", 46387.0}, {"tr_TR", "31/12/2026", 46387.0}, {"tr_TR", "2026-12-31", 46387.0}, {"tr_TR", "31.12.26", 46387.0}, {"tr_TR", "31.12", "31.12"},
		{"tr_TR", "31 Aralık 2026", 46387.0}, {"tr_TR", "31 Ara 2026", 46387.0}, {"tr_TR", "32.12.2026", "32.12.2026"}, {"tr_TR", "12/31/2026", "12/31/2026"}, {"tr_TR", "31.12.2026 12:00", 46387.5},
		{"en_US", "12/31/2026", 46387.0}, {"en_US", "31/12/2026", "31/12/2026"}, {"en_GB", "31/12/2026", 46387.0}, {"en_US", "31.12.2026", "31.12.2026"}, {"en_US", "6:00", 0.25}, {"en_US", "25:00", "25:00"},
		{"tr_TR", "%50", 0.5}, {"en_US", "50%", 0.5}, {"tr_TR", "₺1.234,5", 1234.5}, {"en_US", "$12", 12.0}, {"en_US", "1E3", 1000.0}, {"en_US", "12E", "12E"}, {"tr_TR", "WAHR", "WAHR"}, {"de_DE", "WAHR", true},
		{"en_US", "1,23", "1,23"}, {"en_US", "12.", "12."}, {"tr_TR", "5321234567", 5321234567.0},
		{"tr_TR", "1,234.56", "1,234.56"}, {"tr_TR", "1,234.567", "1,234.567"}, {"en_US", "1,234.56", 1234.56}, {"en_US", "1.234,56", "1.234,56"}, {"en_US", "12,5", "12,5"}, {"tr_TR", "Ayşe", "Ayşe"}, {"tr_TR", "", ""}, {"tr_TR", 5.0, 5.0}, {"tr_TR", "-", "-"}, {"tr_TR", "1-2", "1-2"},
	} {
		if got := typed(c.in, c.locale); got != c.want {
			t.Errorf("%s %#v = %#v; want %#v", c.locale, c.in, got, c.want)
		}
	}
}

func TestReadTrims(t *testing.T) {
	t.Parallel()
	s := &Sheet{Rows: [][]any{{"a", nil, "c", nil}, {nil, nil}, {1.0, ""}, nil}}
	for _, c := range []struct {
		b    block
		want [][]any
	}{
		{block{0, -1, 0, -1}, [][]any{{"a", "", "c"}, {}, {1.0}}},
		{block{0, 2, 0, 2}, [][]any{{"a"}}},
		{block{1, 2, 0, -1}, nil},
		{block{9, 12, 0, -1}, nil},
		{block{0, -1, 2, 3}, [][]any{{"c"}}},
	} {
		if got := s.read(c.b); len(got)+len(c.want) > 0 && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: %#v; want %#v", c.b, got, c.want)
		}
	}
}

func TestFormatted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		locale, format string
		in, want       any
	}{
		{"tr_TR", "", 1234.5, "1234,5"}, {"en_US", "", 1234.5, "1234.5"}, {"tr_TR", "", true, "DOĞRU"}, {"en_US", "", false, "FALSE"}, {"tr_TR", "", "x", "x"},
		{"tr_TR", "DATE", 46387.0, "31.12.2026"}, {"tr_TR", "DATE_TIME", 46387.5, "31.12.2026 12:00"}, {"tr_TR", "PERCENT", 0.5, "%50"}, {"en_US", "PERCENT", 0.5, "50%"},
		{"tr_TR", "00000000000", 5321234567.0, "05321234567"}, {"tr_TR", "DATE", "x", "x"},
	} {
		if got := formatted(c.in, c.locale, c.format); got != c.want {
			t.Errorf("%s %s %v = %v; want %v", c.locale, c.format, c.in, got, c.want)
		}
	}
}
