package mapping

import (
	"math"
	"time"

	"sheet24"
)

// epoch is day 0 of a spreadsheet's serial dates, lastDay the 31.12.9999.
var epoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

const lastDay = 2958465

// toMoment makes a field's text of a date or a date with time: the latter with
// the offset that the sheet's zone had then.
func toMoment(fieldType string, v any, at Context) (any, error) {
	t, ok := moment(v, at.zone(), at.Locale)
	if !ok {
		return nil, noMoment(v, at.Locale)
	}
	if fieldType == "date" {
		return t.Format(time.DateOnly), nil
	}
	if _, offset := t.Zone(); offset%60 != 0 {
		t = t.UTC() // before 1911 Istanbul was 1:56:56 ahead, which cannot be written
	}
	return t.Format(time.RFC3339), nil
}

// moment reads a serial date, or one that is written, from 1900 on: spreadsheets know no days
// before. That a number is a date its cell's format says; see Shown.
func moment(v any, zone *time.Location, locale string) (time.Time, bool) {
	if n, ok := v.(float64); ok {
		if n < 1 || n >= lastDay+1 {
			return time.Time{}, false
		}
		days, part := math.Modf(n)
		d := epoch.AddDate(0, 0, int(days)).Add(time.Duration(math.Round(part*86400)) * time.Second)
		return time.Date(d.Year(), d.Month(), d.Day(), d.Hour(), d.Minute(), d.Second(), 0, zone), d.Year() <= 9999
	}
	return writtenMoment(Text(v), zone, locale)
}

// noMoment is what is wrong with a value that is no day. A whole number in a column of dates
// is most often a year, or a day without its dots, and rarely a count of days since 1900.
func noMoment(v any, locale string) error {
	if text, ok := v.(string); ok {
		if n, _, err := amount(text, locale); err == nil && n == math.Trunc(n) {
			return sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueDateNumber, text)
		}
	}
	return sheet24.Errorf(sheet24.Invalid, sheet24.CodeValueDate, Text(v))
}

// serial is a moment as a spreadsheet counts it, in the sheet's zone.
func serial(t time.Time) float64 {
	wall := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	return float64(wall.Unix()-epoch.Unix()) / 86400
}

// portalDate is the day that a date of the CRM means. It comes with a time and an
// offset that say where midnight was; the day is the one written.
func portalDate(s string) (time.Time, bool) {
	if len(s) < len(time.DateOnly) {
		return time.Time{}, false
	}
	t, err := time.Parse(time.DateOnly, s[:len(time.DateOnly)])
	return t, err == nil
}

// portalTime is a moment of the CRM; without an offset it is one of the portal's
// zone.
func portalTime(s string, zone *time.Location) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, true
	}
	if zone == nil {
		zone = time.UTC
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "02.01.2006 15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
