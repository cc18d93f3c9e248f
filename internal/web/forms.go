package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"sheet24"
)

// number is a form's whole number of that name, 0 if there is none.
func number(r *http.Request, name string) int64 {
	n, err := strconv.ParseInt(r.FormValue(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// complete refuses a form that arrived without some of its fields. An empty field is there; a
// box that is not checked is not, and is none of them.
func complete(r *http.Request, fields ...string) error {
	for _, name := range fields {
		if !r.PostForm.Has(name) {
			return sheet24.Errorf(sheet24.Invalid, sheet24.CodeSettingsIncomplete)
		}
	}

	return nil
}

// colorFields are the fields that colorsOf reads.
var colorFields = []string{"color_header", "color_text", "color_accent", "color_row"}

// colorsOf are the colours that a form says.
func colorsOf(r *http.Request) sheet24.ColorScheme {
	return sheet24.ColorScheme{
		Header: r.FormValue("color_header"),
		Text:   r.FormValue("color_text"),
		Accent: r.FormValue("color_accent"),
		Row:    r.FormValue("color_row"),
	}
}

// minute is how forms write a time.
const minute = "2006-01-02T15:04"

// span reads a span of time, in the zone of a table's spreadsheet; its last minute
// belongs to it.
func span(r *http.Request, t *sheet24.Table) (from, until time.Time, err error) {
	if from, err = time.ParseInLocation(minute, r.FormValue("from"), t.Location()); err == nil {
		until, err = time.ParseInLocation(minute, r.FormValue("until"), t.Location())
	}

	if err != nil || until.Before(from) {
		return from, until, sheet24.Errorf(sheet24.Invalid, sheet24.CodeSpan)
	}

	return from, until.Add(time.Minute - time.Microsecond), nil
}

// spanStart and spanEnd are the last hour, in the zone of a table's spreadsheet.
func spanStart(_ context.Context, t *sheet24.Table) string { return inZone(t, -1) }

func spanEnd(_ context.Context, t *sheet24.Table) string { return inZone(t, 0) }

// inZone is the time some hours from now as forms write it.
func inZone(t *sheet24.Table, hours int) string {
	return time.Now().Add(time.Duration(hours) * time.Hour).In(t.Location()).Format(minute)
}
