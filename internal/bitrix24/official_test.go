package bitrix24_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/sim/bitrixsim"
)

// officialWrites is testdata/writes.json; its first line says what is from where.
type officialWrites struct {
	Items map[string]map[string]string // types of fields by entityTypeId ("spa") and name
	Own   map[string]struct {
		Params map[string]struct {
			Type     string
			Required bool
		}
		Fields map[string]string
	}
}

func readOfficialWrites(t *testing.T) (all officialWrites) {
	t.Helper()
	data, err := os.ReadFile("testdata/writes.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// baseOf are what values of the documentation's types are written as.
var baseOf = map[string]string{
	"double": "number", "integer": "integer", "user": "integer", "crm_company": "integer", "crm_contact": "integer", "crm_lead": "integer", "crm_deal": "integer",
	"crm_quote": "integer", "crm_category": "integer", "boolean": "boolean", "char": "boolean", "date": "date", "datetime": "datetime",
	"string": "string", "text": "string", "crm_status": "string", "crm_currency": "string", "location": "string",
}

// allowances are where requests are otherwise than the tables say, each with its reason.
var allowances = []struct {
	fault *regexp.Regexp
	why   string
}{
	{regexp.MustCompile(`^field (fm|PHONE|EMAIL|WEB|IM) is no `), "the table says crm_multifield[]; of fm the same page says that an object's keys decide, and of the others that they are lists of objects"},
	{regexp.MustCompile(`^unknown field (ufCrm|parentId|UF_CRM_|PARENT_ID_)`), "the tables have one line for all of a kind"},
	{regexp.MustCompile(`^field (companyIds|storageElementIds) is no integer: (\[\]|map\[0:1\])$`), "the page of fields has them as lists: crm_company[], integer[]"},
	{regexp.MustCompile(`^crm.item.add: unknown field webformId$`), "of contacts: the tutorial on their form says that it can be given to a new one"},
	{regexp.MustCompile(`^crm.contact.update: unknown field (ORIGIN\w+)$`), "the page has them in a table of their own, behind the one that its description is made from"},
	{regexp.MustCompile(`^field (CONTACT_IDS?|COMPANY_IDS|OBSERVERS) is no integer: \[\]$`), "those pages call a list of contacts crm_contact; their samples are lists"},
	{regexp.MustCompile(`^crm.quote.update: unknown field (TAX_VALUE|CONTENT|CONTACT_ID|TERMS|DEAL_ID|LEAD_ID|MYCOMPANY_ID|ACTUAL_DATE|UTM_\w+|LOCATION_ID)$`), "the page names the main fields only; crm.quote.fields has these as writable"},
	{regexp.MustCompile(`^crm.company.update: unknown field (UTM_\w+|CONTACT_ID|OBSERVERS|ORIGIN\w+|LEAD_ID|BANKING_DETAILS)$`), "likewise: crm.company.fields"},
	{regexp.MustCompile(`^crm.(lead|deal|contact|company|quote).update: unknown field (OBSERVERS|WEBFORM_ID|LEAD_ID|QUOTE_ID|CATEGORY_ID|IS_RECURRING|LOCATION_ID|STORAGE\w+|IS_MANUAL_OPPORTUNITY|BIRTHDATE)$`), "emptied by crm.item.update; this is tried only if it was not, and such a name is passed over (each page says so)"},
}

// TestEveryEntityByTheRules creates, changes, empties and deletes records of every entity,
// with a value in each field that a cell can write, by both ways of emptying, and holds every
// request against the documentation's own descriptions: parameters, their types, what is
// required, and the fields that the entity's table lists.
func TestEveryEntityByTheRules(t *testing.T) {
	t.Parallel()
	describe, writes := readOfficial(t), readOfficialWrites(t)
	sim := bitrixsim.New(bitrixsim.Options{Secret: "gizli", Leak: 1000, Brim: 1000})
	log := &recorder{}
	server := httptest.NewServer(log.around(sim.Handler()))
	t.Cleanup(server.Close)
	client := bitrix24.New(bitrix24.Options{Hosts: bitrix24.Hosts{strings.TrimPrefix(server.URL, "http://")}, Plan: sheet24.Plan{Rate: 1000, Burst: 1000}})
	w := &world{Client: client, t: t, sim: sim, server: server}
	var err error
	w.portal, err = client.Connect(t.Context(), server.URL+sim.WebhookPath())
	w.check(err)

	for typeID, record := range map[int]map[string]any{1: {"title": "l"}, 2: {"title": "d"}, 3: {"name": "k"}, 4: {"title": "ş"}, 7: {"title": "t"}, 1036: {"title": "p"}} {
		sim.Add(typeID, record) // what links refer to
	}
	for _, e := range append(slices.Clone(sheet24.Entities), "spa:1036", "spa:1040") {
		w.everything(e)
	}

	used := map[int]bool{}
	kinds := map[string]int{}
	said := map[string]bool{}
	for _, e := range log.seen {
		faults := w.faultsOf(e, describe, writes)
		kinds[e.method]++
		for _, f := range faults {
			allowed := slices.IndexFunc(allowances, func(a struct {
				fault *regexp.Regexp
				why   string
			}) bool {
				return a.fault.MatchString(f) || a.fault.MatchString(e.method+": "+f)
			})
			if allowed >= 0 {
				used[allowed] = true
			} else if line := e.method + ": " + f; !said[line] {
				said[line] = true
				t.Error(line)
			}
		}
	}
	for i, a := range allowances {
		if !used[i] {
			t.Errorf("nothing needs the allowance %s", a.fault)
		}
	}
	for _, method := range []string{"crm.item.add", "crm.item.update", "crm.item.delete", "crm.item.list", "crm.lead.update", "crm.deal.update", "crm.contact.update", "crm.company.update", "crm.quote.update"} {
		if kinds[method] == 0 {
			t.Errorf("%s is not called", method)
		}
	}
}

// everything creates a record with all fields that cells can write, empties them in both ways,
// and deletes it.
func (w *world) everything(e sheet24.Entity) {
	w.t.Helper()
	full, empty := map[string]any{}, map[string]any{}
	for _, f := range w.fields(e) {
		if v := sampleOf(f); v != nil && !f.ReadOnly {
			full[f.APIName] = v
			if empty[f.APIName] = nil; f.Multiple {
				empty[f.APIName] = []string{}
			}
			if f.Required || f.Type == "boolean" || f.APIName == "name" || f.Immutable {
				delete(empty, f.APIName)
			}
		}
	}
	var multi []sheet24.MultiValue
	if _, ok := w.fields(e)["PHONE"]; ok {
		multi = []sheet24.MultiValue{{Type: "PHONE", Kind: "WORK", Value: "+905321112233"}, {Type: "EMAIL", Kind: "WORK", Value: "a@x.tr"}}
	}
	key := sheet24.ItemKey{Entity: e, Key: "9-1"}
	marked := maps.Clone(full)
	for _, name := range []string{"originId", "originatorId", "xmlId", "utmTerm"} { // they are left for the key
		delete(marked, name)
	}
	id := w.wrote(sheet24.ItemWrite{Entity: e, Key: key.Key, Fields: marked, Multi: multi})[0].ID
	if found := w.send(sheet24.Request{Keys: []sheet24.ItemKey{key}, Items: []sheet24.ItemRef{{Entity: e, ID: id}}}); found.Created[key] != id {
		w.t.Errorf("%s: found %v", e, found.Created)
	}
	for _, f := range w.fields(e) {
		if f.Immutable {
			delete(full, f.APIName)
		}
	}
	w.wrote(sheet24.ItemWrite{Entity: e, ID: id, Fields: full})

	item := w.send(sheet24.Request{Items: []sheet24.ItemRef{{Entity: e, ID: id}}}).Items[sheet24.ItemRef{Entity: e, ID: id}]
	var gone []sheet24.MultiValue
	for _, m := range item.Multi {
		gone = append(gone, sheet24.MultiValue{ID: m.ID, Type: m.Type, Kind: m.Kind})
	}
	w.wrote(sheet24.ItemWrite{Entity: e, ID: id, Fields: empty, Multi: gone})
	if e.HasOwnMethods() {
		w.wrote(sheet24.ItemWrite{Entity: e, ID: id, Own: true, Fields: empty, Multi: gone})
	}
	w.wrote(sheet24.ItemWrite{Entity: e, ID: id, Delete: true})
}

// sampleOf is a value that a field takes, nil for fields that cells do not write.
func sampleOf(f sheet24.Field) any {
	var v string
	switch f.Type {
	case "string", "text", "url", "address":
		v = "x"
	case "double":
		return many(f, "12.5")
	case "integer", "crm", "user", "employee", "crm_lead", "crm_deal", "crm_contact", "crm_company", "crm_quote", "crm_entity":
		v = "1"
	case "boolean":
		v = "Y"
	case "date":
		v = "2026-12-31"
	case "datetime":
		v = "2026-12-31T10:00:00+03:00"
	case "money":
		v = "5|TRY"
	case "crm_status", "crm_currency", "enumeration":
		if f.Stage || f.APIName == "stageId" || len(f.Choices) == 0 {
			return nil
		}
		v = f.Choices[0].ID
	default:
		return nil
	}
	return many(f, v)
}

func many(f sheet24.Field, v string) any {
	if f.Multiple {
		return []string{v}
	}
	if n, err := strconv.ParseFloat(v, 64); err == nil && f.Type == "double" {
		return n
	}
	return v
}

// faultsOf says what in a call the documentation does not know.
func (w *world) faultsOf(e exchange, describe map[string]official, writes officialWrites) []string {
	if own, ok := writes.Own[e.method]; ok {
		m := official{Params: own.Params, Fields: map[string]string{}}
		for name, kind := range own.Fields {
			m.Fields[name] = fieldBase(kind)
		}
		return requestFaults(e, m)
	}
	m, ok := describe[e.method]
	if !ok {
		return []string{"it is described nowhere"}
	}
	if e.method != "crm.item.add" && e.method != "crm.item.update" {
		return requestFaults(e, m)
	}

	table := writes.Items[fmt.Sprint(e.params["entityTypeId"])]
	if table == nil {
		table = writes.Items["spa"]
	}
	m.Fields = map[string]string{}
	for name, kind := range table {
		m.Fields[name] = fieldBase(kind)
	}
	return requestFaults(e, m)
}

func fieldBase(kind string) string {
	if strings.HasSuffix(kind, "[]") {
		return "list"
	}
	if base, ok := baseOf[kind]; ok {
		return base
	}
	return kind
}
