package blackbox_test

import (
	"fmt"
	"maps"
	"slices"
)

// share lets somebody else edit the spreadsheet, who saves the tab as a table of their
// own portal. There are leads in that portal, too, with the numbers of those in this one.
func (h *history) share() error {
	most := slices.Max(slices.Collect(maps.Keys(h.groups)))
	for id := int64(0); id <= most+100; { // those that are created meanwhile, too
		var err error
		if id, err = h.w.others.inCRM("create", 1, 0, map[string]any{"name": "Yabancı", "stageId": "NEW"}); err != nil {
			return err
		}
	}
	h.strangers = most + 100
	if err := h.w.sim.post("/sim/google/shares", map[string]any{"spreadsheet_id": h.spreadsheet, "email": guest}, nil); err != nil {
		return err
	}
	form, _, err := h.w.guest.suggested(h.spreadsheet, "leads")
	if err == nil {
		err = h.w.guest.saveForm(h.spreadsheet, form)
	}
	if err != nil {
		h.step("somebody with another portal saves the tab, too: %v", err)
		return nil
	}
	h.step("somebody with another portal saves the tab, too")
	h.guests, err = h.w.guest.tableOf(h.name)
	return err
}

// checkShared looks at the other portal: nothing that people typed here may have been
// written over what stood there.
func (h *history) checkShared() {
	records, err := h.w.others.records(1, 0)
	if err != nil {
		h.fail("HARNESS", "%v", err)
		return
	}
	for _, id := range slices.Sorted(maps.Keys(records)) {
		r := records[id]
		if id > h.strangers || len(r.History) > 0 && r.History[0].Via == "webhook" { // sheet24 made it
			continue
		}
		for _, entry := range r.History {
			for _, line := range entry.Lines {
				if group, ours := h.groupOf(line.Field, line.New); ours && entry.Via == "webhook" {
					h.fail("STRANGER", "record %d of another portal: sheet24 wrote %q into %s; it belongs to %s (%s)", id, line.New, line.Field, group, fmt.Sprint(r.Fields["name"]))
				}
			}
		}
	}
}
