package setup

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"sheet24"
	"sheet24/internal/detect"
	"sheet24/internal/locale"
	"sheet24/internal/mapping"
)

// A column of ids belongs to one portal and entity: the same number is another record
// elsewhere. Whose a column is, the database knows of this installation's tables, and a
// note on its header says to people and to other installations; the note goes along when
// the column is moved or renamed.

// Owned is a column of a tab that another table than the draft's has for itself.
type Owned struct {
	Status      bool // it says how rows stand; else it holds their ids
	Host        string
	Entity      sheet24.Entity
	EntityTitle string // of a smart process
}

// owned is a tab's columns as those who write them know them.
type owned struct {
	others map[int]Owned // by 0-based column
	known  map[int]bool  // columns that the database knows of, whatever their notes say
	was    Owned         // what a note says of the status of the table whose place the draft's takes
	id     int           // the column that has ids of the draft's portal and entity, -1: none
	status int           // the column that has the status of the draft's table, -1: none
}

// findOwned finds whose a draft's columns are, and which of the tab's tables the draft's
// takes the place of. rows are the first ones of the tab.
func (s *Setup) findOwned(ctx context.Context, userID string, d *Draft, p Place, rows [][]any) error {
	tables, err := s.Store.TablesOfTab(ctx, p.SpreadsheetID, p.GID)
	if err != nil {
		return err
	}

	o := &owned{others: map[int]Owned{}, known: map[int]bool{}, id: -1, status: -1}
	d.takePlace(userID, tables, p)

	for _, t := range tables {
		if err := s.ownedBy(ctx, userID, d, t, o, rows); err != nil {
			return err
		}
	}

	if err := s.formerlyOwned(ctx, d, o); err != nil {
		return err
	}

	if d.Notes, err = s.Google.Notes(ctx, userID, p.SpreadsheetID, p.GID, d.HeaderRow); err != nil {
		return err
	}

	o.read(d)

	// A table that has its header elsewhere may have its columns where this row has none.
	within := func(column int) int {
		if column >= len(d.Header) {
			return -1
		}
		return column
	}

	d.Owned, d.ownID, d.ownStatus = o.others, within(o.id), within(o.status)
	return nil
}

// takePlace finds the table that the draft's takes the place of: that of the same portal
// and entity; else the one that was chosen, or the only one that its user has on the tab,
// unless they are to stay.
func (d *Draft) takePlace(userID string, tables []*sheet24.Table, p Place) {
	for _, t := range tables {
		switch {
		case t.UserID != userID:
		case t.PortalID == d.Portal.ID && t.Entity == d.Entity:
			d.Was = t
		default:
			d.Beside = append(d.Beside, t)
		}
	}

	if d.Was != nil || p.Beside {
		return
	}

	i := slices.IndexFunc(d.Beside, func(t *sheet24.Table) bool { return t.ID == p.Replaces })
	if i < 0 && len(d.Beside) == 1 && p.Replaces == 0 {
		i = 0
	}

	if i >= 0 {
		d.Was = d.Beside[i]
	}
}

// ownedBy adds the columns of one of the tab's tables.
func (s *Setup) ownedBy(ctx context.Context, userID string, d *Draft, t *sheet24.Table, o *owned, rows [][]any) error {
	portal, err := s.Store.Portal(ctx, t.PortalID)
	if err != nil {
		return err
	}

	header := d.Header
	if t.HeaderRow <= len(rows) {
		header = headerOf(rows[t.HeaderRow-1])
	}

	at := mapping.Locate(t, header)
	o.known[at.ID], o.known[at.Status] = true, true
	replaced := d.Was != nil && d.Was.ID == t.ID
	same := samePortal(portal, d.Portal) && t.Entity == d.Entity

	switch {
	case replaced:
		o.status, o.was = at.Status, Owned{Status: true, Host: portal.Host, Entity: t.Entity}
	case same && t.UserID != userID:
		alive, err := s.followed(ctx, t)
		if err != nil {
			return err
		}

		if alive {
			d.Taken = true
		} else {
			d.Ended = append(d.Ended, t)
		}
	default:
		o.add(at.Status, Owned{Status: true, Host: portal.Host, Entity: t.Entity, EntityTitle: t.EntityTitle})
	}

	switch {
	case !same:
		o.add(at.ID, Owned{Host: portal.Host, Entity: t.Entity, EntityTitle: t.EntityTitle})
	case replaced || o.id < 0:
		o.id = at.ID
	}

	return nil
}

// followed reports whether a table's sheet is polled: it is not, once its user's grant
// has ended.
func (s *Setup) followed(ctx context.Context, t *sheet24.Table) (bool, error) {
	grant, err := s.Store.Token(ctx, t.UserID)
	if sheet24.IsKind(err, sheet24.NotFound) {
		return false, nil
	}
	return err == nil && t.Enabled && !grant.Ended, err
}

// formerlyOwned adds the columns whose ids are those of tables that have others by now.
func (s *Setup) formerlyOwned(ctx context.Context, d *Draft, o *owned) error {
	former, err := s.Store.FormerIDColumns(ctx, d.Spreadsheet.ID, d.Tab.GID)
	if err != nil {
		return err
	}

	for _, f := range former {
		id := sheet24.FieldMapping{Column: f.Column, Field: sheet24.IDField}
		at := mapping.Locate(&sheet24.Table{Mappings: []sheet24.FieldMapping{id}}, d.Header).ID
		if at < 0 || o.known[at] {
			continue
		}

		portal, err := s.Store.Portal(ctx, f.PortalID)
		if err != nil {
			return err
		}

		o.known[at] = true
		if samePortal(portal, d.Portal) && f.Entity == d.Entity {
			o.id = max(o.id, at)
		} else {
			o.add(at, Owned{Host: portal.Host, Entity: f.Entity, EntityTitle: f.EntityTitle})
		}
	}

	return nil
}

// samePortal reports whether two users' connections lead to one portal.
func samePortal(a, b *sheet24.Portal) bool {
	if a.ID == b.ID {
		return true
	}

	if a.Grant != nil && b.Grant != nil && a.Grant.MemberID != b.Grant.MemberID {
		return false
	}

	return a.Host == b.Host && !a.Replaced && !b.Replaced
}

func (o *owned) add(column int, by Owned) {
	if column >= 0 {
		o.others[column] = by
	}
}

// read adds what notes say of columns that the database does not know of: another
// installation may have written them. That a column is this table's no note says for
// certain: it stays where another header is written over its own.
func (o *owned) read(d *Draft) {
	for column, note := range d.Notes {
		by, ok := readNote(note)
		own := by.Host == d.Portal.Host && by.Entity == d.Entity || by == o.was
		if ok && !own && !o.known[column] {
			o.add(column, by)
		}
	}
}

// noteLine is the first line of a note on the header of a column that sheet24 writes: the
// portal, the entity by its name in the API, and whether it has the status.
var noteLine = regexp.MustCompile(`(?m)^sheet24 · (\S+) · (\S+?)( · status)?$\n?.*\n?`)

// noteOf is the note on a header, with what else is noted there.
func noteOf(language string, by Owned, before string) string {
	entity := locale.Entity(language, by.Entity, by.EntityTitle)
	line, text := "sheet24 · "+by.Host+" · "+string(by.Entity), locale.T(language, "note_ids", by.Host, entity)
	if by.Status {
		line, text = line+" · status", locale.T(language, "note_status", by.Host, entity)
	}
	return strings.TrimSpace(line + "\n" + text + "\n\n" + withoutNote(before))
}

// withoutNote is what else is noted on a header.
func withoutNote(note string) string { return strings.TrimSpace(noteLine.ReplaceAllString(note, "")) }

// readNote reads whose column a note says that it is.
func readNote(note string) (Owned, bool) {
	found := noteLine.FindStringSubmatch(note)
	if found == nil {
		return Owned{}, false
	}
	return Owned{Host: found[1], Entity: sheet24.Entity(found[2]), Status: found[3] != ""}, true
}

// others reports whether a column is another table's.
func (d *Draft) others(column int) bool {
	_, ok := d.Owned[column]
	return ok
}

// unowned is a tab without the names of columns whose purpose is known: others', and the
// table's own. A field of the ids is left out with the column that has them.
func (d *Draft) unowned(sheet detect.Sheet) detect.Sheet {
	header := slices.Clone(sheet.Rows[d.HeaderRow-1])
	for column := range header {
		if d.others(column) || column == d.ownID || column == d.ownStatus {
			header[column] = ""
		}
	}

	sheet.Rows = slices.Clone(sheet.Rows)
	sheet.Rows[d.HeaderRow-1] = header

	if d.ownID >= 0 {
		sheet.Fields = slices.DeleteFunc(slices.Clone(sheet.Fields), func(f sheet24.Field) bool { return f.Name == sheet24.IDField })
	}

	return sheet
}

// columnName is what a column is called that is added to a tab: where it has other tables,
// or a column of that name, it says whose it is.
func (d *Draft) columnName(language, name string) string {
	has := func(name string) bool { return slices.Contains(d.Header, name) }
	if len(d.Owned) > 0 || has(name) {
		name += " · " + locale.Entity(language, d.Entity, d.EntityTitle)
	}

	if has(name) {
		name += " · " + d.Portal.Host
	}

	for base, n := name, 2; has(name); n++ {
		name = base + " " + mapping.Text(float64(n))
	}

	return name
}

// refused is why a column may not feed a field: it is another table's; nil if it may.
func (d *Draft) refused(language string, column int, field string) error {
	by, ok := d.Owned[column]
	entity := locale.Entity(language, by.Entity, by.EntityTitle)
	switch {
	case ok && by.Status:
		return sheet24.Errorf(sheet24.Invalid, sheet24.CodeStatusColumnOthers, d.Header[column], by.Host, entity)
	case ok && field == sheet24.IDField:
		return sheet24.Errorf(sheet24.Invalid, sheet24.CodeIDColumnOthers, d.Header[column], by.Host, entity)
	}

	return nil
}
