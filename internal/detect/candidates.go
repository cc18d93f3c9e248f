package detect

import (
	"slices"
	"strings"
	"unicode"

	"sheet24"
	"sheet24/internal/mapping"
)

// column is a column that is looked at.
type column struct {
	index   int
	raw     string // header as it stands in the sheet
	header  string
	normal  string // of the header
	heading heading
	key     string // of the heading
	samples *samples
	family  family
	skipped bool
}

// detector looks at all columns of a sheet at once.
type detector struct {
	sheet   Sheet
	family  family
	fields  []sheet24.Field // that columns may feed
	titles  []title         // of fields
	labels  []map[string]bool
	byField [][]*concept // that fill each field
	columns []*column
}

// title is what the portal calls a field.
type title struct {
	heading
	key    string
	normal string
}

// sampled is how many values of a column are looked at.
const sampled = 10

func newDetector(s Sheet, header []string, below [][]any) *detector {
	d := &detector{sheet: s, family: familyOf(s.Entity)}

	for _, f := range s.Fields {
		if mapping.Mappable(f) {
			d.fields = append(d.fields, f)
			h := headingOf(f.Title)
			d.titles = append(d.titles, title{h, h.key(), mapping.Normalize(f.Title)})
			d.labels = append(d.labels, labelsOf(f))
			d.byField = append(d.byField, conceptsFor(f.Name, d.family))
		}
	}

	for i, name := range header {
		var values []any
		for _, row := range below[:min(sampled, len(below))] {
			if i < len(row) {
				values = append(values, row[i])
			}
		}
		c := &column{index: i, raw: name, header: strings.TrimSpace(name), heading: headingOf(name), samples: samplesOf(values), family: d.family}
		c.normal, c.key = mapping.Normalize(name), c.heading.key()
		d.columns = append(d.columns, c)
	}
	return d
}

// skip leaves a column out, if there is one.
func (d *detector) skip(index int) {
	if index >= 0 && index < len(d.columns) {
		d.columns[index].skipped = true
	}
}

// candidate is a field for a column.
type candidate struct {
	score   float64
	plain   bool // the header says nothing against it
	reasons []Reason
}

// candidates rates all fields for a column, in the order of d.fields.
func (d *detector) candidates(c *column) []candidate {
	all := make([]candidate, len(d.fields))
	if c.skipped || c.header == "" {
		return all
	}

	learned, remembered := d.sheet.Learned[c.normal]
	for i, f := range d.fields {
		said, reasons := d.said(c, i)
		if remembered {
			said, reasons = saying{}, nil
			if learned == f.Name {
				said, reasons = saying{sure: 0.99}, []Reason{{Code: "learned"}}
			}
		}
		all[i] = judged(said, reasons, fitOf(f, d.labels[i], c), remembered)
	}

	if !remembered {
		d.shaped(c, all)
	}
	return all
}

// judged is a header's word for a field, judged by the samples. What a person decided
// before, samples do not overrule, unless they rule it out.
func judged(said saying, reasons []Reason, by fit, decided bool) candidate {
	const (
		enough      = 0.25 // of a header's word for samples to strengthen it
		mostStrange = Sure - 0.03
	)

	if said.score() <= 0 || by.factor == 0 {
		return candidate{}
	}
	score := said.score()
	if score >= enough {
		score += (1-said.sure)*by.trust + said.unknown*by.mend
	}

	if !decided {
		score *= by.factor
	}
	if said.strange && !by.proves() {
		score = min(score, mostStrange)
	}
	switch {
	case by.factor < 1:
		reasons = append(reasons, Reason{Code: "samples.against"})
	case by.shape != "":
		reasons = append(reasons, Reason{Code: "samples." + by.shape})
	}
	return candidate{min(score, 0.99), said.other < lossOther, reasons}
}

// said is how surely a column's header asks for a field: by its name in the API, its title
// in the portal, or the words for what it is.
func (d *detector) said(c *column, i int) (saying, []Reason) {
	f := d.fields[i]

	if isNameOf(c.header, f) {
		return saying{sure: 0.98}, []Reason{{Code: "name", Args: []any{f.Name}}}
	}

	said := saying{sure: d.titled(c, i)}
	reasons := []Reason(nil)
	if said.sure > 0 {
		reasons = []Reason{{Code: "title", Args: []any{f.Title}}}
	}
	for _, concept := range d.byField[i] {
		if s := concept.saying(c.heading, d.family); s.score() > said.score() {
			said, reasons = s, []Reason{{Code: "header", Args: []any{c.heading.says()}}}
		}
	}
	return said, reasons
}

// isNameOf reports whether a header is what the API calls a field: STATUS_ID, lastName. A
// name of one word is a word like others.
func isNameOf(header string, f sheet24.Field) bool {
	if strings.Contains(f.Name, "_") && strings.EqualFold(header, f.Name) {
		return f.Links == "" || header == f.Name
	}
	return f.APIName != "fm" && header == f.APIName && strings.ContainsFunc(header, unicode.IsUpper)
}

// titled is how surely a header is a field's title in the portal, or says the same in other
// words.
func (d *detector) titled(c *column, i int) float64 {
	f, title := &d.fields[i], &d.titles[i]

	if f.Multi.Type != "" || len(title.content) == 0 {
		return 0
	}
	same, alike, near := 0.98, 0.93, 0.82
	switch {
	case f.Type == "crm_entity":
		same, alike = 0.77, 0.6 // "Proje" is what a deal is called, if nothing else is
	case f.Multiple && f.Links != "":
		alike, near = 0.6, 0.4 // "Kişi" is one, unless it is called as the field is
	case d.family == leadFamily && f.Links != "":
		same, alike, near = 0.78, 0.5, 0.4 // a lead has texts for its company and its contact
	}

	switch {
	case c.normal == title.normal:
		return same
	case c.key == title.key:
		return alike
	case isUserField(f) && c.heading.near(title.heading):
		return near
	}
	return 0
}

func isUserField(f *sheet24.Field) bool { return strings.HasPrefix(f.Name, "UF_") }

// beside are meanings that add nothing to the title of a user's field.
var beside = []meaning{"method", "type", "value", "unit", "archive", "name", "naming", "deal", "lead", "customer", "percent", "vatincl", "amount"}

// near reports whether a heading says a title, and little else.
func (h heading) near(title heading) bool {
	for _, t := range title.content {
		if t.meaning == "" || !h.means(t.meaning) {
			return false
		}
	}

	for _, u := range h.content {
		if !title.means(u.meaning) && !slices.Contains(beside, u.meaning) {
			return false
		}
	}
	return true
}

// says are the words of a heading that were understood.
func (h heading) says() string {
	var list []string
	for _, u := range h.content {
		if u.meaning != "" {
			list = append(list, strings.ToLower(u.typed))
		}
	}
	return strings.Join(list, " ")
}

// shaped rates fields by the samples alone, where the header says nothing that is known.
func (d *detector) shaped(c *column, all []candidate) {
	silent := !slices.ContainsFunc(c.heading.content, func(u understood) bool {
		return u.meaning != "" && !slices.Contains([]meaning{"number", "reach", "value", "contact", "who", "customer", "main", "other", "work", "home", "second", asking}, u.meaning)
	})
	other := slices.ContainsFunc(c.heading.content, func(u understood) bool { return u.meaning == "" })
	if !silent || c.heading.means("number") && (other || c.heading.means("customer", "who", "value")) || len(c.samples.texts) == 0 {
		return
	}

	propose := func(field string, score float64, shape string) {
		i := slices.IndexFunc(d.fields, func(f sheet24.Field) bool { return f.Name == field })
		if i >= 0 && score > all[i].score {
			all[i] = candidate{score, true, []Reason{{Code: "samples." + shape}}}
		}
	}

	if c.samples.email > 0.8 {
		propose("EMAIL", 0.6, "email")
	}
	if c.samples.clearPhone > 0.8 {
		propose("PHONE", 0.55, "phone")
	}
	if c.samples.url > 0.8 {
		propose("WEB", 0.5, "url")
	}
}
