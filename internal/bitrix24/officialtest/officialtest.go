// Package officialtest holds calls of Bitrix24's methods, and their answers, against the
// documentation's own descriptions, in tests.
package officialtest

import (
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The first line of each says what is from where.
//
//go:embed methods.json writes.json
var files embed.FS

// Method is how the documentation describes a method.
type Method struct {
	Params map[string]Param
	Fields map[string]string // of the parameter "fields": name → base type
	Result any               // a sample
}

// Param is a parameter of a method. Its type is a base type: integer, number, boolean, date,
// datetime, string, list, array or object.
type Param struct {
	Type     string
	Required bool
}

// Methods reads the descriptions of the methods that sheet24 calls, by name.
func Methods(t testing.TB) map[string]Method {
	t.Helper()
	var raw map[string]json.RawMessage
	read(t, "methods.json", &raw)

	all := map[string]Method{}
	for name, text := range raw {
		if strings.HasPrefix(name, "$") {
			continue
		}
		var m Method
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = m
	}
	return all
}

// Writes are the methods that write, with the fields of each entity's own table.
type Writes struct {
	methods map[string]Method
	items   map[string]map[string]string // types of fields by entityTypeId ("spa") and name
	own     map[string]Method            // crm.lead.update and its like
}

// ReadWrites reads the tables of all entities.
func ReadWrites(t testing.TB) *Writes {
	t.Helper()
	var all struct {
		Items map[string]map[string]string
		Own   map[string]Method
	}
	read(t, "writes.json", &all)
	for _, m := range all.Own {
		for name, kind := range m.Fields {
			m.Fields[name] = baseOf(kind)
		}
	}
	return &Writes{Methods(t), all.Items, all.Own}
}

func read(t testing.TB, name string, into any) {
	t.Helper()
	data, err := files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// Faults says what in a call the tables do not know.
func (w *Writes) Faults(c Call) []string {
	if m, ok := w.own[c.Method]; ok {
		return m.Faults(c)
	}
	m, ok := w.methods[c.Method]
	if !ok {
		return []string{"it is described nowhere"}
	}
	if c.Method != "crm.item.add" && c.Method != "crm.item.update" {
		return m.Faults(c)
	}

	table := w.items[fmt.Sprint(c.Params["entityTypeId"])]
	if table == nil {
		table = w.items["spa"]
	}
	m.Fields = map[string]string{}
	for name, kind := range table {
		m.Fields[name] = baseOf(kind)
	}
	return m.Faults(c)
}

// bases are what values of the documentation's types are written as.
var bases = map[string]string{
	"double": "number", "integer": "integer", "user": "integer", "crm_company": "integer", "crm_contact": "integer", "crm_lead": "integer", "crm_deal": "integer",
	"crm_quote": "integer", "crm_category": "integer", "boolean": "boolean", "char": "boolean", "date": "date", "datetime": "datetime",
	"string": "string", "text": "string", "crm_status": "string", "crm_currency": "string", "location": "string",
}

func baseOf(kind string) string {
	if strings.HasSuffix(kind, "[]") {
		return "list"
	}
	if base, ok := bases[kind]; ok {
		return base
	}
	return kind
}

// textOf are the texts that a value of a base type may have in a query; an empty one clears.
var textOf = map[string]*regexp.Regexp{
	"integer": regexp.MustCompile(`^-?\d*$`), "number": regexp.MustCompile(`^(-?\d+(\.\d+)?)?$`), "boolean": regexp.MustCompile(`^[YN]?$`),
	"date": regexp.MustCompile(`^(\d{4}-\d\d-\d\d)?$`), "datetime": regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d))?$`), "string": regexp.MustCompile(`(?s).*`),
}

// fits reports whether a value is one of a base type.
func fits(kind string, v any) bool {
	switch kind {
	case "list":
		_, list := v.([]any)
		numbered, _ := v.(map[string]any)
		for i := range len(numbered) {
			if _, ok := numbered[strconv.Itoa(i)]; !ok {
				return false
			}
		}
		return list || len(numbered) > 0
	case "array", "object":
		_, list := v.([]any)
		_, object := v.(map[string]any)
		return list || object || v == ""
	}

	s, ok := v.(string)
	if n, number := v.(float64); number {
		s, ok = strconv.FormatFloat(n, 'f', -1, 64), true
	}
	return ok && textOf[kind] != nil && textOf[kind].MatchString(s)
}

// ownField are names of fields that a portal has of its own.
var ownField = regexp.MustCompile(`^(ufCrm\d*_\w+|parentId\d+)$`)

// Faults says what in a call its description does not know.
func (m Method) Faults(c Call) (faults []string) {
	for name, v := range c.Params {
		p, ok := m.Params[name]
		if !ok {
			faults = append(faults, "unknown parameter "+name)
		} else if !fits(p.Type, v) {
			faults = append(faults, fmt.Sprintf("%s is no %s: %v", name, p.Type, v))
		}
	}
	for name, p := range m.Params {
		if _, ok := c.Params[name]; p.Required && !ok {
			faults = append(faults, name+" is missing")
		}
	}

	fields, _ := c.Params["fields"].(map[string]any)
	for name, v := range fields {
		kind, ok := m.Fields[name]
		if !ok && ownField.MatchString(name) {
			continue
		}
		if !ok {
			faults = append(faults, "unknown field "+name)
		} else if !fits(kind, v) {
			faults = append(faults, fmt.Sprintf("field %s is no %s: %v", name, kind, v))
		}
	}
	return faults
}

// AnswerFaults says where an answer has another shape than the sample of the documentation: a
// key that is not there, or a value of another type. Empty values say nothing: PHP writes all
// of them alike.
func AnswerFaults(path string, got, sample any) (faults []string) {
	if got == nil || sample == nil {
		return nil
	}
	switch s := sample.(type) {
	case map[string]any:
		if list, isList := got.([]any); isList && len(list) == 0 {
			return nil
		}
		object, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is no object: %v", path, got)}
		}
		return objectFaults(path, object, s)
	case []any:
		list, ok := got.([]any)
		if !ok {
			if _, isObject := got.(map[string]any); isObject && len(s) == 0 { // a PHP array that was empty in the sample
				return nil
			}
			return []string{fmt.Sprintf("%s is no list: %v", path, got)}
		}
		for i, v := range list {
			if len(s) > 0 {
				faults = append(faults, AnswerFaults(fmt.Sprintf("%s[%d]", path, i), v, s[0])...)
			}
		}
	default:
		if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", sample) {
			faults = append(faults, fmt.Sprintf("%s is %T, in the documentation %T", path, got, sample))
		}
	}
	return faults
}

// objectFaults is AnswerFaults of an object; "*" in a sample stands for all keys.
func objectFaults(path string, object, sample map[string]any) (faults []string) {
	for key, v := range object {
		like, known := sample[key]
		if every, ok := sample["*"]; ok {
			like, known = every, true
		}
		switch {
		case known:
			faults = append(faults, AnswerFaults(path+"."+key, v, like)...)
		case len(sample) > 0 && !ownField.MatchString(key):
			faults = append(faults, path+"."+key+" is not in the documentation")
		}
	}
	return faults
}
