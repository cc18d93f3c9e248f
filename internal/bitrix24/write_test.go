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

// TestCreationsAreFound looks for what creations made, in entities with the two ways to
// remember where a record is from.
func TestCreationsAreFound(t *testing.T) {
	t.Parallel()
	for _, e := range []sheet24.Entity{sheet24.Leads, sheet24.Companies, sheet24.Quotes, "spa:1036"} {
		w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
		var writes []sheet24.ItemWrite
		var keys []sheet24.ItemKey
		for n := range 60 {
			key := fmt.Sprint("7-", n)
			writes = append(writes, sheet24.ItemWrite{Entity: e, Key: key, Fields: map[string]any{"title": fmt.Sprint("Kayıt ", n)}})
			keys = append(keys, sheet24.ItemKey{Entity: e, Key: key})
		}
		done := w.wrote(writes[:40]...)

		reply := w.send(sheet24.Request{Keys: keys})
		w.check(reply.Err)
		if len(reply.Created) != 40 || len(reply.Unread) > 0 {
			t.Errorf("%s: %d of 40 found, %v", e, len(reply.Created), reply.Unread)
		}
		for n, d := range done {
			if reply.Created[keys[n]] != d.ID {
				t.Errorf("%s %d: found %d; it is %d", e, n, reply.Created[keys[n]], d.ID)
			}
		}

		// Of two under one key, which no one should have made, the first counts.
		w.wrote(writes[0])
		if again := w.send(sheet24.Request{Keys: keys[:1]}); again.Created[keys[0]] != done[0].ID {
			t.Errorf("%s: of two: %d; the first is %d", e, again.Created[keys[0]], done[0].ID)
		}
	}
}

// TestWritesAndThenReads has one request that writes and reads: what it reads is as the
// writes leave it, whatever their number.
func TestWritesAndThenReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	writes := w.titles(48)
	var refs []sheet24.ItemRef
	for _, write := range writes {
		refs = append(refs, sheet24.ItemRef{Entity: sheet24.Leads, ID: write.ID})
	}
	deal := w.sim.Add(2, map[string]any{"title": "d"})
	r := sheet24.Request{Writes: writes, Items: append(refs, sheet24.ItemRef{Entity: sheet24.Deals, ID: deal}, sheet24.ItemRef{Entity: sheet24.Deals, ID: 999})}
	if n := r.Commands(); n != 50 {
		t.Fatalf("%d commands", n)
	}
	w.sim.ResetStats()
	reply := w.send(r)
	w.check(reply.Err)
	for i, d := range reply.Written {
		if d.Outcome != sheet24.Made || d.Holds["TITLE"] != writes[i].Fields["title"] {
			t.Errorf("write %d: %+v", i, d)
		}
		if item := reply.Items[refs[i]]; item == nil || item.Values["TITLE"] != writes[i].Fields["title"] {
			t.Errorf("read %d: %+v", i, item)
		}
	}
	if len(reply.Items) != 49 || w.sim.Stats().Requests > 3 { // two of them describe the entities
		t.Errorf("%d records in %d requests", len(reply.Items), w.sim.Stats().Requests)
	}
}

// TestOutcomes tells what is known of writes whose request went wrong.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault bitrixsim.Fault
		want  sheet24.Outcome
	}{
		"all done, connection broken": {bitrixsim.Fault{Kind: "lost", Method: "crm.item.update"}, sheet24.Open},
		"all done, half an answer":    {bitrixsim.Fault{Kind: "truncated", Method: "crm.item.update"}, sheet24.Open},
		"nothing done":                {bitrixsim.Fault{Kind: "502", Method: "crm.item.update"}, sheet24.Open},
		"half done, timed out":        {bitrixsim.Fault{Kind: "partial", Method: "crm.item.update", After: 10}, sheet24.Open},
		"done later":                  {bitrixsim.Fault{Kind: "late", Method: "crm.item.update", MS: 50}, sheet24.Open},
		"no answer":                   {bitrixsim.Fault{Kind: "hang", Method: "crm.item.update"}, sheet24.Open},
		"no room in the bucket":       {bitrixsim.Fault{Kind: "503", Method: "crm.item.update"}, sheet24.Unsent},
		"no working time left":        {bitrixsim.Fault{Kind: "429", Method: "crm.item.update"}, sheet24.Unsent},
		"no right":                    {bitrixsim.Fault{Kind: "error", Method: "crm.item.update", Status: 403, Code: "insufficient_scope"}, sheet24.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{RequestLimit: 300 * time.Millisecond})
			_, err := w.Fields(t.Context(), w.portal, sheet24.Leads)
			w.check(err)
			writes := w.titles(30)
			creation := sheet24.ItemWrite{Entity: sheet24.Leads, Key: "yeni-satir", Fields: map[string]any{"title": "Doğan"}}
			w.fail(c.fault)
			w.sim.ResetStats()
			reply := w.send(sheet24.Request{Writes: append(writes, creation), Items: []sheet24.ItemRef{{Entity: sheet24.Leads, ID: writes[0].ID}}})
			if reply.Err == nil || len(reply.Items) > 0 {
				t.Errorf("the request: %v, %v", reply.Err, reply.Items)
			}
			for i, d := range reply.Written {
				if d.Outcome != c.want || d.Err == nil {
					t.Errorf("write %d: %s, %v; want %s", i, d.Outcome, d.Err, c.want)
				}
			}
			if n := w.sim.Stats().Faults[c.fault.Kind]; n != 1 {
				t.Errorf("it was sent %d times", n)
			}
			w.sim.Wait()
		})
	}

	// Nobody is there to be sent anything, or it is too late to send it.
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	_, err := w.Fields(t.Context(), w.portal, sheet24.Leads)
	w.check(err)
	writes := w.titles(2)
	if d := w.send(sheet24.Request{Writes: writes, Begun: time.Now().Add(-time.Minute)}).Written[1]; d.Outcome != sheet24.Unsent {
		t.Errorf("begun long ago: %s, %v", d.Outcome, d.Err)
	}
	w.server.Close()
	w.send(sheet24.Request{Writes: writes}) // on a connection that was there
	if d := w.send(sheet24.Request{Writes: writes}).Written[1]; d.Outcome != sheet24.Unsent {
		t.Errorf("nobody there: %s, %v", d.Outcome, d.Err)
	}
	wantCode(t, "nobody there", w.send(sheet24.Request{Writes: writes}).Err, sheet24.Unavailable, sheet24.CodePortalUnreachable)
}

// TestOneRefusedWrite among many leaves the others alone.
func TestOneRefusedWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{})
	writes := w.titles(3)
	writes[1].ID = 999
	reply := w.send(sheet24.Request{Writes: writes, Items: []sheet24.ItemRef{{Entity: "spa:7777", ID: 1}, {Entity: sheet24.Leads, ID: writes[0].ID}}})
	w.check(reply.Err)
	wantCode(t, "no such record", reply.Written[1].Err, sheet24.NotFound, sheet24.CodeRecordMissing)
	if reply.Written[0].Outcome != sheet24.Made || reply.Written[1].Outcome != sheet24.Refused || reply.Written[2].Outcome != sheet24.Made {
		t.Errorf("outcomes: %+v", reply.Written)
	}
	if reply.Unread["spa:7777"] == nil || len(reply.Items) != 1 {
		t.Errorf("read: %v, unread: %v", reply.Items, reply.Unread)
	}
}

// TestTurnsAreGivenBack takes as many as the bucket holds, and sends nothing.
func TestTurnsAreGivenBack(t *testing.T) {
	t.Parallel()
	plan := sheet24.Plan{Rate: 0.1, Burst: 20}
	w := newWorld(t, bitrixsim.Options{}, bitrix24.Options{Plan: plan})
	for range 100 {
		turn, err := w.Turn(t.Context(), w.portal)
		w.check(err)
		turn.GiveBack()
	}
	turn, err := w.Turn(t.Context(), w.portal)
	w.check(err)
	if spare := turn.Spare(); spare < 10 || spare > 17 {
		t.Errorf("room for %d more", spare)
	}
	if turn.Pace() != 10*time.Second {
		t.Errorf("pace = %v", turn.Pace())
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
