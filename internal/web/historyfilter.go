package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sheet24"
)

// historyFilter is what of a history is looked for, as its form says it.
type historyFilter struct {
	text, record, status, field, from, until string
}

// filterable are the states that a change can be looked for by.
var filterable = []sheet24.Status{sheet24.Completed, sheet24.Failed, sheet24.Pending, sheet24.Asked}

// filterOf reads what is looked for.
func filterOf(r *http.Request) historyFilter {
	value := func(name string) string { return strings.TrimSpace(r.FormValue(name)) }
	return historyFilter{text: value("q"), record: value("record"), status: value("status"), field: value("field"), from: value("from"), until: value("until")}
}

// active reports whether anything is looked for.
func (f historyFilter) active() bool { return f != (historyFilter{}) }

// changes is a filter as the history understands it. Times are in the zone of the table's
// spreadsheet; the last minute belongs to the span.
func (f historyFilter) changes(t *sheet24.Table) (sheet24.ChangeFilter, error) {
	c := sheet24.ChangeFilter{Text: f.text, Field: f.field, Status: sheet24.Status(f.status)}
	if f.status != "" && !slices.Contains(filterable, c.Status) {
		return c, sheet24.Errorf(sheet24.Invalid, sheet24.CodeFilterStatus)
	}

	if f.record != "" {
		id, err := strconv.ParseInt(f.record, 10, 64)
		if err != nil || id < 1 {
			return c, sheet24.Errorf(sheet24.Invalid, sheet24.CodeRowIDInvalid, f.record)
		}
		c.Record = id
	}

	var err error
	if f.from != "" {
		if c.From, err = time.ParseInLocation(minute, f.from, t.Location()); err != nil {
			return c, sheet24.Errorf(sheet24.Invalid, sheet24.CodeSpan)
		}
	}
	if f.until != "" {
		if c.Until, err = time.ParseInLocation(minute, f.until, t.Location()); err != nil {
			return c, sheet24.Errorf(sheet24.Invalid, sheet24.CodeSpan)
		}
		c.Until = c.Until.Add(time.Minute - time.Microsecond)
	}
	return c, nil
}

// further is where a filter goes on looking before a change.
func (f historyFilter) further(t *sheet24.Table, before int64) string {
	q := url.Values{"before": {strconv.FormatInt(before, 10)}}
	for name, value := range map[string]string{"q": f.text, "record": f.record, "status": f.status, "field": f.field, "from": f.from, "until": f.until} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return t.Path() + "?" + q.Encode()
}
