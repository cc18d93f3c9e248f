package googlesim

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What a person types is read by the spreadsheet's locale: numbers, days, times, shares
// and amounts of money become values, some with a number format; the rest stays text
// (source: Google's help, "Format numbers in a spreadsheet" and "Dates & times"; what is
// odd about it is told in public threads, as beside each).

// convention is how a locale writes numbers and days.
type convention struct {
	decimal, group string
	order          string // of day, month and year: dmy, mdy
	yes, no        string
	months         []string
}

var conventions = map[string]convention{
	"tr": {",", ".", "dmy", "DOĞRU", "YANLIŞ", []string{"ocak", "şubat", "mart", "nisan", "mayıs", "haziran", "temmuz", "ağustos", "eylül", "ekim", "kasım", "aralık"}},
	"de": {",", ".", "dmy", "WAHR", "FALSCH", []string{"januar", "februar", "märz", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "dezember"}},
	"en": {".", ",", "mdy", "TRUE", "FALSE", []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}},
}

func conventionOf(locale string) convention {
	language, country, _ := strings.Cut(locale, "_")
	c, ok := conventions[language]
	if !ok {
		c = conventions["en"]
	}
	if language == "en" && country != "US" && country != "" {
		c.order = "dmy"
	}
	return c
}

// typed is what a cell holds when something is typed into it.
func typed(v any, locale string) any {
	value, _ := entered(v, locale)
	return value
}

// entered is what a cell holds when something is typed into it, and the number format
// that the cell gets with it, "" for none; see Sheet.Formats.
func entered(v any, locale string) (value any, format string) {
	s, ok := v.(string)
	if !ok {
		return v, ""
	}
	if rest, ok := strings.CutPrefix(s, "'"); ok {
		return rest, ""
	}
	if strings.HasPrefix(s, "=") && len(s) > 1 {
		return formula(s), ""
	}

	c := conventionOf(locale)
	text := strings.TrimSpace(s)
	switch strings.ToUpper(text) {
	case "TRUE", c.yes:
		return true, ""
	case "FALSE", c.no:
		return false, ""
	}
	if n, ok := c.number(text); ok {
		return n, ""
	}
	if n, format, ok := c.special(text); ok {
		return n, format
	}
	if n, format, ok := c.moment(text); ok {
		return n, format
	}
	return s, ""
}

// number reads a number as a locale writes it, its groups of three whole or left out.
func (c convention) number(s string) (float64, bool) {
	whole, fraction, hasFraction := strings.Cut(s, c.decimal)
	if hasFraction && (fraction == "" || strings.Trim(fraction, "0123456789") != "") {
		return 0, false
	}
	digits := strings.TrimPrefix(whole, "-")
	groups := strings.Split(digits, c.group)
	for i, part := range groups {
		bad := len(part) == 0 || strings.Trim(part, "0123456789") != ""
		if bad || len(groups) > 1 && (i > 0 && len(part) != 3 || len(part) > 3) {
			return 0, false
		}
	}
	plain := strings.ReplaceAll(whole, c.group, "")
	if hasFraction {
		plain += "." + fraction
	}
	n, err := strconv.ParseFloat(plain, 64)
	return n, err == nil && !math.IsInf(n, 0)
}

var exponent = regexp.MustCompile(`^-?[0-9]+(?:[.,][0-9]+)?[eE][-+]?[0-9]+$`)

// special reads shares, amounts of money, and numbers with an exponent.
func (c convention) special(s string) (float64, string, bool) {
	if exponent.MatchString(s) {
		n, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
		return n, "SCIENTIFIC", err == nil && !math.IsInf(n, 0)
	}
	for _, cut := range []func(string, string) (string, bool){strings.CutPrefix, strings.CutSuffix} {
		if rest, ok := cut(s, "%"); ok {
			n, ok := c.number(strings.TrimSpace(rest))
			return n / 100, "PERCENT", ok
		}
		for _, sign := range []string{"₺", "$", "€"} {
			if rest, ok := cut(s, sign); ok {
				n, ok := c.number(strings.TrimSpace(rest))
				return n, sign + "0.00", ok
			}
		}
	}
	return 0, "", false
}

var (
	dayOnly   = regexp.MustCompile(`^(\d{1,4})([./-])(\d{1,2})([./-])(\d{1,4})$`)
	namedDay  = regexp.MustCompile(`^(\d{1,2})\.? (\p{L}{3,9})\.? (\d{4})$`)
	clockTime = regexp.MustCompile(`^(\d{1,2}):(\d{2})(?::(\d{2}))?$`)
)

// moment reads a day, a time, or both.
func (c convention) moment(s string) (float64, string, bool) {
	day, clock, both := s, "", false
	if i := strings.LastIndexByte(s, ' '); i > 0 && clockTime.MatchString(s[i+1:]) {
		day, clock, both = s[:i], s[i+1:], true
	} else if clockTime.MatchString(s) {
		n, ok := timeOfDay(s)
		return n, "TIME", ok
	}
	n, ok := c.day(day)
	if !ok || !both {
		return n, "DATE", ok
	}
	part, ok := timeOfDay(clock)
	return n + part, "DATE_TIME", ok
}

func timeOfDay(s string) (float64, bool) {
	m := clockTime.FindStringSubmatch(s)
	hour, _ := strconv.Atoi(m[1])
	minute, _ := strconv.Atoi(m[2])
	second, _ := strconv.Atoi(m[3])
	return float64(hour*3600+minute*60+second) / 86400, hour < 24 && minute < 60 && second < 60
}

// epoch is day 0 of Sheets.
var epoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

// day reads a day as the number that Sheets keeps.
func (c convention) day(s string) (float64, bool) {
	year, month, day := 0, 0, 0
	if m := dayOnly.FindStringSubmatch(s); m != nil && m[2] == m[4] {
		a, _ := strconv.Atoi(m[1])
		b, _ := strconv.Atoi(m[3])
		d, _ := strconv.Atoi(m[5])
		switch {
		case len(m[1]) == 4:
			year, month, day = a, b, d
		case len(m[1]) > 2 || len(m[5]) == 3 || len(m[5]) == 1:
			return 0, false
		case c.order == "dmy":
			year, month, day = d, b, a
		case m[2] == ".":
			return 0, false
		default:
			year, month, day = d, a, b
		}
		if len(m[1]) != 4 && len(m[5]) == 2 {
			year += 2000
		}
	} else if m := namedDay.FindStringSubmatch(s); m != nil {
		name := fold(m[2])
		month = 1 + slices.IndexFunc(c.months, func(full string) bool {
			full = fold(full)
			return full == name || string([]rune(full)[:3]) == name
		})
		day, _ = strconv.Atoi(m[1])
		year, _ = strconv.Atoi(m[3])
	} else {
		return 0, false
	}

	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if year < 1900 || month < 1 || t.Month() != time.Month(month) || t.Day() != day {
		return 0, false
	}
	return math.Round(t.Sub(epoch).Hours() / 24), true
}
