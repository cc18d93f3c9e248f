package mapping

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// AsFormatted is what a cell means to a field of a type: v is its value and shown the text that it
// shows by its format and the sheet's locale. A field that takes texts gets what the cell
// shows; to others the format says what a number means, and a number that is not shown as a
// date is none. What NeedsFormatted does not ask for is returned as it is.
func AsFormatted(fieldType string, v any, shown, locale string) any {
	n, number := v.(float64)
	switch {
	case !NeedsFormatted(fieldType, v):
		return v
	case fieldType == "crm_multifield" && number && strings.TrimLeft(digitsOf(shown), "0") != Text(n):
		return Text(n) // a telephone number shown as 5,37E+09
	case TakesFormatted(fieldType):
		return shown
	}
	return Formatted(fieldType, n, shown, locale)
}

// NeedsFormatted reports whether a cell's value means something to a field of a type only together
// with the text that the cell shows.
func NeedsFormatted(fieldType string, v any) bool {
	switch v.(type) {
	case float64:
		return TakesFormatted(fieldType) || ByFormat(fieldType)
	case bool:
		return TakesFormatted(fieldType)
	}
	return false
}

// TakesFormatted reports whether a field of that type takes what a cell shows rather than
// what it holds: a date in a text field is "31.12.2026", not 46387.
func TakesFormatted(fieldType string) bool {
	switch fieldType {
	case "string", "text", "char", "url", "address", "crm_multifield", "crm_status", "enumeration":
		return true
	}
	return false
}

// ByFormat reports whether the format of a cell says what its number means to a field of
// that type. See Formatted.
func ByFormat(fieldType string) bool {
	switch fieldType {
	case "double", "integer", "money", "date", "datetime":
		return true
	}
	return false
}

// Formatted is what a number means in a cell that shows it as a text: %50 of 0.5 is
// 50, $12 an amount in dollars, and 46387 a date only where a date is shown; where none is,
// what is shown takes its place. Any other format changes nothing.
func Formatted(fieldType string, n float64, shown, locale string) any {
	switch {
	case fieldType == "date" || fieldType == "datetime":
		if showsMoment(n, shown, locale) {
			return n
		}
		if shown == "" {
			return Text(n)
		}
		return shown
	case strings.Contains(shown, "%"):
		return math.Round(n*100*1e9) / 1e9 // 0.07 times 100 is a little more than 7
	case fieldType != "money" && fieldType != "double":
		return n
	}

	_, code, _, ok := amountParts(shown)
	if !ok || code == "" {
		return n
	}
	return decimal(strconv.FormatFloat(n, 'f', -1, 64), locale) + " " + code
}

var (
	digitGroup = regexp.MustCompile(`\d+`)
	letterRun  = regexp.MustCompile(`\pL+`)
	clockText  = regexp.MustCompile(`(?:^|[^\d:.])(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?`)
)

// showsMoment reports whether a cell that shows a number as a text shows it as a date or a
// time: the text is not the number itself, and what it says is what the number is as a date.
func showsMoment(n float64, shown, locale string) bool {
	t, ok := moment(n, time.UTC, locale)
	if !ok || showsNumber(n, shown, locale) {
		return false
	}

	// Of the day, the month and the year it shows two, or the year alone, or the time.
	says := map[string]bool{}
	for _, group := range digitGroup.FindAllString(shown, -1) {
		v := whole(group)
		switch {
		case v == t.Year() && len(group) == 4:
			says["year"] = true
		case v == t.Day() && !says["day"]:
			says["day"] = true
		case v == int(t.Month()):
			says["month"] = true
		case v == t.Year()%100 && len(group) == 2:
			says["year"] = true
		}
	}

	for _, word := range letterRun.FindAllString(shown, -1) {
		if month, ok := months[Normalize(word)]; ok {
			says["month"] = says["month"] || month == int(t.Month())
		}
	}

	if len(says) > 1 || says["year"] && strings.TrimSpace(shown) == strconv.Itoa(t.Year()) {
		return true
	}
	return showsClock(t, shown)
}

// showsClock reports whether a text shows the time of a moment, in 24 or in 12 hours.
func showsClock(t time.Time, shown string) bool {
	return slices.ContainsFunc(clockText.FindAllStringSubmatch(shown, -1), func(m []string) bool {
		return whole(m[1])%12 == t.Hour()%12 && whole(m[2]) == t.Minute()
	})
}

// showsNumber reports whether a text shows a number as a number, rounded perhaps.
func showsNumber(n float64, shown, locale string) bool {
	m, _, err := amount(strings.ReplaceAll(shown, "%", ""), locale)
	if err != nil {
		return false
	}

	_, decimals, _ := strings.Cut(strings.Map(func(r rune) rune {
		if r == ',' || r == '.' || isDigit(r) {
			return r
		}
		return -1
	}, shown), map[bool]string{true: ".", false: ","}[notationOf(locale).point])

	unit := math.Pow(10, -float64(len(decimals)))
	return math.Abs(m-n) <= unit || math.Abs(m-n*100) <= unit
}
