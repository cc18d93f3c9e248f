package bitrix24_test

import (
	"maps"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/bitrix24/officialtest"
	"sheet24/internal/sim/bitrixsim"
)

// TestEveryEntityByTheRules creates, changes, empties and deletes records of every entity,
// with a value in each field that a cell can write, by both ways of emptying, and holds every
// request against the documentation's own descriptions: parameters, their types, what is
// required, and the fields that the entity's table lists.
func TestEveryEntityByTheRules(t *testing.T) {
	t.Parallel()
	writes := officialtest.ReadWrites(t)
	sim := bitrixsim.New(bitrixsim.Options{Secret: "gizli", Leak: 1000, Brim: 1000})
	log := &officialtest.Recorder{}
	server := httptest.NewServer(log.Around(sim.Handler()))
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

	kinds, unneeded := writes.Check(t, log.Calls())
	for _, fault := range unneeded {
		t.Errorf("nothing needs the allowance %s", fault)
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
	case "crm_status", "crm_currency", "crm_category", "enumeration":
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
