package mapping

import (
	"strings"
	"unicode"
)

// currencySigns are the currencies that people write beside an amount, by the sign or the
// code that they write, in capitals.
var currencySigns = map[string]string{
	"₺": "TRY", "$": "USD", "US$": "USD", "$US": "USD", "€": "EUR", "£": "GBP", "₽": "RUB", "₴": "UAH", "₸": "KZT", "₼": "AZN", "₾": "GEL",
	"TRY": "TRY", "USD": "USD", "EUR": "EUR", "GBP": "GBP", "RUB": "RUB", "UAH": "UAH", "KZT": "KZT", "AZN": "AZN", "GEL": "GEL",
	"BYN": "BYN", "PLN": "PLN", "CHF": "CHF", "AED": "AED", "SAR": "SAR", "INR": "INR", "BRL": "BRL", "JPY": "JPY", "CNY": "CNY",
}

// currencyWords are the words for currencies in Turkish, English and Russian, normalised.
var currencyWords = func() map[string]string {
	m := map[string]string{}
	for code, list := range map[string][]string{
		"TRY": {"TL", "lira", "lirası", "Türk lirası", "Turkish lira", "лира", "лир", "турецких лир"},
		"USD": {"dolar", "doları", "ABD doları", "dollar", "dollars", "US dollars", "доллар", "доллара", "долларов", "долл"},
		"EUR": {"euro", "avro", "euros", "евро"},
		"GBP": {"sterlin", "pound", "pounds", "pound sterling", "фунт", "фунта", "фунтов"},
		"RUB": {"ruble", "rubles", "rouble", "roubles", "руб", "р", "рубль", "рубля", "рублей", "rub"},
		"KZT": {"tenge", "тенге", "тг"},
		"UAH": {"grivna", "hryvnia", "грн", "гривна", "гривны", "гривен"},
		"AZN": {"manat", "манат", "маната", "манатов"},
	} {
		for _, w := range list {
			m[Normalize(w)] = code
		}
	}
	return m
}()

// currencyIn is the currency that a text beside an amount names, "" if it names none.
func currencyIn(s string) string {
	s = strings.TrimSpace(s)
	if code, ok := currencySigns[strings.ToUpper(s)]; ok {
		return code
	}
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != ' ' && r != '.' }) {
		return ""
	}
	return currencyWords[Normalize(s)]
}
