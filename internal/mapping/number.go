package mapping

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"sheet24"
)

// signs are the currencies that people write beside an amount, by what they write.
var signs = map[string]string{
	"₺": "TRY", "TL": "TRY", "$": "USD", "€": "EUR", "£": "GBP", "₽": "RUB", "₴": "UAH", "₸": "KZT", "₼": "AZN", "₾": "GEL",
	"TRY": "TRY", "USD": "USD", "EUR": "EUR", "GBP": "GBP", "RUB": "RUB", "UAH": "UAH", "KZT": "KZT", "AZN": "AZN", "GEL": "GEL",
	"BYN": "BYN", "PLN": "PLN", "CHF": "CHF", "AED": "AED", "SAR": "SAR", "INR": "INR", "BRL": "BRL", "JPY": "JPY", "CNY": "CNY",
}

const signPattern = `₺|\$|€|£|₽|₴|₸|₼|₾|TL|[A-Z]{3}`

var (
	signBefore = regexp.MustCompile(`(?i)^(` + signPattern + `)\s*([^\p{L}].*)$`)
	signAfter  = regexp.MustCompile(`(?i)^(.*[^\p{L}])\s*(` + signPattern + `)$`)
)

// The notations of numbers: in Turkish (and Russian) the comma is the decimal
// sign and dots or spaces group thousands; in English the reverse.
var (
	turkishNumber = regexp.MustCompile(`^[+-]?(\d{1,3}([.\x{a0}\x{202f} ]\d{3})+|\d+)(,\d+)?$`)
	englishNumber = regexp.MustCompile(`^[+-]?(\d{1,3}([,\x{a0}\x{202f} ]\d{3})+|\d+)(\.\d+)?$`)
	turkishToGo   = strings.NewReplacer(".", "", " ", "", "\u00a0", "", "\u202f", "", ",", ".")
	englishToGo   = strings.NewReplacer(",", "", " ", "", "\u00a0", "", "\u202f", "")
)

// amount reads a number, and the currency beside it if there is one. It may be
// text in Turkish or English notation: 1.234,56 and 1,234.56. What both could
// mean is read as the sheet's locale writes.
func amount(v any, locale string) (n float64, currency string, err error) {
	if n, ok := v.(float64); ok {
		return n, "", nil
	}
	s, currency := signed(strings.TrimSpace(Text(v)))
	turkish, english := turkishNumber.MatchString(s), englishNumber.MatchString(s)
	switch {
	case turkish && !(english && notationOf(locale).point):
		s = turkishToGo.Replace(s)
	case english:
		s = englishToGo.Replace(s)
	default:
		s = ""
	}
	n, err = strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(n, 0) {
		return 0, "", sheet24.Errorf(sheet24.Invalid, "value_number", Text(v))
	}
	return n, currency, nil
}

// signed parts a text into an amount and the currency beside it, "" if there is none.
func signed(s string) (rest, currency string) {
	for _, m := range [][]string{signBefore.FindStringSubmatch(s), reversed(signAfter.FindStringSubmatch(s))} {
		if m == nil {
			continue
		}
		if code, ok := signs[strings.ToUpper(m[1])]; ok {
			return strings.TrimSpace(m[2]), code
		}
	}
	return s, ""
}

// reversed is a match of sign after number in the order of sign before number.
func reversed(m []string) []string {
	if m == nil {
		return nil
	}
	return []string{m[0], m[2], m[1]}
}

// largestInteger is what a cell's number can hold exactly.
const largestInteger = 1 << 53

func integer(v any, locale string) (any, error) {
	n, currency, err := amount(v, locale)
	if err != nil || currency != "" || n != math.Trunc(n) || math.Abs(n) > largestInteger {
		return nil, sheet24.Errorf(sheet24.Invalid, "value_integer", Text(v))
	}
	return n, nil
}

// toMoney makes "1234.56|TRY", which is how a field of type money is written.
func toMoney(f sheet24.Field, v any, at Context) (Values, error) {
	n, currency, err := amount(v, at.Locale)
	if err != nil {
		return Values{}, err
	}
	code := currency
	if code == "" {
		code = at.Currency
	}
	if code == "" && len(f.Choices) > 0 {
		code = f.Choices[0].ID // the base currency
	}
	if len(f.Choices) > 0 {
		if _, err := pick(f.Choices, code); err != nil {
			return Values{}, err
		}
	}
	if code == "" {
		return Values{}, sheet24.Errorf(sheet24.Invalid, "value_currency", Text(v))
	}
	return Values{Plain: strconv.FormatFloat(n, 'f', -1, 64) + "|" + code, Currency: currency}, nil
}

// fromMoney makes "1234,56 TRY" of "1234.56|TRY": with a comma, so that it is
// read back as it was.
func fromMoney(s string) string {
	number, code, _ := strings.Cut(s, "|")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return s
	}
	text := strconv.FormatFloat(n, 'f', -1, 64)
	if whole, part, _ := strings.Cut(text, "."); len(part) < 2 {
		text = whole + "." + part + strings.Repeat("0", 2-len(part))
	}
	return strings.TrimSpace(strings.Replace(text, ".", ",", 1) + " " + code)
}
