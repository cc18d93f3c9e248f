package bitrixsim_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sheet24/internal/sim/bitrixsim"
)

// documentation is testdata/documented/fields.json; its first line says what is from where.
type documentation struct {
	Common    map[string]string
	Described map[string]documentedFlags
	Entities  map[string]struct {
		Object map[string]struct {
			Type    string
			Off     bool
			Setting string
		}
		Write []string
		Own   map[string]documentedFlags
	}
}

type documentedFlags struct {
	Type, StatusType, Title, UpperName string
	Flags                              []string
}

func readDocumentation(t *testing.T) (d documentation) {
	t.Helper()
	data, err := os.ReadFile("testdata/documented/fields.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// simulated are the entities, and what each smart process has switched on.
var simulated = []struct {
	typeID   int
	name     string
	settings []string
}{
	{1, "lead", nil}, {2, "deal", nil}, {3, "contact", nil}, {4, "company", nil}, {7, "quote", nil}, {31, "invoice", nil},
	{1036, "spa", []string{"isStagesEnabled", "isBeginCloseDatesEnabled", "isClientEnabled", "isLinkWithProductsEnabled", "isSourceEnabled", "isObserversEnabled"}},
	{1040, "spa", []string{"isClientEnabled", "isObserversEnabled"}},
}

// administrators matches the fields that an administrator makes, which no page can list.
var administrators = regexp.MustCompile(`^(ufCrm\d*_|parentId\d|UF_CRM_|PARENT_ID_)`)

// beside are where the catalogue says otherwise than the tables of crm.item.*, and why.
var beside = map[string]string{
	"contacts":           "described by the sample of crm.item.fields and the tutorials on forms, not by the page of fields; no sample of a record shows it",
	"contact.categoryId": "taken by crm.item.update: the tutorial on the contact's form",
	"contact.webformId":  "isImmutable, the same tutorial",
	"deal.categoryId":    "isImmutable in crm.deal.fields; crm.item.update lists it: the worse of the two",
	"company.title":      "isRequired: crm.company.fields and the tutorial on the company's form",
	"quote.title":        "isRequired: crm.quote.fields",
	"contact.opened":     "isRequired: the tutorial on the contact's form",
	"spa.opened":         "isRequired: the sample of crm.item.fields",
}

// TestCatalogueIsTheDocumentations has the fields of each entity, as crm.item.fields and
// crm.item.get show them: those that the documentation lists, no others, with their types, and
// writable if crm.item.update lists them.
func TestCatalogueIsTheDocumentations(t *testing.T) {
	t.Parallel()
	d := readDocumentation(t)
	for _, e := range simulated {
		p := portalWith(t, bitrixsim.Options{Language: "ru"})
		got := at(p.ok("crm.item.fields", object{"entityTypeId": e.typeID}), "result", "fields").(object)
		doc := d.Entities[e.name]
		kinds, off := map[string]string{}, map[string]bool{}
		for name, kind := range d.Common {
			kinds[name] = kind
		}
		for name, f := range doc.Object {
			if f.Setting == "" || slices.Contains(e.settings, f.Setting) {
				kinds[name], off[name] = f.Type, f.Off
			}
		}
		if _, ok := kinds["contactIds"]; ok {
			kinds["contacts"] = "crm_contact[]"
		}

		shown := at(p.ok("crm.item.get", object{"entityTypeId": e.typeID, "id": p.Add(e.typeID, object{"title": "x", "name": "x"})}), "result", "item").(object)
		for name, kind := range kinds {
			if _, ok := shown[name]; !ok && name != "contacts" {
				t.Errorf("%s: crm.item.get lacks %s", e.name, name)
			}
			f, described := got[name].(object)
			if want := !off[name] && name != "entityTypeId"; described != want {
				t.Errorf("%s: %s is described: %v; want %v", e.name, name, described, want)
			}
			if !described {
				continue
			}
			writable := slices.Contains(doc.Write, name)
			if _, special := beside[e.name+"."+name]; special || name == "contacts" {
				writable = !f["isReadOnly"].(bool)
			}
			multiple := strings.HasSuffix(kind, "[]") || kind == "crm_multifield"
			if f["type"] != strings.TrimSuffix(kind, "[]") || f["isMultiple"] != multiple || f["isReadOnly"] != !writable {
				t.Errorf("%s: %s is %v; want %s, multiple %v, writable %v", e.name, name, f, kind, multiple, writable)
			}
			for _, flag := range []string{"isRequired", "isImmutable"} {
				if _, special := beside[e.name+"."+name]; f[flag] == true && !special {
					t.Errorf("%s: %s has %s", e.name, name, flag)
				}
			}
		}
		for _, list := range []object{got, shown} {
			for name := range list {
				if _, ok := kinds[name]; !ok && !administrators.MatchString(name) {
					t.Errorf("%s: %s is in no table", e.name, name)
				}
			}
		}
		if e.name == "spa" {
			for name, want := range d.Described {
				f, ok := got[name].(object)
				if !ok {
					continue // of another setting
				}
				if f["type"] != want.Type || f["upperName"] != want.UpperName || f["isDeprecated"] == true != slices.Contains(want.Flags, "isDeprecated") ||
					f["isReadOnly"] != slices.Contains(want.Flags, "isReadOnly") || f["isRequired"] != slices.Contains(want.Flags, "isRequired") {
					t.Errorf("%s is %v; in the sample %+v", name, f, want)
				}
			}
		}
	}
}

// TestOwnFieldsAreTheDocumentations has the same of the entities' own methods, with the flags
// that their samples show.
func TestOwnFieldsAreTheDocumentations(t *testing.T) {
	t.Parallel()
	d := readDocumentation(t)
	p := portalWith(t, bitrixsim.Options{Language: "ru"})
	// The samples are of portals that differ in what an administrator may have changed.
	passed := map[string]string{
		"contact.NAME": "isRequired: set by an administrator", "contact.SECOND_NAME": "isRequired: likewise", "contact.LAST_NAME": "isRequired: likewise",
		"contact.OPENED": "isRequired in crm.item.fields, not here", "company.COMPANY_TYPE": "", "quote.TITLE": "",
	}
	for name, doc := range d.Entities {
		if len(doc.Own) == 0 {
			continue
		}
		got := p.ok("crm."+name+".fields", object{})["result"].(object)
		for field, want := range doc.Own {
			f, ok := got[field].(object)
			if !ok {
				t.Errorf("crm.%s.fields lacks %s", name, field)
				continue
			}
			if _, pass := passed[name+"."+field]; pass {
				continue
			}
			have := []string{}
			for _, flag := range []string{"isRequired", "isReadOnly", "isImmutable", "isMultiple", "isDeprecated"} {
				if f[flag] == true {
					have = append(have, flag)
				}
			}
			if f["type"] != want.Type || fmt.Sprint(have) != fmt.Sprint(append([]string{}, want.Flags...)) || want.StatusType != "" && f["statusType"] != want.StatusType {
				t.Errorf("crm.%s.fields: %s is %v %v; want %+v", name, field, f["type"], have, want)
			}
		}
		for _, field := range slices.Sorted(maps.Keys(got)) {
			if _, ok := doc.Own[field]; !ok && !administrators.MatchString(field) {
				t.Errorf("crm.%s.fields: %s is in no sample", name, field)
			}
		}
	}
}
