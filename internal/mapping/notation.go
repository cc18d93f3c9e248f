package mapping

import (
	"math"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// notation is how texts of numbers and dates are read where two readings are
// possible.
type notation struct {
	point      bool // 1,234 is a thousand and more; else 1.234 is
	monthFirst bool // 3/4 is in March
}

var notations sync.Map // by locale

// notationOf is the notation of a spreadsheet's locale: tr_TR, en_US. An unknown one
// writes as Turkish does.
func notationOf(locale string) notation {
	if n, ok := notations.Load(locale); ok {
		return n.(notation)
	}
	n := notation{monthFirst: locale == "en_US" || locale == "en_PH"}
	if tag, err := language.Parse(strings.ReplaceAll(locale, "_", "-")); err == nil {
		n.point = strings.Contains(message.NewPrinter(tag).Sprint(number.Decimal(1.5)), ".")
	}
	notations.Store(locale, n)
	return n
}

// Formatted is what a number means in a cell that shows it as a text: %50 of 0.5 is
// 50, and $12 an amount in dollars. Any other format changes nothing.
func Formatted(fieldType string, n float64, shown, locale string) any {
	if strings.Contains(shown, "%") {
		return math.Round(n*100*1e9) / 1e9 // 0.07 times 100 is a little more than 7
	}
	if fieldType != "money" && fieldType != "double" {
		return n
	}
	_, code := signed(strings.Trim(shown, "-() \u00a0"))
	if code == "" {
		return n
	}
	text := strconv.FormatFloat(n, 'f', -1, 64)
	if !notationOf(locale).point {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text + " " + code
}
