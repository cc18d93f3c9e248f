package blackbox_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	settles   = 5 * time.Minute // that a history may take until nothing is left to do
	quietFor  = 1500 * time.Millisecond
	newRows   = 4 * time.Second // a new row rests for three before it becomes a record
	pollEvery = 400 * time.Millisecond
)

// resting is what there is to see once nothing is left to do.
type resting struct {
	grid    *grid
	changes []change
	records map[int64]record
	lost    map[string]bool // columns that the page warns are lost

	exchanged bool // the table is another entity's by now
}

var lostColumn = regexp.MustCompile(`“(.*?)” sütunu bulunamıyor`)

// rest waits until nothing is left to do: what the service has heard and what it finds
// when it looks has been dealt with, and a second look finds nothing.
func (h *history) rest() *resting {
	h.w.wire.overSheet(h.spreadsheet, weather{})
	h.w.front.setPost(h.spreadsheet, post{lose: 1}) // so that what is found from here on is found by looking
	h.step("the people rest")

	exchanged := h.exchanged()
	began, before := time.Now(), ""
	for end := began.Add(settles); time.Now().Before(end); {
		now, err := h.looked(end, exchanged)
		if err != nil {
			h.fail("HARNESS", "%v", err)
			return nil
		}
		if now == nil {
			break
		}
		// The second look must find what the first left.
		seen := h.seen(now)
		if seen == before {
			h.step("at rest after %v", time.Since(began).Round(time.Millisecond))
			now.records, err = h.w.sim.records(1, 0)
			if err != nil {
				h.fail("HARNESS", "%v", err)
				return nil
			}
			now.exchanged = exchanged
			now.lost = map[string]bool{}
			for _, text := range h.w.user.warnings(h.table) {
				if m := lostColumn.FindStringSubmatch(text); m != nil {
					now.lost[m[1]] = true
				}
			}
			return now
		}
		before = seen
	}
	h.restless()
	return nil
}

// seen is all that a look can change, but for the sentinel.
func (h *history) seen(now *resting) string {
	var b strings.Builder
	for i, line := range now.grid.cells {
		if now.grid.cell(i+1, tagHeader) != h.sentinel.tag {
			fmt.Fprintln(&b, line)
		}
	}
	for _, c := range now.changes {
		if !h.ofSentinel(c) {
			fmt.Fprintln(&b, c)
		}
	}
	return b.String()
}

// ofSentinel reports whether a change is the sentinel's, which is another record once the
// table is another entity's.
func (h *history) ofSentinel(c change) bool {
	return c.record == h.sentinel.id || slices.ContainsFunc(c.fields, func(f fieldChange) bool { return strings.Contains(f.new, h.sentinel.tag+".") })
}

// looked has the whole tab looked at and waits until that is done and nothing is left;
// nil: it was not within the time. Nobody is told of what is typed into the sentinel, so
// that who finds it has looked at the whole tab.
func (h *history) looked(end time.Time, exchanged bool) (*resting, error) {
	g, err := h.look()
	if err != nil {
		return nil, err
	}
	if len(g.rows[h.sentinel.tag]) != 1 {
		return nil, fmt.Errorf("the sentinel stands in rows %v", g.rows[h.sentinel.tag])
	}
	typed := map[any]bool{}
	for _, c := range []column{columnOf("Ad"), columnOf("E-posta")} { // one of them may be lost
		v := h.fresh(h.sentinel, c)
		typed[v] = true
		h.put(h.sentinel, c, v)
		if err := h.w.sim.edit(edit{SpreadsheetID: h.spreadsheet, Range: place(g.rows[h.sentinel.tag][0], g.at[c.header]), Values: [][]any{{v}}}); err != nil {
			return nil, err
		}
	}
	for h.w.user.act(h.table, "/recheck", nil) != nil || h.guests != "" && h.w.guest.act(h.guests, "/recheck", nil) != nil {
		if time.Now().After(end) {
			return nil, nil
		}
		time.Sleep(pollEvery)
	}

	var last string
	var since time.Time
	for ; time.Now().Before(end); time.Sleep(pollEvery) {
		if g, err = h.look(); err != nil {
			return nil, err
		}
		changes, err := h.w.user.changes(h.table)
		if err != nil {
			continue // the service is just being killed
		}
		found, waits := false, false
		for _, c := range changes {
			waits = waits || c.waits()
			for _, f := range c.fields {
				found = found || c.state == "completed" && typed[f.new]
			}
		}
		if seen := fmt.Sprint(g.cells, changes); seen != last {
			last, since = seen, time.Now()
		}
		quiet := min(time.Since(since), time.Since(h.w.wire.about(h.spreadsheet).written))
		found = found || exchanged && quiet > 10*time.Second // the sentinel may be no row of that table
		if found && !waits && quiet > quietFor && (h.settled(g) || quiet > newRows) {
			return &resting{grid: g, changes: changes}, nil
		}
	}
	return nil, nil
}

// exchanged reports whether the table is another entity's by now.
func (h *history) exchanged() bool {
	if !h.moved {
		return false
	}
	for {
		page, _, err := h.w.user.ok(http.MethodGet, h.table, nil)
		if err == nil {
			return !strings.Contains(textOf(page), "→ Adaylar (Leads)")
		}
		time.Sleep(pollEvery)
	}
}

// settled reports whether no row is on its way to becoming a record.
func (h *history) settled(g *grid) bool {
	for tag := range h.rows {
		for _, number := range g.rows[tag] {
			if g.idOf(number) == 0 {
				return false
			}
		}
	}
	return true
}

// restless says what is left to do though it has had its time.
func (h *history) restless() {
	changes, err := h.w.user.changes(h.table)
	var waiting []string
	for _, c := range changes {
		if c.waits() {
			waiting = append(waiting, "      "+c.String())
		}
	}
	g, _ := h.look() // what can be seen is shown
	sentinel := "gone"
	if numbers := g.rows[h.sentinel.tag]; len(numbers) > 0 {
		sentinel = fmt.Sprintf("row %d, ID %v, says %q", numbers[0], g.cell(numbers[0], idHeader), g.status(numbers[0]))
	}
	h.fail("REST", "not at rest after %v; %d changes wait (%v); the sentinel: %s; the page warns: %s\n%s",
		settles, len(waiting), err, sentinel, h.w.user.warnings(h.table), strings.Join(waiting, "\n"))
}
