package bitrixsim_test

import (
	"fmt"
	"strings"
	"testing"

	"sheet24/internal/sim/bitrixsim"
)

// numbers are a record's multi-field values, each with its id and kind.
func (p *portal) numbers(typeID int, id int64) string {
	r, _ := p.Record(typeID, id)
	var all []string
	for _, m := range r.Multi {
		all = append(all, fmt.Sprint(m.ID, m.TypeID[:1], m.ValueType[:1], m.Value))
	}
	return strings.Join(all, " ")
}

// TestMultiFieldsByKey has what the documentation says of fm: the key decides.
func TestMultiFieldsByKey(t *testing.T) {
	t.Parallel()
	value := func(v string) object { return object{"typeId": "PHONE", "valueType": "HOME", "value": v} }
	const was = "1PH5321 2EWa@x.tr"
	for what, c := range map[string]struct {
		fm   any
		want string
	}{
		"the key is its id":             {object{"1": value("5322")}, "1PH5322 2EWa@x.tr"},
		"the same again":                {object{"1": value("5321")}, was},
		"the key, emptied":              {object{"1": value("")}, "2EWa@x.tr"},
		"new ones":                      {object{"n0": value("5322"), "n1": value("5323")}, was + " 3PH5322 4PH5323"},
		"all at once":                   {object{"1": value("5322"), "2": object{"typeId": "EMAIL", "value": ""}, "n0": value("5323")}, "1PH5322 3PH5323"},
		"a list only adds":              {[]any{object{"id": 1, "typeId": "PHONE", "valueType": "HOME", "value": "5322"}}, was + " 3PH5322"},
		"a list of two":                 {[]any{value("5322"), value("5323")}, was + " 3PH5322 4PH5323"},
		"a list removes nothing":        {[]any{object{"id": 1, "typeId": "PHONE", "value": ""}}, was},
		"an id that is nobody's":        {object{"15": value("5322")}, was + " 3PH5322"},
		"an id that is nobody's, empty": {object{"15": value("")}, was},
		"the id within is passed over":  {object{"15": object{"id": 1, "typeId": "PHONE", "valueType": "HOME", "value": "5322"}}, was + " 3PH5322"},
		"without a type":                {object{"1": object{"value": "5322"}, "n0": object{"value": "5323"}}, was},
		"an unknown type":               {object{"n0": object{"typeId": "ZZ", "value": "5322"}}, was + " 3ZW5322"},
		"a text":                        {"5322", was},
		"nothing":                       {object{}, was},
	} {
		p := portalWith(t, bitrixsim.Options{})
		id := p.Add(1, object{"title": "x"}, bitrixsim.Multi{TypeID: "PHONE", ValueType: "HOME", Value: "5321"}, bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: "a@x.tr"})
		p.ok("crm.item.update", object{"entityTypeId": 1, "id": id, "fields": object{"fm": c.fm}})
		if got := p.numbers(1, id); got != c.want {
			t.Errorf("%s: %q; want %q", what, got, c.want)
		}
	}
}

// TestMultiFieldsOfQueries has a batch's form of the same.
func TestMultiFieldsOfQueries(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{})
	id := p.Add(1, object{"title": "x"}, bitrixsim.Multi{TypeID: "PHONE", ValueType: "HOME", Value: "5321"})
	p.ok("batch", object{"cmd": object{"a": fmt.Sprint("crm.item.update?entityTypeId=1&id=", id, "&fields[fm][1][typeId]=PHONE&fields[fm][1][value]=5322&fields[fm][n0][typeId]=PHONE&fields[fm][n0][value]=5323")}})
	if got := p.numbers(1, id); got != "1PH5322 2PW5323" {
		t.Error(got)
	}
	p.ok("batch", object{"cmd": object{"a": fmt.Sprint("crm.item.update?entityTypeId=1&id=", id, "&fields[fm][0][id]=1&fields[fm][0][typeId]=PHONE&fields[fm][0][value]=5324")}})
	if got := p.numbers(1, id); got != "1PH5322 2PW5323 3PW5324" {
		t.Errorf("key 0 adds: %s", got)
	}
}

// TestMultiFieldsByInnerID has the other reading, of the prose on leads.
func TestMultiFieldsByInnerID(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{MultiByInnerID: true})
	id := p.Add(1, object{"title": "x"}, bitrixsim.Multi{TypeID: "PHONE", ValueType: "HOME", Value: "5321"})
	p.ok("crm.item.update", object{"entityTypeId": 1, "id": id, "fields": object{"fm": object{"1": object{"id": 1, "typeId": "PHONE", "value": "5322"}, "n0": object{"typeId": "PHONE", "value": "5323"}}}})
	if got := p.numbers(1, id); got != "1PH5322 2PW5323" {
		t.Error(got)
	}
}

// TestMultiFieldsOfOwnMethods has what crm.contact.update and its like take.
func TestMultiFieldsOfOwnMethods(t *testing.T) {
	t.Parallel()
	p := portalWith(t, bitrixsim.Options{})
	id := p.Add(3, object{"name": "x"}, bitrixsim.Multi{TypeID: "PHONE", ValueType: "WORK", Value: "1"}, bitrixsim.Multi{TypeID: "PHONE", ValueType: "WORK", Value: "2"},
		bitrixsim.Multi{TypeID: "PHONE", ValueType: "WORK", Value: "3"}, bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: "a@x.tr"})
	p.ok("crm.contact.update", object{"ID": id, "FIELDS": object{
		"PHONE": []any{object{"ID": 1, "DELETE": "Y"}, object{"ID": 2, "VALUE": "22", "VALUE_TYPE": "MOBILE"}, object{"ID": 3}, object{"VALUE": "4"}},
		"EMAIL": []any{object{"ID": "4", "VALUE": ""}},
	}})
	if got := p.numbers(3, id); got != "2PM22 5PW4" {
		t.Error(got)
	}
	phones := at(p.ok("crm.contact.get", object{"id": id}), "result", "PHONE").([]any)
	if len(phones) != 2 || at(phones[0], "VALUE") != "22" || at(phones[0], "ID") != "2" {
		t.Errorf("shown: %v", phones)
	}
}
