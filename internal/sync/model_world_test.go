package sync_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"sheet24"
	"sheet24/internal/sqlstore"
	"sheet24/internal/sync/stages"
	"sheet24/internal/sync/synctest"
)

// errCrash ends a stage as kill -9 does: nothing after it happens.
var errCrash = errors.New("the process is killed")

// perils decide what happens at each call and commit of a stage.
type perils struct {
	crashIn int                 // steps until the process is killed; less than 0: it is not
	crashed bool                // it was
	faultIn int                 // calls until one fails; less than 0: none does
	faults  int                 // and how many more after it
	lost    bool                // it fails after it was done, else before
	during  func()              // somebody does something while the CRM is asked; nil: nobody
	atWrite func() (lost bool)  // what happens once, just before cells are written; and whether the answer is lost
	moves   func()              // somebody moves rows or columns before a call to Google takes effect; nil: nobody
	touched map[string]struct{} // which kinds of steps were crashed at
}

// step is a moment at which the process may be killed.
func (p *perils) step(name string) {
	if p.crashIn == 0 {
		p.crashIn = -1
		p.touched[name] = struct{}{}
		p.crashed = true
		runtime.Goexit() // of the stage: nothing of it catches that, as it would a panic
	}
	if p.crashIn > 0 {
		p.crashIn--
	}
}

// call does something that another service does, if it is reached; its answer may be
// lost.
func (p *perils) call(name string, f func()) error {
	p.step("before " + name)
	fails := p.faultIn == 0
	switch {
	case fails && p.faults > 0:
		p.faults--
	case p.faultIn >= 0:
		p.faultIn--
	}
	if fails && !p.lost {
		return sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleBusy)
	}
	if p.moves != nil && googleCalls[name] {
		p.moves()
	}
	if happens := p.atWrite; happens != nil && name == "WriteColumns" {
		p.atWrite = nil
		fails = happens()
	}
	f()
	p.step("after " + name)
	if fails {
		return sheet24.Errorf(sheet24.Unavailable, sheet24.CodeGoogleBusy)
	}
	return nil
}

// fragileStore is a database whose user may be killed before and after each commit.
type fragileStore struct {
	*sqlstore.Store
	*perils
}

func (s fragileStore) commit(name string, f func() error) error {
	s.step("before " + name)
	err := f()
	s.step("after " + name)
	return err
}

func (s fragileStore) CommitScan(ctx context.Context, t *sheet24.Table, found sheet24.Scanned) error {
	return s.commit("CommitScan", func() error { return s.Store.CommitScan(ctx, t, found) })
}

func (s fragileStore) SettleChanges(ctx context.Context, changes []sheet24.RowChange) error {
	return s.commit("SettleChanges", func() error { return s.Store.SettleChanges(ctx, changes) })
}

func (s fragileStore) LinkRows(ctx context.Context, tableID int64, links []sheet24.RowLink) (linked []sheet24.Linked, err error) {
	err = s.commit("LinkRows", func() (err error) {
		linked, err = s.Store.LinkRows(ctx, tableID, links)
		return err
	})
	return linked, err
}

func (s fragileStore) NoteFields(ctx context.Context, changes []sheet24.RowChange) error {
	return s.commit("NoteFields", func() error { return s.Store.NoteFields(ctx, changes) })
}

func (s fragileStore) MarkReported(ctx context.Context, changes []sheet24.RowChange) error {
	return s.commit("MarkReported", func() error { return s.Store.MarkReported(ctx, changes) })
}

func (s fragileStore) SaveCompared(ctx context.Context, c *sheet24.Comparison, from sheet24.ComparisonState, rows []sheet24.RowDifference, seen map[int64]sheet24.Known) error {
	return s.commit("SaveCompared", func() error { return s.Store.SaveCompared(ctx, c, from, rows, seen) })
}

func (s fragileStore) ClaimChanges(ctx context.Context, portalID int64, limit int) (claimed []sheet24.RowChange, err error) {
	err = s.commit("ClaimChanges", func() (err error) {
		claimed, err = s.Store.ClaimChanges(ctx, portalID, limit)
		return err
	})
	return claimed, err
}

func (s fragileStore) Interrupted(ctx context.Context, portalID int64) (claimed []sheet24.RowChange, err error) {
	err = s.commit("Interrupted", func() (err error) {
		claimed, err = s.Store.Interrupted(ctx, portalID)
		return err
	})
	return claimed, err
}

func (s fragileStore) Begin(ctx context.Context, changes []sheet24.RowChange) error {
	return s.commit("Begin", func() error { return s.Store.Begin(ctx, changes) })
}

// googleCalls are the calls that reach the sheet.
var googleCalls = map[string]bool{"Read": true, "ReadColumns": true, "WriteColumns": true, "Replace": true}

// modelSheet is a tab: its first row is the header. Rows hold their cells in the order of
// the columns below, wherever people have moved these.
type modelSheet struct {
	*perils
	rows  [][]any
	order []int // the columns from left to right; less than 0: one that somebody inserted
}

// shown is a row as the tab shows it.
func (s *modelSheet) shown(row []any) []any {
	cells := make([]any, len(s.order))
	for i, column := range s.order {
		if column >= 0 {
			cells[i] = row[column]
		}
	}
	return cells
}

// The columns of the tab.
const (
	idColumn = iota
	codeColumn
	nameColumn
	emailColumn
	amountColumn
	statusColumn
	columnCount
)

var modelHeader = []any{"ID", "Kod", "Ad", "E-posta", "Tutar", "Durum"}

func (s *modelSheet) Read(_ context.Context, _, _ string, _ int64, ranges []sheet24.Range) (read [][][]any, err error) {
	err = s.call("Read", func() {
		for _, r := range ranges {
			var block [][]any
			last := len(s.rows)
			if r.LastRow > 0 {
				last = min(last, r.LastRow)
			}
			first, end := min(max(r.FirstColumn, 1)-1, len(s.order)), len(s.order)
			if r.LastColumn > 0 {
				end = min(r.LastColumn, len(s.order))
			}
			for n := r.FirstRow; n <= last; n++ {
				cells := slices.Clone(s.shown(s.rows[n-1])[first:end])
				for len(cells) > 0 && cells[len(cells)-1] == nil {
					cells = cells[:len(cells)-1]
				}
				for i, c := range cells {
					if c == nil {
						cells[i] = ""
					}
				}
				block = append(block, cells)
			}
			for len(block) > 0 && len(block[len(block)-1]) == 0 {
				block = block[:len(block)-1]
			}
			read = append(read, block)
		}
	})
	return read, err
}

func (s *modelSheet) ReadFormatted(ctx context.Context, tab sheet24.TabRef, ranges []sheet24.Range) (values, texts [][][]any, err error) {
	if values, err = s.Read(ctx, tab.UserID, tab.SpreadsheetID, tab.GID, ranges); err != nil {
		return nil, nil, err
	}
	for _, block := range values {
		var shown [][]any
		for _, row := range block {
			var cells []any
			for _, v := range row {
				cells = append(cells, strings.TrimSuffix(fmt.Sprint(v), ".0"))
			}
			shown = append(shown, cells)
		}
		texts = append(texts, shown)
	}
	return values, texts, nil
}

// column is where the column of a name stands by now, -1 if there is none.
func (s *modelSheet) column(c sheet24.Column) int { return slices.Index(s.rows[0], any(c.Name)) }

// cells is a whole column.
func (s *modelSheet) cells(column int) (cells []any) {
	for _, row := range s.rows {
		cells = append(cells, orNone(row[column]))
	}
	return cells
}

func (s *modelSheet) ReadColumns(_ context.Context, _ sheet24.TabRef, _ int, columns []sheet24.Column) (read [][]any, err error) {
	lost := false
	err = s.call("ReadColumns", func() {
		for _, c := range columns {
			if at := s.column(c); at >= 0 {
				read = append(read, s.cells(at))
			} else {
				lost = true
			}
		}
	})
	if err == nil && lost {
		return nil, sheet24.Errorf(sheet24.Conflict, sheet24.CodeColumnsMoved)
	}
	return read, err
}

func (s *modelSheet) WriteColumns(_ context.Context, _ sheet24.TabRef, _ int, writes []sheet24.ColumnWrite) (read [][]any, err error) {
	err = s.call("WriteColumns", func() {
		for _, w := range writes {
			at := s.column(w.Column)
			for number, v := range w.Cells {
				s.set(number, at, v)
			}
			read = append(read, s.cells(at))
		}
	})
	return read, err
}

func (s *modelSheet) set(number, column int, v any) {
	for len(s.rows) < number {
		s.rows = append(s.rows, make([]any, columnCount))
	}
	if v == "" {
		v = nil
	}
	s.rows[number-1][column] = v
}

func (s *modelSheet) Replace(_ context.Context, _ sheet24.TabRef, replacements []sheet24.Replacement) error {
	if len(replacements) == 0 {
		return nil
	}
	return s.call("Replace", func() {
		for _, r := range replacements {
			for number, row := range s.rows {
				for column, v := range row {
					if v != any(r.Find) {
						continue
					}
					s.set(number+1, column, r.Text)
					if n, err := strconv.ParseFloat(r.Text, 64); err == nil {
						s.set(number+1, column, n)
					}
				}
			}
		}
	})
}

func (s *modelSheet) Describe(context.Context, string, string) (info sheet24.SheetInfo, err error) {
	err = s.call("Describe", func() {
		info = sheet24.SheetInfo{Title: "Satış", Locale: "tr_TR", TimeZone: "Europe/Istanbul", Tabs: map[int64]string{1: "Leads"}}
	})
	return info, err
}

func (s *modelSheet) Merged(context.Context, string, string, int64) ([]sheet24.Range, error) {
	return nil, nil
}

// modelRecord is a lead.
type modelRecord struct {
	code, name, email string
	amount            float64
	key               string
}

// modelCRM is a portal. It makes a record for each creation, whatever its key, and an error
// leaves open whether a write was done.
type modelCRM struct {
	*perils
	now      func() time.Time
	records  map[int64]*modelRecord
	nextID   int64
	replaced func(id int64, field, value string) // by a write
	sent     func(sheet24.Request)               // before a request is carried out; nil: nobody minds

	// What it goes on with though whoever sent it is gone, or was told nothing.
	goesOn  time.Duration // after which it is done; less than 0: never
	goingOn []lateWrites
	landIn  int // calls until all of that is done, whenever that should be; less than 0: not before
}

// lateWrites are what is left of a request, done at a time.
type lateWrites struct {
	writes []sheet24.ItemWrite
	at     time.Time
}

// leave has the portal go on with what is left of a request.
func (c *modelCRM) leave(writes []sheet24.ItemWrite) {
	if len(writes) > 0 && c.goesOn >= 0 {
		c.goingOn = append(c.goingOn, lateWrites{writes, c.now().Add(c.goesOn)})
	}
}

// land does what it is time for, or all.
func (c *modelCRM) land(all bool) {
	replaced := c.replaced
	c.replaced = func(int64, string, string) {} // nobody could have prevented it
	defer func() { c.replaced = replaced }()
	c.goingOn = slices.DeleteFunc(c.goingOn, func(l lateWrites) bool {
		if !all && l.at.After(c.now()) {
			return false
		}
		for _, w := range l.writes {
			c.write(w)
		}
		return true
	})
}

// called is a call that somebody else's work may come before.
func (c *modelCRM) called(name string, f func()) error {
	if c.landIn == 0 {
		c.land(true)
	}
	if c.landIn >= 0 {
		c.landIn--
	}
	return c.call(name, f)
}

var modelFields = []sheet24.Field{
	{Name: "ID", APIName: "id", Type: "integer", ReadOnly: true},
	{Name: "UF_CODE", APIName: "ufCode", Type: "string", Title: "Kod"},
	{Name: "NAME", APIName: "name", Type: "string", Title: "Ad"},
	{Name: "EMAIL", APIName: "fm", Type: "crm_multifield", Title: "E-posta", Multi: sheet24.MultiKind{Type: "EMAIL"}},
	{Name: "OPPORTUNITY", APIName: "opportunity", Type: "double", Title: "Tutar"},
}

func (c *modelCRM) Entities(context.Context, *sheet24.Portal) ([]sheet24.EntityType, error) {
	return nil, nil
}

func (c *modelCRM) Fields(context.Context, *sheet24.Portal, sheet24.Entity) ([]sheet24.Field, error) {
	return modelFields, nil
}

func (c *modelCRM) Refresh(context.Context, *sheet24.Portal, sheet24.Entity) ([]sheet24.Field, error) {
	return modelFields, nil
}

func (c *modelCRM) Resolve(context.Context, *sheet24.Portal, []sheet24.Link) (map[sheet24.Link][]int64, map[sheet24.Link]error) {
	return nil, nil
}

func (c *modelCRM) Items(_ context.Context, _ *sheet24.Portal, refs []sheet24.ItemRef) (map[sheet24.ItemRef]*sheet24.Item, map[sheet24.Entity]error) {
	items := map[sheet24.ItemRef]*sheet24.Item{}
	if len(refs) == 0 {
		return items, nil
	}
	err := c.called("Items", func() {
		for _, ref := range refs {
			if r, ok := c.records[ref.ID]; ok {
				item := &sheet24.Item{ID: ref.ID, Values: map[string]any{"UF_CODE": r.code, "NAME": r.name, "OPPORTUNITY": r.amount}}
				if r.email != "" {
					item.Multi = []sheet24.MultiValue{{ID: ref.ID, Type: "EMAIL", Kind: "WORK", Value: r.email}}
				}
				items[ref] = item
			}
		}
	})
	if err != nil {
		return nil, map[sheet24.Entity]error{sheet24.Leads: err}
	}
	return items, nil
}

func (c *modelCRM) Find(_ context.Context, _ *sheet24.Portal, _ sheet24.Entity, field string, values []string, _ string) (found map[string][]int64, err error) {
	err = c.called("Find", func() {
		found = map[string][]int64{}
		for _, id := range slices.Sorted(maps.Keys(c.records)) {
			r := c.records[id]
			v := map[string]string{"EMAIL": r.email, "UF_CODE": r.code}[field]
			if slices.Contains(values, v) {
				found[v] = append(found[v], id)
			}
		}
	})
	return found, err
}

// modelGivesUp is how long after it was sent a request may still be carried out.
const modelGivesUp = 70 * time.Second

func (c *modelCRM) GivesUp() time.Duration { return modelGivesUp }

func (c *modelCRM) Turn(context.Context, *sheet24.Portal) (sheet24.Turn, error) {
	return &modelTurn{c}, nil
}

// modelTurn is a request to the portal, which lets all through.
type modelTurn struct{ crm *modelCRM }

func (*modelTurn) Size() int                          { return 3 } // so that there are several requests
func (*modelTurn) Spare() int                         { return 1 }
func (*modelTurn) Pace() time.Duration                { return time.Second }
func (*modelTurn) Room(sheet24.Call) (int, time.Time) { return 50, time.Time{} }
func (*modelTurn) Book(sheet24.Request)               {}

// Alone reports whether a write must be a request of its own: as good as any text does for
// one that a batch would misread.
func (*modelTurn) Alone(w sheet24.ItemWrite) bool { return len(fmt.Sprint(w.Fields))%5 == 0 }

func (*modelTurn) GiveBack() {}

// Send carries out the writes one by one, then reads. Where it is cut off, by a fault or
// with the process that sent it, the portal may go on with the rest.
func (t *modelTurn) Send(ctx context.Context, r sheet24.Request) sheet24.Reply {
	c := t.crm
	if len(r.Writes)+len(r.Items)+len(r.Keys) > 1 && slices.ContainsFunc(r.Writes, t.Alone) {
		panic(fmt.Sprintf("not alone: %v", r))
	}
	if c.sent != nil {
		c.sent(r)
	}
	done, answered := 0, false
	defer func() {
		if !answered {
			c.leave(r.Writes[done:])
		}
	}()
	lost := func() sheet24.Reply {
		if c.during != nil {
			c.during()
		}
		return lostRequest(r)
	}

	reply := sheet24.Reply{Written: make([]sheet24.Written, len(r.Writes)), Created: map[sheet24.ItemKey]int64{}}
	for i, w := range r.Writes {
		err := c.called("crm", func() { reply.Written[i] = c.write(w); done++ })
		if err != nil {
			return lost()
		}
	}
	if len(r.Writes) > 0 && c.during != nil {
		c.during()
	}

	if reply.Items, reply.Unread = c.Items(ctx, nil, r.Items); len(reply.Unread) > 0 {
		return lost()
	}
	if len(r.Keys) > 0 {
		err := c.called("keys", func() {
			for _, key := range r.Keys {
				for _, id := range slices.Sorted(maps.Keys(c.records)) {
					if _, found := reply.Created[key]; c.records[id].key == key.Key && !found {
						reply.Created[key] = id
					}
				}
			}
		})
		if err != nil {
			return lost()
		}
	}
	answered = true
	return reply
}

// lostRequest is the reply to a request whose answer does not come.
func lostRequest(r sheet24.Request) sheet24.Reply {
	reply := sheet24.Reply{Outcome: sheet24.Open, Err: sheet24.Errorf(sheet24.Unavailable, sheet24.CodePortalUnreachable, "x")}
	for range r.Writes {
		reply.Written = append(reply.Written, sheet24.Written{Outcome: sheet24.Open, Err: reply.Err})
	}
	return reply
}

func (c *modelCRM) write(w sheet24.ItemWrite) sheet24.Written {
	if w.Delete {
		delete(c.records, w.ID)
		return sheet24.Written{ID: w.ID}
	}
	if w.ID == 0 {
		c.nextID++
		w.ID = c.nextID
		c.records[w.ID] = &modelRecord{key: w.Key}
	}
	r, ok := c.records[w.ID]
	if !ok {
		return sheet24.Written{ID: w.ID, Outcome: sheet24.Refused, Err: sheet24.Errorf(sheet24.Invalid, sheet24.CodeRecordMissing)}
	}
	before := *r
	defer func() {
		for field, v := range before.values() {
			if r.values()[field] != v {
				c.replaced(w.ID, field, v)
			}
		}
	}()
	made := sheet24.Written{ID: w.ID}
	for name, v := range w.Fields {
		// Of some records the portal empties nothing, unless their own method does, and never
		// says so.
		if sheet24.Empties(v) && before != (modelRecord{key: w.Key}) {
			made.Unproven = true
			if w.ID%3 == 0 && !w.Own {
				continue
			}
		}
		switch name {
		case "ufCode":
			r.code = fmt.Sprint(orNone(v))
		case "name":
			r.name = fmt.Sprint(orNone(v))
		case "opportunity":
			n, _ := v.(float64)
			r.amount = n
		}
	}
	for _, m := range w.Multi {
		r.email = m.Value
	}
	return made
}

func orNone(v any) any {
	if v == nil {
		return ""
	}
	return v
}

// modelWorld is one history: a sheet, a CRM, and the sync between them, which is killed
// and started again on the same database.
type modelWorld struct {
	*perils
	store        *sqlstore.Store
	sheet        *modelSheet
	crm          *modelCRM // of the table's portal
	table        *sheet24.Table
	portals      *modelPortals
	formerPortal int64 // that was the table's before, 0: none
	now          time.Time
	sync         *synctest.Rounds

	messages int
	thrown   any // a panic of what is no part of a stage
}

// start starts the process, or starts it again.
func (w *modelWorld) start() {
	w.sync = synctest.New(stages.Parts{Store: fragileStore{w.store, w.perils}, Sheets: w.sheet, CRM: w.portals, Parallel: 1, Now: func() time.Time { return w.now }, Log: quietLog})
}

// run runs a stage; a crash starts the process again.
func (w *modelWorld) run(stage string) (more bool, err error) {
	w.crashed, w.thrown = false, nil
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.outside(func() { more, err = w.stage(stage) })
	}()
	<-ended
	if w.thrown != nil {
		panic(w.thrown)
	}
	if w.crashed {
		w.start()
		return true, errCrash
	}
	return more, err
}

// outside does what is no part of a stage: a panic of it is the test's, and ends all.
func (w *modelWorld) outside(f func()) {
	defer func() {
		if v := recover(); v != nil {
			w.thrown = v
			runtime.Goexit()
		}
	}()
	f()
}

func (w *modelWorld) stage(stage string) (more bool, err error) {
	ctx := context.Background()
	switch stage {
	case "scan":
		return w.sync.Scan(ctx, w.table.ID)
	case "push":
		if w.formerPortal != 0 {
			if _, err := w.sync.Push(ctx, w.formerPortal); err != nil {
				return false, err
			}
		}
		return w.sync.Push(ctx, w.table.PortalID)
	case "report":
		return w.sync.Report(ctx, w.table.ID)
	}
	return w.sync.Compare(ctx, w.table.ID)
}

// tell stores a nudge, as receive does.
func (w *modelWorld) tell(kind sheet24.EventType, rows sheet24.Range) error {
	w.messages++
	return w.store.AddEvent(context.Background(), &sheet24.Event{TableID: w.table.ID, Type: kind, MessageID: fmt.Sprint(w.messages), Rows: rows, Data: []byte("{}")})
}
