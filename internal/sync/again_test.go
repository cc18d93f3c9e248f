package sync_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/sim/bitrixsim"
)

// deleteRow takes a row out of the tab, as a person does: those below move up.
func (w *world) deleteRow(row int) {
	w.t.Helper()
	_, rows, _ := w.google.Cells(w.sheet, gid)
	last := len(rows)
	width := len(rows[0])
	moved := append(append([][]any{}, rows[row:]...), nil)
	for i := range moved {
		moved[i] = append(moved[i], make([]any, width-len(moved[i]))...)
	}
	w.edit(fmt.Sprint("A", row, ":", sheet24.ColumnLetter(width-1), last), moved...)
}

// TestDeletedRowIsTypedAgain types the row of a record anew, without its id, while the
// record's deletion waits, is asked about, or is due.
func TestDeletedRowIsTypedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policies sheet24.Policies
		asked    bool
		waits    time.Duration // before it is typed
	}{
		"to be deleted":        {sheet24.Policies{Deleted: sheet24.DeleteRecord}, false, 0},
		"to be put in a stage": {sheet24.Policies{Deleted: sheet24.SetStage, Stage: "Kaybedildi"}, false, 0},
		"asked about":          {sheet24.Policies{Deleted: sheet24.DeleteRecord}, true, 0},
		"both are due":         {sheet24.Policies{Deleted: sheet24.DeleteRecord}, false, 58 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.policies.NewRows, c.policies.Keys = sheet24.CreateNew, []string{"EMAIL"}
			w.policies(c.policies)
			w.deleteRow(3)
			w.event(sheet24.Structure, sheet24.Range{})
			w.sync()
			if c.asked {
				w.sql(`UPDATE reverse_sync_logs SET status = 'asked' WHERE action = 'delete'`)
			}
			w.later(c.waits)
			w.edit("B5", []any{"Memet", "2@ornek.com.tr", "İşlemde", 250.0})
			w.edit("B2", []any{"Ayşe 2"}) // another row must not be held up
			w.notify(2, 5)
			w.sync()
			w.later(4 * time.Second)
			w.settled()
			expect(t, "the row", fmt.Sprint(w.id(5), w.status(5)), "2"+ok)
			expect(t, "record", w.lead(2), "Memet 2@ornek.com.tr IN_PROCESS 250")
			expect(t, "the other", w.lead(1)+fmt.Sprint(w.status(2)), "Ayşe 2 1@ornek.com.tr NEW 100"+ok)
			expect(t, "records", len(w.portal.Records(1)), 4)
			asked, err := w.store.ChangesToReview(t.Context(), w.table.ID, 10)
			w.check(err)
			expect(t, "asked", len(asked), 0)
			said := false
			for _, h := range w.history() {
				expect(t, "settled", h.Status, sheet24.Completed)
				said = said || h.EntityID == 2 && h.Action == sheet24.Match && h.Note == "Bu satır yine 2 numaralı kayıt oldu; kaydın silinmesinden vazgeçildi."
			}
			if !said {
				t.Errorf("the history does not say so: %+v", w.history())
			}
			w.change(5, "E", 260.0) // and from then on it is a record's row like any other
			w.settled()
			expect(t, "record", w.lead(2), "Memet 2@ornek.com.tr IN_PROCESS 260")
		})
	}
}

// TestDeletedRowIsTypedAgainWhileItsEditWaits joins what was not sent yet of the row that
// was deleted with the one that was typed.
func TestDeletedRowIsTypedAgainWhileItsEditWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies(sheet24.Policies{NewRows: sheet24.CreateNew, Keys: []string{"EMAIL"}})
	w.down.Store(true)
	w.change(3, "B", "Yarım")
	w.down.Store(false)
	w.deleteRow(3)
	w.event(sheet24.Structure, sheet24.Range{})
	_, err := w.Scan(t.Context(), w.table.ID)
	w.check(err)
	w.edit("B5", []any{"Memet", "2@ornek.com.tr", "İşlemde", 250.0})
	w.notify(5, 5)
	_, err = w.Scan(t.Context(), w.table.ID)
	w.check(err)
	w.later(4 * time.Second)
	w.settled()
	expect(t, "record", w.lead(2), "Memet 2@ornek.com.tr IN_PROCESS 250")
	expect(t, "the row", fmt.Sprint(w.id(5), w.status(5)), "2"+ok)
}

// sql changes the database behind the store's back.
func (w *world) sql(statement string, args ...any) {
	w.t.Helper()
	_, err := w.store.DB().ExecContext(w.t.Context(), statement, args...)
	w.check(err)
}

// TestRecordOfADeletedRowIsLinkedAgain has no policy for deleted rows: another row stands
// where the record's was.
func TestRecordOfADeletedRowIsLinkedAgain(t *testing.T) {
	t.Parallel()
	for _, told := range []bool{true, false} {
		w := newWorld(t)
		w.policies(sheet24.Policies{NewRows: sheet24.CreateNew, Keys: []string{"EMAIL"}})
		w.deleteRow(3)
		if told {
			w.event(sheet24.Structure, sheet24.Range{})
			w.sync()
		}
		w.edit("B5", []any{"Memet", "2@ornek.com.tr", "İşlemde", 250.0})
		w.notify(5, 5)
		w.sync()
		w.later(4 * time.Second)
		w.settled()
		expect(t, "the row", fmt.Sprint(w.id(5), w.status(5)), "2"+ok)
		expect(t, "record", w.lead(2), "Memet 2@ornek.com.tr IN_PROCESS 250")
		expect(t, "records", len(w.portal.Records(1)), 4)
	}
}

// TestOneRecordIsOneRow has two new rows with two addresses of one record, and a third
// one later, when the first is deleted.
func TestOneRecordIsOneRow(t *testing.T) {
	t.Parallel()
	for _, pushes := range []int{1, 2} {
		w := newWorld(t)
		w.policies(sheet24.Policies{NewRows: sheet24.CreateNew, Keys: []string{"EMAIL"}})
		twice := w.portal.Add(1, map[string]any{"name": "Can", "stageId": "NEW"}, bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: "can@ornek.com.tr"},
			bitrixsim.Multi{TypeID: "EMAIL", ValueType: "HOME", Value: "can@ev.com.tr"})
		w.edit("B6", []any{"Can Bey", "can@ornek.com.tr"}, []any{"Can Ev", "can@ev.com.tr"})
		w.notify(6, 6)
		if pushes == 2 {
			w.sync()
			w.later(4 * time.Second)
			w.sync()
		}
		w.notify(7, 7)
		w.sync()
		w.later(4 * time.Second)
		w.sync()
		expect(t, "the record", w.lead(twice), "Can Bey can@ornek.com.tr,can@ev.com.tr NEW <nil>")
		expect(t, "writes", w.writes(), 1)
		expect(t, "the first row", fmt.Sprint(w.id(6), w.status(6)), fmt.Sprint(float64(twice), ok))
		expect(t, "the later row", w.status(7), any(fmt.Sprintf("❌ Bu satıra uyan kayıt (ID: %d) zaten 6. satırda.", twice)))

		// Once the first row is gone, the later one is the record.
		w.deleteRow(6)
		w.event(sheet24.Structure, sheet24.Range{})
		w.settled()
		expect(t, "the later row", fmt.Sprint(w.id(6), w.status(6)), fmt.Sprint(float64(twice), ok))
		expect(t, "the record", w.lead(twice), "Can Ev can@ornek.com.tr,can@ev.com.tr NEW <nil>")
	}
}

// TestKeyOfADeletedRow has two new rows with one key, of which the first is deleted.
func TestKeyOfADeletedRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies(sheet24.Policies{NewRows: sheet24.CreateNew, Keys: []string{"EMAIL"}})
	w.edit("B6", []any{"Can", "can@ornek.com.tr", "Yenii"}, []any{"Can 2", "can@ornek.com.tr"})
	w.notify(6, 7)
	w.sync()
	w.later(4 * time.Second)
	w.sync()
	expect(t, "the later row", w.status(7), any("❌ E-posta “can@ornek.com.tr” bu tabloda 6. satırda da var; hangisinin yeni kayıt olduğunu bilemeyiz."))
	w.deleteRow(6)
	w.event(sheet24.Structure, sheet24.Range{})
	w.settled()
	expect(t, "the later row", fmt.Sprint(w.id(6), w.status(6)), "5"+ok)
	expect(t, "record", w.lead(5), "Can 2 can@ornek.com.tr NEW <nil>")
}

// TestRowThatMatchesNothing has new rows off: its key does not stay, and it is taken once
// they are on.
func TestRowThatMatchesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies(sheet24.Policies{Keys: []string{"EMAIL"}})
	w.edit("B6", []any{"Can", "can@ornek.com.tr"})
	w.notify(6, 6)
	w.settled()
	expect(t, "the row", fmt.Sprint(w.id(6), w.status(6)), "<nil>Kayıt açılmadı: bu satıra uyan kayıt yok, yeni satırlardan kayıt açılması da kapalı")
	for range 2 {
		w.event(sheet24.Recheck, sheet24.Range{})
		w.settled()
	}
	expect(t, "looked at again", w.id(6), nil)
	expect(t, "history", len(w.history()), 1)
	expect(t, "records", len(w.portal.Records(1)), 4)

	w.change(6, "B", "Canan") // an edit is looked into
	w.settled()
	expect(t, "edited", fmt.Sprint(w.id(6), len(w.history())), "<nil> 2")

	w.policies(sheet24.Policies{Keys: []string{"EMAIL"}, NewRows: sheet24.CreateNew})
	w.event(sheet24.Recheck, sheet24.Range{})
	w.settled()
	expect(t, "the row", fmt.Sprint(w.id(6), w.status(6)), "5"+ok)
	expect(t, "record", w.lead(5), "Canan can@ornek.com.tr NEW <nil>")
}

// TestRowsThatKeptTheirKeys are of an installation whose rows that matched nothing kept
// theirs.
func TestRowsThatKeptTheirKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies(sheet24.Policies{Keys: []string{"EMAIL"}})
	w.edit("A6", []any{"⏳ 3f9k2m", "Can", "can@ornek.com.tr"})
	w.notify(6, 6)
	_, err := w.Scan(t.Context(), w.table.ID)
	w.check(err)
	w.sql(`DELETE FROM reverse_sync_logs`) // as it was done then
	w.policies(sheet24.Policies{Keys: []string{"EMAIL"}, NewRows: sheet24.CreateNew})
	w.event(sheet24.Recheck, sheet24.Range{})
	w.settled()
	expect(t, "the row", fmt.Sprint(w.id(6), w.status(6)), "5"+ok)
}

// TestDeclinedRowsKeepNoKeys has an owner who wants no record of a row.
func TestDeclinedRowsKeepNoKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies(sheet24.Policies{NewRows: sheet24.ReviewNew})
	w.edit("B6", []any{"Can"})
	w.notify(6, 6)
	w.settled()
	asked, err := w.store.ChangesToReview(t.Context(), w.table.ID, 10)
	w.check(err)
	w.check(w.store.Resolve(t.Context(), w.table.ID, asked[0].ID, sheet24.CRMWins))
	for range 2 {
		w.settled()
		w.event(sheet24.Recheck, sheet24.Range{})
	}
	expect(t, "the row", fmt.Sprint(w.id(6), w.status(6)), "<nil>Kayıt açılmadı")
	if n, err := w.store.CountNeedsReview(t.Context(), w.table.ID); n != 0 || err != nil {
		t.Errorf("asked again: %d, %v", n, err)
	}
	w.change(6, "B", "Canan")
	w.settled()
	expect(t, "edited", w.status(6), any("⏳ Bekliyor: yeni kayıt için onayınız gerek"))
}

// TestUnsentValueOfALostColumn has a row that failed on a cell whose column is then
// deleted, or loses its header: the rest of the row goes on.
func TestUnsentValueOfALostColumn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("D2", []any{"Yenii", 555.0})
	w.notify(2, 2)
	w.sync()
	expect(t, "failed", strings.HasPrefix(fmt.Sprint(w.status(2)), "❌ Durum"), true)
	w.edit("D1", []any{"Not"}, []any{"a"}, []any{"b"}, []any{"c"}, []any{"d"})
	w.notify(1, 5)
	w.settled()
	expect(t, "record", w.lead(1), "Ayşe 1@ornek.com.tr NEW 555")
	expect(t, "status", w.status(2), any(ok))
	h := w.history()
	expect(t, "history", fmt.Sprint(len(h), h[0].Status, h[0].Note, len(h[0].Fields)), "1completedGönderilmedi, sütunu artık yok: Durum “Yenii”.1")
	w.change(2, "B", "Ayşe 2")
	expect(t, "record", w.lead(1), "Ayşe 2 1@ornek.com.tr NEW 555")
	expect(t, "status", w.status(2), any(ok))

	// The column comes back: the cell is as wrong as it was.
	w.edit("D1", []any{"Durum"}, []any{"Yenii"}, []any{"Yeni"}, []any{"Yeni"}, []any{"Yeni"})
	w.notify(1, 5)
	w.settled()
	expect(t, "failed again", strings.HasPrefix(fmt.Sprint(w.status(2)), "❌ Durum"), true)
	w.change(2, "D", "İşlemde")
	expect(t, "record", w.lead(1), "Ayşe 2 1@ornek.com.tr IN_PROCESS 555")
}

// TestUnsentValueOfAnUnmappedColumn has a mapping saved anew without the column that a row
// failed on.
func TestUnsentValueOfAnUnmappedColumn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(2, "D", "Yenii")
	w.sql(`DELETE FROM field_mappings WHERE bitrix_field = 'STATUS_ID'`)
	w.change(2, "B", "Ayşe 2")
	expect(t, "record", w.lead(1), "Ayşe 2 1@ornek.com.tr NEW 100")
	h := w.history()
	expect(t, "history", fmt.Sprint(h[0].Status, h[0].Note, len(h[0].Fields)), "completedGönderilmedi, sütunu artık yok: STATUS_ID “Yenii”.1")
}

// TestAllBadCellsAreSaid has several in one row.
func TestAllBadCellsAreSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies(sheet24.Policies{NewRows: sheet24.CreateNew})
	w.edit("B2", []any{"#REF!"})
	w.edit("D2", []any{"Yenii", "çok"})
	w.notify(2, 2)
	w.sync()
	const stages = "“Yenii” yok; var olanlar: Yeni, İşlemde, Teklif verildi, Kazanıldı, Kaybedildi. “Yeni” mi demek istediniz?"
	const amount = " · Tutar: “çok” bir sayı değil; 1234,56 gibi yazın"
	says := "Ad: hücre bir hata gösteriyor (#REF!) · Durum: " + stages + amount
	expect(t, "status", w.status(2), any("❌ "+says))
	expect(t, "history", w.history()[0].Error, says)
	w.edit("B6", []any{"Can", nil, "Yenii", "çok"})
	w.notify(6, 6)
	w.settled()
	expect(t, "a new row", w.status(6), any("❌ Durum: "+stages+amount))

	w.check(w.store.StartComparison(t.Context(), w.table.ID))
	w.compare()
	rows, err := w.store.Differences(t.Context(), w.table.ID, 0, 10)
	w.check(err)
	expect(t, "compared", rows[0].Message, says)
}
