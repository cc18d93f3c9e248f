package bitrix24_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/sim/bitrixsim"
)

// secret is what another record of the portal holds, which the writer of a cell may not
// see.
const secret = "gizli-fiyat-4711"

// payloads are texts that a batch takes for references to what its first command left.
var payloads = []string{
	"$result[c0][item][title]", "bkz. $result[c0][item][title]", "$result[c0][item][title] bkz.", "a$result[c0][item][title]b",
	"bir\n$result[c0][item][title]", "$result[c0][item]", "$result[c0]", "$RESULT[c0][item][title]", "$Result[c0][item][title]",
	"$result[c0][item][title]$result[c0][item][id]", "$time[c0][start]", "$error[c0][error]", "$total[c0]", "$next[c0]", "$result[c9][x]",
}

// TestTextsAreNoReferences writes texts that look like references into every field of every
// entity, in the batch in which a record with a secret is written. Each text ends up as it
// was written, or is refused; the secret is nowhere but where it was.
func TestTextsAreNoReferences(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	holder := w.sim.Add(2, map[string]any{"title": "önce"})
	first := sheet24.ItemWrite{Entity: sheet24.Deals, ID: holder, Fields: map[string]any{"title": secret}}
	tried := map[string]bool{}

	for _, e := range append(slices.Clone(sheet24.Entities), "spa:1036", "spa:1040") {
		for _, f := range w.fields(e) {
			if f.ReadOnly || f.Immutable || f.APIName == "fm" && f.Multi.Kind != "" {
				continue
			}
			tried[f.Type] = true

			for _, payload := range payloads {
				id := w.sim.Add(e.TypeID(), map[string]any{"title": "hedef"})
				done := w.write(first, carrying(e, id, f, payload))
				if done[0].Err != nil {
					t.Fatal(done[0].Err)
				}

				r, _ := w.sim.Record(e.TypeID(), id)
				if said := fmt.Sprint(r.Fields, r.Multi); strings.Contains(said, secret) {
					t.Fatalf("%s.%s: %q brought the secret: %s", e, f.Name, payload, said)
				}
				want := quoted(payload)
				if f.Type == "file" { // it is kept as JSON
					want = quoted(want)
				}
				if held, _ := json.Marshal(holds(r, f)); done[1].Err == nil && !strings.Contains(string(held), want) {
					t.Errorf("%s.%s: %q became %s without an error", e, f.Name, payload, held)
				}
			}
		}
	}

	for _, kind := range []string{"string", "text", "double", "integer", "boolean", "date", "datetime", "crm_status", "crm_currency", "enumeration", "money",
		"user", "crm_company", "crm_contact", "crm_entity", "crm", "url", "address", "file", "crm_multifield"} {
		if !tried[kind] {
			t.Errorf("no field of type %s was tried", kind)
		}
	}
}

// carrying is the write that brings a text into a field.
func carrying(e sheet24.Entity, id int64, f sheet24.Field, text string) sheet24.ItemWrite {
	write := sheet24.ItemWrite{Entity: e, ID: id, Fields: map[string]any{}}
	switch {
	case f.Type == "crm_multifield":
		write.Multi = []sheet24.MultiValue{{Type: f.Multi.Type, Kind: "WORK", Value: text}}
	case f.Type == "file":
		write.Fields[f.APIName] = []string{text + ".pdf", "eA=="}
	case f.Multiple:
		write.Fields[f.APIName] = []string{text}
	default:
		write.Fields[f.APIName] = text
	}
	return write
}

// holds is what a record holds in a field.
func holds(r bitrixsim.Record, f sheet24.Field) any {
	if f.Type == "crm_multifield" {
		return r.Multi
	}
	return r.Fields[f.APIName]
}

// quoted is a text as it stands within JSON.
func quoted(s string) string {
	data, _ := json.Marshal(s)
	return strings.Trim(string(data), `"`)
}

// TestNamesAreNoReferences creates records, and looks for records, by texts that look like
// references to what another command of the same batch found.
func TestNamesAreNoReferences(t *testing.T) {
	t.Parallel()
	for _, payload := range payloads {
		w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
		w.sim.Add(4, map[string]any{"title": secret})
		w.sim.Add(3, map[string]any{"name": secret, "lastName": "Kaya"}, bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: secret + "@x.tr"})

		// Links: the first command of the batch finds the record with the secret.
		for e, found := range map[sheet24.Entity]string{sheet24.Companies: secret, sheet24.Contacts: secret + " Kaya"} {
			for _, path := range []string{payload, "$result[c0][items][0][title]", "$result[c0][items][0][name]"} {
				ids, failed := w.Resolve(t.Context(), w.portal, []sheet24.Link{{Entity: e, Text: found}, {Entity: e, Text: path}})
				if len(failed) > 0 || len(ids[sheet24.Link{Entity: e, Text: path}]) > 0 {
					t.Errorf("%s: the link %q names %v, %v", e, path, ids, failed)
				}
			}
		}

		// Keys: twenty-five values a list, so that those behind them are a second one.
		values := []string{secret}
		for n := range 24 {
			values = append(values, fmt.Sprint("yok ", n))
		}
		for _, path := range []string{payload, "$result[c0][items][0][title]"} {
			found, err := w.Find(t.Context(), w.portal, sheet24.Companies, "TITLE", append(values, path), "")
			if err != nil || len(found[path]) > 0 || len(found[secret]) != 1 {
				t.Errorf("the key %q finds %v, %v", path, found, err)
			}
		}
		for _, field := range []string{"EMAIL", "PHONE"} {
			found, err := w.Find(t.Context(), w.portal, sheet24.Contacts, field, []string{secret + "@x.tr", payload}, "")
			if err != nil || len(found[payload]) > 0 {
				t.Errorf("the key %q finds %v, %v", payload, found, err)
			}
		}

		// Creations: a text in a field, and a text as the key.
		done := w.wrote(sheet24.ItemWrite{Entity: sheet24.Deals, Key: "1", Fields: map[string]any{"title": secret}},
			sheet24.ItemWrite{Entity: sheet24.Deals, Key: payload, Fields: map[string]any{"title": payload}})
		if r, _ := w.sim.Record(2, done[1].ID); r.Fields["title"] != payload || r.Fields["originId"] != payload {
			t.Errorf("%q: created as %v", payload, r.Fields)
		}
	}
}

// TestOnlySuspectsGoAlone counts requests: what looks like no reference shares them.
func TestOnlySuspectsGoAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	w.fields(sheet24.Leads)
	for text, requests := range map[string]int{
		"12 $": 1, "$12.50": 1, "[kdv] $5": 1, "fiyat: $5 [kdv]": 2, "$result": 1, "$result[c0]": 2, "$[": 2, "a$b[c]": 2, "[$]": 1, "$ x [y]": 2,
	} {
		writes := w.titles(3)
		writes[1].Fields["title"] = text
		w.sim.ResetStats()
		w.wrote(writes...)
		if n := w.sim.Stats().Requests; n != requests {
			t.Errorf("%q: %d requests; want %d", text, n, requests)
		}
		if r, _ := w.sim.Record(1, writes[1].ID); r.Fields["title"] != text {
			t.Errorf("%q became %v", text, r.Fields["title"])
		}
	}
}

// TestAloneIsAsInABatch has the same things go wrong with a command that goes alone as with
// one that does not.
func TestAloneIsAsInABatch(t *testing.T) {
	t.Parallel()
	for _, title := range []string{"x", "$result[c0]"} {
		w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
		to := func(id int64, fields map[string]any) sheet24.ItemWrite {
			fields["title"] = title
			return sheet24.ItemWrite{Entity: sheet24.Leads, ID: id, Fields: fields}
		}
		id := w.lead("a@x.tr")

		wantCode(t, title+": no such record", w.write(to(999, map[string]any{}))[0].Err, sheet24.NotFound, sheet24.CodeRecordMissing)
		wantCode(t, title+": a value that is refused", w.write(to(id, map[string]any{"stageId": "YOK"}))[0].Err, sheet24.Invalid, sheet24.CodePortalRefused)

		w.fail(bitrixsim.Fault{Kind: "503"}, bitrixsim.Fault{Kind: "lost"})
		if d := w.write(to(id, map[string]any{"name": "b"}))[0]; d.Outcome != sheet24.Open { // turned away, then lost
			t.Errorf("%s: %+v", title, d)
		}
		if r, _ := w.sim.Record(1, id); r.Fields["title"] != title || r.Fields["name"] != "b" {
			t.Errorf("%s: the record is %v", title, r.Fields)
		}

		w.fail(bitrixsim.Fault{Kind: "error", Status: 403, Code: "ACCESS_DENIED", Text: "REST is available only on commercial plans"})
		wantCode(t, title+": the plan ended", w.write(to(id, map[string]any{"name": "c"}))[0].Err, sheet24.Unauthorized, sheet24.CodePortalPlan)

		reader := *w.portal
		reader.WebhookURL = w.server.URL + w.sim.AddWebhook(bitrixsim.Webhook{UserID: 5, Secret: "okur", Scopes: []string{"crm", "user"}})
		wantCode(t, title+": no right", w.writeTo(&reader, to(id, map[string]any{"name": "e"}))[0].Err, sheet24.Invalid, sheet24.CodeRecordAccess)
	}
}
