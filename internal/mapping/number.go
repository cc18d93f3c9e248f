package mapping

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"sheet24"
)

// The notations of numbers: in Turkish (and Russian) the comma is the decimal sign, in
// English the dot. What groups thousands is one sign throughout: the other of the two, a
// blank, or an apostrophe.
var (
	turkishNumber = regexp.MustCompile(`^(\d+|\d{1,3}(\.\d{3})+|\d{1,3}( \d{3})+|\d{1,3}(['’]\d{3})+)(,\d+)?$`)
	englishNumber = regexp.MustCompile(`^(\d+|\d{1,3}(,\d{3})+|\d{1,3}( \d{3})+|\d{1,3}(['’]\d{3})+)(\.\d+)?$`)
	turkishToGo   = strings.NewReplacer(".", "", " ", "", "'", "", "’", "", ",", ".")
	englishToGo   = strings.NewReplacer(",", "", " ", "", "'", "", "’", "")
)

// amount reads a number, and the currency beside it if there is one. It may be
// text in Turkish or English notation: 1.234,56 and 1,234.56. What both could
// mean is read as the sheet's locale writes.
func amount(v any, locale string) (n float64, currency string, err error) {
	if n, ok := v.(float64); ok {
		return n, "", nil
	}
	wrong := sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueNumber, Text(v))

	digits, currency, negative, ok := amountParts(Text(v))
	if !ok {
		return 0, "", wrong
	}

	turkish, english := turkishNumber.MatchString(digits), englishNumber.MatchString(digits)
	switch {
	case turkish && !(english && notationOf(locale).point):
		digits = turkishToGo.Replace(digits)
	case english:
		digits = englishToGo.Replace(digits)
	default:
		return 0, "", wrong
	}

	n, err = strconv.ParseFloat(digits, 64)
	if err != nil || math.IsInf(n, 0) {
		return 0, "", wrong
	}
	if negative && n != 0 {
		n = -n
	}
	return n, currency, nil
}

// amountParts parts what is written for an amount: -₺1.234,56 or (500) TL, into its digits
// with what groups them, the currency beside them, and whether it is below zero, which a minus
// sign or parentheses say. It reports whether there is nothing else.
func amountParts(text string) (digits, currency string, negative, ok bool) {
	s := hyphens.Replace(visible(text))
	first := strings.IndexFunc(s, isDigit)
	if first < 0 {
		return "", "", false, false
	}
	last := strings.LastIndexFunc(s, isDigit)
	before, digits, after := s[:first], s[first:last+1], s[last+1:]

	// One sign at most, in front, or a pair of parentheses.
	minus, plus := strings.Count(before, "-"), strings.Count(before, "+")
	open, shut := strings.Count(before, "("), strings.Count(after, ")")
	if minus+plus+open > 1 || shut != open {
		return "", "", false, false
	}
	before = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '-' || r == '+' || r == '(' {
			return -1
		}
		return r
	}, before))
	after = strings.TrimSpace(strings.Replace(after, ")", "", 1))

	// The currency may stand on either side, or the same on both.
	codes := []string{currencyIn(before), currencyIn(after)}
	if before != "" && codes[0] == "" || after != "" && codes[1] == "" || codes[0] != "" && codes[1] != "" && codes[0] != codes[1] {
		return "", "", false, false
	}
	return digits, codes[0] + strings.TrimPrefix(codes[1], codes[0]), minus+open == 1, true
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// largestInteger is what a cell's number can hold exactly.
const largestInteger = 1 << 53

func integer(v any, locale string) (any, error) {
	n, currency, err := amount(v, locale)
	if err != nil || currency != "" || n != math.Trunc(n) || math.Abs(n) > largestInteger {
		return nil, sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueInteger, Text(v))
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
		return Values{}, sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueCurrency, Text(v))
	}
	return Values{Plain: strconv.FormatFloat(n, 'f', -1, 64) + "|" + code, Currency: currency}, nil
}

// fromMoney makes "1234,56 TRY" of "1234.56|TRY".
func fromMoney(s, locale string) string {
	number, code, _ := strings.Cut(s, "|")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return s
	}

	text := strconv.FormatFloat(n, 'f', -1, 64)
	if whole, part, _ := strings.Cut(text, "."); len(part) < 2 {
		text = whole + "." + part + strings.Repeat("0", 2-len(part))
	}
	return strings.TrimSpace(decimal(text, locale) + " " + code)
}

// decimal is a number's text with the decimal sign of a locale, so that it is read back as it
// was: 4.456 would be thousands in Turkish.
func decimal(s, locale string) string {
	if notationOf(locale).point {
		return s
	}
	return strings.Replace(s, ".", ",", 1)
}
