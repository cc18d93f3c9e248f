package blackbox_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"time"
)

// history is a spreadsheet of its own, and what people do to it and to its records.
type history struct {
	w    *world
	seed int64
	r    *rand.Rand
	name string // of the tab; every value of the history holds it

	theme       string
	headers     []string // in the order of the columns at first
	policies    policies
	script      bool
	spreadsheet string
	table       string // address of its page

	sentinel *row                       // one that nobody touches, but to see whether the tab was looked at
	rows     map[string]*row            // by tag
	gone     map[string]*row            // rows that were deleted
	before   []map[string]*row          // what the rows were before each of the last edits
	kept     *grid                      // the tab right before the last edit
	values   map[string]map[string]bool // all that the people put, by group and column
	groups   map[int64]string           // of records, as far as the people know
	theirs   []theirs                   // what colleagues changed
	beside   map[int64][]string         // values that colleagues' records were made with
	deleted  map[int64]bool             // records that colleagues deleted
	edited   map[string]map[string]bool // rows, by column, that were edited
	reused   map[string]bool            // values that were put more than once, by column
	count    int                        // of values made so far
	tags     int                        // of tags given so far

	guests    string    // the table that somebody else made of the tab, if one could be saved
	strangers int64     // the last of the other portal's records that were there when the tab was shared
	moved     bool      // the tab was to be saved anew, for another entity
	lastNew   time.Time // when a row was typed
	began     time.Time
	ended     time.Time
	steps     []step
	wrong     []string
}

// theirs is a change that a colleague made in the CRM.
type theirs struct {
	record int64
	column string
	value  string
	at     time.Time
}

// step is something that was done, for people to read.
type step struct {
	at   time.Time
	what string
}

// policies are what the table's owner chose.
type policies struct {
	newRows, deleted, conflict string
	keys                       []string
}

// play plays a history from its beginning to its end and says what is wrong then.
func play(w *world, seed int64, plain bool) *history {
	h := &history{
		w: w, seed: seed, r: rand.New(rand.NewPCG(uint64(seed), 24)), began: time.Now(),
		rows: map[string]*row{}, gone: map[string]*row{}, values: map[string]map[string]bool{}, groups: map[int64]string{},
		beside: map[int64][]string{}, deleted: map[int64]bool{}, reused: map[string]bool{}, edited: map[string]map[string]bool{},
	}
	h.name = fmt.Sprintf("h%dx%d", seed, time.Now().UnixNano()%1e6)
	defer func() { h.ended = time.Now() }()

	if err := h.setUp(plain); err != nil {
		h.fail("SETUP", "%v", err)
	} else if err := h.act(plain); err != nil {
		h.fail("HARNESS", "%v", err)
	}
	w.acting.Done()
	if len(h.wrong) > 0 {
		return h
	}
	h.check(h.rest())
	h.leave()
	return h
}

// fail notes what is wrong.
func (h *history) fail(kind, format string, args ...any) {
	h.wrong = append(h.wrong, kind+": "+fmt.Sprintf(format, args...))
}

// step notes what is done.
func (h *history) step(format string, args ...any) {
	h.steps = append(h.steps, step{time.Now(), fmt.Sprintf(format, args...)})
}

// chance reports whether something happens that has a probability.
func (h *history) chance(p float64) bool { return h.r.Float64() < p }

// themes are what histories do more of than others.
var themes = []string{"mixed", "mixed", "new rows", "sorting", "columns", "pasting", "copies", "damage", "colleagues", "keys", "deleting", "large", "set-up", "shared"}

// setUp makes the spreadsheet with its records and saves it as a table.
func (h *history) setUp(plain bool) error {
	h.choose(plain)
	if err := h.makeSheet(); err != nil {
		return err
	}

	h.w.settingUp.RLock()
	defer h.w.settingUp.RUnlock()
	var err error
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		if err = h.saveTable(); err == nil { // else the portal may be out, which the page says
			break
		}
	}
	if err == nil && h.theme == "shared" {
		err = h.share()
	}
	if err != nil {
		return err
	}

	h.w.wire.overSheet(h.spreadsheet, h.sheetWeather(plain))
	h.w.front.setPost(h.spreadsheet, h.notifications(plain))
	h.step("the table %s: %s; new rows %q, keys %v, deleted rows %q, conflicts %q, script %v", h.table, h.theme,
		h.policies.newRows, h.policies.keys, h.policies.deleted, h.policies.conflict, h.script)
	return nil
}

// saveTable saves the tab as a table, and allows its script if it is to have one.
func (h *history) saveTable() error {
	fields := make([]string, len(h.headers))
	for i, header := range h.headers {
		fields[i] = columnOf(header).field
	}
	page, at, err := h.w.user.save(h.spreadsheet, 0, "leads", fields)
	if err != nil {
		return err
	}
	if h.script {
		if err := h.w.user.allow(page, at); err != nil {
			return err
		}
	}
	if h.table, err = h.w.user.tableOf(h.name); err != nil {
		return err
	}
	return h.saveSettings()
}

// choose draws what kind of history it is.
func (h *history) choose(plain bool) {
	for h.theme == "" || without(h.theme) {
		h.theme = themes[h.r.IntN(len(themes))]
	}
	h.policies = policies{newRows: "create"}
	h.script = true
	if !plain {
		h.policies.newRows = []string{"create", "create", "create", "create", "ask", ""}[h.r.IntN(6)]
		h.policies.conflict = []string{"", "", "crm", "ask"}[h.r.IntN(4)]
		h.script = h.chance(0.8)
		if h.theme == "keys" || h.chance(0.4) {
			h.policies.keys = []string{"EMAIL"}
		}
		if without("keys") {
			h.policies.keys = nil
		}
		if h.theme == "deleting" || h.chance(0.1) {
			h.policies.deleted = []string{"stage", "delete", "delete"}[h.r.IntN(3)]
		}
		if h.theme == "keys" || h.theme == "new rows" {
			h.policies.newRows = "create"
		}
	}

	for _, c := range columns[:always] {
		h.headers = append(h.headers, c.header)
	}
	for _, c := range columns[always:] {
		if h.chance(0.6) {
			h.headers = append(h.headers, c.header)
		}
	}
	h.r.Shuffle(len(h.headers), func(i, j int) { h.headers[i], h.headers[j] = h.headers[j], h.headers[i] })
}

// makeSheet makes a spreadsheet whose rows are records already.
func (h *history) makeSheet() error {
	var copied struct {
		ID string `json:"spreadsheet_id"`
	}
	if err := h.w.sim.post("/sim/google/copies", map[string]any{"spreadsheet_id": h.w.sim.SpreadsheetID}, &copied); err != nil {
		return err
	}
	h.spreadsheet = copied.ID

	cells := [][]any{{}}
	for _, header := range h.headers {
		cells[0] = append(cells[0], header)
	}
	size := 7 + h.r.IntN(20)
	if h.theme == "large" {
		size = 100 + h.r.IntN(300)
	}
	for n := range size {
		r := h.newRow()
		if n == 0 {
			h.sentinel = r
			delete(h.rows, r.tag)
		}
		id, err := h.w.sim.inCRM("create", 1, 0, h.fieldsOf(r))
		if err != nil {
			return err
		}
		r.id, r.typed = id, false
		h.groups[id] = r.group
		var line []any
		for _, header := range h.headers {
			line = append(line, h.cellOf(r, header))
		}
		cells = append(cells, line)
	}

	for _, e := range []edit{
		{Kind: "rename_tab", Title: h.name}, {Kind: "delete_rows", Range: "2:300"}, {Kind: "clear", Range: "A1:Z1"}, {Range: "A1", Values: cells},
	} {
		e.SpreadsheetID = h.spreadsheet
		if err := h.w.sim.edit(e); err != nil {
			return err
		}
	}
	return nil
}

// cellOf is what a row's user sees, or pastes, under a header.
func (h *history) cellOf(r *row, header string) any {
	switch header {
	case idHeader:
		if r.id > 0 {
			return float64(r.id)
		}
		return ""
	case statusHeader:
		return ""
	case tagHeader:
		return r.tag
	}
	if v, ok := r.values[header]; ok {
		return v
	}
	return ""
}

// fieldsOf are a row's values as the CRM takes them.
func (h *history) fieldsOf(r *row) map[string]any {
	fields := map[string]any{"stageId": "NEW"}
	multi := map[string]any{}
	for header, v := range r.values {
		c := columnOf(header)
		if c.multi {
			multi[fmt.Sprint("n", len(multi))] = map[string]any{"typeId": c.api, "valueType": "WORK", "value": v}
		} else if c.synced() {
			fields[c.api] = v
		}
	}
	if len(multi) > 0 {
		fields["fm"] = multi
	}
	return fields
}

// newRow makes a row with values of its own, a group of its own, and no id.
func (h *history) newRow() *row {
	h.tags++
	tag := fmt.Sprintf("%sk%d", h.name, h.tags)
	r := &row{tag: tag, group: tag, values: map[string]any{}, typed: true}
	h.rows[tag] = r
	for _, header := range h.headers {
		c := columnOf(header)
		if c.synced() && (header == "Ad" || header == "E-posta" || h.chance(0.7)) {
			h.put(r, c, h.fresh(r, c))
		}
	}
	return r
}

// fresh is a value that nobody has put anywhere yet, and that tells whose it is.
func (h *history) fresh(r *row, c column) any {
	h.count++
	switch c.field {
	case "EMAIL":
		return fmt.Sprintf("%s.%d@ornek.com.tr", r.tag, h.count)
	case "PHONE":
		n := uint64(h.seed)*7919 + uint64(time.Now().UnixNano()/1000)%10000 + uint64(h.count)*100003
		return fmt.Sprintf("+90 53%d %03d %02d %02d", n/10000000%10, n/10000%1000, n/100%100, n%100)
	case "OPPORTUNITY":
		return float64(1000*h.count + len(r.tag) + int(h.seed%900))
	}
	return fmt.Sprintf("%s %s.%d", c.header, r.tag, h.count)
}

// put has a row hold a value; nil or "" empties the cell.
func (h *history) put(r *row, c column, v any) {
	if h.edited[c.header] == nil {
		h.edited[c.header] = map[string]bool{}
	}
	h.edited[c.header][r.tag] = h.table != "" // else the table is yet to be made
	if v == nil || v == "" {
		delete(r.values, c.header)
		return
	}
	r.values[c.header] = v
	h.know(r.group, c, v)
}

// know notes that a value was put for a group of rows.
func (h *history) know(group string, c column, v any) {
	if h.values[group] == nil {
		h.values[group] = map[string]bool{}
	}
	key := c.header + " " + c.plain(v)
	if h.values[group][key] {
		h.reused[key] = true
	}
	h.values[group][key] = true
}

// known reports whether a value was put for a group of rows by its people.
func (h *history) known(group string, c column, plain string) bool {
	return h.values[group][c.header+" "+plain]
}

func (h *history) saveSettings() error {
	p := h.policies
	form := url.Values{"new_rows": {p.newRows}, "deleted": {p.deleted}, "conflict": {p.conflict}, "key": p.keys}
	if p.conflict == "" {
		form.Set("conflict", "")
	}
	if p.deleted == "stage" {
		form.Set("stage", "Kaybedildi")
	}
	return h.w.user.act(h.table, "/settings", form)
}

// sheetWeather is what befalls the requests about the history's spreadsheet.
func (h *history) sheetWeather(plain bool) weather {
	const ms = time.Millisecond
	s := weather{}
	if plain {
		return s
	}
	switch h.r.IntN(5) {
	case 0:
	case 1:
		s.least, s.most = 5*ms, 50*ms
	case 2, 3:
		s.least, s.most = 75*ms, 150*ms // Google's usual answers take twice that
	case 4:
		s.least, s.most = 0, 250*ms
	}
	if h.chance(0.25) {
		s.refuse = 0.1
	}
	if h.chance(0.25) {
		s.lose = 0.1
	}
	if h.chance(0.1) {
		s.slow = 2 * time.Second
	}
	h.step("each way to Google takes %v to %v; refused %v, answers lost %v, done later by up to %v", s.least, s.most, s.refuse, s.lose, s.slow)
	return s
}

// notifications is what befalls what the script tells.
func (h *history) notifications(plain bool) post {
	p := post{}
	if plain {
		return p
	}
	if h.theme == "damage" || h.chance(0.2) {
		p.lose = []float64{0.3, 1}[h.r.IntN(2)]
	}
	if h.chance(0.3) {
		p.double, p.late = 0.2, time.Second
	}
	h.step("of the script's messages %v are lost, %v doubled, up to %v late", p.lose, p.double, p.late)
	return p
}

// leave ends a history's table as far as its user can: the tab is deleted, so that the
// service does not read it any more.
func (h *history) leave() {
	if len(h.wrong) == 0 {
		h.w.sim.edit(edit{SpreadsheetID: h.spreadsheet, Kind: "delete_tab"})
	}
}

// look is the tab as it stands.
func (h *history) look() (*grid, error) {
	cells, err := h.w.sim.cells(h.spreadsheet, 0)
	return newGrid(cells), err
}

// edit does something to the tab as a person would; what it changes in the rows is the
// caller's to note, after it.
func (h *history) edit(e edit) error {
	g, err := h.look()
	if err != nil {
		return err
	}
	e.SpreadsheetID = h.spreadsheet
	if err := h.w.sim.edit(e); err != nil {
		return fmt.Errorf("%+v: %w", e, err)
	}

	was := map[string]*row{}
	for tag, r := range h.rows {
		was[tag] = r.clone()
	}
	h.before = append(h.before[max(0, len(h.before)-9):], was)
	h.kept = g
	return nil
}

// present are the tags of the rows that stand in the sheet once, in their order.
func (h *history) present(g *grid) (tags []string) {
	for _, tag := range slices.Sorted(maps.Keys(h.rows)) {
		if len(g.rows[tag]) == 1 {
			tags = append(tags, tag)
		}
	}
	slices.SortFunc(tags, func(a, b string) int { return g.rows[a][0] - g.rows[b][0] })
	return tags
}

// any draws one of the rows.
func (h *history) any(g *grid) *row {
	tags := h.present(g)
	if len(tags) == 0 {
		return nil
	}
	return h.rows[tags[h.r.IntN(len(tags))]]
}

// someColumn draws one of the columns that go to the CRM.
func (h *history) someColumn() column {
	for {
		if c := columnOf(h.headers[h.r.IntN(len(h.headers))]); c.synced() {
			return c
		}
	}
}

// mostShown is how many wrongs of a kind a report shows.
const mostShown = 6

// report is what is to be read of a history that went wrong.
func (h *history) report() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d (%s, %s): %d wrong\n", h.seed, h.w.name, h.theme, len(h.wrong))
	shown := map[string]int{}
	for _, text := range h.wrong {
		kind, _, _ := strings.Cut(text, ":")
		if shown[kind]++; shown[kind] <= mostShown {
			fmt.Fprintf(&b, "  ✗ %s\n", text)
		}
	}
	for kind, n := range shown {
		if n > mostShown {
			fmt.Fprintf(&b, "  ✗ %s: and %d more\n", kind, n-mostShown)
		}
	}

	lines := slices.Clone(h.steps)
	for _, e := range h.w.between(h.began, h.ended) {
		lines = append(lines, step{e.at, "    " + e.what})
	}
	slices.SortStableFunc(lines, func(a, b step) int { return a.at.Compare(b.at) })
	for _, s := range lines {
		fmt.Fprintf(&b, "  %7.3fs  %s\n", s.at.Sub(h.began).Seconds(), s.what)
	}
	fmt.Fprintf(&b, "  again: go test ./test/blackbox -run TestHistories -seed %d\n", h.seed)
	return b.String()
}
