package mapping_test

import "sheet24"

// typedEnglish is what is typed into sheets of the USA.
var typedEnglish = []typed{
	{of("date"), [][2]any{
		{"12/31/2026", "2026-12-31"}, {"12/31/26", "2026-12-31"}, {"3/4/2026", "2026-03-04"}, {"12-31-2026", "2026-12-31"}, {"31.12.2026", "2026-12-31"}, {"3.4.2026", "2026-04-03"}, {"December 31, 2026", "2026-12-31"}, {"December 31 2026", "2026-12-31"},
		{"Dec 31, 2026", "2026-12-31"}, {"Dec. 31, 2026", "2026-12-31"}, {"December 31st, 2026", "2026-12-31"}, {"31 December 2026", "2026-12-31"}, {"31st Dec 2026", "2026-12-31"}, {"1st January 2026", "2026-01-01"}, {"2nd Feb 2026", "2026-02-02"}, {"3rd March 2026", "2026-03-03"},
		{"Sept 4, 2026", "2026-09-04"}, {"may 5 2026", "2026-05-05"}, {"31-Dec-2026", "2026-12-31"}, {"31-Dec-26", "2026-12-31"}, {"2026-12-31", "2026-12-31"}, {"2026/12/31", "2026-12-31"}, {"Thursday, December 31, 2026", "2026-12-31"}, {"Thu 12/31/2026", "2026-12-31"},
		{"Thu, Dec 31, 2026", "2026-12-31"}, {"12/31/2026 10:30 PM", "2026-12-31"}, {"12/31/30", "1930-12-31"}, {"12/31/29", "2029-12-31"}, {"12\u00a0/\u00a031\u00a0/\u00a02026", "2026-12-31"},
		{"2026", "!value_date_number"}, {"2,026", "!value_date_number"}, {"46387", "!value_date_number"}, {"12312026", "!value_date_number"}, {"31/12/2026", "!value_date"}, {"12/31", "!value_date"}, {"Dec 2026", "!value_date"}, {"Dec 31", "!value_date"},
		{"tomorrow", "!value_date"}, {"2/30/2026", "!value_date"}, {"Mon 12/31/2026", "!value_date"}, {"Q4 2026", "!value_date"}, {"12-31-26", "!value_date"}, {"13/13/2026", "!value_date"}, {"Decembre 31, 2026", "!value_date"},
	}},
	{of("datetime"), [][2]any{
		{"12/31/2026 1:30 PM", "2026-12-31T13:30:00-05:00"}, {"12/31/2026 1:30PM", "2026-12-31T13:30:00-05:00"}, {"12/31/2026 1:30 p.m.", "2026-12-31T13:30:00-05:00"}, {"12/31/2026 12:00 AM", "2026-12-31T00:00:00-05:00"}, {"12/31/2026 12:00 PM", "2026-12-31T12:00:00-05:00"},
		{"12/31/2026 13:30", "2026-12-31T13:30:00-05:00"}, {"12/31/2026, 1:30:15 PM", "2026-12-31T13:30:15-05:00"}, {"December 31, 2026 at 1:30 PM", "2026-12-31T13:30:00-05:00"}, {"Dec 31, 2026 5 pm", "2026-12-31T17:00:00-05:00"}, {"7/1/2026 12:00", "2026-07-01T12:00:00-04:00"},
		{"2026-12-31T08:30:00+03:00", "2026-12-31T08:30:00+03:00"}, {"12/31/2026 13:30 PM", "!value_date"}, {"12/31/2026 0:30 AM", "!value_date"}, {"1:30 PM", "!value_date"},
	}},
	{of("double"), [][2]any{
		{"1,234.56", "1234.56"}, {"1234.56", "1234.56"}, {"1,234", "1234"}, {"1.234", "1.234"}, {"1 234.56", "1234.56"}, {"1\u00a0234.56", "1234.56"}, {"1\u2009234\u2009567", "1234567"}, {"1'234.5", "1234.5"}, {"1’234.5", "1234.5"},
		{"(500)", "-500"}, {"($1,234.56)", "-1234.56 USD"}, {"$(500)", "-500 USD"}, {"−5", "-5"}, {"\u22125.5", "-5.5"}, {"-$5", "-5 USD"}, {"$-5", "-5 USD"}, {"+$5", "5 USD"}, {"$ 5", "5 USD"}, {"5 $", "5 USD"}, {"US$ 5", "5 USD"}, {"5 dollars", "5 USD"},
		{"5 USD", "5 USD"}, {"EUR 5", "5 EUR"}, {"5 euros", "5 EUR"}, {"£5.50", "5.5 GBP"}, {"5 pounds", "5 GBP"}, {"₺5", "5 TRY"}, {"5\u00a0€", "5 EUR"}, {"1.234,56", "1234.56"}, {"0", "0"}, {"-0", "0"},
		{"5 kg", "!value_number"}, {"50%", "!value_number"}, {"1,23,456", "!value_number"}, {"five", "!value_number"}, {"5 - 10", "!value_number"}, {"5)", "!value_number"}, {"((5))", "!value_number"}, {"+-5", "!value_number"}, {"5 USD EUR", "!value_number"}, {"$5 €", "!value_number"},
		{"NaN", "!value_number"}, {"Infinity", "!value_number"}, {"0x10", "!value_number"}, {"1_000", "!value_number"}, {"", "<nil>"},
	}},
	{of("integer"), [][2]any{{"1,000", "1000"}, {"(3)", "-3"}, {"4.5", "!value_integer"}, {"$5", "!value_integer"}}},
	{of("boolean"), [][2]any{
		{"Yes", "Y"}, {"y", "Y"}, {"TRUE", "Y"}, {"on", "Y"}, {"OK", "Y"}, {"x", "Y"}, {"checked", "Y"}, {"active", "Y"}, {"1", "Y"}, {"√", "Y"}, {"No", "N"}, {"n", "N"}, {"FALSE", "N"}, {"off", "N"}, {"unchecked", "N"}, {"inactive", "N"}, {"-", "N"}, {"+", "Y"},
		{"maybe", "!value_boolean"}, {"yes, no", "!value_boolean"}, {"0.1", "!value_boolean"}, {"10%", "!value_boolean"}, {"xx", "!value_boolean"},
	}},
	{multi("PHONE", ""), [][2]any{
		{"(650) 253-0000", "(650) 253-0000"}, {"650-253-0000", "650-253-0000"}, {"650.253.0000", "650.253.0000"}, {"+1 650 253 0000", "+1 650 253 0000"}, {"1-650-253-0000", "1-650-253-0000"}, {"650\u00a0253\u00a00000", "650 253 0000"}, {"\u202d650-253-0000\u202c", "650-253-0000"}, {"650‐253‐0000", "650-253-0000"},
		{"tel:+1-650-253-0000", "+1-650-253-0000"}, {"Tel: 650-253-0000", "650-253-0000"}, {"Phone: 650-253-0000", "650-253-0000"}, {"650-253-0000 x12", "650-253-0000 x12"}, {"650-253-0000 ext. 12", "650-253-0000 ext. 12"}, {"650-253-0000, 650-253-0001", "650-253-0000, 650-253-0001"},
		{"650-253-0000 / 650-253-0001", "650-253-0000, 650-253-0001"}, {"650-253-0000 or 650-253-0001", "650-253-0000, 650-253-0001"}, {"6502530000 6502530001", "6502530000, 6502530001"}, {"(650) 253-0000 (650) 253-0001", "(650) 253-0000, (650) 253-0001"}, {"650-253-0000; (650) 253-0000", "650-253-0000"},
		{"+44 20 7946 0018", "+44 20 7946 0018"}, {"mobile: 650-253-0000", "MOBILE=650-253-0000"}, {"650-253-0000 (work)", "WORK=650-253-0000"}, {"911", "911"},
		{"1-800-FLOWERS", "!value_phone"}, {"n/a", "!value_phone"}, {"12345678901234567890", "!value_phone_many"}, {"650-253-0000/1", "!value_phone_many"}, {"++1 650 253 0000", "!value_phone"}, {"+", "!value_phone"}, {"+1 650 253 0000 00", "!value_phone_many"},
	}},
	{multi("EMAIL", ""), [][2]any{
		{"ann@example.com", "ann@example.com"}, {"ann+sheet@example.co.uk", "ann+sheet@example.co.uk"}, {"ann\u200b@example.com", "ann@example.com"}, {"ANN@example.com; ann@EXAMPLE.com", "ANN@example.com"}, {"ann@example.com bob@example.com", "ann@example.com, bob@example.com"},
		{"mailto:ann@example.com", "ann@example.com"}, {"email: ann@example.com", "ann@example.com"}, {"ann@sub.example.museum", "ann@sub.example.museum"}, {"ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"}, {"o'hara@example.com", "o'hara@example.com"},
		{"ann@example", "!value_email"}, {"ann@@example.com", "!value_email"}, {"ann example@example.com", "!value_email"}, {"ann@exam ple.com", "!value_email"}, {"ann@example.c", "!value_email"}, {"ann@example.123", "!value_email"}, {"<ann@example.com>", "!value_email"}, {"ann@[127.0.0.1]", "!value_email"}, {"\"ann b\"@example.com", "!value_email"},
	}},
	{of("string"), [][2]any{{"TRUE", "TRUE"}, {"  x\u2003", "x"}, {"a\u200bb", "a\u200bb"}, {"$next[c0]", "$next[c0]"}}},
	{many(of("double")), [][2]any{{"1.5; 2.5; 1.50", "[1.5 2.5]"}, {"(1); −2", "[-1 -2]"}}},
	{among("user", users), [][2]any{{"Mehmet Kaya", "2"}, {"2", "2"}, {"-2", "!value_user"}}},
	{many(linking("crm_company", sheet24.Companies)), [][2]any{{"7; 7; Ege Lojistik; 12", "[7 12]"}}},
}
