package mapping_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
)

// typed are values as people type, paste and export them into cells that feed a field, each
// with what the CRM gets, or with "!" and the code of why it does not.
type typed struct {
	field  sheet24.Field
	values [][2]any
}

// sheetOf is how a language's sheets are set up.
var sheetOf = map[string]mapping.Context{
	"tr": {Locale: "tr_TR", Zone: istanbul, Links: found},
	"en": {Locale: "en_US", Zone: newYork, Links: found},
	"ru": {Locale: "ru_RU", Zone: moscow, Links: found},
}

var newYork, moscow = zoneOf("America/New_York"), zoneOf("Europe/Moscow")

func zoneOf(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

// TestTyped reads each value in a sheet of its language. What is taken is the same when it has
// been shown by the CRM and read again; what is refused has a sentence that names it.
func TestTyped(t *testing.T) {
	t.Parallel()
	n := 0
	for language, groups := range map[string][]typed{"tr": typedTurkish, "en": typedEnglish, "ru": typedRussian} {
		at := sheetOf[language]
		for _, g := range groups {
			for _, v := range g.values {
				n++
				got, err := mapping.ToCRM(g.field, v[0], at)
				if code, refused := strings.CutPrefix(fmt.Sprint(v[1]), "!"); refused {
					refusedWith(t, language, g.field, v[0], err, sheet24.Code(code))
					continue
				}
				if said := said(g.field, got); err != nil || said != fmt.Sprint(v[1]) {
					t.Errorf("%s, %s: %q = %q, %v; want %v", language, g.field.Type, v[0], said, err, v[1])
					continue
				}
				again(t, language, g.field, got, at)
			}
		}
	}
	if n < 420 {
		t.Errorf("%d values", n)
	}
}

// refusedWith wants a value refused for a reason that both languages have a sentence for, which
// names the value.
func refusedWith(t *testing.T, language string, f sheet24.Field, v any, err error, code sheet24.Code) {
	t.Helper()
	e := sheet24.AsError(err)
	if !sheet24.IsKind(err, sheet24.Invalid) || e.Code != code {
		t.Errorf("%s, %s: %q: %v; want %s", language, f.Type, v, err, code)
		return
	}
	for _, l := range locale.Languages {
		if s := locale.Error(l, err); s == "" || !strings.Contains(s, fmt.Sprint(e.Args...)) && !strings.Contains(s, fmt.Sprint(e.Args[0])) {
			t.Errorf("%s, %s: %q: the sentence is %q", language, f.Type, v, s)
		}
	}
}

// said is what the CRM gets, in one text.
func said(f sheet24.Field, v mapping.Values) string {
	if f.Type == "crm_multifield" {
		return values(v.Multi)
	}
	if n, ok := v.Plain.(float64); ok {
		return strings.TrimSpace(mapping.Text(n) + " " + v.Currency)
	}
	return fmt.Sprint(v.Plain)
}

// again shows a value as the CRM holds it and reads it back.
func again(t *testing.T, language string, f sheet24.Field, v mapping.Values, at mapping.Context) {
	t.Helper()
	item := &sheet24.Item{Values: map[string]any{f.Name: v.Plain}, Multi: v.Multi}
	cell, err := mapping.FromCRM(f, item, at)
	if err != nil {
		t.Errorf("%s, %s: %v is not shown: %v", language, f.Type, v, err)
		return
	}
	back, err := mapping.ToCRM(f, cell, at)
	if f.Type == "crm_multifield" {
		if err != nil || len(mapping.PlanMulti(f.Multi, v.Multi, nil, back.Multi)) > 0 {
			t.Errorf("%s, %s: %s is %q in a cell and %s again, %v", language, f.Type, values(v.Multi), cell, values(back.Multi), err)
		}
		return
	}
	if err != nil || !mapping.Same(f, back.Plain, v.Plain) {
		t.Errorf("%s, %s: %v is %q in a cell and %v again, %v", language, f.Type, v.Plain, cell, back.Plain, err)
	}
}
