package sync_test

import (
	"fmt"
	"strings"
	"testing"

	"sheet24"
	"sheet24/internal/sim/bitrixsim"
)

// newPeople has a tab with three leads and columns for what people type: a note, a telephone
// number, an e-mail address, a day.
func newPeople(t *testing.T) *world {
	t.Helper()
	return newWorldOf(t, sheet24.Leads, map[int]string{0: "ID", 1: "COMMENTS", 2: "PHONE", 3: "EMAIL", 4: "BIRTHDATE"}, func(p *bitrixsim.Portal) [][]any {
		rows := [][]any{{"ID", "Not", "Telefon", "E-posta", "Doğum tarihi", "Senkronizasyon"}}
		for n := range 3 {
			id := p.Add(1, map[string]any{"stageId": "NEW", "comments": fmt.Sprint("not ", n), "name": fmt.Sprint("Gizli ", n)})
			rows = append(rows, []any{float64(id), fmt.Sprint("not ", n)})
		}
		return rows
	})
}

// TestWhatTheSheetShows has what a cell shows, and how it is formatted, decide what it means.
func TestWhatTheSheetShows(t *testing.T) {
	t.Parallel()
	w := newPeople(t)
	w.change(2, "B", true)
	r, _ := w.portal.Record(1, 1)
	expect(t, "a ticked box in a text", r.Fields["comments"], any("DOĞRU"))

	w.change(3, "E", 2026.0)
	expect(t, "a number is no day", w.status(3),
		any("❌ Doğum tarihi: “2026” bir sayı; hangi gün olduğu anlaşılmıyor. 31.12.2026 gibi yazın ya da hücreyi tarih olarak biçimlendirin"))
	r, _ = w.portal.Record(1, 2)
	expect(t, "nothing was written", r.Fields["birthdate"], any(nil))

	w.google.SetFormats(w.sheet, gid, map[int]string{4: "DATE"})
	w.change(4, "E", 46387.0)
	r, _ = w.portal.Record(1, 3)
	expect(t, "a day", fmt.Sprint(r.Fields["birthdate"], w.status(4)), "2026-12-31"+ok)
	w.change(3, "E", "31 Aralık 2026")
	r, _ = w.portal.Record(1, 2)
	expect(t, "a day in words", fmt.Sprint(r.Fields["birthdate"], w.status(3)), "2026-12-31"+ok)
}

// TestTypedReferences pastes two rows at once, the second of which would show what the first
// record holds.
func TestTypedReferences(t *testing.T) {
	t.Parallel()
	w := newPeople(t)
	text := "$result[c0][item][name]"
	w.edit("B2", []any{"yeni", "", ""}, []any{text, "", text + "@x.tr"}, []any{text + " ve $result[c0][item][comments]"})
	w.notify(2, 4)
	w.sync()
	second, _ := w.portal.Record(1, 2)
	third, _ := w.portal.Record(1, 3)
	expect(t, "the second row", fmt.Sprint(second.Fields["comments"], " ", second.FirstOf("EMAIL")), "not 1 ")
	if says := fmt.Sprint(w.status(3)); !strings.HasPrefix(says, "❌ E-posta: ") {
		t.Errorf("the second row says %q", says)
	}
	expect(t, "the third row", third.Fields["comments"], any(text+" ve $result[c0][item][comments]"))

	w.change(3, "D", "a@x.tr")
	second, _ = w.portal.Record(1, 2)
	expect(t, "the second row, mended", fmt.Sprint(second.Fields["comments"], " ", second.FirstOf("EMAIL"), w.status(3)), text+" a@x.tr"+ok)
}

// TestKeysFindByMeaning has rows whose records are there under another notation.
func TestKeysFindByMeaning(t *testing.T) {
	t.Parallel()
	w := newPeople(t)
	w.policies(sheet24.Policies{NewRows: sheet24.CreateNew, Keys: []string{"EMAIL", "PHONE"}})
	reached := func(phone, email string) int64 {
		return w.portal.Add(1, map[string]any{"stageId": "NEW", "comments": "eski"}, bitrixsim.Multi{TypeID: "PHONE", ValueType: "WORK", Value: phone},
			bitrixsim.Multi{TypeID: "EMAIL", ValueType: "WORK", Value: email})
	}
	first, second, third := reached("+90 536 630 70 10", "bir@x.tr"), reached("0 (537) 643 77 21", "iki@x.tr"), reached("+90 212 000 00 00", "Uc@x.tr")
	before := len(w.portal.Records(1))

	w.edit("B5",
		[]any{"a", "0536 630 70 10", ""},
		[]any{"b", 5376437721.0, ""},
		[]any{"c", "", "yok@x.tr; \u200buc@x.tr\u202c"},
		[]any{"d", "", "bir@x.tr, iki@x.tr"},
		[]any{"e", "+90 (536) 630 70 10", ""},
	)
	w.notify(5, 9)
	w.sync()
	w.settled()

	for row, want := range map[int]int64{5: first, 6: second, 7: third} {
		expect(t, fmt.Sprint("row ", row), fmt.Sprint(w.id(row), w.status(row)), fmt.Sprint(float64(want), ok))
	}
	expect(t, "two records", w.status(8), any(fmt.Sprintf("❌ Bu satıra uyan birden çok kayıt var (ID: %d, %d). Doğru olanın ID'sini satıra yazın.", first, second)))
	if says := fmt.Sprint(w.status(9)); !strings.HasPrefix(says, "❌ ") {
		t.Errorf("the same number again: %q", says)
	}
	expect(t, "records", len(w.portal.Records(1)), before)
	r, _ := w.portal.Record(1, first)
	expect(t, "one number, as the sheet writes it", fmt.Sprint(len(r.Multi), " ", r.FirstOf("PHONE"), " ", r.Fields["comments"]), "2 0536 630 70 10 a")
}
