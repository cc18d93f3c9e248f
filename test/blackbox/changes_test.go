package blackbox_test

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// change is a line of a table's history, as its page shows it.
type change struct {
	id     int64
	row    int
	record int64
	state  string // pending, syncing, completed, failed or asked
	says   string // what the state says, with the reason
	gone   bool   // its row was deleted
	fields []fieldChange
}

// fieldChange is what a change does to one column.
type fieldChange struct {
	column, old, new string
	conflict         bool
	crm              string // what the page says of what the CRM held
	undone           bool
}

func (c change) String() string {
	var parts []string
	for _, f := range c.fields {
		text := fmt.Sprintf("%s: %q → %q", f.column, f.old, f.new)
		if f.conflict {
			text += " (" + f.crm + ")"
		}
		parts = append(parts, text)
	}
	return fmt.Sprintf("change %d, row %d, record %d, %s: %s", c.id, c.row, c.record, c.says, strings.Join(parts, "; "))
}

// waits reports whether something is still to be done about a change.
func (c change) waits() bool { return c.state == "pending" || c.state == "syncing" }

var (
	changeRow  = regexp.MustCompile(`(?s)<tr id="change-(\d+)">(.*?)</tr>`)
	numberCell = regexp.MustCompile(`(?s)<td class="number"[^>]*>(.*?)</td>`)
	stateSpan  = regexp.MustCompile(`(?s)<span class="state ([a-z]+)">(.*?)</span>`)
	whyDiv     = regexp.MustCompile(`(?s)<div class="why">(.*?)</div>`)
	diffDiv    = regexp.MustCompile(`(?s)<div class="diff">(.*?)</div>`)
	fieldSpan  = regexp.MustCompile(`(?s)<span><b>(.*?)</b>(.*?)</span>`)
	fieldSides = regexp.MustCompile(`(?s)^: (.*?) → (.*?)(?:<small class="conflict">(.*?)</small>)?\s*(<small class="quiet">.*?</small>)?$`)
)

// changesOf reads a page of a history.
func changesOf(page string) (list []change, err error) {
	for _, m := range changeRow.FindAllStringSubmatch(page, -1) {
		c := change{}
		c.id, _ = strconv.ParseInt(m[1], 10, 64) // the pattern has digits alone
		numbers := numberCell.FindAllStringSubmatch(m[2], 2)
		state := stateSpan.FindStringSubmatch(m[2])
		if len(numbers) != 2 || state == nil {
			return nil, fmt.Errorf("a line of the history cannot be read: %s", m[2])
		}
		c.row, _ = strconv.Atoi(strings.TrimSpace(numbers[0][1]))
		c.record, _ = strconv.ParseInt(strings.TrimSpace(numbers[1][1]), 10, 64) // empty: 0
		c.state, c.says = state[1], textOf(state[2])
		c.gone = strings.Contains(c.says, "satır silindi")
		if why := whyDiv.FindStringSubmatch(m[2]); why != nil {
			c.says += ": " + textOf(why[1])
		}
		if diff := diffDiv.FindStringSubmatch(m[2]); diff != nil {
			if c.fields, err = fieldsOf(diff[1]); err != nil {
				return nil, err
			}
		}
		list = append(list, c)
	}
	return list, nil
}

func fieldsOf(diff string) (list []fieldChange, err error) {
	for _, m := range fieldSpan.FindAllStringSubmatch(diff, -1) {
		sides := fieldSides.FindStringSubmatch(strings.TrimSpace(m[2]))
		if sides == nil {
			return nil, fmt.Errorf("a change cannot be read: %s", m[2])
		}
		list = append(list, fieldChange{column: html.UnescapeString(m[1]), old: sideOf(sides[1]), new: sideOf(sides[2]),
			conflict: sides[3] != "", crm: textOf(sides[3]), undone: sides[4] != ""})
	}
	return list, nil
}

// sideOf is a value before or after; an empty one is written as a word in italics.
func sideOf(markup string) string {
	markup = strings.TrimSpace(markup)
	if strings.HasPrefix(markup, "<i class") {
		return ""
	}
	return html.UnescapeString(tags.ReplaceAllString(markup, ""))
}

// changes are all lines of a table's history, the oldest first.
func (v *visitor) changes(table string) (all []change, err error) {
	address := table
	for {
		page, _, err := v.ok(http.MethodGet, address, nil)
		if err != nil {
			return nil, err
		}
		list, err := changesOf(page)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
		if len(list) < 50 {
			break
		}
		address = table + "?before=" + strconv.FormatInt(list[len(list)-1].id, 10)
	}
	slices.SortFunc(all, func(a, b change) int { return int(a.id - b.id) })
	return all, nil
}

var shownBinding = regexp.MustCompile(`name="binding" value="(\d+)"`)

// act posts a form of a table's page, which says as what the table was seen.
func (v *visitor) act(table, act string, form url.Values) error {
	page, _, err := v.ok(http.MethodGet, table+"/settings", nil)
	if err != nil {
		return err
	}
	shown := shownBinding.FindStringSubmatch(page)
	if shown == nil {
		return fmt.Errorf("the settings of %s do not say what they are about", table)
	}

	whole := url.Values{"binding": {shown[1]}}
	maps.Copy(whole, form)
	_, _, err = v.ok(http.MethodPost, table+act, whole)
	return err
}
