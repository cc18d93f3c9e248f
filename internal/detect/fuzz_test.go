package detect_test

import (
	"strings"
	"testing"

	"sheet24"
	"sheet24/internal/detect"
)

// sound checks what holds of every detection.
func sound(t *testing.T, s detect.Sheet, found detect.Found) {
	t.Helper()
	width := 0
	if found.HeaderRow > 0 && found.HeaderRow <= len(s.Rows) {
		width = len(s.Rows[found.HeaderRow-1])
	}
	if found.HeaderRow > 0 && len(found.Columns) != width {
		t.Fatalf("%d columns of %d", len(found.Columns), width)
	}

	taken := map[string]bool{}
	for i, c := range found.Columns {
		switch {
		case c.Index != i:
			t.Fatalf("column %d stands at %d", c.Index, i)
		case c.Confidence < 0 || c.Confidence > 1:
			t.Fatalf("confidence %v", c.Confidence)
		case c.Field == "" && (c.Selected || c.Confidence > 0):
			t.Fatalf("nothing is selected: %+v", c)
		case c.Field != "" && taken[c.Field]:
			t.Fatalf("%s twice", c.Field)
		case c.Field == sheet24.IDField && c.Selected:
			soundID(t, s, found.HeaderRow, c)
		}
		taken[c.Field] = true
	}
}

// soundID checks that a column of ids has whole numbers alone, or nothing under a name that
// is ours.
func soundID(t *testing.T, s detect.Sheet, header int, c detect.Column) {
	t.Helper()
	for i, row := range s.Rows[header:] {
		if i == 10 || c.Index >= len(row) {
			break
		}
		text, ok := row[c.Index].(string)
		text = strings.TrimSpace(text)
		if ok && text != "" && strings.Trim(text, "0123456789") != "" {
			t.Fatalf("%q in a column of ids", text)
		}
	}
}

func FuzzHeader(f *testing.F) {
	for _, s := range readList(f, "list") {
		for _, c := range s.columns[:min(2, len(s.columns))] {
			f.Add(c.header, strings.Join(c.samples, "\n"))
		}
	}
	f.Add(strings.Repeat("telefon ", 1300), "1\n2")
	f.Add("\xff\xfe(((", "\x00")
	f.Add("İIıi'’`(", "@")
	f.Fuzz(func(t *testing.T, header, values string) {
		s := detect.Sheet{Entity: sheet24.Leads, Fields: leadFields, Rows: [][]any{{header}}}
		for v := range strings.Lines(values) {
			s.Rows = append(s.Rows, []any{strings.TrimSuffix(v, "\n")})
		}
		for _, row := range []int{0, 1} {
			s.HeaderRow = row
			sound(t, s, detect.Detect(s))
		}
	})
}

func FuzzReadCSV(f *testing.F) {
	for _, text := range []string{"a;b\n1;2\n", "sep=\t\na\tb", "\"", "\ufeffAd,Soyad\n", "\xff\xfea\x00;\x00", "\xdd\xfe\xf0;\xc7\n", "a\r\n\r\n\r\nb;c"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := detect.ReadCSV(data)
		if err != nil {
			return
		}
		s := detect.Sheet{Entity: sheet24.Contacts, Fields: leadFields, Rows: rows}
		sound(t, s, detect.Detect(s))
	})
}

// TestBadInput is answered, never a panic.
func TestBadInput(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("E-posta adresi ", 700)
	many := make([]any, 500)
	for i := range many {
		many[i] = "Telefon"
	}
	for name, rows := range map[string][][]any{
		"nothing":              nil,
		"empty rows":           {nil, {}, {""}, {nil, nil}},
		"only numbers":         {{1.0, 2.0}, {3.0, 4.0}},
		"numbers as texts":     {{"1", "2"}, {"3", "4"}},
		"one column":           {{"Telefon"}, {"0532 111 22 33"}},
		"one cell":             {{"Telefon"}},
		"no header row":        {{"Ayşe Yılmaz", "ayse@x.tr"}, {"Mehmet Kaya", "m@x.tr"}},
		"500 doubled headers":  {many, many},
		"headers of 10,000":    {{long, long}, {"a@x.tr", "b@x.tr"}},
		"truths for headers":   {{true, false}, {true, true}},
		"longer rows below":    {{"Ad"}, {"Ayşe", "Yılmaz", 5.0, true}},
		"more rows than names": {{"Ad", "Soyad"}, {}, {"Ayşe"}, nil, {"Veli", "Can"}},
	} {
		for _, e := range append([]sheet24.Entity{"spa:1036"}, sheet24.Entities...) {
			for header := range len(rows) + 2 {
				s := detect.Sheet{Entity: e, Fields: leadFields, Rows: rows, HeaderRow: header}
				found := detect.Detect(s)
				sound(t, s, found)
				if name == "headers of 10,000" && header == 1 && found.Columns[0].Header != long {
					t.Errorf("%s: a header was cut", name)
				}
			}
		}
	}
	if found := detect.Detect(detect.Sheet{Entity: sheet24.Leads, Fields: leadFields, Rows: [][]any{{"Ayşe Yılmaz", "ayse@x.tr"}, {"Mehmet Kaya", "m@x.tr"}}}); found.HeaderRow != 0 || len(found.Columns) != 2 {
		t.Errorf("no header row: %+v", found)
	}
}
