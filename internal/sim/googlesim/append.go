package googlesim

import "fmt"

// appendValues answers values.append: what is written goes below the table that the
// range touches, from its first column on; below the last of several; where the range
// begins if it touches none (source: Google's guide "Read & write cell values",
// "Append values"; gspread issues 537 and 735 show what surprises that makes).
func (g *Google) appendValues(c *sheetsCall) {
	var body input
	if !decodeProto(c.w, c.r, sheetsMessage.valueRange, &body) {
		return
	}
	o, ok := c.queryWriting()
	if !ok {
		return
	}
	insert := false
	switch option := c.query("insertDataOption"); option {
	case "", "OVERWRITE":
	case "INSERT_ROWS":
		insert = true
	default:
		invalid(c.w, fmt.Sprintf("Invalid value at 'insert_data_option' (type.googleapis.com/google.apps.sheets.v4.InsertDataOption), %q", option))
		return
	}

	p, err := c.atA1(c.arg)
	if err == nil {
		err = p.inGrid()
	}
	answer := map[string]any{"spreadsheetId": c.ID}
	if err == nil {
		err = g.atomic(c.Spreadsheet, func() error {
			at := block{p.row, -1, p.col, -1}
			if table, found := p.tab.tableAt(p.tab.within(p.block)); found {
				answer["tableRange"] = a1Loose(p.tab.Title, table)
				at = block{table.endRow, -1, table.col, -1}
			}
			rows, width := len(body.rows()), 0
			for _, row := range body.rows() {
				width = max(width, len(row))
			}
			if have, _ := p.tab.size(); insert && at.row < have {
				c.shift(p.tab, shift{At: at.row, N: rows})
			}
			if have, columns := p.tab.size(); at.row+rows > have { // the grid grows downwards, never to the right
				p.tab.grow(at.row+rows, columns)
			}
			target := place{tab: p.tab, block: at}
			if _, columns := p.tab.size(); at.col+width > columns {
				return place{tab: p.tab, block: block{at.row, at.row + 1, columns, columns + 1}}.outside()
			}
			updates, err := c.write(c.email, target, body, o)
			answer["updates"] = updates
			return err
		})
	}
	if err != nil {
		c.refuse(err)
		return
	}
	c.reply(answer)
}

// tableAt is the last table that a block touches: cells that hold something and stand
// beside each other, with what is empty between them.
func (t *Sheet) tableAt(b block) (block, bool) {
	last, found := block{}, false
	for _, table := range t.tables() {
		if table.meets(b) && (!found || table.endRow > last.endRow) {
			last, found = table, true
		}
	}
	return last, found
}

// tables are the blocks around cells that hold something and touch each other. Blocks
// that overlap are one.
func (t *Sheet) tables() (all []block) {
	for i, row := range t.Rows {
		for j := 0; j < len(row); j++ {
			if row[j] == nil {
				continue
			}
			run := block{i, i + 1, j, j + 1}
			for run.endCol < len(row) && row[run.endCol] != nil {
				run.endCol++
			}
			j = run.endCol
			all = joined(all, run)
		}
	}
	return all
}

// joined adds a run of cells to the blocks that it touches, which become one.
func joined(all []block, run block) []block {
	for i := 0; i < len(all); i++ {
		other := all[i]
		near := block{other.row - 1, other.endRow + 1, other.col - 1, other.endCol + 1}
		if near.meets(run) {
			run = block{min(run.row, other.row), max(run.endRow, other.endRow), min(run.col, other.col), max(run.endCol, other.endCol)}
			all = append(all[:i], all[i+1:]...)
			i = -1
		}
	}
	return append(all, run)
}
