package bitrix24_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/sim/bitrixsim"
)

func (w *world) fields(e sheet24.Entity) map[string]sheet24.Field {
	w.t.Helper()
	list, err := w.Fields(w.t.Context(), w.portal, e)
	w.check(err)
	byName := map[string]sheet24.Field{}
	for _, f := range list {
		byName[f.Name] = f
	}
	return byName
}

// labels are a field's choices as "id label@funnel".
func labels(f sheet24.Field) string {
	var all []string
	for _, c := range f.Choices {
		s := c.ID + " " + c.Label
		if c.Funnel != 0 {
			s += fmt.Sprint("@", c.Funnel)
		}
		all = append(all, s)
	}
	return strings.Join(all, ", ")
}

func TestFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	leads, deals, projects := w.fields(sheet24.Leads), w.fields(sheet24.Deals), w.fields("spa:1036")
	for _, c := range []struct{ what, got, want string }{
		{"a lead's stage", labels(leads["STATUS_ID"]), "NEW Yeni, IN_PROCESS İşlemde, PROCESSED Teklif verildi, CONVERTED Kazanıldı, JUNK Kaybedildi"},
		{"a deal's stage", labels(deals["STAGE_ID"]), "NEW Yeni, PREPARATION Hazırlık, EXECUTING Yürütülüyor, WON Kazanıldı, LOSE Kaybedildi, C9:NEW Yeni@9, C9:CUSTOMS Gümrükte@9, C9:WON Kazanıldı@9, C9:LOSE Kaybedildi@9"},
		{"a project's stage", labels(projects["STAGE_ID"]), "DT1036_12:NEW Başlangıç@12, DT1036_12:PREPARATION Devam ediyor@12, DT1036_12:SUCCESS Tamamlandı@12, DT1036_12:FAIL İptal@12, DT1036_14:NEW Planlandı@14, DT1036_14:SUCCESS Tamamlandı@14, DT1036_14:FAIL İptal@14"},
		{"funnels", labels(deals["CATEGORY_ID"]), "0 Genel, 9 İhracat"},
		{"an enumeration", labels(deals["UF_CRM_1700000101"]), "51 Kargo, 52 Elden"},
		{"currencies, the base first", labels(deals["CURRENCY_ID"]), "TRY TRY, USD USD, EUR EUR"},
		{"a source", labels(leads["SOURCE_ID"])[:21], "CALL Telefon, EMAIL E"},
		{"users", labels(deals["ASSIGNED_BY_ID"])[:32], "1 Ayşe Yılmaz, 2 Mehmet Kaya, "},
		{"links", strings.TrimSpace(fmt.Sprintln(deals["COMPANY_ID"].Links, deals["CONTACT_ID"].Links, deals["PARENT_ID_1036"].Links, projects["PARENT_ID_2"].Links, deals["UF_CRM_1700000113"].Links)), "companies contacts spa:1036 deals contacts"},
		{"flags", fmt.Sprint(leads["ID"].ReadOnly, deals["CATEGORY_ID"].Immutable, deals["OBSERVERS"].Multiple, leads["STATUS_ID"].Required, deals["STAGE_ID"].Stage, leads["STATUS_ID"].Stage), "true true true true true false"},
		{"API names", fmt.Sprint(leads["STATUS_ID"].APIName, " ", leads["PHONE_MOBILE"].APIName, " ", projects["UF_CRM_5_1700000201"].APIName), "stageId fm ufCrm5_1700000201"},
		{"multi-fields", fmt.Sprint(leads["PHONE_MOBILE"].Multi, leads["EMAIL"].Multi), "{PHONE MOBILE} {EMAIL }"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s\nwant %s", c.what, c.got, c.want)
		}
	}
	if _, ok := leads["FM"]; ok {
		t.Error("fm is a field of its own")
	}
	if u := deals["ASSIGNED_BY_ID"].Choices[3]; !u.Retired || !reflect.DeepEqual(u.Aliases, []string{"ali.celik@ornek.com.tr"}) {
		t.Errorf("who left: %+v", u)
	}
	if n := w.sim.Stats().Requests; n != 4 { // one to connect, one for each entity
		t.Errorf("%d requests", n)
	}
	if _, err := w.Fields(t.Context(), w.portal, "spa:9999"); sheet24.AsError(err).Code != sheet24.CodeEntityGone {
		t.Errorf("a smart process that is gone: %v", err)
	}
}

func TestFieldsInThePortalsLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{Language: "en"}, bitrix24.Options{})
	f := w.fields(sheet24.Leads)["STATUS_ID"]
	if f.Title != "Stage" || !strings.HasPrefix(labels(f), "NEW New, IN_PROCESS In progress") {
		t.Errorf("%s: %s", f.Title, labels(f))
	}
}

func TestFieldsAreCachedAndRefreshed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{Fresh: 300 * time.Millisecond})
	w.fields(sheet24.Leads)
	w.sim.AddField(1, "ufCrm_1", "Yeni alan")
	if _, ok := w.fields(sheet24.Leads)["UF_CRM_1"]; ok {
		t.Error("not cached")
	}
	time.Sleep(310 * time.Millisecond)
	list, err := w.Refresh(t.Context(), w.portal, sheet24.Leads)
	w.check(err)
	if !slices.ContainsFunc(list, func(f sheet24.Field) bool { return f.Name == "UF_CRM_1" }) {
		t.Error("not refreshed")
	}
	requests := w.sim.Stats().Requests
	for range 10 { // a crowd of wrong rows does not make a crowd of requests
		w.Refresh(t.Context(), w.portal, sheet24.Leads)
	}
	if n := w.sim.Stats().Requests; n != requests {
		t.Errorf("%d requests for descriptions just read", n-requests)
	}
}

// TestManyAskAtOnce has calls of several methods wait for each other's first
// answers: none may wait for ever.
func TestManyAskAtOnce(t *testing.T) {
	t.Parallel()
	for range 20 {
		w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
		var calls sync.WaitGroup
		for _, e := range append(sheet24.Entities, "spa:1036", "spa:1040") {
			calls.Go(func() {
				if _, err := w.Fields(t.Context(), w.portal, e); err != nil {
					t.Error(err)
				}
			})
		}
		calls.Wait()
	}
}

func TestManyUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	for n := range 193 {
		w.sim.AddUser(bitrixsim.User{Name: fmt.Sprint("Kişi ", n), Email: fmt.Sprintf("k%d@ornek.com.tr", n)})
	}
	if n := len(w.fields(sheet24.Leads)["ASSIGNED_BY_ID"].Choices); n != 200 {
		t.Errorf("%d users", n)
	}
	if n := w.sim.Stats().Requests; n != 3 { // to connect, the first page, all others
		t.Errorf("%d requests", n)
	}
}

func TestUsersAreNotToBeSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	p, err := w.Connect(t.Context(), w.server.URL+w.sim.AddWebhook(bitrixsim.Webhook{UserID: 2, Secret: "x", Scopes: []string{"crm"}}))
	w.check(err)
	w.portal = p
	if f := w.fields(sheet24.Leads)["ASSIGNED_BY_ID"]; f.Choices != nil {
		t.Errorf("choices = %v", f.Choices)
	}
}

func TestItems(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	var refs []sheet24.ItemRef
	for range 1200 {
		refs = append(refs, sheet24.ItemRef{Entity: sheet24.Leads, ID: w.lead("a@x.tr")},
			sheet24.ItemRef{Entity: sheet24.Deals, ID: w.sim.Add(2, map[string]any{"title": "d", "categoryId": 9.0, "stageId": "C9:NEW"})})
	}
	w.fields(sheet24.Leads)
	w.fields(sheet24.Deals)
	before := w.sim.Stats().Requests
	items, failed := w.Items(t.Context(), w.portal, append(refs, sheet24.ItemRef{Entity: sheet24.Leads, ID: 9999}, refs[0]))
	if len(failed) > 0 {
		t.Fatal(failed)
	}
	if n := w.sim.Stats().Requests - before; len(items) != 2400 || n != 1 {
		t.Fatalf("%d items in %d requests", len(items), n)
	}
	it := items[refs[0]]
	if it.Values["STATUS_ID"] != "NEW" || it.Values["OPPORTUNITY"] != 1500.5 {
		t.Errorf("values = %v", it.Values)
	}
	if len(it.Multi) != 2 || it.Multi[0].Value != "a@x.tr" || it.Multi[0].ID == 0 || it.Multi[1].Kind != "MOBILE" {
		t.Errorf("multi = %+v", it.Multi)
	}
	if d := items[refs[1]]; d.Funnel != 9 || d.Values["STAGE_ID"] != "C9:NEW" {
		t.Errorf("deal = %+v", d)
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	person := func(name, last string) int64 {
		return w.sim.Add(3, map[string]any{"name": name, "lastName": last})
	}
	company := func(title string) int64 { return w.sim.Add(4, map[string]any{"title": title}) }
	ayse, gul, ali1, ali2, mono := person("Ayşe", "Yılmaz"), person("Ayşe Gül", "Ak Demir"), person("Ali", "Demir"), person("Ali", "Demir"), person("Sting", "")
	ege, lower := company("Ege Lojistik"), company("ege lojistik")
	project := w.sim.Add(1036, map[string]any{"title": "Depo"})
	contact := func(s string) sheet24.Link { return sheet24.Link{Entity: sheet24.Contacts, Text: s} }
	firm := func(s string) sheet24.Link { return sheet24.Link{Entity: sheet24.Companies, Text: s} }
	want := map[sheet24.Link][]int64{
		contact("Ayşe Yılmaz"): {ayse}, contact("Ayşe Gül Ak Demir"): {gul}, contact("Ali Demir"): {ali1, ali2}, contact("Sting"): {mono}, contact("Kimse"): nil,
		firm("Ege Lojistik"): {ege}, firm("EGE LOJISTIK"): {ege, lower}, firm("Ege"): nil,
		{Entity: "spa:1036", Text: "Depo"}: {project},
	}
	var links []sheet24.Link
	for l := range want {
		links = append(links, l, l)
	}
	before := w.sim.Stats().Requests
	got, failed := w.Resolve(t.Context(), w.portal, links)
	if len(failed) > 0 {
		t.Fatal(failed)
	}
	if n := w.sim.Stats().Requests - before; n != 1 {
		t.Errorf("%d requests", n)
	}
	for l, ids := range want {
		if !slices.Equal(got[l], ids) {
			t.Errorf("%v: %v; want %v", l, got[l], ids)
		}
	}
}

// TestFind finds who is reached at addresses, more of them than a request takes.
func TestFind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	var values []string
	ids := map[string]int64{}
	for n := range 45 {
		email := fmt.Sprintf("kisi%d@ornek.com.tr", n)
		ids[email] = w.sim.Add(3, map[string]any{"name": "A"}, bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: strings.ToUpper(email[:4]) + email[4:]},
			bitrixsim.Multi{TypeID: "PHONE", ValueType: "WORK", Value: "+90 212 000 00 00"})
		values = append(values, email)
	}
	found, err := w.Find(t.Context(), w.portal, sheet24.Contacts, "EMAIL", append(values, "yok@ornek.com.tr"), "")
	w.check(err)
	for email, id := range ids {
		if !slices.Equal(found[email], []int64{id}) {
			t.Errorf("%s: %v; want %d", email, found[email], id)
		}
	}
	if len(found["yok@ornek.com.tr"]) != 0 {
		t.Errorf("nobody's address: %v", found)
	}
	found, err = w.Find(t.Context(), w.portal, sheet24.Contacts, "PHONE", []string{"+902120000000"}, "")
	w.check(err)
	if len(found["+902120000000"]) != 20 { // more are not told
		t.Errorf("a switchboard: %d records", len(found["+902120000000"]))
	}
	for _, e := range []sheet24.Entity{sheet24.Deals, "spa:1036"} {
		if found, err := w.Find(t.Context(), w.portal, e, "EMAIL", values, ""); err != nil || found != nil {
			t.Errorf("%s: %v, %v", e, found, err)
		}
	}
}
