package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"sheet24"
)

// TestHistoryFilter reads forms as they are sent, and as nobody sends them.
func TestHistoryFilter(t *testing.T) {
	t.Parallel()
	istanbul, err := time.LoadLocation("Europe/Istanbul")
	if err != nil {
		t.Fatal(err)
	}
	table := &sheet24.Table{ID: 7, TimeZone: "Europe/Istanbul"}
	for query, c := range map[string]struct {
		want    sheet24.ChangeFilter
		code    sheet24.Code
		further string
	}{
		"":              {further: "/sheet-sync/tables/7?before=9"},
		"q=+ay%C5%9Fe+": {want: sheet24.ChangeFilter{Text: "ayşe"}, further: "/sheet-sync/tables/7?before=9&q=ay%C5%9Fe"},
		"record=12&status=failed&field=EMAIL": {want: sheet24.ChangeFilter{Record: 12, Status: sheet24.Failed, Field: "EMAIL"},
			further: "/sheet-sync/tables/7?before=9&field=EMAIL&record=12&status=failed"},
		"from=2026-11-24T10:00&until=2026-11-24T10:00": {want: sheet24.ChangeFilter{From: time.Date(2026, 11, 24, 10, 0, 0, 0, istanbul),
			Until: time.Date(2026, 11, 24, 10, 1, 0, 0, istanbul).Add(-time.Microsecond)}, further: "/sheet-sync/tables/7?before=9&from=2026-11-24T10%3A00&until=2026-11-24T10%3A00"},
		"record=x":      {code: sheet24.CodeRowIDInvalid},
		"record=-1":     {code: sheet24.CodeRowIDInvalid},
		"status=eaten":  {code: sheet24.CodeFilterStatus},
		"from=tomorrow": {code: sheet24.CodeSpan},
		"until=now":     {code: sheet24.CodeSpan},
	} {
		f := filterOf(httptest.NewRequest(http.MethodGet, "/?"+query, nil))
		got, err := f.changes(table)
		if c.code != "" {
			if sheet24.AsError(err).Code != c.code {
				t.Errorf("%s: %v; want %s", query, err, c.code)
			}
			continue
		}
		if err != nil || !got.From.Equal(c.want.From) || !got.Until.Equal(c.want.Until) {
			t.Errorf("%s: %+v, %v", query, got, err)
		}
		got.From, got.Until, c.want.From, c.want.Until = time.Time{}, time.Time{}, time.Time{}, time.Time{}
		if got != c.want || f.active() != (query != "") || f.further(table, 9) != c.further {
			t.Errorf("%s: %+v, %v, %s; want %+v, %s", query, got, f.active(), f.further(table, 9), c.want, c.further)
		}
	}
}
