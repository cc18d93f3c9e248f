package app_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sheet24"
	"sheet24/internal/app"
)

// TestMappingPageOfDocs shows what the documentation shows.
func TestMappingPageOfDocs(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	for language, entity := range map[string]sheet24.Entity{"tr": sheet24.Leads, "en": sheet24.Deals, "ru": sheet24.Contacts} {
		var out bytes.Buffer
		err := app.Detect(t.Context(), app.DetectOptions{File: "../../docs/samples/" + language + ".csv", Entity: entity, Language: language, Out: &out})
		if err != nil || !strings.Contains(string(doc), out.String()) {
			t.Errorf("%s: %v; the page does not have\n%s", language, err, out.String())
		}
	}
}

func TestDetect(t *testing.T) {
	t.Parallel()
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "sheet.csv")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	run := func(o app.DetectOptions) string {
		t.Helper()
		var out bytes.Buffer
		o.Out = &out
		if err := app.Detect(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}

	for language, text := range map[string]string{
		"tr": "Satış listesi;;;\n\nMüşteri Adı Soyadı;Cep Tel.;Görüşme Tarihi;Senkronizasyon\nAyşe Yılmaz;0532 111 22 33;12.03.2026;\n",
		"en": "Sales list,,,\n\nFull name,Cell phone,Last contacted,Sync status\nJohn Smith,+44 7700 900123,2026-03-12,\n",
		"ru": "Список;;;\n\nФИО клиента;Моб. тел.;Дата звонка;Синхронизация\nИван Иванов;+7 916 123-45-67;12.03.2026;\n",
	} {
		var got struct {
			HeaderRow int `json:"header_row"`
			Columns   []struct {
				Index      int
				Header     string
				Field      *string
				Confidence float64
				Selected   bool
				Reason     string
			}
			StatusColumn *int `json:"status_column"`
		}
		o := app.DetectOptions{File: file(text), Entity: sheet24.Leads, Language: language, JSON: true}
		if err := json.Unmarshal([]byte(run(o)), &got); err != nil {
			t.Fatal(err)
		}
		if got.HeaderRow != 3 || len(got.Columns) != 4 || got.StatusColumn == nil || *got.StatusColumn != 3 {
			t.Fatalf("%s: %+v", language, got)
		}
		for i, want := range []string{"NAME", "PHONE", "", ""} {
			c := got.Columns[i]
			if c.Index != i || (c.Field != nil && c.Selected) != (want != "") || want != "" && (*c.Field != want || c.Confidence < 0.75 || c.Reason == "") {
				t.Errorf("%s: %+v; want %q", language, c, want)
			}
		}
		o.JSON = false
		if table := run(o); !strings.Contains(table, "row 3") || !strings.Contains(table, "PHONE") || !strings.Contains(table, "(status)") {
			t.Errorf("%s: %s", language, table)
		}
	}

	var none struct {
		HeaderRow int `json:"header_row"`
		Columns   []any
		Status    any `json:"status_column"`
	}
	if err := json.Unmarshal([]byte(run(app.DetectOptions{File: file("1;2\n3;4\n"), Entity: sheet24.Deals, Language: "tr", JSON: true})), &none); err != nil || none.HeaderRow != 0 || len(none.Columns) != 2 || none.Status != nil {
		t.Errorf("numbers alone: %+v, %v", none, err)
	}

	for why, o := range map[string]app.DetectOptions{
		"no entity":       {File: file("Ad\nAyşe\n"), Entity: "uydurma"},
		"is empty":        {File: file(""), Entity: sheet24.Leads},
		"save the sheet":  {File: file("PK\x03\x04\x00\x00\x00\x08"), Entity: sheet24.Leads},
		"no such file":    {File: filepath.Join(t.TempDir(), "yok.csv"), Entity: sheet24.Leads},
		"inbound webhook": {File: file("Ad\nAyşe\n"), Entity: sheet24.Leads, Portal: "https://firma.bitrix24.com.tr/yok"},
	} {
		o.Out = &bytes.Buffer{}
		if err := app.Detect(t.Context(), o); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", why, err)
		}
	}
}
