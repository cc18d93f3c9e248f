package mapping_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"sheet24"
	"sheet24/internal/mapping"
)

func multi(kind, sub string) sheet24.Field {
	return sheet24.Field{Name: kind, Type: "crm_multifield", Multiple: true, Multi: sheet24.MultiKind{Type: kind, Kind: sub}}
}

// values writes values as "kind=value, kind=value".
func values(list []sheet24.MultiValue) string {
	var parts []string
	for _, m := range list {
		parts = append(parts, strings.TrimPrefix(m.Kind+"="+m.Value, "="))
	}
	return strings.Join(parts, ", ")
}

func TestMultiFieldsToCRM(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field sheet24.Field
		in    any
		want  string
		code  sheet24.Code
	}{
		{multi("EMAIL", ""), "a@x.tr", "a@x.tr", ""},
		{multi("EMAIL", ""), "a@x.tr; b@x.tr,\nc@x.tr", "a@x.tr, b@x.tr, c@x.tr", ""},
		{multi("EMAIL", ""), "a@x.tr (iş); ev: b@x.tr", "WORK=a@x.tr, HOME=b@x.tr", ""},
		{multi("EMAIL", "WORK"), "a@x.tr", "WORK=a@x.tr", ""},
		{multi("EMAIL", ""), "", "", ""},
		{multi("EMAIL", ""), "ayse", "", sheet24.CodeValueEmail},
		{multi("EMAIL", ""), "Ayşe <a@x.tr>", "", sheet24.CodeValueEmail},
		{multi("EMAIL", ""), "a@x.tr; yok", "", sheet24.CodeValueEmail},
		{multi("PHONE", ""), "+90 (532) 123 45 67", "+90 (532) 123 45 67", ""},
		{multi("PHONE", ""), "(0212) 123 45 67", "(0212) 123 45 67", ""},
		{multi("PHONE", ""), 905321234567.0, "905321234567", ""},
		{multi("PHONE", ""), "0212 123 45 67 dahili 12", "0212 123 45 67 dahili 12", ""},
		{multi("PHONE", ""), "Cep: 0532 123 45 67\n0212 123 45 67 (İş), Ev: 0216 111 22 33", "MOBILE=0532 123 45 67, WORK=0212 123 45 67, HOME=0216 111 22 33", ""},
		{multi("PHONE", ""), "моб: +7 495 123-45-67", "MOBILE=+7 495 123-45-67", ""},
		{multi("PHONE", "MOBILE"), "0532 123 45 67", "MOBILE=0532 123 45 67", ""},
		{multi("PHONE", ""), "Ayşe: 0532 123 45 67", "", sheet24.CodeValuePhone},
		{multi("PHONE", ""), "yok", "", sheet24.CodeValuePhone},
		{multi("PHONE", ""), "#N/A", "", sheet24.CodeValueSheetError},
		{multi("WEB", ""), "https://x.tr, http://y.tr", "https://x.tr, http://y.tr", ""},
		{multi("IM", ""), "telegram: @ayse", "TELEGRAM=@ayse", ""},
	} {
		got, err := mapping.ToCRM(c.field, c.in, mapping.Context{})
		if c.code != "" {
			if sheet24.AsError(err).Code != c.code {
				t.Errorf("%s %#v: %v, %v; want %s", c.field.Name, c.in, got, err, c.code)
			}
		} else if err != nil || values(got.Multi) != c.want {
			t.Errorf("%s %#v = %q, %v; want %q", c.field.Name, c.in, values(got.Multi), err, c.want)
		}
	}
}

func TestMultiFieldsFromCRM(t *testing.T) {
	t.Parallel()
	item := &sheet24.Item{Multi: []sheet24.MultiValue{{ID: 1, Type: "EMAIL", Kind: "WORK", Value: "a@x.tr"}, {ID: 2, Type: "PHONE", Kind: "MOBILE", Value: "1234"}, {ID: 3, Type: "PHONE", Kind: "WORK", Value: "5678"}}}
	for _, c := range []struct {
		field sheet24.Field
		want  any
	}{{multi("PHONE", ""), "1234; 5678"}, {multi("PHONE", "WORK"), "5678"}, {multi("PHONE", "HOME"), nil}, {multi("EMAIL", ""), "a@x.tr"}} {
		if got, err := mapping.FromCRM(c.field, item, mapping.Context{}); err != nil || got != c.want {
			t.Errorf("%+v: %#v, %v; want %#v", c.field.Multi, got, err, c.want)
		}
	}
}

func TestPlanMulti(t *testing.T) {
	t.Parallel()
	email := func(id int64, v string) sheet24.MultiValue {
		return sheet24.MultiValue{ID: id, Type: "EMAIL", Kind: "WORK", Value: v}
	}
	cell := func(list ...string) (all []sheet24.MultiValue) {
		for _, v := range list {
			value, kind, _ := strings.Cut(v, "/")
			all = append(all, sheet24.MultiValue{Type: "EMAIL", Kind: kind, Value: value})
		}
		return all
	}
	phone := sheet24.MultiValue{ID: 9, Type: "PHONE", Kind: "MOBILE", Value: "1"}
	home := sheet24.MultiValue{ID: 4, Type: "EMAIL", Kind: "HOME", Value: "h"}
	type list = []sheet24.MultiValue
	for name, c := range map[string]struct {
		kind                   string
		current, before, after list
		want                   list
	}{
		"changed":                   {"", list{email(1, "a"), phone}, cell("a"), cell("b"), list{email(1, "b")}},
		"there already":             {"", list{email(1, "b")}, cell("a"), cell("b"), nil},
		"second of two":             {"", list{email(1, "a"), email(2, "b")}, cell("a", "b"), cell("a", "c"), list{email(2, "c")}},
		"unseen one stays":          {"", list{email(1, "a"), email(2, "z")}, cell("a"), cell("b"), list{email(1, "b")}},
		"cleared":                   {"", list{email(1, "a")}, cell("a"), nil, list{email(1, "")}},
		"first":                     {"", list{phone}, nil, cell("a"), list{email(0, "a")}},
		"one more":                  {"", list{email(1, "a")}, cell("a"), cell("a", "b"), list{email(0, "b")}},
		"the same twice":            {"", list{email(1, "a")}, cell("a"), cell("b", "b"), list{email(1, "b")}},
		"CRM had another":           {"", list{email(1, "z")}, cell("a"), cell("b"), list{email(1, "b")}},
		"CRM had another, cleared":  {"", list{email(1, "z")}, cell("a"), nil, nil},
		"case is a change":          {"", list{email(1, "A")}, cell("A"), cell("a"), list{email(1, "a")}},
		"kind alone":                {"", list{email(1, "a")}, cell("a"), cell("a/HOME"), list{{ID: 1, Type: "EMAIL", Kind: "HOME", Value: "a"}}},
		"kind and value":            {"", list{email(1, "a")}, cell("a"), cell("b/HOME"), list{{ID: 1, Type: "EMAIL", Kind: "HOME", Value: "b"}}},
		"new with its kind":         {"", nil, nil, cell("b/HOME"), list{{Type: "EMAIL", Kind: "HOME", Value: "b"}}},
		"column of one kind":        {"HOME", list{email(1, "a"), home}, cell("h"), cell("i"), list{{ID: 4, Type: "EMAIL", Kind: "HOME", Value: "i"}}},
		"column of one kind, first": {"HOME", list{email(1, "a")}, nil, cell("i"), list{{Type: "EMAIL", Kind: "HOME", Value: "i"}}},
	} {
		if got := mapping.PlanMulti(sheet24.MultiKind{Type: "EMAIL", Kind: c.kind}, c.current, c.before, c.after); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %s; want %s", name, fmt.Sprint(got), fmt.Sprint(c.want))
		}
	}
}

// TestPlanMultiKnowsNumbersThatWereNumbers has a cell that held 5321234567 as a
// number, of which the CRM shows more.
func TestPlanMultiKnowsNumbersThatWereNumbers(t *testing.T) {
	t.Parallel()
	phone := func(id int64, v string) sheet24.MultiValue {
		return sheet24.MultiValue{ID: id, Type: "PHONE", Kind: "WORK", Value: v}
	}
	current := []sheet24.MultiValue{phone(1, "0212 000 00 00"), phone(2, "0 (532) 123 45 67")}
	got := mapping.PlanMulti(sheet24.MultiKind{Type: "PHONE"}, current, []sheet24.MultiValue{phone(0, "5321234567")}, []sheet24.MultiValue{{Type: "PHONE", Value: "05551112233"}})
	if !reflect.DeepEqual(got, []sheet24.MultiValue{phone(2, "05551112233")}) {
		t.Errorf("%+v", got)
	}
}
