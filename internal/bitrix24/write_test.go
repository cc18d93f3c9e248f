package bitrix24_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/bitrix24"
	"sheet24/internal/sim/bitrixsim"
)

func TestWriteChangesWhatItIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	id := w.lead("eski@x.tr")
	deal := w.sim.Add(2, map[string]any{"title": "d", "observers": []any{1.0}})
	before, _ := w.sim.Record(1, id)
	w.wrote(
		sheet24.ItemWrite{Entity: sheet24.Leads, ID: id, Fields: map[string]any{"stageId": "IN_PROCESS", "opportunity": 1e7, "name": nil},
			Multi: []sheet24.MultiValue{{ID: before.Multi[0].ID, Type: "EMAIL", Kind: "WORK", Value: "yeni@x.tr"}}},
		sheet24.ItemWrite{Entity: sheet24.Deals, ID: deal, Fields: map[string]any{"observers": []string{"2", "3"}, "ufCrm_1700000103": "12.5|USD", "ufCrm_1700000106": "Y",
			"ufCrm_1700000111": []string{"a & b", "ç=d"}, "title": "%1 + 2 = [3]"}},
	)
	r, _ := w.sim.Record(1, id)
	if len(r.Multi) != 2 || r.FirstOf("EMAIL") != "yeni@x.tr" || r.FirstOf("PHONE") != "+905321234567" {
		t.Errorf("multi = %+v", r.Multi)
	}
	if r.Fields["stageId"] != "IN_PROCESS" || r.Fields["opportunity"] != 1e7 || r.Fields["name"] != nil {
		t.Errorf("fields = %v", r.Fields)
	}
	d, _ := w.sim.Record(2, deal)
	if strings.TrimSpace(fmt.Sprintln(d.Fields["observers"], d.Fields["ufCrm_1700000103"], d.Fields["ufCrm_1700000106"], d.Fields["ufCrm_1700000111"], d.Fields["title"])) !=
		"[2 3] 12.5|USD Y [a & b ç=d] %1 + 2 = [3]" {
		t.Errorf("fields = %v", d.Fields)
	}
	w.wrote(sheet24.ItemWrite{Entity: sheet24.Deals, ID: deal, Fields: map[string]any{"observers": []string(nil)}})
	if d, _ = w.sim.Record(2, deal); d.Fields["observers"] != nil {
		t.Errorf("cleared: %v", d.Fields["observers"])
	}
	w.wrote(sheet24.ItemWrite{Entity: sheet24.Leads, ID: id, Delete: true})
	if _, there := w.sim.Record(1, id); there {
		t.Error("not deleted")
	}
	w.wrote(sheet24.ItemWrite{Entity: sheet24.Leads, ID: id, Delete: true}) // gone is what was wanted
}

// TestCreateHappensOnce makes the same creations again and again, in entities
// with the two ways to remember where a record is from.
func TestCreateHappensOnce(t *testing.T) {
	t.Parallel()
	for _, e := range []sheet24.Entity{sheet24.Leads, sheet24.Companies, sheet24.Quotes, "spa:1036"} {
		w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
		var writes []sheet24.ItemWrite
		for n := range 60 {
			writes = append(writes, sheet24.ItemWrite{Entity: e, Key: fmt.Sprint("7-", n), Fields: map[string]any{"title": fmt.Sprint("Kayıt ", n)}})
		}
		first := w.wrote(writes[:40]...)
		again := w.wrote(writes...)
		records := w.sim.Records(e.TypeID())
		if len(records) != 60 {
			t.Fatalf("%s: %d records of 60", e, len(records))
		}
		for n, d := range again {
			if r, ok := w.sim.Record(e.TypeID(), d.ID); !ok || r.Fields["title"] != fmt.Sprint("Kayıt ", n) || (n < 40 && first[n].ID != d.ID) {
				t.Errorf("%s %d: %+v, %v", e, n, d, r.Fields)
			}
		}
	}
}

// TestLostAnswersAreSettledByReading lets answers be lost after all was done,
// before anything was, and in the midst of it.
func TestLostAnswersAreSettledByReading(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]bitrixsim.Fault{
		"all done, connection broken": {Kind: "lost", Method: "crm.item.update"},
		"all done, half an answer":    {Kind: "truncated", Method: "crm.item.update"},
		"nothing done":                {Kind: "502", Method: "crm.item.update"},
		"half done, timed out":        {Kind: "partial", Method: "crm.item.update", After: 10},
		"no answer":                   {Kind: "hang", Method: "crm.item.update"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bitrixsim.Options{RequestLimit: 300 * time.Millisecond}, bitrix24.Options{RequestLimit: 300 * time.Millisecond})
			var writes []sheet24.ItemWrite
			for n := range 30 {
				id := w.lead("eski@x.tr")
				r, _ := w.sim.Record(1, id)
				writes = append(writes, sheet24.ItemWrite{Entity: sheet24.Leads, ID: id, Fields: map[string]any{"title": fmt.Sprint("Yeni ", n)},
					Multi: []sheet24.MultiValue{{ID: r.Multi[0].ID, Type: "EMAIL", Kind: "WORK", Value: "yeni@x.tr"}, {Type: "EMAIL", Kind: "HOME", Value: "iki@x.tr"}}})
			}
			creation := sheet24.ItemWrite{Entity: sheet24.Leads, Key: "yeni-satir", Fields: map[string]any{"title": "Doğan"}}
			w.fail(fault)
			done := w.wrote(append(writes, creation)...)
			for n, write := range writes {
				r, _ := w.sim.Record(1, write.ID)
				if r.Fields["title"] != fmt.Sprint("Yeni ", n) || len(r.Multi) != 3 || r.FirstOf("EMAIL") != "yeni@x.tr" || r.Changes != 1 {
					t.Errorf("record %d: %v, %+v, %d changes", n, r.Fields["title"], r.Multi, r.Changes)
				}
			}
			if n := len(w.sim.Records(1)); n != 31 || done[30].ID == 0 {
				t.Errorf("%d records; the new one is %d", n, done[30].ID)
			}
		})
	}
}

// TestPoison has a record that the portal breaks down on, among a hundred: it fails
// alone.
func TestPoison(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{Leak: 1000, Brim: 1000}, bitrix24.Options{Plan: sheet24.Plan{Rate: 1000, Burst: 1000}})
	writes := w.titles(100)
	w.fail(bitrixsim.Fault{Kind: "502", Record: writes[42].ID, Times: 1000})
	w.sim.ResetStats()
	for i, d := range w.Write(t.Context(), w.portal, writes) {
		r, _ := w.sim.Record(1, writes[i].ID)
		switch {
		case i == 42 && sheet24.AsError(d.Err).Kind != sheet24.Unavailable:
			t.Errorf("the poison: %v", d.Err)
		case i != 42 && (d.Err != nil || r.Changes != 1):
			t.Errorf("record %d: %v, %d changes", i, d.Err, r.Changes)
		}
	}
	// Two requests; eight of seven, one of which fails; seven of one; and the reading.
	if n := w.sim.Stats().Requests; n > 30 {
		t.Errorf("%d requests", n)
	}
}

// TestOutcomeStaysOpen is when even reading does not tell.
func TestOutcomeStaysOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	id := w.lead("a@x.tr")
	w.check(func() error { _, err := w.Fields(t.Context(), w.portal, sheet24.Leads); return err }())
	w.fail(bitrixsim.Fault{Kind: "502", Times: 1000})
	done := w.write(sheet24.ItemWrite{Entity: sheet24.Leads, ID: id, Fields: map[string]any{"title": "x"}}, sheet24.ItemWrite{Entity: sheet24.Leads, Key: "k", Fields: map[string]any{"title": "y"}})
	wantCode(t, "update", done[0].Err, sheet24.Unavailable, "portal_unreachable")
	wantCode(t, "creation", done[1].Err, sheet24.Unavailable, "portal_unreachable")
	w.fail()
	w.wrote(sheet24.ItemWrite{Entity: sheet24.Leads, ID: id, Fields: map[string]any{"title": "x"}}, sheet24.ItemWrite{Entity: sheet24.Leads, Key: "k", Fields: map[string]any{"title": "y"}})
	if n := len(w.sim.Records(1)); n != 2 {
		t.Errorf("%d records", n)
	}
}

func TestNothingIsSentThatThePortalIgnores(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	id := w.lead("a@x.tr")
	w.wrote(sheet24.ItemWrite{Entity: sheet24.Leads, ID: id, Fields: map[string]any{"title": "x"}}, sheet24.ItemWrite{Entity: sheet24.Quotes, Key: "k", Fields: map[string]any{"title": "y"}})
	if s := w.sim.Stats(); len(s.Ignored) != 0 {
		t.Errorf("ignored: %v", s.Ignored)
	}
}
