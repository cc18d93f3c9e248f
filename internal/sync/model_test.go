package sync_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sheet24"
	"sheet24/internal/secret"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sqlstore/storetest"
	"sheet24/internal/sync/synctest"
	"sheet24/internal/undo"
)

var quietLog = slog.New(slog.DiscardHandler)

// once are the seeds of histories that once failed.
var once = []uint64{
	1525600810728076952, 6000332238207836131, 3675315563752816886, 9069392808647706502, 11594082856355976594, 17333777693386315822, 15963348865803292313,
	5059844205291531895, 15072317206243252334, 5995794095391261828, 16973920397782025833, 15668916808060073157, 18308938793850112165, 3926383936059185286, 5772559932732741121, 17065351882774360079, 7954158105087022575, 1217355998936001824, 6633838529239064694, 854384196719325302,
}

// histories is how many random histories TestModel goes through, split in parts that
// run beside each other: the same ones each time, so that what fails was broken by a
// change. `make fuzz` looks for new ones: -rapid.checks sets another number, and then
// they are others each time; -rapid.seed, which a failure prints, repeats one.
const (
	histories  = 10000
	modelParts = 2
	modelSeed  = 24
)

// TestModel holds the promise of the sync against random histories: edits of every kind,
// nudges lost, doubled and late, faults of both services, colleagues who change records
// in the CRM, and a process that is killed at any call and commit.
func TestModel(t *testing.T) {
	set := func(name string, value any) {
		f := flag.Lookup(name)
		before := f.Value.String()
		t.Cleanup(func() { f.Value.Set(before) })
		f.Value.Set(fmt.Sprint(value))
	}
	full := false
	checks, seed := flag.Lookup("rapid.checks"), flag.Lookup("rapid.seed")
	if checks.Value.String() == checks.DefValue && seed.Value.String() == seed.DefValue {
		set("rapid.checks", 1)
		full = !testing.Short() && !synctest.RaceDetector
		m := openModel(t, 0)
		for _, s := range once {
			set("rapid.seed", s)
			rapid.Check(t, m.history)
		}
		set("rapid.seed", modelSeed)
		n := histories / modelParts
		if !full {
			n = 100
		}
		set("rapid.checks", n)
	}
	t.Run("parts", func(t *testing.T) {
		for part := range modelParts {
			t.Run(fmt.Sprint(part), func(t *testing.T) {
				t.Parallel()
				m := openModel(t, part)
				rapid.Check(t, m.history)
				t.Logf("killed at %d kinds of moments", len(m.touched))
				if full && len(m.touched) < 14 {
					t.Errorf("killed at %v only", m.touched)
				}
			})
		}
	})
}

// model is what many histories share: a database, in which each has a table of its own.
type model struct {
	part    int
	store   *sqlstore.Store
	now     atomic.Pointer[time.Time]
	users   int
	touched map[string]struct{}
}

func openModel(t *testing.T, part int) *model {
	t.Helper()
	folder := t.TempDir()
	if memory, err := os.MkdirTemp("/dev/shm", "sheet24-model"); err == nil { // no disk waits
		folder = memory
		t.Cleanup(func() { os.RemoveAll(memory) })
	}
	m := &model{part: part, store: storetest.OpenAt(t, "sqlite:"+filepath.Join(folder, "model.db"), secret.NewKey()), touched: map[string]struct{}{}}
	m.store.SetClock(func() time.Time { return *m.now.Load() })
	return m
}

// overwritten is a colleague's value that a push replaced.
type overwritten struct {
	id           int64
	field, value string
}

// shown is the value as a cell shows it.
func (o overwritten) shown() any {
	if n, err := strconv.ParseFloat(o.value, 64); err == nil {
		return n
	}
	return o.value
}

// history is one random history, and what must hold at its end.
type history struct {
	*modelWorld
	t  *rapid.T
	ok func(error)

	values     int // so far: each is unique
	last       func()
	late       []func()
	colleagues map[overwritten]bool // what colleagues wrote
	lostTo     []overwritten        // and what of it was replaced
	copied     map[int64]bool       // records of which the sheet had two rows
	deleted    []int64
	gone       [][]any           // rows that were deleted, and may be typed again
	compared   bool              // the sheet's or the CRM's values were taken as a whole
	doubled    map[string]bool   // codes of which several rows were there by then
	left       map[string]bool   // codes of rows that were there when the table was set up anew
	owners     map[string]string // of each value: the code of the row or record that it was written into
}

func (m *model) history(t *rapid.T) {
	for range m.part { // parts of one seed differ
		rapid.Uint64().Draw(t, "part")
	}
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	m.now.Store(&start)
	p := &perils{crashIn: -1, faultIn: -1, touched: m.touched}
	w := &modelWorld{perils: p, store: m.store, now: start, sheet: &modelSheet{perils: p, rows: [][]any{slices.Clone(modelHeader)}, order: []int{0, 1, 2, 3, 4, 5}},
		crm: &modelCRM{perils: p, records: map[int64]*modelRecord{}, goesOn: -1, landIn: -1}}
	w.crm.now = func() time.Time { return w.now }
	w.portals = &modelPortals{modelCRM: w.crm}
	h := &history{modelWorld: w, t: t, colleagues: map[overwritten]bool{}, copied: map[int64]bool{}, owners: map[string]string{}, left: map[string]bool{}, doubled: map[string]bool{}}
	h.ok = func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	w.crm.replaced = func(id int64, field, value string) {
		if o := (overwritten{id, field, value}); h.colleagues[o] {
			h.lostTo = append(h.lostTo, o)
		}
	}
	m.users++
	h.setUp(m.users)
	w.start()
	tick := func() {
		now := w.now
		m.now.Store(&now)
		w.portals.landAll()
	}
	for range rapid.IntRange(5, 30).Draw(t, "steps") {
		h.act()
		tick()
	}
	h.settle(tick)
	h.check()
	if t.Failed() {
		logs, _ := m.store.History(context.Background(), w.table.ID, 0, 100)
		for _, c := range logs {
			t.Logf("%d: record %d row %d %s %s %+v %s", c.ID, c.EntityID, c.Row, c.Action, c.Status, c.Fields, c.Error)
		}
		t.Logf("sheet %v", w.sheet.rows)
		for id, r := range w.crm.records {
			t.Logf("record %d %+v", id, *r)
		}
	}
}

// setUp makes a table whose rows the CRM holds as they stand.
func (h *history) setUp(user int) {
	ctx := context.Background()
	u, err := h.store.EnsureUser(ctx, fmt.Sprintf("%d@ornek.com.tr", user), "Ayşe", "tr")
	h.ok(err)
	p := &sheet24.Portal{UserID: u.ID, Host: fmt.Sprintf("%d.bitrix24.com.tr", user), WebhookURL: "https://firma.bitrix24.com.tr/rest/1/gizli/"}
	h.ok(h.store.SavePortal(ctx, p))
	column := func(i int, field, kind string) sheet24.FieldMapping {
		return sheet24.FieldMapping{Column: sheet24.Column{Index: i, Name: modelHeader[i].(string)}, Field: field, Type: kind, Updatable: field != sheet24.IDField}
	}
	policies := sheet24.Policies{
		NewRows:  rapid.SampledFrom([]sheet24.NewRows{sheet24.CreateNew, sheet24.CreateNew, sheet24.AskNew, sheet24.IgnoreNew}).Draw(h.t, "new rows"),
		Deleted:  rapid.SampledFrom([]sheet24.Deleted{sheet24.KeepRecord, sheet24.DeleteRecord}).Draw(h.t, "deleted rows"),
		Conflict: rapid.SampledFrom([]sheet24.Side{sheet24.SheetWins, sheet24.CRMWins, sheet24.Ask}).Draw(h.t, "conflicts"),
	}
	if rapid.Bool().Draw(h.t, "keys") {
		policies.Keys = []string{"UF_CODE"}
	}
	h.table = &sheet24.Table{UserID: u.ID, PortalID: p.ID, SpreadsheetID: fmt.Sprint("s", user), GID: 1, Tab: "Leads", Entity: sheet24.Leads, HeaderRow: 1,
		StatusColumn: sheet24.Column{Index: statusColumn, Name: "Durum"}, Language: "tr", TimeZone: "Europe/Istanbul", Locale: "tr_TR", Enabled: true, Policies: policies,
		Mappings: []sheet24.FieldMapping{column(idColumn, sheet24.IDField, "integer"), column(codeColumn, "UF_CODE", "string"), column(nameColumn, "NAME", "string"),
			column(emailColumn, "EMAIL", "crm_multifield"), column(amountColumn, "OPPORTUNITY", "double")}}
	var baseline []sheet24.Snapshot
	for i := range rapid.IntRange(1, 5).Draw(h.t, "rows") {
		id := int64(i + 1)
		r := &modelRecord{code: h.text("k"), name: h.text("n"), email: h.text("e") + "@x.tr", amount: float64(h.value())}
		h.crm.records[id], h.crm.nextID = r, id
		h.sheet.rows = append(h.sheet.rows, []any{float64(id), r.code, r.name, r.email, r.amount, nil})
		h.owns(r.code, r.name, r.email, r.amount)
		baseline = append(baseline, sheet24.Snapshot{EntityID: id, Row: i + 2, Values: map[string]any{"UF_CODE": r.code, "NAME": r.name, "EMAIL": r.email, "OPPORTUNITY": r.amount}})
	}
	h.ok(h.store.SaveTable(ctx, h.table, baseline))
}

// owns notes whose values are.
func (h *history) owns(code string, values ...any) {
	for _, v := range values {
		h.owners[fmt.Sprint(v)] = code
	}
}

func (h *history) value() int { h.values++; return h.values }

func (h *history) text(prefix string) string { return fmt.Sprint(prefix, h.value()) }

// row is the number of a row below the header, 0 if there is none.
func (h *history) row() int {
	if len(h.sheet.rows) < 2 {
		return 0
	}
	return rapid.IntRange(2, len(h.sheet.rows)).Draw(h.t, "row")
}

// nudge tells of an edit, or does not, or twice, or later.
func (h *history) nudge(kind sheet24.EventType, rows sheet24.Range) {
	tell := func() { h.ok(h.tell(kind, rows)) }
	switch rapid.SampledFrom([]string{"told", "told", "lost", "twice", "late"}).Draw(h.t, "nudge") {
	case "told":
		tell()
	case "twice":
		tell()
		tell()
	case "late":
		h.late = append(h.late, tell)
	}
}

// act does one thing.
func (h *history) act() {
	switch rapid.SampledFrom([]string{"edit", "edit", "edit", "edit", "new", "new", "rows", "colleague", "colleague", "stage", "stage", "stage", "stage", "stage", "stage", "write", "write", "wait", "late", "compare", "take back", "decide", "set up"}).Draw(h.t, "act") {
	case "edit":
		h.edit()
	case "new":
		if len(h.gone) > 0 && rapid.Bool().Draw(h.t, "again") {
			h.typeAgain()
			return
		}
		row := []any{nil, h.text("k"), h.text("n"), nil, float64(h.value()), nil}
		h.owns(row[codeColumn].(string), row[nameColumn], row[amountColumn])
		h.sheet.rows = append(h.sheet.rows, row)
		h.nudge(sheet24.RowEdited, sheet24.Rows(len(h.sheet.rows), len(h.sheet.rows)))
	case "rows":
		h.moveRows()
	case "colleague":
		h.colleague()
	case "stage":
		h.stage()
	case "write":
		h.endAtWrite()
	case "wait":
		h.now = h.now.Add(rapid.SampledFrom([]time.Duration{time.Second, 5 * time.Second, 70 * time.Second, 10 * time.Minute}).Draw(h.t, "wait"))
	case "late":
		if n := len(h.late); n > 0 {
			i := rapid.IntRange(0, n-1).Draw(h.t, "which")
			h.late[i]()
			h.late = slices.Delete(h.late, i, i+1)
		}
	case "compare":
		h.compare()
	case "take back":
		h.takeBack()
	case "set up":
		if rapid.IntRange(0, 3).Draw(h.t, "anew") == 0 {
			h.setUpAnew()
		}
	case "decide":
		h.decide(rapid.SampledFrom([]sheet24.Side{sheet24.SheetWins, sheet24.CRMWins}).Draw(h.t, "winner"))
	}
}

// edit changes a cell, or takes the last change of one back.
func (h *history) edit() {
	number := h.row()
	if number == 0 {
		return
	}
	if h.last != nil && rapid.IntRange(0, 5).Draw(h.t, "undo") == 0 {
		h.last()
		h.nudge(sheet24.Structure, sheet24.Range{})
		return
	}
	row := h.sheet.rows[number-1]
	if row[codeColumn] == nil {
		return // a row of nothing
	}
	var v any
	column := rapid.IntRange(nameColumn, amountColumn).Draw(h.t, "column")
	switch column {
	case nameColumn:
		v = h.text("n")
	case emailColumn:
		v = h.text("e") + "@x.tr"
	case amountColumn:
		v = float64(h.value())
		if rapid.IntRange(0, 4).Draw(h.t, "bad") == 0 {
			v = "çok"
		}
	}
	before := row[column]
	h.last = func() { row[column] = before }
	row[column] = v
	if v != "çok" {
		h.owns(row[codeColumn].(string), v)
	}
	h.nudge(sheet24.RowEdited, sheet24.Rows(number, number))
}

// moveRows sorts, inserts, moves, copies or deletes rows.
func (h *history) moveRows() {
	number := h.row()
	if number == 0 {
		return
	}
	rows := h.sheet.rows
	switch rapid.SampledFrom([]string{"sort", "insert", "move", "copy", "delete"}).Draw(h.t, "rows") {
	case "sort":
		slices.Reverse(rows[1:])
	case "insert":
		h.sheet.rows = slices.Insert(rows, number-1, make([]any, columnCount))
	case "move":
		row := rows[number-1]
		h.sheet.rows = append(slices.Delete(rows, number-1, number), row)
	case "copy":
		if id, ok := rows[number-1][idColumn].(float64); ok {
			h.sheet.rows = append(rows, slices.Clone(rows[number-1]))
			h.copied[int64(id)] = true
		}
	case "delete":
		if id, ok := rows[number-1][idColumn].(float64); ok {
			h.deleted = append(h.deleted, int64(id))
			if len(h.table.Policies.Keys) > 0 && !h.copied[int64(id)] && rows[number-1][amountColumn] != "çok" {
				h.gone = append(h.gone, rows[number-1])
			}
		}
		h.sheet.rows = slices.Delete(rows, number-1, number)
		h.last = nil
	}
	h.nudge(sheet24.Structure, sheet24.Range{})
}

// moveMeanwhile moves rows or columns between a read and the next call to Google.
func (h *history) moveMeanwhile() {
	if rapid.Bool().Draw(h.t, "rows move") {
		h.moveRows()
		return
	}
	order := h.sheet.order
	at := rapid.IntRange(0, len(order)-1).Draw(h.t, "column")
	if len(order) < 2*columnCount && rapid.Bool().Draw(h.t, "inserted") {
		h.sheet.order = slices.Insert(slices.Clone(order), at, -1)
	} else {
		moved := order[at]
		h.sheet.order = append(slices.Delete(slices.Clone(order), at, at+1), moved)
	}
	h.nudge(sheet24.Structure, sheet24.Range{})
}

// typeAgain types a row anew that was deleted, without its id: its key tells which record
// it is.
func (h *history) typeAgain() {
	row := slices.Clone(h.gone[len(h.gone)-1])
	h.gone = h.gone[:len(h.gone)-1]
	row[idColumn], row[nameColumn], row[statusColumn] = nil, h.text("n"), nil
	h.owns(row[codeColumn].(string), row[nameColumn])
	h.sheet.rows = append(h.sheet.rows, row)
	h.nudge(sheet24.RowEdited, sheet24.Rows(len(h.sheet.rows), len(h.sheet.rows)))
}

// colleague changes a record in the CRM.
func (h *history) colleague() {
	if h.crm.nextID == 0 {
		return
	}
	id := rapid.Int64Range(1, h.crm.nextID).Draw(h.t, "record")
	r, ok := h.crm.records[id]
	if !ok {
		return
	}
	o := overwritten{id: id}
	defer func() { h.owns(r.code, o.value) }()
	switch rapid.IntRange(0, 2).Draw(h.t, "field") {
	case 0:
		r.name = h.text("c")
		o.field, o.value = "NAME", r.name
	case 1:
		r.email = h.text("c") + "@x.tr"
		o.field, o.value = "EMAIL", r.email
	case 2:
		r.amount = float64(1e6 + h.value())
		o.field, o.value = "OPPORTUNITY", fmt.Sprint(r.amount)
	}
	h.colleagues[o] = true
}

// stage runs a stage among perils.
func (h *history) stage() {
	stage := rapid.SampledFrom([]string{"scan", "scan", "push", "push", "report", "compare"}).Draw(h.t, "stage")
	h.crashIn = rapid.IntRange(-8, 20).Draw(h.t, "crash in")
	h.faultIn = rapid.IntRange(-8, 5).Draw(h.t, "fault in")
	h.faults = rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(h.t, "more faults")
	h.lost = rapid.Bool().Draw(h.t, "answer lost")
	h.crm.goesOn = rapid.SampledFrom([]time.Duration{-1, -1, 0, 2 * time.Second, 30 * time.Second, modelGivesUp - time.Second}).Draw(h.t, "goes on")
	h.crm.landIn = rapid.IntRange(-8, 5).Draw(h.t, "lands in")
	if stage == "push" && rapid.IntRange(0, 3).Draw(h.t, "edited meanwhile") == 0 {
		act := map[string]func(){"the user": h.edit, "a colleague": h.colleague, "the owner": h.setUpAnew}[rapid.SampledFrom([]string{"the user", "the user", "the user", "a colleague", "a colleague", "a colleague", "the owner"}).Draw(h.t, "who")]
		h.during = func() { h.during = nil; h.outside(act) }
	}
	if rapid.IntRange(0, 2).Draw(h.t, "moved meanwhile") == 0 {
		in := rapid.IntRange(0, 6).Draw(h.t, "moved in")
		h.moves = func() {
			if in--; in < 0 {
				h.moves = nil
				h.moveMeanwhile()
			}
		}
	}
	h.run(stage)
	h.crashIn, h.faultIn, h.faults, h.during, h.moves = -1, -1, 0, nil, nil
	h.crm.goesOn, h.crm.landIn = -1, -1
}

// endAtWrite runs a stage whose process ends, or loses the answer, once cells are written
// into rows that were moved since they were read; rows are edited before the next look.
func (h *history) endAtWrite() {
	stage := rapid.SampledFrom([]string{"scan", "scan", "scan", "report", "compare"}).Draw(h.t, "of")
	lost := rapid.Bool().Draw(h.t, "answer lost")
	ended := false
	h.atWrite = func() bool {
		ended = true
		h.outside(h.moveRows)
		if !lost {
			h.crashIn = 0
		}
		return lost
	}
	h.run(stage)
	h.atWrite, h.crashIn = nil, -1
	if ended {
		for range rapid.IntRange(0, 3).Draw(h.t, "edits") {
			h.edit()
		}
	}
}

// compare begins a comparison, or acts upon one.
func (h *history) compare() {
	ctx := context.Background()
	c, err := h.store.Comparison(ctx, h.table.ID)
	if err == nil && c.State == sheet24.Compared {
		h.compared = true
		h.ok(h.store.SetComparisonState(ctx, h.table.ID, []sheet24.ComparisonState{sheet24.Compared}, rapid.SampledFrom([]sheet24.ComparisonState{sheet24.Pushing, sheet24.Taking}).Draw(h.t, "taken")))
		return
	}
	if err := h.store.StartComparison(ctx, h.table.ID); err != nil && sheet24.AsError(err).Code != sheet24.CodeComparisonRunning {
		h.t.Fatal(err)
	}
}

// takeBack undoes the last changes of the history.
func (h *history) takeBack() {
	ctx := context.Background()
	changes, err := h.store.History(ctx, h.table.ID, 0, rapid.IntRange(1, 4).Draw(h.t, "changes"))
	h.ok(err)
	_, err = (&undo.Undo{Store: h.store}).Undo(ctx, h.table, changes)
	if h.formerPortal != 0 && sheet24.AsError(err).Code == sheet24.CodeUndoFormer {
		return // it was of the table as it was set up before
	}
	h.ok(err)
}

func (h *history) decide(winner sheet24.Side) {
	ctx := context.Background()
	asked, err := h.store.Asked(ctx, h.table.ID, 100)
	h.ok(err)
	for _, c := range asked {
		h.ok(h.store.Decide(ctx, h.table.ID, c.ID, winner))
	}
}

// settle ends the edits: what is wrong is mended, what is asked decided, and the sync
// goes on until nothing is left to do.
func (h *history) settle(tick func()) {
	ctx := context.Background()
	for _, row := range h.sheet.rows[1:] {
		if row[amountColumn] == "çok" {
			row[amountColumn] = float64(h.value())
			h.owns(row[codeColumn].(string), row[amountColumn])
		}
	}
	for range 40 {
		h.decide(sheet24.SheetWins)
		h.ok(h.tell(sheet24.Recheck, sheet24.Range{}))
		for _, stage := range []string{"compare", "scan", "push", "scan", "push", "report"} {
			for range 20 {
				more, err := h.run(stage)
				h.ok(err)
				if !more {
					break
				}
			}
		}
		h.now = h.now.Add(16 * time.Minute)
		tick()
		if h.quiet(ctx) {
			return
		}
	}
	all, _ := h.store.History(ctx, h.table.ID, 0, 100)
	h.t.Fatalf("it does not come to rest: %+v", all)
}

// quiet tells whether nothing is left to do.
func (h *history) quiet(ctx context.Context) bool {
	open, err := h.store.CountOpen(ctx, h.table.ID)
	h.ok(err)
	asked, err := h.store.CountAsked(ctx, h.table.ID)
	h.ok(err)
	cells, err := h.store.CellWrites(ctx, h.table.ID, 1)
	h.ok(err)
	told, err := h.store.Unreported(ctx, h.table.ID, 1)
	h.ok(err)
	events, err := h.store.UnprocessedEvents(ctx, h.table.ID, 1)
	h.ok(err)
	c, err := h.store.Comparison(ctx, h.table.ID)
	return open+asked+len(cells)+len(told)+len(events) == 0 && (err != nil || !c.Running())
}

// cellsOf are a row's values as a record holds them.
func cellsOf(row []any) map[string]string {
	text := func(v any) string { return fmt.Sprint(orNone(v)) }
	return map[string]string{"UF_CODE": text(row[codeColumn]), "NAME": text(row[nameColumn]), "EMAIL": text(row[emailColumn]), "OPPORTUNITY": text(row[amountColumn])}
}

func (r *modelRecord) values() map[string]string {
	amount := fmt.Sprint(r.amount)
	return map[string]string{"UF_CODE": r.code, "NAME": r.name, "EMAIL": r.email, "OPPORTUNITY": amount}
}

// check holds the promise against what came of it all.
func (h *history) check() {
	ctx := context.Background()
	logs, err := h.store.History(ctx, h.table.ID, 0, 10000)
	h.ok(err)
	slices.Reverse(logs)
	uses := map[int64]int{}
	codes := map[string]int{}
	for _, row := range h.sheet.rows[1:] {
		if id, ok := row[idColumn].(float64); ok {
			uses[int64(id)]++
		}
	}
	for _, r := range h.crm.records {
		codes[r.code]++
	}
	for code, n := range codes {
		if n > 1 && !h.doubled[code] {
			h.t.Errorf("%d records of %s: created twice", n, code)
		}
	}
	h.checkOwners()
	for number, row := range h.sheet.rows {
		code, _ := row[codeColumn].(string)
		id, has := row[idColumn].(float64)
		switch {
		case number == 0:
		case code == "":
			if key, stands := row[idColumn].(string); stands {
				h.t.Errorf("%s stands in the empty row %d", key, number+1)
			}
		case !has && h.left[code]: // it was there when the table was set up anew
		case !has:
			told := fmt.Sprint(row[statusColumn])
			if h.table.Policies.NewRows != sheet24.IgnoreNew && told != "Kayıt açılmadı" && !strings.HasPrefix(told, "❌") { // as its owner decided, or was told
				h.t.Errorf("row %d became no record: %v", number+1, row)
			}
		case asksForID(row): // nothing was sent, and its owner knows
		case uses[int64(id)] == 1 && !h.copied[int64(id)]:
			h.checkRow(number+1, int64(id), row, logs)
		}
	}
	for _, o := range h.lostTo {
		if !slices.ContainsFunc(logs, func(c sheet24.RowChange) bool {
			f := c.Fields[o.field]
			return c.EntityID == o.id && (f.Conflict && slices.Contains(append(f.Earlier, f.CRM), any(o.shown())) || fmt.Sprint(f.Old) == o.value)
		}) {
			h.t.Errorf("somebody's %+v was overwritten unseen", o)
		}
	}
	for _, id := range h.deleted {
		_, there := h.crm.records[id]
		if there && uses[id] == 0 && !h.inDoubt() && h.table.Policies.Deleted == sheet24.DeleteRecord && h.table.Policies.Conflict != sheet24.CRMWins && !h.copied[id] {
			h.t.Errorf("the row of %d was deleted, its record is there", id)
		}
		if !there && h.table.Policies.Deleted == sheet24.KeepRecord {
			h.t.Errorf("the record %d was deleted, which nobody asked for", id)
		}
	}
}

// asksForID reports whether a row says that its id is to be put right.
func asksForID(row []any) bool {
	told := fmt.Sprint(row[statusColumn])
	return strings.HasPrefix(told, "❌") && (strings.Contains(told, "kimlikleri düzeltin") || strings.Contains(told, "doğru kimliği yazın"))
}

// inDoubt reports whether a row says that its id stands in several: until its owner mends
// that, it may be any record's row, and none is taken for deleted in whose place it stands.
func (h *history) inDoubt() bool {
	return slices.ContainsFunc(h.sheet.rows, func(row []any) bool { return strings.HasPrefix(fmt.Sprint(row[statusColumn]), "❌ ID ") })
}

// checkOwners asks that no cell or record got what is another's, and that nothing but the
// status column says how a row stands.
func (h *history) checkOwners() {
	mine := func(code string, v any) bool {
		owner, known := h.owners[fmt.Sprint(v)]
		return v == nil || v == "" || v == 0.0 || known && owner == code
	}
	for number, row := range h.sheet.rows[1:] {
		code, _ := row[codeColumn].(string)
		for column := nameColumn; column <= amountColumn; column++ {
			if code != "" && !mine(code, row[column]) {
				h.t.Errorf("row %d of %s holds %v", number+2, code, row[column])
			}
		}
		if id, ok := row[idColumn].(float64); ok && code != "" && !asksForID(row) && h.crm.records[int64(id)] != nil && h.crm.records[int64(id)].code != code {
			h.t.Errorf("row %d of %s has the id %v of another", number+2, code, id)
		}
	}
	for id, r := range h.crm.records {
		for _, v := range []any{r.name, r.email, r.amount} {
			if !mine(r.code, v) {
				h.t.Errorf("record %d of %s holds %v", id, r.code, v)
			}
		}
	}
}

// lostColumns are the columns that are not followed any more, as the table's page says.
func (h *history) lostColumns() []string {
	t, err := h.store.Table(context.Background(), h.table.ID)
	h.ok(err)
	return t.Lost
}

// checkRow compares a row with its record, and both with what is logged.
func (h *history) checkRow(number int, id int64, row []any, logs []sheet24.RowChange) {
	r, ok := h.crm.records[id]
	if !ok {
		h.t.Errorf("row %d: its record %d is gone", number, id)
		return
	}
	shows, holds := cellsOf(row), r.values()
	for _, name := range h.lostColumns() { // its owner is told of it
		for _, m := range h.table.Mappings {
			if m.Column.Name == name {
				delete(shows, m.Field)
			}
		}
	}
	var last *sheet24.RowChange
	linked := false              // typed again: from then on its cells held nothing before
	logged := map[string][]any{} // what a field may show after its last change: the CRM's takes a moment to be written
	for i, c := range logs {
		if c.EntityID != id {
			continue
		}
		last = &logs[i]
		linked = linked || c.Action == sheet24.Match
		if c.Status != sheet24.Completed || c.Action == sheet24.Delete {
			continue
		}
		for field, change := range c.Fields {
			if before := logged[field]; before != nil && !h.compared && !(linked && change.Old == nil) && !slices.Contains(before, change.Old) {
				h.t.Errorf("record %d: %s was logged as %v, and then from %v to %v", id, field, before, change.Old, change.New)
			}
			if logged[field] = []any{change.New}; change.Kept == sheet24.CRMWins {
				logged[field] = append(logged[field], change.CRM)
			}
		}
	}
	for field, v := range shows {
		if field == "OPPORTUNITY" && v == "" {
			v = "0"
		}
		if holds[field] != v && !h.colleagues[overwritten{id, field, holds[field]}] {
			h.t.Errorf("row %d: %s is %q, the record %d holds %q", number, field, v, id, holds[field])
		}
		if now := logged[field]; now != nil && !h.compared && fmt.Sprint(orNone(now[len(now)-1])) != shows[field] {
			h.t.Errorf("record %d: %s was last logged as %v, and is %s", id, field, now, shows[field])
		}
	}
	if last != nil && last.Status == sheet24.Completed && !strings.HasPrefix(fmt.Sprint(row[statusColumn]), "✅") {
		h.t.Errorf("row %d is done and says %v", number, row[statusColumn])
	}
	if last != nil && last.Status == sheet24.Failed {
		h.t.Errorf("record %d: failed with %s", id, last.Error)
	}
}
