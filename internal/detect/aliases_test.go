package detect_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"sheet24"
	"sheet24/internal/detect"
)

// TestAliases tries each name that other programs' importers understand, alone in a sheet.
func TestAliases(t *testing.T) {
	for _, file := range []string{"aliases.txt", "more.txt"} {
		t.Run(file, func(t *testing.T) { tryAliases(t, file) })
	}
}

func tryAliases(t *testing.T, file string) {
	data, err := os.ReadFile("testdata/aliases/" + file)
	if err != nil {
		t.Fatal(err)
	}

	all, right, wrong := 0, 0, 0
	for line := range strings.Lines(string(data)) {
		head, names, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok || head[0] == '#' {
			continue
		}
		parts := strings.Fields(head)
		accepted := strings.Split(parts[2], ",")
		for _, name := range strings.Split(names, "; ") {
			s := listed{id: name, entity: sheet24.Entity(parts[0]), language: parts[1]}
			s.columns = []listedColumn{readColumn(name+" | "+parts[2], s)}
			fields := portalFields(t, s.language, s.entity)
			found := detect.Detect(detect.Sheet{Entity: s.entity, Fields: fields, Rows: s.rows(), HeaderRow: 1})
			all++
			got := found.Columns[0]
			none := slices.Equal(inPortal(fields, accepted), []string{"-"})
			switch {
			case got.Selected && slices.Contains(accepted, got.Field), none && !got.Selected:
				right++
			case got.Selected:
				wrong++
				t.Logf("%s %s %q is %s %.2f, not %s", parts[0], parts[1], name, got.Field, got.Confidence, parts[2])
			default:
				t.Logf("%s %s %q is not known to be %s (%s %.2f)", parts[0], parts[1], name, parts[2], got.Field, got.Confidence)
			}
		}
	}
	t.Logf("%d names, %d right, %d wrong", all, right, wrong)
	if right < all*96/100 || wrong > all/100 {
		t.Error("too few")
	}
}

// TestStrangers tries names that no field is for, with values that look like some.
func TestStrangers(t *testing.T) {
	data, err := os.ReadFile("testdata/aliases/strangers.txt")
	if err != nil {
		t.Fatal(err)
	}

	all, wrong := 0, 0
	for line := range strings.Lines(string(data)) {
		head, names, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok || head[0] == '#' {
			continue
		}
		parts := strings.Fields(head)
		for _, name := range strings.Split(names, "; ") {
			s := listed{id: name, entity: sheet24.Entity(parts[0]), language: parts[1]}
			s.columns = []listedColumn{readColumn(name+" | - | @"+parts[2], s)}

			// Beside a column by which people are reached: without any, such a one is taken.
			rows := s.rows()
			for i := range rows {
				switch {
				case i == 0 && parts[2] == "email":
					rows[i] = append(rows[i], "Telefon")
				case parts[2] == "email":
					rows[i] = append(rows[i], "0532 111 22 33")
				case i == 0:
					rows[i] = append(rows[i], "E-posta")
				default:
					rows[i] = append(rows[i], "ayse@ornek.com.tr")
				}
			}
			found := detect.Detect(detect.Sheet{Entity: s.entity, Fields: portalFields(t, s.language, s.entity), Rows: rows, HeaderRow: 1})
			all++
			if got := found.Columns[0]; got.Selected && got.Field != "PHONE_FAX" && !strings.HasPrefix(got.Field, "UF_") {
				wrong++
				t.Logf("%s %s %q is %s %.2f", parts[0], parts[1], name, got.Field, got.Confidence)
			}
		}
	}
	t.Logf("%d names, %d taken for a field", all, wrong)
	if wrong > all/100 {
		t.Error("too many")
	}
}
