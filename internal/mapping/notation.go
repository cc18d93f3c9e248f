package mapping

import (
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
	yearFirst  bool // 26/4/3 is in 2026, where 3/4/26 is written too
}

var notations sync.Map // by locale

// yearFirst are the languages, and the locales, whose short dates begin with the year.
// Source: CLDR, dateFormats short.
var yearFirst = map[string]bool{"ja": true, "ko": true, "zh": true, "hu": true, "lt": true, "sv": true, "mn": true, "fa": true, "eu": true,
	"en_CA": true, "fr_CA": true, "en_ZA": true, "af_ZA": true}

// notationOf is the notation of a spreadsheet's locale: tr_TR, en_US. An unknown one
// writes as Turkish does.
func notationOf(locale string) notation {
	if n, ok := notations.Load(locale); ok {
		return n.(notation)
	}

	tongue, _, _ := strings.Cut(locale, "_")
	n := notation{monthFirst: locale == "en_US" || locale == "en_PH", yearFirst: yearFirst[locale] || yearFirst[tongue]}
	if tag, err := language.Parse(strings.ReplaceAll(locale, "_", "-")); err == nil {
		n.point = strings.Contains(message.NewPrinter(tag).Sprint(number.Decimal(1.5)), ".")
	}

	notations.Store(locale, n)
	return n
}
