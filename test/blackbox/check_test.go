package blackbox_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// check compares the end: the rows with their records, by id, and both with what people
// did and with the history.
func (h *history) check(end *resting) {
	if end == nil {
		return
	}
	h.adopt(end)
	if h.moved {
		h.checkMoved()
	}
	if end.exchanged {
		h.checkRecords(end)
		return
	}
	for header := range end.lost {
		edited := 0
		for tag := range h.rows {
			if h.edited[header][tag] {
				edited++
			}
		}
		if _, there := end.grid.at[header]; !there || edited*2 >= len(h.rows) {
			continue // somebody deleted it, or nothing proves what it is but its name
		}
		h.fail("COLUMN", "%q is said to be lost; it stands in column %s, once, and people only moved it", header, letter(end.grid.at[header]))
	}
	h.checkCells(end)
	h.checkRows(end)
	h.checkRecords(end)
	h.checkCreated(end)
	h.checkColleagues(end)
	h.checkHistory(end)
	h.checkDeleted(end)
	if h.theme == "shared" {
		h.checkShared()
	}
}

// adopt finds out whose the records are that sheet24 created: the first thing that was
// written into a record says so.
func (h *history) adopt(end *resting) {
	for id, r := range end.records {
		if _, known := h.groups[id]; known || len(r.History) == 0 || r.History[0].Via != "webhook" {
			continue
		}
		for _, line := range r.History[0].Lines {
			if group, ok := h.groupOf(line.Field, line.New); ok {
				h.groups[id] = group
				break
			}
		}
	}
}

// groupOf is the group whose people put a value; false: none of this history.
func (h *history) groupOf(api, value string) (string, bool) {
	c := columnByAPI(api)
	plain := c.plain(value)
	if !c.synced() || plain == "" || !c.multi && !strings.Contains(plain, h.name) {
		return "", false
	}
	for _, group := range slices.Sorted(maps.Keys(h.values)) {
		if h.known(group, c, plain) {
			return group, true
		}
	}
	return "", false
}

func columnByAPI(api string) column {
	for _, c := range columns {
		if c.api == api {
			return c
		}
	}
	return column{}
}

// checkCells holds the user's own cells against what people put there.
func (h *history) checkCells(end *resting) {
	g := end.grid
	for _, tag := range slices.Sorted(maps.Keys(h.rows)) {
		r := h.rows[tag]
		if len(g.rows[tag]) != 1 {
			h.fail("CELL", "%s stands in rows %v; once is right", tag, g.rows[tag])
			continue
		}
		number := g.rows[tag][0]
		for _, header := range h.headers {
			c := columnOf(header)
			now, put := c.plain(g.cell(number, header)), c.plain(r.values[header])
			if c.synced() && now != put && !h.takenBack(g.idOf(number), c, now) {
				h.fail("CELL", "row %d (%s), %s: sheet24 changed a user's cell\n      -put %q\n      +now %q", number, tag, header, put, now)
			}
		}
	}
	for i, line := range g.cells {
		for at, v := range line {
			if v == nil || v == "" {
				continue
			}
			tag, tagged := g.cell(i+1, tagHeader).(string)
			if i > 0 && g.header(at) == "" {
				h.fail("STRAY", "%s, in a column without a name (row of %s), holds %q", place(i+1, at), tag, v)
			} else if i > 0 && !tagged {
				h.fail("STRAY", "%s, in an empty row, holds %q", place(i+1, at), v)
			}
		}
	}
}

// takenBack reports whether a cell holds what a colleague wrote, or named a record that a row
// was found to be, and was to.
func (h *history) takenBack(id int64, c column, now string) bool {
	if h.policies.conflict != "" && c.header == "Ad" && h.beside[id] != nil && now == namedByColleague(h.groups[id]) {
		return true
	}
	return slices.ContainsFunc(h.theirs, func(t theirs) bool { return t.record == id && t.column == c.header && t.value == now })
}

// checkRows holds each row against the record that its ID names, and against what it
// says of itself.
func (h *history) checkRows(end *resting) {
	g := end.grid
	byID := map[int64][]string{} // rows that say that all is well
	for _, tag := range slices.Sorted(maps.Keys(h.rows)) {
		if len(g.rows[tag]) != 1 {
			continue
		}
		r, number := h.rows[tag], g.rows[tag][0]
		id, says := g.idOf(number), g.status(number)
		h.checkSentence(end, r, number)
		well := strings.HasPrefix(says, "✅")
		who := fmt.Sprintf("row %d (%s, ID %v, says %q)", number, tag, g.cell(number, idHeader), says)
		if id == 0 {
			h.checkWithoutID(end, r, number, who, well)
			continue
		}
		if well {
			byID[id] = append(byID[id], tag)
		}
		if group, ok := h.groups[id]; !ok || group != r.group {
			if !r.hurt || well {
				h.fail("IDENTITY", "%s: its ID is the record of %s", who, orNobody(group, end.records[id]))
			}
			continue
		}
		record, ok := end.records[id]
		if !ok {
			if !h.deleted[id] && !h.mayBeDeleted(end, id) {
				h.fail("IDENTITY", "%s: there is no such record", who)
			} else if well && h.editedAfterDeletion(end, r, id) {
				h.fail("VALUE", "%s: its record was deleted in the CRM", who)
			}
			continue
		}
		h.checkValues(end, r, number, record, who, well)
	}
	for id, tags := range byID {
		if len(tags) > 1 {
			same := true
			for _, tag := range tags[1:] {
				same = same && maps.Equal(h.rows[tags[0]].values, h.rows[tag].values)
			}
			if !same {
				h.fail("VALUE", "rows %s say ✅ and have one ID, %d, but not the same values", strings.Join(tags, ", "), id)
			}
		}
	}
}

// checkSentence holds what a row says is wrong against what is: each cell that the CRM
// does not take is named, and no column that is not there any more.
func (h *history) checkSentence(end *resting, r *row, number int) {
	says := end.grid.status(number)
	if !strings.HasPrefix(says, "❌") {
		return
	}
	named, missing := false, []string{}
	for _, c := range columns {
		_, there := end.grid.at[c.header]
		names := strings.Contains(says, " "+c.header+": “")
		switch {
		case names && !there:
			h.fail("SENTENCE", "row %d (%s) says %q; the column is not there any more", number, r.tag, says)
		case there && c.synced() && mistyped(end.grid.cell(number, c.header)):
			if named = named || names; !names {
				missing = append(missing, c.header)
			}
		}
	}
	if named && len(missing) > 0 {
		h.fail("SENTENCE", "row %d (%s) says %q, and nothing of %v", number, r.tag, says, missing)
	}
}

func orNobody(group string, r record) string {
	switch {
	case group != "":
		return group
	case r.ID == 0:
		return "nobody: there is none"
	}
	return fmt.Sprintf("nobody here: it is %v", r)
}

// editedAfterDeletion reports whether a row of a record that is gone was changed, which
// the history shows as done.
func (h *history) editedAfterDeletion(end *resting, r *row, id int64) bool {
	for _, c := range end.changes {
		if c.record == id && c.state == "failed" {
			return true
		}
	}
	return false
}

// checkWithoutID looks at a row that has no record.
func (h *history) checkWithoutID(end *resting, r *row, number int, who string, well bool) {
	v := end.grid.cell(number, idHeader)
	text, _ := v.(string)
	word := says(end.grid.status(number))
	switch {
	case well:
		h.fail("VALUE", "%s: there is no record that it could be", who)
	case strings.HasPrefix(text, "⏳") && h.policies.newRows == "" && !word:
		h.fail("KEY", "%s: new rows are to be left alone, and it keeps a key", who)
	case r.typed && h.policies.newRows == "create" && !word && len(r.values) > 0:
		h.fail("NOWORD", "%s: it never became a record, and does not say why", who)
	case !r.typed && !r.hurt && !r.copied:
		h.fail("IDENTITY", "%s: it lost its ID, %d", who, r.id)
	case r.hurt && !word:
		h.fail("NOWORD", "%s: its ID was damaged, and it does not say what is wrong", who)
	}
}

// says reports whether a status tells that something is not as it should be.
func says(status string) bool {
	for _, sign := range []string{"❌", "⚠️", "⏳", "Kayıt açılmadı"} {
		if strings.HasPrefix(status, sign) {
			return true
		}
	}
	return false
}

// checkValues holds a row's values against its record's.
func (h *history) checkValues(end *resting, r *row, number int, record record, who string, well bool) {
	var silent, lied []string
	for _, header := range h.headers {
		c := columnOf(header)
		if _, there := end.grid.at[header]; !c.synced() || !there || end.lost[header] {
			continue
		}
		cell := c.plain(end.grid.cell(number, header))
		held := h.own(record.ID, c, c.held(record), cell)
		if strings.Join(held, " ") == cell {
			continue
		}
		diff := fmt.Sprintf("      %s\n        -CRM   %q\n        +sheet %q", header, held, cell)
		if h.changedSince(end, record, c, held, cell) {
			continue
		}
		if well && !keptIn(end.grid.status(number), header) {
			lied = append(lied, diff)
		} else if !well && !says(end.grid.status(number)) && !h.openIn(end, record.ID, header) {
			silent = append(silent, diff)
		}
	}
	if len(lied) > 0 {
		h.fail("VALUE", "%s differs from its record\n%s", who, strings.Join(lied, "\n"))
	}
	if len(silent) > 0 {
		h.fail("NOWORD", "%s differs from its record without a word\n%s", who, strings.Join(silent, "\n"))
	}
}

// keptIn reports whether a status says that the CRM's value stayed in a column.
func keptIn(status, header string) bool {
	_, columns, kept := strings.Cut(status, "CRM'deki değer kaldı: ")
	return kept && slices.Contains(strings.Split(strings.TrimSuffix(columns, ")"), ", "), header)
}

// own are the values of a multi-field but for those that a colleague added, which no
// cell needs to show.
func (h *history) own(id int64, c column, held []string, cell string) []string {
	if !c.multi || len(held) < 2 {
		return held
	}
	return slices.DeleteFunc(slices.Clone(held), func(v string) bool {
		added := slices.ContainsFunc(h.theirs, func(t theirs) bool { return t.record == id && t.column == c.header && t.value == v })
		return v != cell && (added || slices.Contains(h.beside[id], v))
	})
}

// changedSince reports whether the CRM differs from a cell because a colleague changed
// it there after the cell had arrived: of that nobody tells the sheet.
func (h *history) changedSince(end *resting, record record, c column, held []string, cell string) bool {
	if c.multi || len(held) != 1 {
		return false
	}
	theirs := slices.ContainsFunc(h.theirs, func(t theirs) bool { return t.record == record.ID && t.column == c.header && t.value == held[0] })
	if !theirs {
		return false
	}
	arrived := "" // what sheet24 wrote last, or else what the record was made with
	for i, entry := range record.History {
		for _, line := range entry.Lines {
			if line.Field == c.api && (entry.Via == "webhook" || i == 0) {
				arrived = c.plain(line.New)
			}
		}
	}
	return arrived == cell
}

// openIn reports whether the history tells why a column of a record is not as the sheet
// has it: it failed, is asked about, or the CRM's value was kept.
func (h *history) openIn(end *resting, id int64, header string) bool {
	open := false
	for _, c := range end.changes {
		for _, f := range c.fields {
			if c.record == id && f.column == header {
				open = c.state == "failed" || c.state == "asked" || strings.Contains(f.crm, "CRM'deki kaldı")
			}
		}
	}
	return open
}

// checkRecords looks at all that sheet24 ever wrote into the history's records: each
// value must have been put by somebody for that record, in that column.
func (h *history) checkRecords(end *resting) {
	for _, id := range slices.Sorted(maps.Keys(h.groups)) {
		group := h.groups[id]
		for _, entry := range end.records[id].History {
			for _, line := range entry.Lines {
				c := columnByAPI(line.Field)
				v := c.plain(line.New)
				if entry.Via != "webhook" || !c.synced() || v == "" || h.known(group, c, v) || c.field == "OPPORTUNITY" && v == "0" {
					continue
				}
				h.fail("FOREIGN", "record %d (%s): sheet24 wrote %q into %s; nobody put that there (%s)", id, group, v, c.header, h.whose(v))
			}
		}
	}
}

// whose says where a value belongs.
func (h *history) whose(v string) string {
	for group, values := range h.values {
		for key := range values {
			if header, value, _ := strings.Cut(key, " "); value == v {
				return "it is " + header + " of " + group
			}
		}
	}
	return "it is nobody's"
}

// checkCreated looks for records that were created more than once.
func (h *history) checkCreated(end *resting) {
	created := map[string][]int64{}
	for id, group := range h.groups {
		r := end.records[id]
		if len(r.History) > 0 && r.History[0].Via == "webhook" {
			created[group] = append(created[group], id)
		}
	}
	for group, ids := range created {
		typed := 0
		for _, list := range []map[string]*row{h.rows, h.gone} {
			for _, r := range list {
				if r.group == group && r.typed {
					typed++
				}
			}
		}
		if len(ids) > typed {
			slices.Sort(ids)
			h.fail("DUPLICATE", "%s: records %v were created; it was typed %d times", group, ids, typed)
		}
	}
}

// unseen is how soon after a colleague's change it may be overwritten by a write that was
// under way: one request.
const unseen = 4 * time.Second

// checkColleagues looks for colleagues' changes that were overwritten though sheet24 had
// time to see them, and that nothing tells of.
func (h *history) checkColleagues(end *resting) {
	for _, t := range h.theirs {
		c := columnOf(t.column)
		over, by := time.Time{}, ""
		for _, entry := range end.records[t.record].History {
			for _, line := range entry.Lines {
				if line.Field == c.api && c.plain(line.Old) == t.value && entry.Via == "webhook" && over.IsZero() {
					over, by = entry.At, c.plain(line.New)
				}
			}
		}
		if over.IsZero() || over.Sub(t.at) < unseen || h.toldOf(end, t) {
			continue
		}
		h.fail("LOST", "record %d, %s: a colleague's %q was overwritten with %q %v later, and the history does not tell of it", t.record, t.column, t.value, by, over.Sub(t.at).Round(time.Millisecond))
	}
}

// toldOf reports whether the history tells of a colleague's value.
func (h *history) toldOf(end *resting, t theirs) bool {
	c := columnOf(t.column)
	for _, change := range end.changes {
		for _, f := range change.fields {
			if change.record == t.record && f.column == t.column && (strings.Contains(f.crm, t.value) || c.plain(f.old) == t.value) {
				return true
			}
		}
	}
	return false
}

// checkHistory holds the history against the records' own: what is shown as done was
// done, each change once, and each begins where the last one ended.
func (h *history) checkHistory(end *resting) {
	type cell struct {
		record int64
		column string
	}
	last := map[cell]fieldChange{}
	times := map[string]int{}
	for _, change := range end.changes {
		record, there := end.records[change.record]
		if change.state != "completed" || change.gone || !there {
			continue
		}
		for _, f := range change.fields {
			c := columnOf(f.column)
			at := cell{change.record, f.column}
			before, changed := last[at]
			last[at] = f
			if kept := strings.Contains(f.crm, "CRM'deki kaldı"); kept || !c.synced() {
				last[at] = fieldChange{new: "?"}
				continue
			}
			if !h.arrived(record, c, c.plain(f.new)) {
				h.fail("HISTORY", "%s\n      %s is shown as done, and never reached the CRM: %q", change, f.column, f.new)
			}
			if changed && before.new != "?" && c.plain(before.new) != c.plain(f.old) {
				h.fail("HISTORY", "%s\n      %s begins with %q; the change before ended with %q", change, f.column, f.old, before.new)
			}
			key := fmt.Sprint(change.record, f.column, " ", c.plain(f.new))
			if times[key]++; times[key] == 2 && f.new != "" && !h.reused[f.column+" "+c.plain(f.new)] {
				h.fail("HISTORY", "%s\n      %s: %q is there twice", change, f.column, f.new)
			}
		}
	}
}

// arrived reports whether a record ever held a value.
func (h *history) arrived(r record, c column, v string) bool {
	if v == "" || slices.Contains(c.held(r), v) {
		return true
	}
	for _, entry := range r.History {
		for _, line := range entry.Lines {
			if line.Field == c.api && (c.plain(line.New) == v || c.plain(line.Old) == v) {
				return true
			}
		}
	}
	return false
}

// mayBeDeleted reports whether sheet24 was to delete a record.
func (h *history) mayBeDeleted(end *resting, id int64) bool {
	return slices.ContainsFunc(end.changes, func(c change) bool { return c.record == id && c.gone && c.state == "completed" })
}

// checkDeleted looks at the records of rows that were deleted, and of those that were
// not.
func (h *history) checkDeleted(end *resting) {
	there := map[string]bool{}
	for tag, r := range h.rows {
		if len(end.grid.rows[tag]) == 1 {
			there[r.group] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(h.groups)) {
		group := h.groups[id]
		_, alive := end.records[id]
		if !alive && !h.deleted[id] && there[group] && !slices.ContainsFunc(slices.Collect(maps.Values(h.gone)), func(r *row) bool { return r.group == group }) {
			h.fail("DELETED", "record %d (%s) is gone; its row was never deleted", id, group)
		}
		if !alive && !h.deleted[id] && h.policies.deleted != "delete" {
			h.fail("DELETED", "record %d (%s) is gone; deleted rows are to keep their records", id, group)
		}
		if alive && h.policies.deleted == "delete" && !there[group] && !slices.ContainsFunc(end.changes, func(c change) bool { return c.record == id && c.state != "completed" }) && h.hadRow(group) {
			h.fail("DELETED", "record %d (%s): its row was deleted; it is still there, and nothing says why", id, group)
		}
	}
}

// hadRow reports whether a group ever had a row that was in the sheet.
func (h *history) hadRow(group string) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(h.gone)), func(r *row) bool { return r.group == group })
}

// checkMoved looks at a table that was saved anew for contacts: nothing of what people
// did to the leads may be written into contacts that have the same numbers, and what is
// written into leads is still their own.
func (h *history) checkMoved() {
	contacts, err := h.w.sim.records(3, 0)
	if err != nil {
		h.fail("HARNESS", "%v", err)
		return
	}
	for id := range h.groups {
		for _, entry := range contacts[id].History {
			if entry.Via == "webhook" && contacts[id].History[0].Via != "webhook" && id != h.sentinel.id {
				h.fail("MOVED", "contact %d: sheet24 wrote %v; lead %d is %s", id, entry.Lines, id, h.groups[id])
			}
		}
	}
}
