package web

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"sheet24"
)

// pageOf is what a table's page says in a language.
func pageOf(t *testing.T, lang string, v tableView) string {
	t.Helper()
	var page bytes.Buffer
	err := tablePage(v).Render(context.WithValue(context.Background(), visitKey{}, &visit{lang: lang}), &page)
	if err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// TestPageSaysWhatFails has stages that fail again and again, each for a reason that is
// for people, or is not.
func TestPageSaysWhatFails(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	v := tableView{
		table: &sheet24.Table{ID: 1, Tab: "Leads", Entity: sheet24.Leads, TimeZone: "Europe/Istanbul", Colors: sheet24.DefaultColors}, portal: &sheet24.Portal{Host: "firma.bitrix24.com.tr"},
		stages: []sheet24.StageProblem{
			{Stage: sheet24.ScanStage, Times: 4, Since: since, Err: sheet24.Errorf(sheet24.Internal, sheet24.CodeGoogleBusy)},
			{Stage: sheet24.PushStage, Times: 3, Since: since, Err: sheet24.Errorf(sheet24.Internal, sheet24.CodeInternal)},
			{Stage: sheet24.ReportStage, Times: 3, Since: since, Err: sheet24.Errorf(sheet24.Internal, sheet24.CodeGoogleRefused, "Invalid value")},
			{Stage: sheet24.CompareStage, Times: 5, Since: since, Err: sheet24.Errorf(sheet24.Internal, sheet24.CodeInternal)},
		},
	}
	page := pageOf(t, "tr", v)
	for _, want := range []string{
		"Tablo 4 kezdir okunamıyor (23.11.2026 12:00:00 itibarıyla). Hiçbir değişiklik kaybolmaz; kendiliğinden yeniden denenir. Google",
		"Değişiklikler 3 kezdir Bitrix24&#39;e gönderilemiyor (23.11.2026 12:00:00 itibarıyla). Hiçbir değişiklik kaybolmaz; kendiliğinden yeniden denenir.</p>",
		"Durumlar 3 kezdir tabloya yazılamıyor", "Invalid value", "Karşılaştırma 5 kezdir ilerleyemiyor",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing in:\n%s", want, page)
		}
	}
	if page := pageOf(t, "en", v); !strings.Contains(page, "The sheet could not be read 4 times in a row") || strings.Contains(page, "%!") {
		t.Errorf("in English:\n%s", page)
	}
	v.stages = nil
	if page := pageOf(t, "tr", v); strings.Contains(page, "kezdir") {
		t.Error("it says so though nothing fails")
	}
}

// TestHistorySaysWhatElse has a line with a note, one of a row that was linked to a
// record, and one of a row that became none.
func TestHistorySaysWhatElse(t *testing.T) {
	t.Parallel()
	page := pageOf(t, "tr", tableView{
		table: &sheet24.Table{ID: 1, Entity: sheet24.Leads, Colors: sheet24.DefaultColors}, portal: &sheet24.Portal{},
		found: sheet24.FoundChanges{Changes: []sheet24.RowChange{
			{ID: 3, EntityID: 5, Action: sheet24.Match, Status: sheet24.Completed, Note: "Kaydın silinmesinden vazgeçildi."},
			{ID: 2, EntityID: -7, Action: sheet24.Match, Status: sheet24.Completed},
		}},
	})
	for _, want := range []string{"✅ Senkronize · kayda bağlandı", "Kaydın silinmesinden vazgeçildi.", ">Kayıt açılmadı<"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing in:\n%s", want, page)
		}
	}
}

// TestColorsAreColors: what is no colour does not get into a style sheet.
func TestColorsAreColors(t *testing.T) {
	t.Parallel()
	v := tableView{
		table: &sheet24.Table{ID: 1, Entity: sheet24.Leads, Colors: sheet24.DefaultColors}, portal: &sheet24.Portal{},
	}
	for _, text := range []string{"red;}body{display:none", "#12345", "#1234567", "</style><b>x", "url(//x)", "", "#ffffff\n;x:y"} {
		v.table.Colors.Accent = text
		page := pageOf(t, "en", v)
		if !strings.Contains(page, "--table-accent:"+sheet24.DefaultColors.Accent+";") {
			t.Errorf("%q is in the page's styles", text)
		}
	}
}
