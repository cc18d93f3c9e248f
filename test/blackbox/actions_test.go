package blackbox_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// action is something that people do. It reports whether there was anything to do.
type action struct {
	name   string
	weight int
	do     func(*history) (bool, error)
	themes string // in which it is done five times as often
}

var actions = []action{
	{"type", 20, (*history).typeCell, "mixed"},
	{"clear", 3, (*history).clearCell, ""},
	{"mistype", 3, (*history).mistype, "mixed"},
	{"paste", 8, (*history).paste, "pasting columns"},
	{"type a row", 6, (*history).typeRow, "new rows keys sorting"},
	{"paste rows", 3, (*history).pasteRows, "new rows sorting keys"},
	{"sort", 6, (*history).sort, "sorting new rows pasting"},
	{"move rows", 4, (*history).moveRows, "sorting new rows"},
	{"insert rows", 3, (*history).insertRows, "new rows"},
	{"delete rows", 3, (*history).deleteRows, "deleting keys"},
	{"type a deleted row again", 2, (*history).retype, "deleting keys"},
	{"insert columns", 3, (*history).insertColumns, "columns"},
	{"delete a column", 1, (*history).deleteColumn, "columns"},
	{"delete a synced column", 0, (*history).deleteSynced, "columns"},
	{"copy a row", 2, (*history).copyRow, "copies"},
	{"cut and paste rows", 3, (*history).cutRows, "sorting copies"},
	{"undo", 4, (*history).undo, "mixed pasting"},
	{"damage an ID", 1, (*history).damage, "damage damage"},
	{"swap IDs", 0, (*history).swapIDs, "damage"},
	{"change in the CRM", 8, (*history).changeInCRM, "colleagues"},
	{"delete in the CRM", 1, (*history).deleteInCRM, "colleagues"},
	{"two addresses of one record", 1, (*history).twoAddresses, "keys"},
	{"look now", 2, (*history).pollDue, "damage"},
	{"decide", 1, (*history).decide, "colleagues"},
	{"retry", 1, (*history).retry, ""},
	{"paste a column", 0, (*history).pasteColumn, "large large"},
	{"many changes in the CRM", 0, (*history).manyInCRM, "large"},
}

// plainActions are those of a history that must go well with nothing against it.
var plainActions = []string{"type", "clear", "paste", "type a row", "sort", "insert rows", "undo"}

// act plays the history's actions, at the pace of people.
func (h *history) act(plain bool) error {
	list := slices.Clone(actions)
	if plain {
		list = slices.DeleteFunc(list, func(a action) bool { return !slices.Contains(plainActions, a.name) })
	}
	list = slices.DeleteFunc(list, func(a action) bool { return without(a.name) })
	total := 0
	for i, a := range list {
		if n := strings.Count(a.themes, h.theme); n > 0 {
			a.weight = 5 * max(1, a.weight) * n
		}
		list[i].weight = a.weight
		total += a.weight
	}

	for n := 10 + h.r.IntN(25); n > 0; n-- {
		at := h.r.IntN(total)
		for _, a := range list {
			if at -= a.weight; at < 0 {
				if _, err := a.do(h); err != nil {
					return fmt.Errorf("%s: %w", a.name, err)
				}
				break
			}
		}
		h.wait()
	}
	if h.theme == "set-up" && !plain {
		return h.saveAnew()
	}
	return nil
}

// wait lets some time pass: people type fast, look, and think.
func (h *history) wait() {
	ms := 30 + h.r.IntN(220)
	switch n := h.r.IntN(10); {
	case n >= 9:
		ms = 1500 + h.r.IntN(2500)
	case n >= 6:
		ms = 300 + h.r.IntN(900)
	}
	time.Sleep(time.Duration(ms) * time.Millisecond)
}

func (h *history) typeCell() (bool, error) {
	return h.enter(func(r *row, c column) any { return h.fresh(r, c) })
}

func (h *history) clearCell() (bool, error) {
	return h.enter(func(*row, column) any { return "" })
}

// mistype types what the CRM does not take.
func (h *history) mistype() (bool, error) {
	g, err := h.look()
	r := h.any(g)
	if err != nil || r == nil {
		return false, err
	}
	bad := map[string]string{"E-posta": "adres değil"}
	if slices.Contains(h.headers, "Tutar") {
		bad["Tutar"] = "çok"
	}
	for _, header := range slices.Sorted(maps.Keys(bad)) {
		if h.count++; h.chance(0.6) {
			if err := h.enterInto(g, r, columnOf(header), fmt.Sprint(bad[header], " ", h.count)); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// mistyped reports whether a value is one that the CRM does not take.
func mistyped(v any) bool {
	text, _ := v.(string)
	return strings.HasPrefix(text, "adres değil ") || strings.HasPrefix(text, "çok ")
}

// enter types into a cell of any row.
func (h *history) enter(value func(*row, column) any) (bool, error) {
	g, err := h.look()
	if err != nil {
		return false, err
	}
	r := h.any(g)
	if r == nil {
		return false, nil
	}
	c := h.someColumn()
	return true, h.enterInto(g, r, c, value(r, c))
}

func (h *history) enterInto(g *grid, r *row, c column, v any) error {
	at, ok := g.at[c.header]
	if !ok { // its column was deleted
		return nil
	}
	number := g.rows[r.tag][0]
	h.step("%s: %q is typed over %q in %s of %s (row %d, ID %v)", place(number, at), fmt.Sprint(v), fmt.Sprint(g.cell(number, c.header)), c.header, r.tag, number, g.cell(number, idHeader))
	if err := h.edit(edit{Range: place(number, at), Values: [][]any{{v}}}); err != nil {
		return err
	}
	h.put(r, c, v)
	return nil
}

// paste pastes a block of new values over rows that stand one below the other.
func (h *history) paste() (bool, error) {
	g, err := h.look()
	if err != nil {
		return false, err
	}
	runs := g.runs()
	r := h.any(g)
	if r == nil || len(runs) == 0 {
		return false, nil
	}
	run := runs[h.r.IntN(len(runs))]
	first := run[0] + h.r.IntN(run[1]-run[0]+1)
	end := first + h.r.IntN(run[1]-first+1)
	top := g.rows[r.tag][0]
	most := 1 + h.r.IntN(15)

	var block [][]any
	var puts []func()
	for number := top; number < top+most; number++ {
		tag, _ := g.cell(number, tagHeader).(string)
		other := h.rows[tag]
		if other == nil || len(g.rows[tag]) != 1 {
			break
		}
		var line []any
		for at := first; at <= end; at++ {
			c := columnOf(g.header(at))
			if !c.synced() {
				line = append(line, orEmpty(g.cell(number, g.header(at))))
				continue
			}
			v := h.fresh(other, c)
			line = append(line, v)
			puts = append(puts, func() { h.put(other, c, v) })
		}
		block = append(block, line)
	}
	if len(puts) == 0 {
		return false, nil
	}
	h.step("%s:%s: a block is pasted, from %s on", place(top, first), place(top+len(block)-1, end), r.tag)
	if err := h.edit(edit{Range: place(top, first), Values: block}); err != nil {
		return false, err
	}
	for _, put := range puts {
		put()
	}
	return true, nil
}

func orEmpty(v any) any {
	if v == nil {
		return ""
	}
	return v
}

// typeRow types a new row below the others, one run of cells after the other.
func (h *history) typeRow() (bool, error) {
	return true, h.typeNew(h.newRow(), true)
}

// typeNew types a row that has no id; slowly: with pauses between its parts.
func (h *history) typeNew(r *row, slowly bool) error {
	g, err := h.look()
	if err != nil {
		return err
	}
	number := g.last + 1 + h.r.IntN(2)
	h.step("row %d: %s is typed, without an ID: %v", number, r.tag, r.values)
	h.lastNew = time.Now()
	delete(h.rows, r.tag) // until it stands there
	for i, run := range g.runs() {
		var line []any
		for at := run[0]; at <= run[1]; at++ {
			line = append(line, h.cellOf(r, g.header(at)))
		}
		if err := h.edit(edit{Range: place(number, run[0]), Values: [][]any{line}}); err != nil {
			return err
		}
		if i == 0 && slowly {
			time.Sleep(time.Duration(h.r.IntN(600)) * time.Millisecond)
		}
	}
	h.rows[r.tag] = r
	h.before = nil // who takes the typing back in part has half a row
	return nil
}

// pasteRows pastes new rows below the others, all at once.
func (h *history) pasteRows() (bool, error) {
	g, err := h.look()
	if err != nil {
		return false, err
	}
	var fresh []*row
	for range 2 + h.r.IntN(10) {
		fresh = append(fresh, h.newRow())
	}
	number := g.last + 1
	h.step("rows %d to %d: %s to %s are pasted, without IDs", number, number+len(fresh)-1, fresh[0].tag, fresh[len(fresh)-1].tag)
	h.lastNew = time.Now()
	for _, run := range g.runs() {
		var block [][]any
		for _, r := range fresh {
			var line []any
			for at := run[0]; at <= run[1]; at++ {
				line = append(line, h.cellOf(r, g.header(at)))
			}
			block = append(block, line)
		}
		if err := h.edit(edit{Range: place(number, run[0]), Values: block}); err != nil {
			return false, err
		}
	}
	h.before = nil
	return true, nil
}

func (h *history) sort() (bool, error) {
	g, err := h.look()
	if err != nil || g.last < 3 {
		return false, err
	}
	e := edit{Kind: "sort", Range: fmt.Sprintf("A2:%s", place(g.last, g.width-1)), Descending: h.chance(0.5)}
	h.step("all rows are sorted by %q, descending: %v", g.header(0), e.Descending)
	return true, h.edit(e)
}

func (h *history) moveRows() (bool, error) {
	g, err := h.look()
	if err != nil || g.last < 5 {
		return false, err
	}
	first := 2 + h.r.IntN(g.last-2)
	end := min(g.last, first+h.r.IntN(3))
	to := 2 + h.r.IntN(g.last-1)
	if to >= first && to <= end+1 {
		return false, nil
	}
	h.step("rows %d to %d are moved before row %d", first, end, to)
	return true, h.edit(edit{Kind: "move_rows", Range: fmt.Sprintf("%d:%d", first, end), To: fmt.Sprint(to)})
}

func (h *history) insertRows() (bool, error) {
	g, err := h.look()
	if err != nil {
		return false, err
	}
	at := 2 + h.r.IntN(max(1, g.last-1))
	n := 1 + h.r.IntN(3)
	h.step("%d empty rows are inserted before row %d", n, at)
	return true, h.edit(edit{Kind: "insert_rows", Range: fmt.Sprintf("%d:%d", at, at+n-1)})
}

// deleteRows deletes a few rows.
func (h *history) deleteRows() (bool, error) {
	g, err := h.look()
	r := h.any(g)
	if err != nil || r == nil {
		return false, err
	}
	first := g.rows[r.tag][0]
	end := first + h.r.IntN(2)
	var tags []string
	for number := first; number <= end; number++ {
		tag, ok := g.cell(number, tagHeader).(string)
		if tag == h.sentinel.tag {
			return false, nil
		}
		if ok {
			tags = append(tags, tag)
		}
	}
	h.step("rows %d to %d are deleted: %s", first, end, strings.Join(tags, ", "))
	if err := h.edit(edit{Kind: "delete_rows", Range: fmt.Sprintf("%d:%d", first, end)}); err != nil {
		return false, err
	}
	for _, tag := range tags {
		if h.rows[tag] != nil {
			h.gone[tag] = h.rows[tag]
			delete(h.rows, tag)
		}
	}
	return true, nil
}

// retype types a row again that was deleted, without its id.
func (h *history) retype() (bool, error) {
	for _, tag := range slices.Sorted(maps.Keys(h.gone)) {
		old := h.gone[tag]
		if old.copied || h.r.IntN(3) > 0 {
			continue
		}
		r := &row{tag: tag + "r", group: old.group, values: maps.Clone(old.values), typed: true}
		if h.rows[r.tag] != nil || h.gone[r.tag] != nil {
			continue
		}
		for header, v := range r.values {
			h.know(r.group, columnOf(header), v)
		}
		h.rows[r.tag] = r
		return true, h.typeNew(r, h.chance(0.3))
	}
	return false, nil
}

// insertColumns inserts one or two columns, a moment apart.
func (h *history) insertColumns() (bool, error) {
	for range 1 + h.r.IntN(2) {
		g, err := h.look()
		if err != nil {
			return false, err
		}
		if g.width > 18 {
			return false, nil
		}
		at := h.r.IntN(g.width + 1)
		h.step("a column is inserted before %s (%q)", letter(at), g.header(at))
		if err := h.edit(edit{Kind: "insert_columns", Range: letter(at) + ":" + letter(at)}); err != nil {
			return false, err
		}
		time.Sleep(time.Duration(50+h.r.IntN(700)) * time.Millisecond)
	}
	return true, nil
}

// deleteColumn deletes a column that is quite empty.
func (h *history) deleteColumn() (bool, error) {
	g, err := h.look()
	if err != nil {
		return false, err
	}
	for at := range g.width {
		empty := true
		for _, line := range g.cells {
			empty = empty && (at >= len(line) || line[at] == nil || line[at] == "")
		}
		if empty {
			h.step("the empty column %s is deleted", letter(at))
			return true, h.edit(edit{Kind: "delete_columns", Range: letter(at) + ":" + letter(at)})
		}
	}
	return false, nil
}

// deleteSynced deletes a column with all that it holds.
func (h *history) deleteSynced() (bool, error) {
	c := h.someColumn()
	if c.header == "Ad" || c.header == "E-posta" { // by these it is told whether the tab is looked at
		return false, nil
	}
	g, err := h.look()
	if err != nil {
		return false, err
	}
	name := letter(g.at[c.header])
	h.step("the column %s, %q, is deleted", name, c.header)
	if err := h.edit(edit{Kind: "delete_columns", Range: name + ":" + name}); err != nil {
		return false, err
	}
	h.headers = slices.DeleteFunc(slices.Clone(h.headers), func(header string) bool { return header == c.header })
	for _, r := range h.rows {
		delete(r.values, c.header)
	}
	h.before = nil
	return true, nil
}

// copyRow pastes a copy of a row, with its id and its status, below the others.
func (h *history) copyRow() (bool, error) {
	g, err := h.look()
	r := h.any(g)
	if err != nil || r == nil {
		return false, err
	}
	number := g.rows[r.tag][0]
	twin := r.clone()
	twin.copied = true
	twin.typed = g.idOf(number) == 0 // of a row that has no record yet: it may become one of its own
	for twin.tag = r.tag + "c"; h.rows[twin.tag] != nil || h.gone[twin.tag] != nil; {
		twin.tag += "c"
	}
	line := make([]any, g.width)
	for at := range g.width {
		line[at] = orEmpty(g.cell(number, g.header(at)))
		if g.header(at) == tagHeader {
			line[at] = twin.tag
		}
	}
	h.step("row %d: a copy of row %d (%s, ID %v) is pasted as %s", g.last+1, number, r.tag, g.cell(number, idHeader), twin.tag)
	h.lastNew = time.Now()
	if err := h.edit(edit{Range: place(g.last+1, 0), Values: [][]any{line}}); err != nil {
		return false, err
	}
	h.rows[twin.tag] = twin
	h.before = nil
	return true, nil
}

// cutRows cuts rows and pastes them below the others.
func (h *history) cutRows() (bool, error) {
	g, err := h.look()
	r := h.any(g)
	if err != nil || r == nil {
		return false, err
	}
	first := g.rows[r.tag][0]
	end := min(g.last, first+h.r.IntN(3))
	to := g.last + 1 + h.r.IntN(3)
	h.step("rows %d to %d are cut and pasted to row %d", first, end, to)
	return true, h.edit(edit{Kind: "cut", Range: fmt.Sprintf("A%d:%s", first, place(end, g.width-1)), To: place(to, 0)})
}

// undo takes the last edit back, if only people wrote since: the real thing leaves what
// others wrote as it is, the simulator does not.
func (h *history) undo() (bool, error) {
	if len(h.before) == 0 || h.kept == nil || time.Since(h.lastNew) < 20*time.Second {
		return false, nil
	}
	g, err := h.look()
	if err != nil {
		return false, err
	}
	for tag, numbers := range h.kept.rows {
		now := g.rows[tag]
		if len(numbers) != 1 || len(now) > 1 {
			return false, nil
		}
		if len(now) == 1 && (g.cell(now[0], idHeader) != h.kept.cell(numbers[0], idHeader) || g.status(now[0]) != h.kept.status(numbers[0])) {
			return false, nil
		}
	}
	was := h.before[len(h.before)-1]
	h.step("the last edit is taken back")
	if err := h.w.sim.edit(edit{SpreadsheetID: h.spreadsheet, Kind: "undo"}); err != nil {
		return false, err
	}
	h.before, h.kept = h.before[:len(h.before)-1], nil
	for tag, r := range was {
		for header, v := range r.values {
			if now := h.rows[tag]; now == nil || now.values[header] != v {
				h.know(r.group, columnOf(header), v)
			}
		}
		delete(h.gone, tag)
	}
	h.rows = was
	return true, nil
}

// damage spoils the ID of a row.
func (h *history) damage() (bool, error) {
	g, err := h.look()
	r, other := h.any(g), h.any(g)
	if err != nil || r == nil {
		return false, err
	}
	number := g.rows[r.tag][0]
	if g.idOf(number) == 0 {
		return false, nil
	}
	var v any
	switch h.r.IntN(4) {
	case 0:
		v = ""
	case 1:
		v = "yok"
	default:
		if other.tag == r.tag || g.idOf(g.rows[other.tag][0]) == 0 {
			return false, nil
		}
		v = float64(g.idOf(g.rows[other.tag][0]))
	}
	h.step("row %d (%s): its ID %v becomes %v", number, r.tag, g.cell(number, idHeader), v)
	if err := h.edit(edit{Range: place(number, g.at[idHeader]), Values: [][]any{{v}}}); err != nil {
		return false, err
	}
	r.hurt = true
	h.before = nil
	return true, nil
}

// swapIDs pastes the IDs of two rows the other way round.
func (h *history) swapIDs() (bool, error) {
	g, err := h.look()
	if err != nil {
		return false, err
	}
	tags := h.present(g)
	for i := 0; i+1 < len(tags); i++ {
		a, b := g.rows[tags[i]][0], g.rows[tags[i+1]][0]
		if b != a+1 || g.idOf(a) == 0 || g.idOf(b) == 0 || h.r.IntN(3) > 0 {
			continue
		}
		h.step("rows %d and %d (%s, %s): their IDs %d and %d are swapped", a, b, tags[i], tags[i+1], g.idOf(a), g.idOf(b))
		err := h.edit(edit{Range: place(a, g.at[idHeader]), Values: [][]any{{float64(g.idOf(b))}, {float64(g.idOf(a))}}})
		h.rows[tags[i]].hurt, h.rows[tags[i+1]].hurt = true, true
		h.before = nil
		return true, err
	}
	return false, nil
}

// changeInCRM has a colleague change a field of a record.
func (h *history) changeInCRM() (bool, error) {
	id, group := h.someRecord()
	if id == 0 {
		return false, nil
	}
	c := h.someColumn()
	for c.multi {
		c = h.someColumn()
	}
	h.count++
	var v any = fmt.Sprintf("CRM %s %s.%d", c.header, group, h.count)
	if c.field == "OPPORTUNITY" {
		v = float64(5000000 + h.count)
	}
	h.step("a colleague writes %q into %s of record %d (%s)", fmt.Sprint(v), c.header, id, group)
	if _, err := h.w.sim.inCRM("edit", 1, id, map[string]any{c.api: v}); err != nil {
		h.step("  the record is gone: %v", err)
		return false, nil
	}
	h.know(group, c, v)
	h.theirs = append(h.theirs, theirs{id, c.header, c.plain(v), time.Now()})
	return true, nil
}

// someRecord draws a record that the people know of.
func (h *history) someRecord() (int64, string) {
	ids := slices.DeleteFunc(slices.Sorted(maps.Keys(h.groups)), func(id int64) bool { return id == h.sentinel.id })
	if len(ids) == 0 {
		return 0, ""
	}
	id := ids[h.r.IntN(len(ids))]
	if h.deleted[id] {
		return 0, ""
	}
	return id, h.groups[id]
}

// deleteInCRM has a colleague delete a record.
func (h *history) deleteInCRM() (bool, error) {
	id, group := h.someRecord()
	if id == 0 {
		return false, nil
	}
	h.step("a colleague deletes record %d (%s)", id, group)
	if _, err := h.w.sim.inCRM("delete", 1, id, nil); err != nil {
		h.step("  it is gone already: %v", err)
		return false, nil
	}
	h.deleted[id] = true
	return true, nil
}

// twoAddresses has a colleague make a record with two addresses, and somebody type a row
// for each.
func (h *history) twoAddresses() (bool, error) {
	if len(h.policies.keys) == 0 {
		return false, nil
	}
	one, two := h.newRow(), h.newRow()
	two.group = one.group
	for header, v := range two.values {
		h.know(one.group, columnOf(header), v)
	}
	first, second := one.values["E-posta"], two.values["E-posta"]
	id, err := h.w.sim.inCRM("create", 1, 0, map[string]any{"stageId": "NEW", "name": namedByColleague(one.group), "fm": map[string]any{
		"a": map[string]any{"typeId": "EMAIL", "valueType": "WORK", "value": first}, "b": map[string]any{"typeId": "EMAIL", "valueType": "HOME", "value": second}}})
	if err != nil {
		return false, err
	}
	h.know(one.group, columnOf("Ad"), namedByColleague(one.group))
	h.beside[id] = []string{fmt.Sprint(first), fmt.Sprint(second)}
	h.groups[id] = one.group
	h.step("a colleague makes record %d with the addresses %v and %v", id, first, second)
	if err := h.typeNew(one, false); err != nil {
		return false, err
	}
	return true, h.typeNew(two, false)
}

// namedByColleague is what a colleague calls the record of a group.
func namedByColleague(group string) string { return "CRM " + group }

func (h *history) pollDue() (bool, error) {
	h.step("“Look now” is pressed")
	h.press("/recheck", nil)
	return true, nil
}

// decide answers what the table's owner is asked.
func (h *history) decide() (bool, error) {
	winner := []string{"sheet", "crm"}[h.r.IntN(2)]
	h.step("all questions are decided for the %s", winner)
	h.press("/decide", map[string][]string{"winner": {winner}})
	return true, nil
}

func (h *history) retry() (bool, error) {
	h.step("all that failed is tried again")
	h.press("/retry-failed", nil)
	return true, nil
}

// press presses a button of the table's page; if the service is just being killed, the
// user sees an error and leaves it at that.
func (h *history) press(act string, form map[string][]string) {
	if err := h.w.user.act(h.table, act, form); err != nil {
		h.step("  the page says: %v", err)
	}
}

// pasteColumn pastes new values over a whole column.
func (h *history) pasteColumn() (bool, error) {
	g, err := h.look()
	if err != nil {
		return false, err
	}
	c := h.someColumn()
	var block [][]any
	var puts []func()
	for number := 2; number <= g.last; number++ {
		tag, _ := g.cell(number, tagHeader).(string)
		r := h.rows[tag]
		if r == nil || len(g.rows[tag]) != 1 {
			block = append(block, []any{orEmpty(g.cell(number, c.header))})
			continue
		}
		v := h.fresh(r, c)
		block = append(block, []any{v})
		puts = append(puts, func() { h.put(r, c, v) })
	}
	h.step("%d cells are pasted over all of %s", len(puts), c.header)
	if err := h.edit(edit{Range: place(2, g.at[c.header]), Values: block}); err != nil {
		return false, err
	}
	for _, put := range puts {
		put()
	}
	return true, nil
}

// manyInCRM has a colleague go through many records, one after the other.
func (h *history) manyInCRM() (bool, error) {
	for range 10 + h.r.IntN(30) {
		if _, err := h.changeInCRM(); err != nil {
			return false, err
		}
		time.Sleep(time.Duration(h.r.IntN(300)) * time.Millisecond)
	}
	return true, nil
}

// saveAnew saves the tab as a table of contacts while changes of leads may wait. There
// are contacts with the leads' numbers.
func (h *history) saveAnew() error {
	most := int64(0)
	for id := range h.groups {
		most = max(most, id)
	}
	for id := int64(0); id <= most; {
		var err error
		if id, err = h.w.sim.inCRM("create", 3, 0, map[string]any{"name": "Kişi"}); err != nil {
			return err
		}
	}

	h.moved = true
	h.w.settingUp.RLock()
	defer h.w.settingUp.RUnlock()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		form, choices, err := h.w.user.suggested(h.spreadsheet, "contacts")
		if err == nil {
			if tables := choices["table"]; len(tables) > 0 { // beside the other table, or in its place
				form.Set("table", tables[h.r.IntN(len(tables))])
			}
			for name, field := range form {
				if field[0] == "COMPANY_ID" { // these texts are nobody's names
					form.Del(name)
				}
			}
			h.step("the tab is saved anew, as a table of contacts: %v", form)
			if err = h.w.user.saveForm(h.spreadsheet, form); err == nil {
				break
			}
		}
		h.step("  the page says: %v", err)
		if strings.Contains(err.Error(), "HTTP 422") && !strings.Contains(err.Error(), "yeniden denenir") {
			break // a sentence of what is wrong, which is an answer too
		}
	}
	return nil
}
