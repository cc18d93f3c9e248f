package mapping

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// writtenMoment reads a day, and the time beside it if there is one, as people write them:
// 31.12.2026, 31/12/26, 31 Aralık 2026, Dec 31, 2026, 31 декабря 2026 г. 10:30, 2026-12-31. A
// day that could be two is not read, unless the locale says which is meant.
func writtenMoment(text string, zone *time.Location, locale string) (time.Time, bool) {
	s := hyphens.Replace(visible(text))
	if t, ok := isoMoment(s, zone); ok {
		return t, true
	}

	day, clock, ok := splitClock(s)
	if !ok {
		return time.Time{}, false
	}
	year, month, date, ok := writtenDay(day, notationOf(locale))
	if !ok {
		return time.Time{}, false
	}
	return momentOf(year, month, date, clock, zone)
}

// clock is a time of the day.
type clock struct{ hour, minute, second int }

// momentOf is the moment of a day and a time, if there are such: no 31 February, no 25:00, and
// no year before 1900, as spreadsheets have none.
func momentOf(year, month, day int, c clock, zone *time.Location) (time.Time, bool) {
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if year < 1900 || date.Day() != day || date.Month() != time.Month(month) || c.hour > 23 || c.minute > 59 || c.second > 59 {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, c.hour, c.minute, c.second, 0, zone), true
}

var iso = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)? ?(Z|[+-]\d{2}(?::?\d{2})?)?$`)

// isoMoment reads 2026-12-31T10:30:00+03:00, with or without seconds and offset.
func isoMoment(s string, zone *time.Location) (time.Time, bool) {
	m := iso.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, false
	}

	if offset := strings.Replace(m[7], ":", "", 1); offset == "Z" {
		zone = time.UTC
	} else if offset != "" {
		hours, minutes := whole(offset[1:3]), whole(offset[3:])
		if hours > 14 || minutes > 59 {
			return time.Time{}, false
		}

		sign := map[byte]int{'+': 1, '-': -1}[offset[0]]
		zone = time.FixedZone("", sign*(hours*3600+minutes*60))
	}
	return momentOf(whole(m[1]), whole(m[2]), whole(m[3]), clock{whole(m[4]), whole(m[5]), whole(m[6])}, zone)
}

// The halves of a day stand behind the time, and in Turkish in front of it. Source: CLDR,
// dayPeriods of en and tr.
var clockAtEnd = regexp.MustCompile(`(?i)^(.*?),? (?:saat |at |в |, )?(?:(ÖÖ|ÖS|AM|PM) )?(\d{1,2})(?:[:.](\d{2})(?:[:.](\d{2}))?)?(?: ?(ÖÖ|ÖS|[AP]\.?M\.?))?$`)

// splitClock parts a text into a day and the time behind it. A lone number is a time only
// with AM or PM, so that a year is none.
func splitClock(s string) (day string, c clock, ok bool) {
	m := clockAtEnd.FindStringSubmatch(s)
	if m == nil || m[4] == "" && m[2] == "" && m[6] == "" {
		return s, clock{}, true
	}

	c = clock{whole(m[3]), whole(m[4]), whole(m[5])}
	half := Normalize(m[2] + m[6])
	if half == "" {
		return m[1], c, true
	}
	if m[2] != "" && m[6] != "" || c.hour < 1 || c.hour > 12 {
		return "", clock{}, false
	}

	c.hour %= 12
	if half == "pm" || half == "os" {
		c.hour += 12
	}
	return m[1], c, true
}

var (
	allNumbers  = regexp.MustCompile(`^(\d{1,2}) ?([./-]) ?(\d{1,2}) ?([./-]) ?(\d{4}|\d{2})$`)
	yearInFront = regexp.MustCompile(`^(\d{4}) ?([./-]) ?(\d{1,2}) ?([./-]) ?(\d{1,2})$`)
	dayAndName  = regexp.MustCompile(`^(\d{1,2})(?:st|nd|rd|th)?[ ./-]*(\pL+)[ ./,-]*(\d{4}|'?\d{2})$`)
	nameAndDay  = regexp.MustCompile(`^(\pL+)[ ./-]*(\d{1,2})(?:st|nd|rd|th)?[ ,./-]+(\d{4})$`)
	yearAndName = regexp.MustCompile(`^(\d{4})[ ./-]*(\pL+)[ ./-]*(\d{1,2})$`)

	// What stands beside a date without saying anything: the Russian and Turkish words for
	// the year, a dot.
	besideDate = regexp.MustCompile(`(?i)[ ,]*(?:(?:г|год|года|yılı)\.?|\.)$`)
	weekdayIn  = regexp.MustCompile(`^(\pL+)\.?,? (.+)$|^(.+?),? (\pL+)\.?$`)
)

// writtenDay reads a day without a time.
func writtenDay(s string, n notation) (year, month, day int, ok bool) {
	s = strings.TrimRight(strings.TrimSpace(s), ",")
	s, weekday := withoutWeekday(strings.TrimSpace(s))
	s = strings.TrimSpace(besideDate.ReplaceAllString(s, ""))

	switch m := allNumbers.FindStringSubmatch(s); {
	case m != nil:
		year, month, day, ok = numberedDay(m, n)
	default:
		year, month, day, ok = namedDay(s)
	}
	if !ok {
		return 0, 0, 0, false
	}

	if at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC); weekday >= 0 && int(at.Weekday()) != weekday {
		return 0, 0, 0, false // one of the two is wrong
	}
	return year, month, day, true
}

// numberedDay reads a day of three numbers with the year behind. With slashes or hyphens the
// locale says whether the month comes first. A year of two digits is read where it cannot be
// taken for the day.
func numberedDay(m []string, n notation) (year, month, day int, ok bool) {
	day, month, year = whole(m[1]), whole(m[3]), whole(m[5])
	if m[2] != m[4] {
		return 0, 0, 0, false
	}

	if n.monthFirst && m[2] != "." {
		day, month = month, day
	}

	if len(m[5]) == 2 {
		if n.yearFirst || m[2] == "-" {
			return 0, 0, 0, false
		}
		year = wholeYear(year)
	}
	return year, month, day, true
}

// namedDay reads a day whose month has its name, or whose year comes first.
func namedDay(s string) (year, month, day int, ok bool) {
	if m := yearInFront.FindStringSubmatch(s); m != nil {
		return whole(m[1]), whole(m[3]), whole(m[5]), m[2] == m[4]
	}

	name := ""
	if m := dayAndName.FindStringSubmatch(s); m != nil {
		day, name, year = whole(m[1]), m[2], whole(strings.TrimPrefix(m[3], "'"))
		if len(m[3]) < 4 {
			year = wholeYear(year)
		}
	} else if m := nameAndDay.FindStringSubmatch(s); m != nil {
		name, day, year = m[1], whole(m[2]), whole(m[3])
	} else if m := yearAndName.FindStringSubmatch(s); m != nil {
		year, name, day = whole(m[1]), m[2], whole(m[3])
	}

	month, ok = months[Normalize(name)]
	return year, month, day, ok
}

// withoutWeekday takes the name of the day of the week off a date; -1 if there is none.
func withoutWeekday(s string) (rest string, weekday int) {
	m := weekdayIn.FindStringSubmatch(s)
	if m == nil {
		return s, -1
	}

	if day, ok := weekdays[Normalize(m[1]+m[4])]; ok {
		return m[2] + m[3], day
	}
	if before, last, ok := cutLast(s); ok { // the first word is a month, perhaps
		if day, known := weekdays[Normalize(last)]; known {
			return strings.TrimRight(before, ","), day
		}
	}
	return s, -1
}

func cutLast(s string) (before, last string, ok bool) {
	i := strings.LastIndexByte(s, ' ')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// wholeYear is a year that is written with two digits, as spreadsheets read it: 30 to 99 are
// of the last century.
func wholeYear(year int) int {
	if year < 30 {
		return 2000 + year
	}
	return 1900 + year
}

// whole is a text of digits alone, 0 if there are none.
func whole(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
