package google_test

import (
	"reflect"
	"testing"

	"sheet24/internal/sim/googlesim"
)

// TestNotes puts notes on the cells of a row: they are read back, go along when columns
// move, and change no value.
func TestNotes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	notes := func() map[int]string {
		t.Helper()
		got, err := w.client.Notes(t.Context(), "u", w.sheet, 0, 2)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := notes(); len(got) != 0 {
		t.Errorf("notes of cells without: %v", got)
	}

	want := map[int]string{0: "birinci\nsatır", 1: "=ikinci"}
	if err := w.client.SetNotes(t.Context(), "u", w.sheet, 0, 2, want); err != nil {
		t.Fatal(err)
	}
	if got := notes(); !reflect.DeepEqual(got, want) {
		t.Errorf("notes: %v; want %v", got, want)
	}
	if got, err := w.client.Notes(t.Context(), "u", w.sheet, 0, 1); err != nil || len(got) != 0 {
		t.Errorf("notes of the row above: %v, %v", got, err)
	}
	if _, rows, _ := w.sim.Cells(w.sheet, 0); rows[1][1] != "Ayşe" {
		t.Errorf("the cell holds %v", rows[1][1])
	}

	if err := w.sim.Edit(googlesim.Edit{SpreadsheetID: w.sheet, Kind: "insert_columns", Range: "A:A"}); err != nil {
		t.Fatal(err)
	}
	if got := notes(); !reflect.DeepEqual(got, map[int]string{1: want[0], 2: want[1]}) {
		t.Errorf("after a column was inserted: %v", got)
	}
	if err := w.client.SetNotes(t.Context(), "u", w.sheet, 0, 2, map[int]string{2: "yeni"}); err != nil {
		t.Fatal(err)
	}
	if got := notes(); got[2] != "yeni" {
		t.Errorf("a note in place of another: %v", got)
	}
	if err := w.client.SetNotes(t.Context(), "u", w.sheet, 0, 2, nil); err != nil {
		t.Error(err)
	}
}
