package sync_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sim/bitrixsim"
)

// policies sets what the table does where more than one thing would be right.
func (w *world) policies(p sheet24.Policies) {
	w.t.Helper()
	w.check(w.store.SetPolicies(w.t.Context(), w.table.ID, p))
}

// later lets time pass for the stages and their store.
func (w *world) later(d time.Duration) { w.ahead.Add(int64(d)) }

// settled syncs until nothing is left that waits for a short time.
func (w *world) settled() {
	w.t.Helper()
	for range 3 {
		w.sync()
		w.later(2 * time.Minute)
	}
}

// id is what a row's ID cell shows.
func (w *world) id(row int) any {
	_, rows, _ := w.google.Cells(w.sheet, gid)
	if row-1 >= len(rows) || len(rows[row-1]) == 0 {
		return nil
	}
	return rows[row-1][0]
}

func TestNewRowBecomesARecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies(sheet24.Policies{NewRows: sheet24.CreateNew})
	w.edit("B6", []any{"Can", "can@ornek.com.tr", "İşlemde", 12.5})
	w.nudge(6, 6)
	w.sync()
	if s := fmt.Sprint(w.id(6)); !strings.HasPrefix(s, "⏳ ") {
		t.Errorf("while it waits, the ID cell shows %q", s)
	}
	expect(t, "created at once, though it may still be typed", len(w.portal.Records(1)), 4)
	w.edit("E6", []any{13.0})
	w.nudge(6, 6)
	w.sync()
	w.settled()
	expect(t, "id", w.id(6), any(5.0))
	expect(t, "record", w.lead(5), "Can can@ornek.com.tr IN_PROCESS 13")
	expect(t, "status", w.status(6), any(ok))
	history, err := w.store.History(t.Context(), w.table.ID, 0, 10)
	w.check(err)
	if len(history) != 1 || history[0].Action != sheet24.Create || history[0].EntityID != 5 || history[0].Fields["OPPORTUNITY"].New != 13.0 {
		t.Errorf("history: %+v", history)
	}
	w.edit("B6", []any{"Canan"}) // and from then on it is a record like any other
	w.nudge(6, 6)
	w.sync()
	expect(t, "record", w.lead(5), "Canan can@ornek.com.tr IN_PROCESS 13")
	expect(t, "records", len(w.portal.Records(1)), 5)
}

// TestNewRowsOfManyKinds has rows that are moved while they wait, that cannot be
// created, that are sums, and that were there before.
func TestNewRowsOfManyKinds(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, sheet24.Leads, map[int]string{0: "ID", 1: "NAME", 2: "STATUS_ID"}, func(p *bitrixsim.Portal) [][]any {
		id := p.Add(1, map[string]any{"name": "Ayşe", "stageId": "NEW"})
		return [][]any{{"ID", "Ad", "Durum", "Senkronizasyon"}, {float64(id), "Ayşe", "Yeni"}, {nil, "Eski not", "Yeni"}, {}, {nil, "Toplam", 1.0}}
	})
	w.policies(sheet24.Policies{NewRows: sheet24.CreateNew})
	w.edit("B6", []any{"Can", "Yeni"}, []any{"Cem", "Yenii"}, []any{"Toplam", "2"})
	w.event(sheet24.Structure, sheet24.Range{})
	w.sync()
	key := w.id(6)
	w.edit("A6", []any{nil, nil, nil}, []any{w.id(7), "Cem", "Yenii"}, []any{nil, "Toplam", "2"}, []any{key, "Can", "Yeni"}) // cut, and pasted three rows below
	w.event(sheet24.Structure, sheet24.Range{})
	w.settled()
	expect(t, "moved", w.id(9), any(2.0))
	expect(t, "wrong", w.status(7), any("❌ Durum: “Yenii” yok; var olanlar: Yeni, İşlemde, Teklif verildi, Kazanıldı, Kaybedildi. “Yeni” mi demek istediniz?"))
	expect(t, "what was there before", w.id(3), nil)
	expect(t, "sums", fmt.Sprint(w.id(5), w.id(8)), "<nil> <nil>")
	expect(t, "records", len(w.portal.Records(1)), 2)
	w.edit("C7", []any{"İşlemde"})
	w.nudge(7, 7)
	w.sync()
	w.settled()
	expect(t, "mended", fmt.Sprint(w.id(7), w.lead(3)), "3Cem  IN_PROCESS <nil>")
	w.edit("B3", []any{"Bu artık bir aday"})
	w.nudge(3, 3)
	w.sync()
	w.settled()
	expect(t, "a note that is edited", w.id(3), any(4.0))
}

// TestCreationIsNotRepeated loses the answer to a creation, and the row is edited before
// the next attempt.
func TestCreationIsNotRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies(sheet24.Policies{NewRows: sheet24.CreateNew})
	w.edit("B6", []any{"Can"})
	w.nudge(6, 6)
	w.sync()
	w.later(time.Minute)
	w.lose.Store(new("crm.item.add"))
	w.sync()
	expect(t, "records", len(w.portal.Records(1)), 5)
	expect(t, "its id is not known yet", w.id(6) != any(5.0), true)
	w.edit("B6", []any{"Canan"})
	w.nudge(6, 6)
	w.down.Store(false)
	w.settled()
	expect(t, "records", len(w.portal.Records(1)), 5)
	expect(t, "record", w.lead(5), "Canan  NEW <nil>")
	expect(t, "id", w.id(6), any(5.0))
}

func TestNewRowsAsk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies(sheet24.Policies{NewRows: sheet24.AskNew})
	w.edit("B6", []any{"Can"}, []any{"Cem"})
	w.nudge(6, 7)
	w.settled()
	expect(t, "status", w.status(6), any("⏳ Bekliyor: yeni kayıt için onayınız gerek"))
	expect(t, "records", len(w.portal.Records(1)), 4)
	asked, err := w.store.Asked(t.Context(), w.table.ID, 10)
	w.check(err)
	if len(asked) != 2 {
		t.Fatalf("asked: %+v", asked)
	}
	w.check(w.store.Decide(t.Context(), w.table.ID, asked[0].ID, sheet24.SheetWins))
	w.check(w.store.Decide(t.Context(), w.table.ID, asked[1].ID, sheet24.CRMWins))
	w.settled()
	expect(t, "created", fmt.Sprint(w.id(6), w.status(6)), "5"+ok)
	expect(t, "declined", w.status(7), any("Kayıt açılmadı"))
	expect(t, "records", len(w.portal.Records(1)), 5)
	expect(t, "asked no more", sheet24.AsError(w.store.Decide(t.Context(), w.table.ID, asked[1].ID, sheet24.SheetWins)).Code, sheet24.CodeChangeDecided)
}

// TestKeysFindRecords has rows without an id whose records are there already.
func TestKeysFindRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies(sheet24.Policies{NewRows: sheet24.CreateNew, Keys: []string{"EMAIL", "NAME"}})
	found := w.portal.Add(1, map[string]any{"name": "Can", "stageId": "NEW"}, bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: "can@ornek.com.tr"})
	for range 2 {
		w.portal.Add(1, map[string]any{"name": "İki kez", "stageId": "NEW"})
	}
	w.edit("B6", []any{"Can Bey", "CAN@ornek.com.tr", "İşlemde", 5.0}, []any{"İki kez"}, []any{"Ayşe"}, []any{"Yepyeni"}, []any{"Yepyeni"})
	w.nudge(6, 10)
	w.sync()
	w.settled()
	expect(t, "found", fmt.Sprint(w.id(6), w.status(6)), fmt.Sprint(float64(found), ok))
	expect(t, "updated", w.lead(found), "Can Bey CAN@ornek.com.tr IN_PROCESS 5")
	expect(t, "several", w.status(7), any("❌ Bu satıra uyan birden çok kayıt var (ID: 6, 7). Doğru olanın ID'sini satıra yazın."))
	expect(t, "another row's", w.status(8), any("❌ Bu satıra uyan kayıt (ID: 1) zaten 2. satırda."))
	expect(t, "new", w.status(9), any(ok))
	expect(t, "the same twice", w.status(10), any("❌ Ad “Yepyeni” bu tabloda 9. satırda da var; hangisinin yeni kayıt olduğunu bilemeyiz."))
	expect(t, "records", len(w.portal.Records(1)), 8)
	history, err := w.store.History(t.Context(), w.table.ID, 0, 10)
	w.check(err)
	for _, c := range history {
		if c.EntityID == found && (!c.Fields["NAME"].Conflict || c.Fields["NAME"].CRM != "Can") {
			t.Errorf("what the CRM held is not logged: %+v", c.Fields)
		}
	}
}

func TestDeletedRows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policies sheet24.Policies
		want     string
	}{
		"kept":    {sheet24.Policies{}, "Mehmet 2@ornek.com.tr NEW 200"},
		"deleted": {sheet24.Policies{Deleted: sheet24.DeleteRecord}, "missing"},
		"stage":   {sheet24.Policies{Deleted: sheet24.SetStage, Stage: "Kaybedildi"}, "Mehmet 2@ornek.com.tr JUNK 200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.policies(c.policies)
			_, rows, _ := w.google.Cells(w.sheet, gid)
			w.edit("A3:F5", rows[3], rows[4], []any{nil, nil, nil, nil, nil})
			w.event(sheet24.Structure, sheet24.Range{})
			w.sync()
			expect(t, "at once", w.lead(2), "Mehmet 2@ornek.com.tr NEW 200")
			w.settled()
			expect(t, "a minute later", w.lead(2), c.want)
			expect(t, "the others", len(w.portal.Records(1)) >= 3, true)
		})
	}
}

// TestDeletedRowComesBack takes the deletion back within the minute.
func TestDeletedRowComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies(sheet24.Policies{Deleted: sheet24.DeleteRecord})
	_, rows, _ := w.google.Cells(w.sheet, gid)
	w.edit("A3", []any{nil, nil, nil, nil, nil})
	w.event(sheet24.Structure, sheet24.Range{})
	w.sync()
	w.edit("A9", rows[2])
	w.nudge(9, 9)
	w.settled()
	expect(t, "record", w.lead(2), "Mehmet 2@ornek.com.tr NEW 200")
	history, err := w.store.History(t.Context(), w.table.ID, 0, 10)
	w.check(err)
	expect(t, "history", len(history), 0)
}

// TestManyDeletedRowsAsk clears a tab: that may be a mistake.
func TestManyDeletedRowsAsk(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, sheet24.Leads, map[int]string{0: "ID", 1: "NAME"}, func(p *bitrixsim.Portal) [][]any {
		rows := [][]any{{"ID", "Ad"}}
		for range 15 {
			rows = append(rows, []any{float64(p.Add(1, map[string]any{"name": "Ayşe", "stageId": "NEW"})), "Ayşe"})
		}
		return rows
	})
	w.policies(sheet24.Policies{Deleted: sheet24.DeleteRecord})
	var empty [][]any
	for range 15 {
		empty = append(empty, []any{nil, nil})
	}
	w.edit("A2", empty...)
	w.event(sheet24.Structure, sheet24.Range{})
	w.settled()
	expect(t, "records", len(w.portal.Records(1)), 15)
	asked, err := w.store.Asked(t.Context(), w.table.ID, 100)
	w.check(err)
	expect(t, "asked", len(asked), 15)
	w.check(w.store.Decide(t.Context(), w.table.ID, asked[0].ID, sheet24.SheetWins))
	w.check(w.store.Decide(t.Context(), w.table.ID, asked[1].ID, sheet24.CRMWins))
	w.settled()
	expect(t, "records", len(w.portal.Records(1)), 14)
}

// conflicting edits a name in the sheet and in the CRM, and an amount in the sheet alone.
func (w *world) conflicting(name string) {
	w.t.Helper()
	w.portal.Edit(1, 1, map[string]any{"name": name})
	w.edit("B2", []any{"Tablodaki"})
	w.edit("E2", []any{150.0})
	w.nudge(2, 2)
	w.settled()
}

func TestConflicts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policies     sheet24.Policies
		record, cell string
		status       string
	}{
		"sheet wins":  {sheet24.Policies{}, "Tablodaki 1@ornek.com.tr NEW 150", "Tablodaki", ok},
		"CRM wins":    {sheet24.Policies{Conflict: sheet24.CRMWins}, "CRM'deki 1@ornek.com.tr NEW 150", "CRM'deki", "✅ Senkronize (CRM'deki değer kaldı: Ad)"},
		"ask":         {sheet24.Policies{Conflict: sheet24.Ask}, "CRM'deki 1@ornek.com.tr NEW 150", "Tablodaki", "⚠️ Çakışma: Ad: CRM'de “CRM'deki”, tabloda “Tablodaki”"},
		"by field":    {sheet24.Policies{Conflict: sheet24.Ask, Fields: map[string]sheet24.Side{"NAME": sheet24.CRMWins}}, "CRM'deki 1@ornek.com.tr NEW 150", "CRM'deki", "✅ Senkronize (CRM'deki değer kaldı: Ad)"},
		"other field": {sheet24.Policies{Conflict: sheet24.SheetWins, Fields: map[string]sheet24.Side{"EMAIL": sheet24.Ask}}, "Tablodaki 1@ornek.com.tr NEW 150", "Tablodaki", ok},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.policies(c.policies)
			w.conflicting("CRM'deki")
			expect(t, "record", w.lead(1), c.record)
			_, rows, _ := w.google.Cells(w.sheet, gid)
			expect(t, "cell", rows[1][1], any(c.cell))
			expect(t, "status", w.status(2), any(c.status))
			history, err := w.store.History(t.Context(), w.table.ID, 0, 10)
			w.check(err)
			logged := 0
			for _, h := range history {
				if change, ok := h.Fields["NAME"]; ok {
					logged++
					if !change.Conflict || change.CRM != "CRM'deki" || change.New != "Tablodaki" || change.Old != "Ayşe" {
						t.Errorf("logged: %+v", change)
					}
				}
			}
			expect(t, "logged", logged, 1)
			if len(c.policies.Conflict) > 0 && c.policies.Conflict == sheet24.CRMWins { // and it goes on from there
				w.change(2, "B", "Sonraki")
				expect(t, "the next edit", w.lead(1), "Sonraki 1@ornek.com.tr NEW 150")
			}
		})
	}
}

func TestConflictsAreDecided(t *testing.T) {
	t.Parallel()
	for winner, want := range map[sheet24.Side]string{sheet24.SheetWins: "Tablodaki", sheet24.CRMWins: "CRM'deki"} {
		w := newWorld(t)
		w.policies(sheet24.Policies{Conflict: sheet24.Ask})
		w.conflicting("CRM'deki")
		asked, err := w.store.Asked(t.Context(), w.table.ID, 10)
		w.check(err)
		w.check(w.store.Decide(t.Context(), w.table.ID, asked[0].ID, winner))
		w.settled()
		_, rows, _ := w.google.Cells(w.sheet, gid)
		expect(t, "record and cell", fmt.Sprint(w.lead(1), " ", rows[1][1]), want+" 1@ornek.com.tr NEW 150 "+want)
	}
	// What is changed in the CRM after the question is another question.
	w := newWorld(t)
	w.policies(sheet24.Policies{Conflict: sheet24.Ask})
	w.conflicting("CRM'deki")
	asked, err := w.store.Asked(t.Context(), w.table.ID, 10)
	w.check(err)
	w.portal.Edit(1, 1, map[string]any{"name": "Daha yeni"})
	w.check(w.store.Decide(t.Context(), w.table.ID, asked[0].ID, sheet24.SheetWins))
	w.settled()
	expect(t, "record", w.lead(1), "Daha yeni 1@ornek.com.tr NEW 150")
	expect(t, "status", w.status(2), any("⚠️ Çakışma: Ad: CRM'de “Daha yeni”, tabloda “Tablodaki”"))
	// An edit of the row is one more.
	w.change(2, "B", "Daha yeni")
	expect(t, "both are the same by now", w.status(2), any(ok))
}

// TestConflictingEmails changes an address on both sides, and adds one in the CRM.
func TestConflictingEmails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies(sheet24.Policies{Conflict: sheet24.Ask})
	w.change(2, "C", "ilk@ornek.com.tr") // from here on it is known what the CRM holds
	r, _ := w.portal.Record(1, 1)
	w.portal.Edit(1, 1, nil, append(r.Multi, bitrixsim.Multi{ID: 99, TypeID: "EMAIL", ValueType: "HOME", Value: "ikinci@ornek.com.tr"})...)
	w.change(2, "C", "tablodan@ornek.com.tr")
	expect(t, "a second address is no conflict", w.lead(1), "Ayşe tablodan@ornek.com.tr,ikinci@ornek.com.tr NEW 100")
	r, _ = w.portal.Record(1, 1)
	for i := range r.Multi {
		if r.Multi[i].Value == "tablodan@ornek.com.tr" {
			r.Multi[i].Value = "crmden@ornek.com.tr"
		}
	}
	w.portal.Edit(1, 1, nil, r.Multi...)
	w.change(2, "C", "son@ornek.com.tr")
	expect(t, "a changed one is", w.lead(1), "Ayşe crmden@ornek.com.tr,ikinci@ornek.com.tr NEW 100")
	if s := fmt.Sprint(w.status(2)); !strings.HasPrefix(s, "⚠️ Çakışma: E-posta") {
		t.Errorf("status: %s", s)
	}
}

// TestWaitingRowsSaySo edits rows while the portal is away, and while it is paused.
func TestWaitingRowsSaySo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.down.Store(true)
	w.change(2, "B", "Ayşe 2")
	if s := fmt.Sprint(w.status(2)); !strings.HasPrefix(s, "⏳ Bekliyor: ") {
		t.Errorf("status: %s", s)
	}
	w.down.Store(false)
	w.settled()
	expect(t, "status", w.status(2), any(ok))
	w.check(w.store.PausePortal(t.Context(), w.table.PortalID, sheet24.Pause{Code: sheet24.CodePortalPayment, Until: w.Now().Add(time.Hour)}))
	w.change(3, "B", "Mehmet 2")
	if s := fmt.Sprint(w.status(3)); !strings.HasPrefix(s, "⏳ Bekliyor: ") {
		t.Errorf("status while the portal is paused: %s", s)
	}
	w.check(w.store.ResumePortal(t.Context(), w.table.PortalID))
	w.settled()
	expect(t, "status", w.status(3), any(ok))
}
