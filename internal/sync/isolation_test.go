package sync_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"sheet24"
	"sheet24/internal/setup"
	"sheet24/internal/sim/googlesim"
	"sheet24/internal/sqlstore"
)

const brokenRow = "Bu satır işlenirken bizden kaynaklanan bir hata oldu; kaydedildi. Diğer satırlar etkilenmez. Satırı düzenleyin ya da tablonun sayfasından yeniden deneyin."

// poisoned are the outside and the database of stages at which our own code breaks
// down when they come to record 2, in the ways that a test names.
type poisoned struct{ at map[string]bool }

func (p *poisoned) bite(where string, records ...int64) {
	for _, id := range records {
		if p.at[where] && id == 2 {
			panic("poison in " + where)
		}
	}
}

type poisonedStore struct {
	*sqlstore.Store
	*poisoned
}

func (p poisonedStore) CommitScan(ctx context.Context, t *sheet24.Table, found sheet24.Scanned) error {
	for _, c := range found.Changes {
		p.bite("CommitScan", c.EntityID)
	}
	return p.Store.CommitScan(ctx, t, found)
}

func (p poisonedStore) Portal(ctx context.Context, id int64) (*sheet24.Portal, error) {
	p.bite("Portal", 2)
	return p.Store.Portal(ctx, id)
}

func (p poisonedStore) LinkRows(ctx context.Context, tableID int64, links []sheet24.RowLink) ([]sheet24.Linked, error) {
	for _, l := range links {
		p.bite("LinkRows", l.EntityID)
	}
	return p.Store.LinkRows(ctx, tableID, links)
}

func (p poisonedStore) SettleChanges(ctx context.Context, changes []sheet24.RowChange) error {
	for _, c := range changes {
		p.bite("SettleChanges", c.EntityID)
	}
	return p.Store.SettleChanges(ctx, changes)
}

func (p poisonedStore) NoteFields(ctx context.Context, changes []sheet24.RowChange) error {
	for _, c := range changes {
		p.bite("NoteFields", c.EntityID)
	}
	return p.Store.NoteFields(ctx, changes)
}

func (p poisonedStore) MarkReported(ctx context.Context, changes []sheet24.RowChange) error {
	for _, c := range changes {
		p.bite("MarkReported", c.EntityID)
	}
	return p.Store.MarkReported(ctx, changes)
}

func (p poisonedStore) SaveCompared(ctx context.Context, c *sheet24.Comparison, from sheet24.ComparisonState, rows []sheet24.RowDifference, seen map[int64]sheet24.Known) error {
	for _, r := range rows {
		if r.Kind != sheet24.WouldFail {
			p.bite("SaveCompared", r.EntityID)
		}
	}
	return p.Store.SaveCompared(ctx, c, from, rows, seen)
}

type poisonedSheets struct {
	sheet24.Sheets
	*poisoned
}

// Read has cells of the row of record 2 that no JSON is made of, or that our code was not
// made for.
func (p poisonedSheets) Read(ctx context.Context, userID, spreadsheetID string, gid int64, ranges []sheet24.Range) ([][][]any, error) {
	read, err := p.Sheets.Read(ctx, userID, spreadsheetID, gid, ranges)
	p.spoil(ranges, read)
	return read, err
}

func (p poisonedSheets) ReadFormatted(ctx context.Context, tab sheet24.TabRef, ranges []sheet24.Range) (values, texts [][][]any, err error) {
	values, texts, err = p.Sheets.ReadFormatted(ctx, tab, ranges)
	p.spoil(ranges, values)
	return values, texts, err
}

func (p poisonedSheets) spoil(ranges []sheet24.Range, read [][][]any) {
	for i, r := range ranges {
		for j, row := range read[i] {
			if first := max(r.FirstColumn, 1); r.FirstRow+j != 3 || first > 2 || first-1+len(row) < 2 {
				continue
			} else if p.at["a cell of no encoding"] {
				row[2-first] = make(chan int)
			} else if p.at["a cell of no kind"] {
				row[2-first] = []any{"?"}
			}
		}
	}
}

type poisonedCRM struct {
	sheet24.CRM
	*poisoned
}

func (p poisonedCRM) Items(ctx context.Context, portal *sheet24.Portal, refs []sheet24.ItemRef) (map[sheet24.ItemRef]*sheet24.Item, map[sheet24.Entity]error) {
	for _, r := range refs {
		p.bite("Items", r.ID)
	}
	items, unread := p.CRM.Items(ctx, portal, refs)
	for r, item := range items {
		if r.ID == 2 && p.at["a record of no kind"] {
			item.Values = nil
			items[r] = nil
		}
	}
	return items, unread
}

func (p poisonedCRM) Find(ctx context.Context, portal *sheet24.Portal, e sheet24.Entity, field string, values []string, locale string) (map[string][]int64, error) {
	for _, v := range values {
		if v == "2@ornek.com.tr" {
			p.bite("Find", 2)
		}
	}
	return p.CRM.Find(ctx, portal, e, field, values, locale)
}

func (p poisonedCRM) Turn(ctx context.Context, portal *sheet24.Portal) (sheet24.Turn, error) {
	turn, err := p.CRM.Turn(ctx, portal)
	return poisonedTurn{turn, p.poisoned}, err
}

type poisonedTurn struct {
	sheet24.Turn
	*poisoned
}

func (p poisonedTurn) Send(ctx context.Context, r sheet24.Request) sheet24.Reply {
	for _, ref := range r.Items {
		p.bite("Items", ref.ID)
	}
	for _, w := range r.Writes {
		p.bite("Write", w.ID)
	}
	reply := p.Turn.Send(ctx, r)
	for i, w := range r.Writes {
		if w.ID == 2 && p.at["an answer of no number"] {
			reply.Written[i].Holds["NAME"] = math.Inf(1)
		}
	}
	return reply
}

// logged is what the stages log.
type logged struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *logged) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(data)
}

// newPoisoned has two tables of a portal, one of four leads and one of a deal.
func newPoisoned(t *testing.T) (w *world, p *poisoned, log *logged, deals *sheet24.Table) {
	w = newWorld(t)
	deal := w.portal.Add(2, map[string]any{"title": "Eski", "stageId": "NEW"})
	other := &googlesim.Spreadsheet{Title: "Anlaşmalar", Owner: owner, Sheets: []*googlesim.Sheet{{GID: 7, Title: "Deals", Rows: [][]any{{"ID", "Anlaşma adı"}, {float64(deal), "Eski"}}}}}
	w.google.AddSpreadsheet(other)
	deals, _, err := w.setup.Save(t.Context(), w.user, setup.Choice{SpreadsheetID: other.ID, GID: 7, Entity: sheet24.Deals, Colors: sheet24.DefaultColors, Fields: map[int]string{0: "ID", 1: "TITLE"}})
	w.check(err)
	p = &poisoned{map[string]bool{}}
	log = &logged{}
	w.Store, w.Sheets, w.CRM, w.Log = poisonedStore{w.store, p}, poisonedSheets{w.Sheets, p}, poisonedCRM{w.CRM, p}, slog.New(slog.NewTextHandler(log, nil))
	return w, p, log, deals
}

// TestOneBadRowStaysOne plants a row in each stage at which the database, or our own
// code, breaks down: it fails with a sentence and a line in the log, all others arrive,
// those of the portal's other table too, and nothing stays as it is for ever.
func TestOneBadRowStaysOne(t *testing.T) {
	t.Parallel()
	trigger := func(when string) func(*world) {
		return func(w *world) {
			w.sql(`CREATE TRIGGER planted BEFORE ` + when + ` BEGIN SELECT RAISE(ABORT, 'planted'); END`)
		}
	}
	for name, plant := range map[string]func(*world){
		"scan, a constraint of snapshots": trigger(`UPDATE ON row_snapshots WHEN NEW.entity_id = 2`),
		"scan, a constraint of changes":   trigger(`INSERT ON reverse_sync_logs WHEN NEW.entity_id = 2 AND NEW.status = 'pending'`),
		"scan, unreadable snapshot":       func(w *world) { w.sql(`UPDATE row_snapshots SET row_values = '{' WHERE entity_id = 2`) },
		"scan, a cell of no encoding":     nil,
		"scan, a cell of no kind": func(w *world) {
			w.sql(`UPDATE row_snapshots SET row_values = '{"NAME":["?"]}' WHERE entity_id = 2`) // so that two such are compared
		},
		"scan, CommitScan":             nil,
		"push, a constraint":           trigger(`UPDATE ON reverse_sync_logs WHEN NEW.entity_id = 2 AND NEW.status = 'completed'`),
		"push, unreadable change":      func(w *world) { w.afterScan = `UPDATE reverse_sync_logs SET changed_fields = '{' WHERE entity_id = 2` },
		"push, unreadable base":        func(w *world) { w.sql(`UPDATE row_snapshots SET crm_values = '{' WHERE entity_id = 2`) },
		"push, Items":                  nil,
		"push, Write":                  nil,
		"push, NoteFields":             func(w *world) { w.portal.Edit(1, 2, map[string]any{"name": "CRM'deki"}) },
		"push, SettleChanges":          nil,
		"push, an answer of no number": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, p, log, deals := newPoisoned(t)
			if plant != nil {
				plant(w)
			}
			_, where, _ := strings.Cut(name, ", ")
			p.at[where] = true

			w.edit("B2", []any{"Ayşe 2"}, []any{"Mehmet 2"}, []any{"Zeynep 2"}, []any{"Ali 2"})
			w.nudge(2, 5)
			w.check(w.store.CommitScan(t.Context(), deals, sheet24.Scanned{Changes: []sheet24.RowChange{{EntityID: 1, Row: 2, Status: sheet24.Pending,
				Fields: map[string]sheet24.Change{"TITLE": {Old: "Eski", New: "Yeni"}}}}}))
			w.sync()
			for row, want := range map[int]string{2: "Ayşe 2", 4: "Zeynep 2", 5: "Ali 2"} {
				r, _ := w.portal.Record(1, int64(row-1))
				expect(t, fmt.Sprint("row ", row), fmt.Sprint(r.Fields["name"], w.status(row)), want+ok)
			}
			d, _ := w.portal.Record(2, 1)
			expect(t, "the other table's", d.Fields["title"], any("Yeni"))
			expect(t, "the bad row", w.status(3), any("❌ "+brokenRow))
			if text := log.String(); !strings.Contains(text, "a row failed") || !strings.Contains(text, "record=2") {
				t.Errorf("logged: %s", text)
			}
			w.comesToRest()

			// Once it is mended, so is the row.
			p.at[where] = false
			w.sql(`DROP TRIGGER IF EXISTS planted`)
			w.sql(`UPDATE row_snapshots SET row_values = '{}', crm_values = '{}' WHERE entity_id = 2`)
			w.change(3, "B", "Mehmet 3")
			w.later(time.Minute) // what a request was that broke down, nobody knows until the portal has given up on it
			w.sync()
			r, _ := w.portal.Record(1, 2)
			expect(t, "mended", fmt.Sprint(r.Fields["name"], w.status(3)), "Mehmet 3"+ok)
		})
	}
}

// comesToRest checks that nothing of the table stays under way.
func (w *world) comesToRest() {
	w.t.Helper()
	for _, h := range w.history() {
		if h.Status == sheet24.Syncing || h.Status == sheet24.Pending {
			w.t.Errorf("it stays %s: %+v", h.Status, h)
		}
	}
	events, err := w.store.UnprocessedEvents(w.t.Context(), w.table.ID, 10)
	w.check(err)
	expect(w.t, "events that are left", len(events), 0)
}

// TestOneBadNewRowStaysOne plants rows that break down when they are linked.
func TestOneBadNewRowStaysOne(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"a constraint", "LinkRows", "Find"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			w, p, _, _ := newPoisoned(t)
			w.policies(sheet24.Policies{NewRows: sheet24.CreateNew, Keys: []string{"EMAIL"}})
			p.at[where] = true
			if where == "a constraint" {
				w.sql(`CREATE TRIGGER planted BEFORE INSERT ON row_keys WHEN NEW.entity_id = 2 BEGIN SELECT RAISE(ABORT, 'planted'); END`)
			}
			w.edit("A2:F5", []any{nil, nil, nil, nil, nil, nil}, []any{nil, nil, nil, nil, nil, nil}, []any{nil, nil, nil, nil, nil, nil}, []any{nil, nil, nil, nil, nil, nil})
			w.event(sheet24.Structure, sheet24.Range{})
			w.sync()
			w.edit("B6", []any{"Ayşe 2", "1@ornek.com.tr"}, []any{"Mehmet 2", "2@ornek.com.tr"}, []any{"Yeni", "yeni@ornek.com.tr"})
			w.nudge(6, 8)
			w.settled()
			expect(t, "linked", fmt.Sprint(w.id(6), w.status(6)), "1"+ok)
			expect(t, "created", fmt.Sprint(w.id(8), w.status(8)), "5"+ok)
			expect(t, "the bad row", w.status(7), any("❌ "+brokenRow))
			w.comesToRest()
		})
	}
}

// TestOneBadReportedRowStaysOne plants a row of which it cannot be noted that the sheet
// was told, and one whose sentence is longer than a cell.
func TestOneBadReportedRowStaysOne(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"a constraint", "MarkReported"} {
		w, p, log, _ := newPoisoned(t)
		p.at[where] = true
		if where == "a constraint" {
			w.sql(`CREATE TRIGGER planted BEFORE UPDATE OF reported_at ON reverse_sync_logs WHEN NEW.entity_id = 2 AND NEW.reported_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'planted'); END`)
		}
		w.edit("B2", []any{"Ayşe 2"}, []any{"Mehmet 2"}, []any{"#REF!" + strings.Repeat("x", 60000)})
		w.nudge(2, 4)
		w.sync()
		expect(t, "statuses", fmt.Sprint(w.status(2), w.status(3)), ok+ok)
		if s := []rune(fmt.Sprint(w.status(4))); len(s) > 1000 {
			t.Errorf("a cell of %d characters", len(s))
		}
		left, err := w.store.Unreported(t.Context(), w.table.ID, 10)
		w.check(err)
		expect(t, "are told again", len(left), 1)
		expect(t, "logged", strings.Contains(log.String(), "record=2"), true)
	}
}

// TestOneBadComparedRowStaysOne plants a row that cannot be compared.
func TestOneBadComparedRowStaysOne(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"a constraint", "Items", "SaveCompared", "a record of no kind"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			w, p, _, _ := newPoisoned(t)
			p.at[where] = true
			if where == "a constraint" {
				w.sql(`CREATE TRIGGER planted BEFORE INSERT ON comparison_rows WHEN NEW.entity_id = 2 AND NEW.kind <> 'problem' BEGIN SELECT RAISE(ABORT, 'planted'); END`)
			}
			w.edit("B2", []any{"Ayşe 2"}, []any{"Mehmet 2"}, []any{"Zeynep 2"}, []any{"Ali 2"})
			w.check(w.store.StartComparison(t.Context(), w.table.ID))
			_, err := w.Compare(t.Context(), w.table.ID)
			w.check(err)
			rows, err := w.store.Differences(t.Context(), w.table.ID, 0, 10)
			w.check(err)
			kinds := ""
			for _, d := range rows {
				kinds += fmt.Sprint(d.EntityID, d.Kind, " ")
			}
			expect(t, "rows", kinds, "1update 2problem 3update 4update ")
			c, err := w.store.Comparison(t.Context(), w.table.ID)
			w.check(err)
			expect(t, "state", fmt.Sprint(c.State, c.Counts.Problem), "compared1")
		})
	}
}

// TestRowsSentByAComparison has one that cannot be stored.
func TestRowsSentByAComparison(t *testing.T) {
	t.Parallel()
	w, _, _, _ := newPoisoned(t)
	w.edit("B2", []any{"Ayşe 2"}, []any{"Mehmet 2"}, []any{"Zeynep 2"}, []any{"Ali 2"})
	w.check(w.store.StartComparison(t.Context(), w.table.ID))
	_, err := w.Compare(t.Context(), w.table.ID)
	w.check(err)
	w.sql(`CREATE TRIGGER planted BEFORE INSERT ON reverse_sync_logs WHEN NEW.entity_id = 2 AND NEW.status = 'pending' BEGIN SELECT RAISE(ABORT, 'planted'); END`)
	w.check(w.store.SetComparisonState(t.Context(), w.table.ID, []sheet24.ComparisonState{sheet24.Compared}, sheet24.Pushing))
	expect(t, "state", w.compare().State, sheet24.Done)
	expect(t, "sent", w.lead(1)+w.lead(3), "Ayşe 2 1@ornek.com.tr NEW 100Zeynep 2 3@ornek.com.tr NEW 300")
	expect(t, "the bad row", w.status(3), any("❌ "+brokenRow))
}

// TestUnreadableTable holds up no other of its portal.
func TestUnreadableTable(t *testing.T) {
	t.Parallel()
	w, _, log, deals := newPoisoned(t)
	for table, field := range map[*sheet24.Table]string{w.table: "NAME", deals: "TITLE"} {
		w.check(w.store.CommitScan(t.Context(), table, sheet24.Scanned{Changes: []sheet24.RowChange{{EntityID: 1, Row: 2, Status: sheet24.Pending, Fields: map[string]sheet24.Change{field: {New: "Yeni"}}}}}))
	}
	w.sql(`UPDATE sheet_sync_config SET policies = '{' WHERE id = $1`, w.table.ID)
	for more := true; more; {
		var err error
		more, err = w.Push(t.Context(), w.table.PortalID)
		w.check(err)
	}
	d, _ := w.portal.Record(2, 1)
	expect(t, "the other table's", d.Fields["title"], any("Yeni"))
	expect(t, "logged", strings.Contains(log.String(), "a table cannot be read"), true)
	w.sql(`UPDATE sheet_sync_config SET policies = '{}' WHERE id = $1`, w.table.ID)
	w.settled()
	expect(t, "once it can", w.lead(1), "Yeni 1@ornek.com.tr NEW 100")
}

// TestStagesThatPanic end with an error.
func TestStagesThatPanic(t *testing.T) {
	t.Parallel()
	w, p, log, _ := newPoisoned(t)
	p.at["Portal"] = true
	w.check(w.store.StartComparison(t.Context(), w.table.ID))
	w.nudge(2, 2)
	for name, stage := range map[string]func(context.Context, int64) (bool, error){"scan": w.Scan, "push": w.Push, "compare": w.Compare} {
		if more, err := stage(t.Context(), w.table.ID); more || err == nil || !strings.Contains(err.Error(), "poison in Portal") {
			t.Errorf("%s: %v, %v", name, more, err)
		}
	}
	expect(t, "logged", strings.Contains(log.String(), "a stage panicked") && strings.Contains(log.String(), "isolation_test.go"), true)
}

// TestDatabaseThatIsAway blames no row.
func TestDatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit("B2", []any{"Ayşe 2"}, []any{"Mehmet 2"})
	w.nudge(2, 3)
	away := errors.New("the database is away")
	w.Store = awayStore{w.store, away}
	if _, err := w.Scan(t.Context(), w.table.ID); !errors.Is(err, away) {
		t.Errorf("scan: %v", err)
	}
	w.Store = w.store
	_, err := w.Scan(t.Context(), w.table.ID)
	w.check(err)
	w.Store = awayStore{w.store, away}
	if _, err := w.Push(t.Context(), w.table.PortalID); !errors.Is(err, away) {
		t.Errorf("push: %v", err)
	}
	w.Store = w.store
	w.sync()
	expect(t, "statuses", fmt.Sprint(w.status(2), w.status(3)), ok+ok)
	for _, h := range w.history() {
		expect(t, "history", h.Status, sheet24.Completed)
	}
}

// awayStore is a database that takes nothing.
type awayStore struct {
	*sqlstore.Store
	err error
}

func (s awayStore) CommitScan(context.Context, *sheet24.Table, sheet24.Scanned) error { return s.err }

func (s awayStore) SettleChanges(context.Context, []sheet24.RowChange) error { return s.err }
