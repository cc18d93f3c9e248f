package storetest

import (
	"reflect"
	"strings"
	"testing"

	"sheet24"
	"sheet24/internal/sqlstore"
)

// anew sets a table up anew as f says, and returns it.
func anew(t *testing.T, s *sqlstore.Store, table *sheet24.Table, baseline []sheet24.Snapshot, f func(*sheet24.Table)) *sheet24.Table {
	t.Helper()
	changed := *table
	f(&changed)
	check(t, s.SaveTable(t.Context(), &changed, baseline))
	return &changed
}

// asContacts makes a table of leads one of contacts.
func asContacts(table *sheet24.Table) { table.Entity = sheet24.Contacts }

// exchanged has changes of every kind when their table becomes another entity's: all of
// it is closed, and says so in its history.
func exchanged(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	leaveOpen(t, s, table)
	sending := must(s.ClaimChanges(t.Context(), table.PortalID, 1))(t)[0]
	check(t, s.AddCellWrites(t.Context(), table, []sheet24.CellWrite{{EntityID: 11, Field: "EMAIL", Value: "önceki", Undo: true}, {EntityID: 12, Field: "EMAIL", Value: "CRM'deki"}}))
	check(t, s.StartComparison(t.Context(), table.ID))
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Snapshots: []sheet24.Snapshot{{EntityID: 12, Row: 3, Values: map[string]any{"EMAIL": "aday"}}},
		Known: map[int64]sheet24.Known{11: {"EMAIL": {"a"}}}}))

	now := anew(t, s, table, []sheet24.Snapshot{{EntityID: 11, Row: 2, Values: map[string]any{"EMAIL": "kişi"}}, {EntityID: -5, Row: 3, Values: map[string]any{"EMAIL": "yeni"}}}, asContacts)
	if now.ID != table.ID || now.Binding != table.Binding+1 {
		t.Errorf("set up anew: table %d, binding %d", now.ID, now.Binding)
	}
	for _, c := range must(s.History(t.Context(), table.ID, 0, 20))(t) {
		if c.EntityID == 19 {
			if c.Status != sheet24.Completed || c.Error != "" {
				t.Errorf("what was done before: %+v", c)
			}
			continue
		}
		said := strings.Contains(c.Error, "yeniden kurul") && strings.Contains(c.Error, "firma.bitrix24.com.tr") && strings.Contains(c.Error, "Leads")
		if c.Status != sheet24.Failed || c.Binding != table.Binding || !said || strings.Contains(c.Error, "gönderiliyordu") != (c.ID == sending.ID) {
			t.Errorf("change %d: %s, %q", c.EntityID, c.Status, c.Error)
		}
	}
	undone := must(s.History(t.Context(), table.ID, 0, 1))(t)[0]
	if !reflect.DeepEqual(undone.Fields, map[string]sheet24.Change{"EMAIL": {Old: "a@x.tr", New: "önceki", Undo: true}}) || undone.Row != 2 {
		t.Errorf("what was to be taken back: %+v", undone)
	}
	nothingWaits(t, s, now)

	if n := must(s.Snapshots(t.Context(), now.ID, []int64{11, 12, -5}))(t); len(n) != 1 || n[11].Values["EMAIL"] != "kişi" {
		t.Errorf("snapshots: %+v", n)
	}
	if k := must(s.Known(t.Context(), now.ID, []int64{11}))(t); len(k[11]) != 0 {
		t.Errorf("known of the CRM: %+v", k)
	}
	if left := must(s.Left(t.Context(), now.ID, []map[string]any{{"EMAIL": "yeni"}}))(t); !left[0] {
		t.Error("a row that waited under a key is not left alone")
	}
	if k := must(s.RecordsOf(t.Context(), now.ID, []int64{-9}))(t); len(k) != 0 {
		t.Errorf("keys of the other entity: %v", k)
	}
	commit(t, s, now, edit(2, 13, "a", "b")) // and its own changes hold nothing of what failed before
	if c := must(s.ClaimChanges(t.Context(), now.PortalID, 10))(t); len(c) != 1 || c[0].Binding != now.Binding || len(c[0].Fields) != 1 {
		t.Errorf("claimed %+v", c)
	}

	// Should one of the former ones wait all the same, it is nobody's.
	if _, err := s.DB().ExecContext(t.Context(), `UPDATE reverse_sync_logs SET status = 'pending' WHERE entity_id = 12 AND binding = $1`, table.Binding); err != nil {
		t.Fatal(err)
	}
	if c := must(s.ClaimChanges(t.Context(), now.PortalID, 10))(t); len(c) != 0 {
		t.Errorf("claimed of the former table: %+v", c)
	}
}

// leaveOpen leaves a change that was completed and not told, one that waits, one that is
// asked about, one that failed, one of a row that is to become a record, and a key.
func leaveOpen(t *testing.T, s *sqlstore.Store, table *sheet24.Table) {
	t.Helper()
	created := edit(9, -9, nil, "a")
	commit(t, s, table, edit(4, 13, "a", "b"), edit(5, 14, "a", "b"), created)
	settle(t, s, table, func(c *sheet24.RowChange) {
		switch c.EntityID {
		case 13:
			c.Status, c.Error, c.Fields["NAME"] = sheet24.Failed, "Ad: olmaz.", sheet24.Change{New: "Can"}
		case 14:
			c.Status = sheet24.Asked
		default:
			c.Key, c.EntityID = c.EntityID, 19
		}
	})
	waiting := edit(6, -15, nil, "b")
	waiting.Action = sheet24.Create
	commit(t, s, table, edit(2, 11, "a", "b"), edit(3, 12, "a", "b"), waiting)
}

// nothingWaits looks for work that is left of a table as it was.
func nothingWaits(t *testing.T, s *sqlstore.Store, table *sheet24.Table) {
	t.Helper()
	if c := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t); len(c) != 0 {
		t.Errorf("claimed %+v", c)
	}
	if n := must(s.RetryFailed(t.Context(), table.ID))(t); n != 0 || must(s.CountFailed(t.Context(), table.ID))(t) != 0 {
		t.Errorf("%d tried again", n)
	}
	for _, c := range must(s.History(t.Context(), table.ID, 0, 20))(t) {
		wantCode(t, s.RetryChange(t.Context(), table.ID, c.ID), sheet24.CodeChangeFormer)
		wantCode(t, s.Decide(t.Context(), table.ID, c.ID, sheet24.SheetWins), sheet24.CodeChangeFormer)
	}
	asked, open, writes := must(s.CountAsked(t.Context(), table.ID))(t), must(s.Open(t.Context(), table.ID, []int64{11, 12, 13, 14, -15}))(t), must(s.CellWrites(t.Context(), table.ID, 10))(t)
	if told := must(s.Unreported(t.Context(), table.ID, 10))(t); asked != 0 || len(open) != 0 || len(writes) != 0 || len(told) != 0 {
		t.Errorf("asked %d, open %+v, to be written %+v, to be told %+v", asked, open, writes, told)
	}
	_, err := s.Comparison(t.Context(), table.ID)
	wantCode(t, err, sheet24.CodeComparisonUnknown)
}

// lateComers are stages that began before their table was exchanged: nothing of theirs is
// stored.
func lateComers(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"), edit(3, 12, "a", "b"), edit(4, 13, "a", "b"), edit(5, -14, nil, "b"))
	sending := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	check(t, s.StartComparison(t.Context(), table.ID))
	c := must(s.Comparison(t.Context(), table.ID))(t)
	now := anew(t, s, table, []sheet24.Snapshot{{EntityID: 11, Row: 2, Values: map[string]any{"EMAIL": "kişi"}}, {Row: 3, Values: map[string]any{"EMAIL": "not"}}}, asContacts)
	check(t, s.StartComparison(t.Context(), now.ID))

	wantCode(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Snapshots: []sheet24.Snapshot{{EntityID: 11, Row: 9}}}), sheet24.CodeTableExchanged)
	wantCode(t, s.SetColumns(t.Context(), table, table.Mappings[:1], table.Mappings[1:]), sheet24.CodeTableExchanged)
	wantCode(t, s.AddCellWrites(t.Context(), table, []sheet24.CellWrite{{EntityID: 11, Field: "EMAIL", Value: "a"}}), sheet24.CodeTableExchanged)
	check(t, s.LeaveNone(t.Context(), table))
	_, err := s.LinkRows(t.Context(), table.ID, []sheet24.RowLink{{Change: sending[3], EntityID: 11}})
	wantCode(t, err, sheet24.CodeTableExchanged)
	check(t, s.FailRow(t.Context(), table, sheet24.RowChange{ID: sending[0].ID, EntityID: 11, Row: 2, Error: "bozuk"}))
	check(t, s.FailRow(t.Context(), table, sheet24.RowChange{EntityID: 11, Row: 2, Error: "bozuk"}))
	c.State, c.DoneRow = sheet24.Compared, 100
	check(t, s.SaveCompared(t.Context(), c, sheet24.Comparing, []sheet24.RowDifference{{Row: 3, Kind: sheet24.WouldFail}}, map[int64]sheet24.Known{11: {"EMAIL": {"a"}}}))

	// Of what was being sent, one was made, one was refused, of one it is not known.
	for i := range sending {
		sending[i].Known = sheet24.Known{"EMAIL": {"b"}}
		sending[i].Status = []sheet24.Status{sheet24.Completed, sheet24.Failed, sheet24.Pending, sheet24.Completed}[i]
		sending[i].Error = []string{"", "olmaz", "sonra", ""}[i]
	}
	sending[3].Key, sending[3].EntityID = -14, 31
	check(t, s.SettleChanges(t.Context(), sending))
	history := must(s.History(t.Context(), now.ID, 0, 10))(t)
	for i, want := range []sheet24.RowChange{{EntityID: 31, Status: sheet24.Completed}, {EntityID: 13, Status: sheet24.Failed, Error: "bilinmiyor"}, {EntityID: 12, Status: sheet24.Failed, Error: "olmaz"}, {EntityID: 11, Status: sheet24.Completed}} {
		if got := history[i]; got.Status != want.Status || got.EntityID != want.EntityID || !strings.Contains(got.Error, want.Error) {
			t.Errorf("settled: %+v; want %+v", got, want)
		}
	}

	got := must(s.Table(t.Context(), now.ID))(t)
	if !got.LastSyncAt.IsZero() || len(got.Lost) != 0 || got.Entity != sheet24.Contacts {
		t.Errorf("the table: %+v", got)
	}
	if b := must(s.Bindings(t.Context(), []int64{now.ID, 999}))(t); len(b) != 1 || b[now.ID] != now.Binding {
		t.Errorf("bindings: %v", b)
	}
	if n := must(s.Snapshots(t.Context(), now.ID, []int64{11}))(t); n[11].Row != 2 {
		t.Errorf("snapshots: %+v", n)
	}
	if k := must(s.Known(t.Context(), now.ID, []int64{11}))(t); len(k[11]) != 0 {
		t.Errorf("known of the CRM: %+v", k)
	}
	if k := must(s.RecordsOf(t.Context(), now.ID, []int64{-14}))(t); len(k) != 0 {
		t.Errorf("keys: %+v", k)
	}
	if left := must(s.Left(t.Context(), now.ID, []map[string]any{{"EMAIL": "not"}}))(t); !left[0] {
		t.Error("a row is no longer left alone")
	}
	if c := must(s.Comparison(t.Context(), now.ID))(t); c.State != sheet24.Comparing || c.DoneRow != 0 || c.Binding != now.Binding {
		t.Errorf("the comparison: %+v", c)
	}
	if told := must(s.Unreported(t.Context(), now.ID, 10))(t); len(told) != 0 {
		t.Errorf("to be told: %+v", told)
	}
}

// bindings sets a table up anew in ways that do and do not exchange it.
func bindings(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	other := &sheet24.Portal{UserID: table.UserID, Host: "firma2.bitrix24.com.tr", WebhookURL: "https://firma2.bitrix24.com.tr/rest/1/gizli/"}
	check(t, s.SavePortal(t.Context(), other))
	id, email := table.Mappings[0], table.Mappings[1]
	moved, renamed, added := email, email, email
	moved.Column.Index, renamed.Column.Name = 4, "E-posta 2"
	added.Field, added.Column.Index = "NAME", 5
	movedID := id
	movedID.Column.Index = 1
	otherColumn, otherID := moved, movedID
	otherColumn.Column.Name, otherID.Column.Name = "Posta", "No"

	// Columns that merely moved are the same ones, and stand where they were last seen until a
	// scan has followed them.
	followed := anew(t, s, table, nil, func(t *sheet24.Table) { t.Mappings = []sheet24.FieldMapping{movedID, moved} })
	kept := must(s.Table(t.Context(), table.ID))(t)
	if at, _ := kept.Mapping(email.Field); followed.Binding != table.Binding || at.Column != email.Column {
		t.Errorf("moved columns: binding %d, before %d, at %+v", followed.Binding, table.Binding, at.Column)
	}

	for name, f := range map[string]func(*sheet24.Table){
		"entity": asContacts,
		"portal": func(t *sheet24.Table) { t.PortalID = other.ID },
		"column": func(t *sheet24.Table) { t.Mappings = []sheet24.FieldMapping{id, otherColumn} },
		"name":   func(t *sheet24.Table) { t.Mappings = []sheet24.FieldMapping{id, renamed} },
		"more":   func(t *sheet24.Table) { t.Mappings = []sheet24.FieldMapping{id, email, added} },
		"fewer":  func(t *sheet24.Table) { t.Mappings = []sheet24.FieldMapping{id} },
		"ID":     func(t *sheet24.Table) { t.Mappings = []sheet24.FieldMapping{otherID, email} },
	} {
		changed := anew(t, s, table, nil, f)
		if back := anew(t, s, table, nil, func(*sheet24.Table) {}); back.Binding != changed.Binding+1 || changed.Binding == table.Binding {
			t.Errorf("another %s: binding %d, then %d, before %d", name, changed.Binding, back.Binding, table.Binding)
		} else {
			table = back
		}
	}

	// A smart process that was made anew is another, whatever it is called.
	process := anew(t, s, table, nil, func(t *sheet24.Table) { t.Entity, t.EntityTitle = "spa:1036", "Projeler" })
	again := anew(t, s, process, nil, func(t *sheet24.Table) { t.Entity = "spa:1040" })
	if again.Binding != process.Binding+1 {
		t.Errorf("another smart process: binding %d, before %d", again.Binding, process.Binding)
	}
	table = anew(t, s, table, nil, func(*sheet24.Table) {})

	// Set up as it was, in other colours, it goes on: also with what is known of the CRM.
	check(t, s.CommitScan(t.Context(), table, sheet24.Scanned{Snapshots: []sheet24.Snapshot{{EntityID: 11, Row: 2, Values: map[string]any{"EMAIL": "b"}}},
		Known: map[int64]sheet24.Known{11: {"EMAIL": {"a"}}}, Changes: []sheet24.RowChange{edit(2, 11, "a", "b")}}))
	check(t, s.AddCellWrites(t.Context(), table, []sheet24.CellWrite{{EntityID: 12, Field: "EMAIL", Value: "a", Undo: true}}))
	same := anew(t, s, table, []sheet24.Snapshot{{EntityID: 11, Row: 2, Values: map[string]any{"EMAIL": "yazılıyor"}}, {Row: 8, Values: map[string]any{"EMAIL": "not"}}},
		func(t *sheet24.Table) { t.Colors.Header, t.StatusColumn.Name = "#000000", "Durum" })
	claimed := must(s.ClaimChanges(t.Context(), table.PortalID, 10))(t)
	if same.Binding != table.Binding || len(claimed) != 1 || len(must(s.CellWrites(t.Context(), table.ID, 10))(t)) != 1 {
		t.Errorf("binding %d, before %d; claimed %+v", same.Binding, table.Binding, claimed)
	}
	if k := must(s.Known(t.Context(), table.ID, []int64{11}))(t); !reflect.DeepEqual(k[11], sheet24.Known{"EMAIL": {"a"}}) {
		t.Errorf("known of the CRM: %+v", k)
	}
	if n := must(s.Snapshots(t.Context(), table.ID, []int64{11}))(t); n[11].Values["EMAIL"] != "b" {
		t.Errorf("an edit that no scan has seen is taken for known: %+v", n)
	}
	if left := must(s.Left(t.Context(), table.ID, []map[string]any{{"EMAIL": "not"}}))(t); !left[0] {
		t.Error("a row that nothing was to become of is not left alone")
	}
	check(t, s.SetPolicies(t.Context(), table.ID, sheet24.Policies{NewRows: sheet24.CreateNew}))
	anew(t, s, same, []sheet24.Snapshot{{Row: 9, Values: map[string]any{"EMAIL": "yeni"}}}, func(t *sheet24.Table) { t.Policies.NewRows = sheet24.CreateNew })
	if left := must(s.Left(t.Context(), table.ID, []map[string]any{{"EMAIL": "yeni"}}))(t); left[0] {
		t.Error("a row that a record is to be made of is left alone")
	}
}

// severalTables has one tab feed tables of leads, contacts and another portal.
func severalTables(t *testing.T, s *sqlstore.Store) {
	leads := Seed(t, s)
	other := &sheet24.Portal{UserID: leads.UserID, Host: "firma2.bitrix24.com.tr", WebhookURL: "https://firma2.bitrix24.com.tr/rest/1/gizli/"}
	check(t, s.SavePortal(t.Context(), other))
	beside := func(f func(*sheet24.Table)) *sheet24.Table {
		t.Helper()
		added := *leads
		f(&added)
		check(t, s.AddTable(t.Context(), &added, []sheet24.Snapshot{{EntityID: 11, Row: 2}}))
		return &added
	}
	contacts, elsewhere := beside(asContacts), beside(func(t *sheet24.Table) { t.PortalID = other.ID })
	if all := must(s.TablesOfTab(t.Context(), leads.SpreadsheetID, leads.GID))(t); len(all) != 3 || all[0].ID != leads.ID || all[1].ID != contacts.ID || all[1].Entity != sheet24.Contacts || all[2].ID != elsewhere.ID {
		t.Fatalf("tables of the tab: %+v", all)
	}
	twice := *leads
	check(t, s.AddTable(t.Context(), &twice, nil))
	if twice.ID != leads.ID {
		t.Errorf("one tab feeds one entity of one portal twice: table %d", twice.ID)
	}

	// Each has what is its own, and one that is set up anew leaves the others alone.
	commit(t, s, leads, edit(2, 11, "a", "lead"))
	commit(t, s, contacts, edit(2, 11, "a", "contact"))
	saved := *contacts
	saved.ID, saved.Mappings = 0, saved.Mappings[:1] // it is known by its portal and entity
	check(t, s.SaveTable(t.Context(), &saved, nil))
	if saved.ID != contacts.ID || saved.Binding != contacts.Binding+1 {
		t.Errorf("saved table %d, binding %d", saved.ID, saved.Binding)
	}
	if c := must(s.ClaimChanges(t.Context(), leads.PortalID, 10))(t); len(c) != 1 || c[0].Fields["EMAIL"].New != "lead" {
		t.Errorf("claimed %+v", c)
	}
	deals := *elsewhere
	deals.Entity = sheet24.Deals
	check(t, s.SaveTable(t.Context(), &deals, nil))
	if deals.ID != elsewhere.ID {
		t.Errorf("saved table %d in place of table %d", deals.ID, elsewhere.ID)
	}
}

// formerIDColumns remembers whose ids a column has, after its table got another.
func formerIDColumns(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	want := func(columns ...sheet24.IDColumn) {
		t.Helper()
		if got := must(s.FormerIDColumns(t.Context(), table.SpreadsheetID, table.GID))(t); !reflect.DeepEqual(got, columns) {
			t.Errorf("former ID columns: %+v; want %+v", got, columns)
		}
	}
	want()
	second := sheet24.FieldMapping{Column: sheet24.Column{Index: 7, Name: "Bitrix24 ID"}, Field: sheet24.IDField, Type: "integer"}
	ids := sheet24.IDColumn{Column: table.Mappings[0].Column, PortalID: table.PortalID, Entity: sheet24.Leads}
	contacts := anew(t, s, table, nil, func(n *sheet24.Table) {
		n.Entity, n.Mappings = sheet24.Contacts, []sheet24.FieldMapping{n.Mappings[1], second}
	})
	want(ids)
	anew(t, s, contacts, nil, func(n *sheet24.Table) { n.Mappings = n.Mappings[1:] })
	want(ids)
	leads := anew(t, s, contacts, nil, func(n *sheet24.Table) { n.Entity, n.Mappings = sheet24.Leads, table.Mappings }) // back to its own ids
	want(sheet24.IDColumn{Column: second.Column, PortalID: table.PortalID, Entity: sheet24.Contacts})
	anew(t, s, leads, nil, func(n *sheet24.Table) { n.Mappings = []sheet24.FieldMapping{n.Mappings[1]} })
	want(sheet24.IDColumn{Column: second.Column, PortalID: table.PortalID, Entity: sheet24.Contacts}, ids)
}

// retired has a table that is no longer followed.
func retired(t *testing.T, s *sqlstore.Store) {
	table := Seed(t, s)
	commit(t, s, table, edit(2, 11, "a", "b"))
	check(t, s.RetireTable(t.Context(), table, "tab_taken"))
	wantCode(t, s.RetireTable(t.Context(), table, "tab_taken"), sheet24.CodeTableExchanged)
	got := must(s.Table(t.Context(), table.ID))(t)
	if got.Enabled || got.Problem != sheet24.CodeTabTaken || got.Binding == table.Binding {
		t.Errorf("retired: %+v", got)
	}
	if c := must(s.History(t.Context(), table.ID, 0, 10))(t); len(c) != 1 || c[0].Status != sheet24.Failed {
		t.Errorf("what waited: %+v", c)
	}
	nothingWaits(t, s, got)
	again := anew(t, s, got, nil, func(n *sheet24.Table) { n.Enabled = true })
	if got = must(s.Table(t.Context(), again.ID))(t); !got.Enabled || got.Problem != "" {
		t.Errorf("set up anew: %+v", got)
	}
}
