package detect

import (
	"math"
	"slices"
	"strings"

	"sheet24"
)

// assign finds the best way to give each column a field and each field one column at
// most, over the whole row.
func (d *detector) assign() []Column {
	rated := make([][]candidate, len(d.columns))
	for i, c := range d.columns {
		rated[i] = d.candidates(c)
	}
	d.preferFirstNames(rated)

	worth := make([][]float64, len(d.fields))
	for f := range d.fields {
		worth[f] = make([]float64, len(d.columns))
		for c := range d.columns {
			worth[f][c] = worthOf(rated[c][f].score, c, len(d.columns))
		}
	}

	var out []Column
	for f, c := range best(worth) {
		if c < 0 || rated[c][f].score < Likely {
			continue
		}
		got := rated[c][f]
		out = append(out, Column{Index: c, Header: d.columns[c].raw, Field: d.fields[f].Name, Confidence: round(got.score), Selected: got.score >= Sure, Reasons: got.reasons})
	}
	slices.SortFunc(out, func(a, b Column) int { return a.Index - b.Index })

	out = d.reachable(out, rated)
	return d.widened(out)
}

// worthOf is what an assignment gains by a pair: sure ones count far more than any
// number of likely ones, and of equals the first column has it.
func worthOf(score float64, column, columns int) float64 {
	early := 0.0001 * float64(columns-column) / float64(columns)
	switch {
	case score >= Sure:
		return 1 + score + early
	case score >= Likely:
		return 0.02*score + early/100
	}
	return 0
}

func round(score float64) float64 { return math.Round(score*100) / 100 }

// preferFirstNames has a first name go before a full one where there is a column for
// last names.
func (d *detector) preferFirstNames(rated [][]candidate) {
	last := slices.IndexFunc(d.fields, func(f sheet24.Field) bool { return f.Name == "LAST_NAME" })
	name := slices.IndexFunc(d.fields, func(f sheet24.Field) bool { return f.Name == "NAME" })
	if last < 0 || name < 0 || !slices.ContainsFunc(rated, func(r []candidate) bool { return r[last].score >= Sure }) {
		return
	}

	for c, r := range rated {
		if d.columns[c].heading.means("fullname", "contact") && !d.columns[c].heading.means("first", "name") {
			r[name].score *= 0.8
		}
	}
}

// reachable selects the likeliest column for a telephone number or an e-mail address where
// a sheet of people or companies has neither for sure: among all columns, also those whose
// header speaks against it or is empty.
func (d *detector) reachable(found []Column, rated [][]candidate) []Column {
	isReach := func(c Column) bool { return strings.HasPrefix(c.Field, "PHONE") || strings.HasPrefix(c.Field, "EMAIL") }
	if d.family == dealFamily || slices.ContainsFunc(found, func(c Column) bool { return isReach(c) && c.Selected }) {
		return found
	}

	best, most := Column{Index: -1}, 0.0
	for _, c := range d.columns {
		if got, rank := d.reach(c, rated[c.index]); rank > most {
			best, most = got, rank
		}
	}
	if best.Index < 0 {
		return found
	}

	found = slices.DeleteFunc(found, func(c Column) bool { return c.Index == best.Index || c.Field == best.Field })
	found = append(found, best)
	slices.SortFunc(found, func(a, b Column) int { return a.Index - b.Index })
	return found
}

// unreachable are meanings of columns that nobody is reached by, whatever their values are
// like: faxes, and numbers of other things.
var unreachable = []meaning{"fax", "taxid", "bankaccount", "extension", "code", "id", "order", "contract", "amount", "total", "value", "unit", "count",
	"quantity", "postal", "date", "birth", "row", "foreign", "system", "cargo", "insurance", "deposit", "paid", "balance", "type", "status", "employees", "ad", "web"}

// reach is a column as the one by which people are reached, and how much speaks for it, 0
// if it cannot be that one: its values are telephone numbers or e-mail addresses. Ones whose
// header means something else come last.
func (d *detector) reach(c *column, rated []candidate) (Column, float64) {
	const plain, ruledOut = 2.0, 1.0 // and what the candidate is rated, below 1

	field, shape := "PHONE", "phone"
	switch {
	case c.samples.email > 0.6:
		field, shape = "EMAIL", "email"
	case c.samples.clearPhone <= 0.6 && (c.samples.phone <= 0.6 || !c.heading.means("phone", "mobile", "whatsapp", "reach", "landline")):
		return Column{}, 0
	}

	at := slices.IndexFunc(d.fields, func(f sheet24.Field) bool { return f.Name == field })
	things := c.heading.means("product") && !c.heading.means("phone", "mobile", "whatsapp", "email")
	if at < 0 || c.skipped || things || d.decided(c) || c.heading.means(unreachable...) {
		return Column{}, 0
	}

	got := rated[at]
	rank := ruledOut + got.score
	if got.plain {
		rank = plain + got.score
	}
	reasons := got.reasons
	if len(reasons) == 0 {
		reasons = []Reason{{Code: "samples." + shape}}
	}
	return Column{Index: c.index, Header: c.raw, Field: field, Confidence: max(Sure, round(got.score)), Selected: true, Reasons: reasons}, rank
}

// decided reports whether a person has chosen before what a column is.
func (d *detector) decided(c *column) bool {
	_, remembered := d.sheet.Learned[c.normal]
	return remembered && c.header != ""
}

// widened has a column for the mobile number take all numbers, if no other column has
// any: the CRM may hold the number under another kind. Faxes stay what they are.
func (d *detector) widened(found []Column) []Column {
	kinds := map[string]sheet24.MultiKind{}
	whole := map[string]string{} // field by type
	for _, f := range d.fields {
		kinds[f.Name] = f.Multi
		if f.Multi.Type != "" && f.Multi.Kind == "" {
			whole[f.Multi.Type] = f.Name
		}
	}

	for i, c := range found {
		kind := kinds[c.Field]
		alone := !slices.ContainsFunc(found, func(o Column) bool {
			return o.Index != c.Index && kinds[o.Field].Type == kind.Type && (o.Selected || o.Field == whole[kind.Type])
		})
		if c.Selected && !c.learned() && kind.Kind != "" && kind.Kind != "FAX" && alone && whole[kind.Type] != "" {
			found[i].Field = whole[kind.Type]
		}
	}
	return found
}

// best assigns rows to columns so that the sum of what the pairs are worth is the largest;
// -1 where a row is better off without. It is the Hungarian method, with one dummy column
// for each row.
func best(worth [][]float64) []int {
	rows := len(worth)
	if rows == 0 {
		return nil
	}
	columns := len(worth[0]) + rows

	cost := func(r, c int) float64 {
		if c < len(worth[r]) {
			return -worth[r][c]
		}
		return 0
	}

	rowPotential, columnPotential := make([]float64, rows+1), make([]float64, columns+1)
	rowOf, way := make([]int, columns+1), make([]int, columns+1)
	for r := 1; r <= rows; r++ {
		rowOf[0] = r
		at := 0
		least, used := make([]float64, columns+1), make([]bool, columns+1)
		for c := range least {
			least[c] = math.Inf(1)
		}

		// Grow the tree of cheapest ways until it reaches a free column.
		for rowOf[at] != 0 {
			used[at] = true
			row, delta, next := rowOf[at], math.Inf(1), 0
			for c := 1; c <= columns; c++ {
				if used[c] {
					continue
				}
				if reduced := cost(row-1, c-1) - rowPotential[row] - columnPotential[c]; reduced < least[c] {
					least[c], way[c] = reduced, at
				}
				if least[c] < delta {
					delta, next = least[c], c
				}
			}
			for c := 0; c <= columns; c++ {
				if used[c] {
					rowPotential[rowOf[c]] += delta
					columnPotential[c] -= delta
				} else {
					least[c] -= delta
				}
			}
			at = next
		}

		// Turn the way around.
		for at != 0 {
			rowOf[at] = rowOf[way[at]]
			at = way[at]
		}
	}

	assigned := make([]int, rows)
	for r := range assigned {
		assigned[r] = -1
	}
	for c := 1; c <= len(worth[0]); c++ {
		if rowOf[c] != 0 && worth[rowOf[c]-1][c-1] > 0 {
			assigned[rowOf[c]-1] = c - 1
		}
	}
	return assigned
}
