package googlesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// dimensionSpan is a range of rows or columns; without an end, to the grid's.
type dimensionSpan struct {
	SheetID              int64
	Dimension            string
	StartIndex, EndIndex *int
}

// rowsOrColumns reads a range of rows or columns: where it begins and ends, and how
// large the grid is in that dimension.
func (u *update) rowsOrColumns(d *dimensionSpan) (t *Sheet, columns bool, start, end, size int, err error) {
	if d == nil {
		return nil, false, 0, 0, 0, errors.New("A dimension range must be specified.")
	}
	if t, err = u.tab(&d.SheetID); err != nil {
		return nil, false, 0, 0, 0, err
	}
	rows, width := t.size()
	switch d.Dimension {
	case "ROWS":
		size = rows
	case "COLUMNS":
		size, columns = width, true
	default:
		return nil, false, 0, 0, 0, errors.New("No dimension set.")
	}
	end = size
	if d.StartIndex != nil {
		start = *d.StartIndex
	}
	if d.EndIndex != nil {
		end = *d.EndIndex
	}
	if start < 0 || end <= start {
		return nil, false, 0, 0, 0, fmt.Errorf("range.endIndex[%d] must be greater than range.startIndex[%d]", end, start)
	}
	return t, columns, start, end, size, nil
}

// dimensionWord is what messages call a row or a column.
func dimensionWord(columns bool) string {
	if columns {
		return "column"
	}
	return "row"
}

func (u *update) insertDimension(q struct {
	Range             *dimensionSpan
	InheritFromBefore bool
}) (any, error) {
	t, columns, start, end, size, err := u.rowsOrColumns(q.Range)
	switch {
	case err != nil:
		return nil, err
	case q.Range.StartIndex == nil || q.Range.EndIndex == nil:
		return nil, errors.New("Both the start and end indexes must be bounded.")
	case start > size:
		return nil, fmt.Errorf("range.startIndex[%d] must be less than or equal to the grid size[%d]", start, size)
	case q.InheritFromBefore && start == 0:
		return nil, errors.New("inheritFromBefore cannot be true when the start index is 0")
	}
	u.shift(t, shift{Columns: columns, At: start, N: end - start})
	return nil, nil
}

func (u *update) deleteDimension(q struct{ Range *dimensionSpan }) (any, error) {
	t, columns, start, end, size, err := u.rowsOrColumns(q.Range)
	if err != nil {
		return nil, err
	}
	word := dimensionWord(columns)
	switch {
	case start >= size:
		return nil, fmt.Errorf("Cannot delete a %s that doesn't exist. Tried to delete %s index %d but there are only %d %ss.", word, word, start, size, word)
	case end-start >= size || start == 0 && end >= size:
		return nil, fmt.Errorf("You can't delete all the %ss on the sheet.", word)
	case !columns && t.Frozen > 0 && start <= t.Frozen && end >= size:
		return nil, errors.New("Sorry, it is not possible to delete all non-frozen rows.")
	}
	end = min(end, size)
	all := block{start, end, 0, t.Columns}
	if columns {
		all = block{0, t.RowCount, start, end}
	}
	if err := t.unprotected(all, u.email); err != nil {
		return nil, err
	}
	u.shift(t, shift{Columns: columns, At: start, N: start - end})
	return nil, nil
}

func (u *update) moveDimension(q struct {
	Source           *dimensionSpan
	DestinationIndex int
}) (any, error) {
	t, columns, start, end, size, err := u.rowsOrColumns(q.Source)
	switch {
	case err != nil:
		return nil, err
	case end > size || q.DestinationIndex > size || q.DestinationIndex < 0:
		return nil, fmt.Errorf("The %ss to move and their destination must be within the grid.", dimensionWord(columns))
	case q.DestinationIndex >= start && q.DestinationIndex <= end:
		return nil, nil
	}
	u.shift(t, shift{Columns: columns, At: start, N: end - start, Moved: true, To: q.DestinationIndex})
	return nil, nil
}

func (u *update) appendDimension(q struct {
	SheetID   *int64
	Dimension string
	Length    int
}) (any, error) {
	t, err := u.tab(q.SheetID)
	if err != nil {
		return nil, err
	}
	rows, columns := t.size()
	switch {
	case q.Length < 1:
		return nil, errors.New("The length must be positive.")
	case q.Dimension == "ROWS":
		t.RowCount = rows + q.Length
	case q.Dimension == "COLUMNS":
		t.Columns = columns + q.Length
	default:
		return nil, errors.New("No dimension set.")
	}
	return nil, u.fits()
}

// maxCells is how many cells a spreadsheet may have (source: Google's help, "Files you
// can store in Google Drive").
const maxCells = 10_000_000

func (u *update) fits() error {
	n := 0
	for _, t := range u.Sheets {
		rows, columns := t.size()
		n += rows * columns
	}
	if n > maxCells {
		return fmt.Errorf("This action would increase the number of cells in the workbook above the limit of %d cells.", maxCells)
	}
	return nil
}

func (u *update) updateDimensionProperties(q struct {
	Range      *dimensionSpan
	Properties struct{ HiddenByUser bool }
	Fields     string
}) (any, error) {
	m, err := fieldsNamed(q.Fields)
	if err != nil {
		return nil, err
	}
	t, columns, start, end, _, err := u.rowsOrColumns(q.Range)
	if err != nil {
		return nil, err
	}
	if !m.has("hiddenByUser") {
		return nil, nil
	}
	hidden := &t.HiddenRows
	if columns {
		hidden = &t.HiddenColumns
	}
	if *hidden == nil {
		*hidden = map[int]bool{}
	}
	for i := start; i < end; i++ {
		delete(*hidden, i)
		if q.Properties.HiddenByUser {
			(*hidden)[i] = true
		}
	}
	return nil, nil
}

func (u *update) autoResizeDimensions(q struct{ Dimensions *dimensionSpan }) (any, error) {
	_, _, _, _, _, err := u.rowsOrColumns(q.Dimensions)
	return nil, err
}

// sheetProperties are a tab's, as requests bring them.
type sheetProperties struct {
	SheetID        *int64
	Title          string
	Index          *int
	Hidden         bool
	GridProperties struct {
		RowCount, ColumnCount, FrozenRowCount int
	}
}

func (u *update) updateSheetProperties(q struct {
	Properties sheetProperties
	Fields     string
}) (any, error) {
	m, err := fieldsNamed(q.Fields)
	if err != nil {
		return nil, err
	}
	p := q.Properties
	t, err := u.tab(p.SheetID)
	if err != nil {
		return nil, err
	}
	if m.has("title") {
		if other, taken := u.byTitle(p.Title); taken && other != t {
			return nil, fmt.Errorf("A sheet with the name %q already exists. Please enter another name.", p.Title)
		}
		if p.Title == "" {
			return nil, errors.New("A sheet must have a name.")
		}
		t.Title = p.Title
	}
	if m.has("hidden") {
		t.Hidden = p.Hidden
	}
	if m.has("index") && p.Index != nil {
		u.Sheets = slices.DeleteFunc(slices.Clone(u.Sheets), func(other *Sheet) bool { return other == t })
		u.Sheets = slices.Insert(u.Sheets, min(max(*p.Index, 0), len(u.Sheets)), t)
	}
	grid := m.at("gridProperties")
	if grid.has("frozenRowCount") {
		t.Frozen = p.GridProperties.FrozenRowCount
	}
	if grid.has("rowCount") {
		if err := u.resize(t, false, p.GridProperties.RowCount); err != nil {
			return nil, err
		}
	}
	if grid.has("columnCount") {
		if err := u.resize(t, true, p.GridProperties.ColumnCount); err != nil {
			return nil, err
		}
	}
	return nil, u.fits()
}

// resize cuts or lengthens the grid at its end.
func (u *update) resize(t *Sheet, columns bool, to int) error {
	size, width := t.size()
	if columns {
		size = width
	}
	if to < 1 {
		return fmt.Errorf("A sheet must have at least one %s.", dimensionWord(columns))
	}
	if to < size {
		u.shift(t, shift{Columns: columns, At: to, N: to - size})
	}
	if columns {
		t.Columns = to
	} else {
		t.RowCount = to
	}
	return nil
}

func (u *update) updateSpreadsheetProperties(q struct {
	Properties struct{ Title, Locale, TimeZone string }
	Fields     string
}) (any, error) {
	m, err := fieldsNamed(q.Fields)
	if err != nil {
		return nil, err
	}
	if m.has("title") {
		u.Title = q.Properties.Title
	}
	if m.has("locale") {
		u.Locale = q.Properties.Locale
	}
	if m.has("timeZone") {
		u.TimeZone = q.Properties.TimeZone
	}
	return nil, nil
}

func (u *update) addSheet(q struct{ Properties sheetProperties }) (any, error) {
	p := q.Properties
	t := &Sheet{GID: u.newID(), Title: p.Title, Hidden: p.Hidden, Frozen: p.GridProperties.FrozenRowCount, RowCount: p.GridProperties.RowCount, Columns: p.GridProperties.ColumnCount}
	if p.SheetID != nil {
		if _, taken := u.byGID(*p.SheetID); taken {
			return nil, fmt.Errorf("Sheet with ID %d already exists. Please enter another ID.", *p.SheetID)
		}
		t.GID = *p.SheetID
	}
	for n := len(u.Sheets) + 1; t.Title == ""; n++ {
		if _, taken := u.byTitle(fmt.Sprint("Sheet", n)); !taken {
			t.Title = fmt.Sprint("Sheet", n)
		}
	}
	return u.insertSheet(t, p.Index)
}

// insertSheet puts a new tab among the others, at their end if nobody said where.
func (u *update) insertSheet(t *Sheet, index *int) (any, error) {
	if _, taken := u.byTitle(t.Title); taken {
		return nil, fmt.Errorf("A sheet with the name %q already exists. Please enter another name.", t.Title)
	}
	at := len(u.Sheets)
	if index != nil {
		at = min(max(*index, 0), at)
	}
	u.Sheets = slices.Insert(slices.Clone(u.Sheets), at, t)
	return map[string]any{"properties": t.properties(at)}, u.fits()
}

func (u *update) deleteSheet(q struct{ SheetID *int64 }) (any, error) {
	t, err := u.tab(q.SheetID)
	if err != nil {
		return nil, err
	}
	if len(u.Sheets) == 1 {
		return nil, errors.New("You can't remove all the sheets in a document.")
	}
	u.Sheets = slices.DeleteFunc(slices.Clone(u.Sheets), func(other *Sheet) bool { return other == t })
	u.dropTab(t.GID)
	return nil, nil
}

// clone is a copy of a tab, with no past.
func (t *Sheet) clone() *Sheet {
	data, err := json.Marshal(t)
	twin := &Sheet{}
	if err == nil {
		err = json.Unmarshal(data, twin)
	}
	if err != nil {
		panic(err) // tabs are plain data
	}
	return twin
}

func (u *update) duplicateSheet(q struct {
	SourceSheetID    int64
	InsertSheetIndex *int
	NewSheetID       *int64
	NewSheetName     string
}) (any, error) {
	t, err := u.tab(&q.SourceSheetID)
	if err != nil {
		return nil, err
	}
	twin := t.clone()
	twin.GID, twin.Title = u.newID(), q.NewSheetName
	if q.NewSheetID != nil {
		if _, taken := u.byGID(*q.NewSheetID); taken {
			return nil, fmt.Errorf("Sheet with ID %d already exists. Please enter another ID.", *q.NewSheetID)
		}
		twin.GID = *q.NewSheetID
	}
	for n := 1; twin.Title == ""; n++ {
		name := "Copy of " + t.Title
		if n > 1 {
			name = fmt.Sprint(name, " ", n)
		}
		if _, taken := u.byTitle(name); !taken {
			twin.Title = name
		}
	}
	at := q.InsertSheetIndex
	if at == nil {
		at = new(int)
	}
	return u.insertSheet(twin, at)
}

// protectedRange is a protected range as requests bring it.
type protectedRange struct {
	ProtectedRangeID int64
	Range            *gridRange
	Description      string
	WarningOnly      bool
	Editors          struct{ Users []string }
}

func (u *update) addProtectedRange(q struct{ ProtectedRange protectedRange }) (any, error) {
	p := q.ProtectedRange
	if p.Range == nil {
		return nil, errors.New("A range must be specified.")
	}
	at, err := u.atGrid(*p.Range)
	if err != nil {
		return nil, err
	}
	made := Protection{ID: p.ProtectedRangeID, Range: areaOf(at.block), Description: p.Description, WarningOnly: p.WarningOnly}
	if made.ID == 0 {
		made.ID = u.newID()
	}
	if !p.WarningOnly { // who protects may edit, as may the owner
		made.Editors = editorsOf(p.Editors.Users, u.email, u.Owner)
	}
	at.tab.Protected = append(at.tab.Protected, made)
	return map[string]any{"protectedRange": made.json(at.tab)}, nil
}

func editorsOf(lists ...any) (all []string) {
	add := func(email string) {
		if email != "" && !slices.Contains(all, email) {
			all = append(all, email)
		}
	}
	for _, l := range lists {
		switch l := l.(type) {
		case string:
			add(l)
		case []string:
			for _, email := range l {
				add(email)
			}
		}
	}
	return all
}

// protection finds a protected range.
func (u *update) protection(id int64) (*Sheet, int, error) {
	for _, t := range u.Sheets {
		for i, p := range t.Protected {
			if p.ID == id {
				return t, i, nil
			}
		}
	}
	return nil, 0, fmt.Errorf("No protected range with ID: %d", id)
}

func (u *update) updateProtectedRange(q struct {
	ProtectedRange protectedRange
	Fields         string
}) (any, error) {
	m, err := fieldsNamed(q.Fields)
	if err != nil {
		return nil, err
	}
	t, i, err := u.protection(q.ProtectedRange.ProtectedRangeID)
	if err != nil {
		return nil, err
	}
	p := &t.Protected[i]
	if m.has("description") {
		p.Description = q.ProtectedRange.Description
	}
	if m.has("warningOnly") {
		p.WarningOnly = q.ProtectedRange.WarningOnly
	}
	if m.has("editors") {
		p.Editors = editorsOf(q.ProtectedRange.Editors.Users, u.Owner)
	}
	if m.has("range") && q.ProtectedRange.Range != nil {
		at, err := u.atGrid(*q.ProtectedRange.Range)
		if err != nil {
			return nil, err
		}
		p.Range = areaOf(at.block)
	}
	return nil, nil
}

func (u *update) deleteProtectedRange(q struct{ ProtectedRangeID int64 }) (any, error) {
	t, i, err := u.protection(q.ProtectedRangeID)
	if err != nil {
		return nil, err
	}
	t.Protected = slices.Delete(slices.Clone(t.Protected), i, i+1)
	return nil, nil
}

func (u *update) mergeCells(q struct {
	Range     *gridRange
	MergeType string
}) (any, error) {
	p, err := u.open(q.Range)
	if err != nil {
		return nil, err
	}
	var blocks []block
	switch q.MergeType {
	case "", "MERGE_ALL":
		blocks = []block{p.block}
	case "MERGE_ROWS":
		for row := p.row; row < p.endRow; row++ {
			blocks = append(blocks, block{row, row + 1, p.col, p.endCol})
		}
	case "MERGE_COLUMNS":
		for col := p.col; col < p.endCol; col++ {
			blocks = append(blocks, block{p.row, p.endRow, col, col + 1})
		}
	default:
		return nil, errors.New("Invalid merge type " + q.MergeType)
	}
	for _, b := range blocks {
		for _, a := range p.tab.Merges {
			if a.block().meets(b) {
				return nil, errors.New("You must select all cells in a merged range to merge or unmerge them.")
			}
		}
		first := p.tab.at(b.row, b.col)
		p.tab.clear(b)
		p.tab.put(b.row, b.col, first)
		p.tab.Merges = append(p.tab.Merges, areaOf(b))
	}
	return nil, nil
}

func (u *update) unmergeCells(q struct{ Range *gridRange }) (any, error) {
	p, err := u.open(q.Range)
	if err != nil {
		return nil, err
	}
	var left []Area
	for _, a := range p.tab.Merges {
		b := p.tab.within(a.block())
		inside := b.row >= p.row && b.endRow <= p.endRow && b.col >= p.col && b.endCol <= p.endCol
		if !inside && b.meets(p.block) {
			return nil, errors.New("You must select all cells in a merged range to merge or unmerge them.")
		}
		if !inside {
			left = append(left, a)
		}
	}
	p.tab.Merges = left
	return nil, nil
}

func (u *update) setDataValidation(q struct {
	Range *gridRange
	Rule  map[string]any
}) (any, error) {
	p, err := u.open(q.Range)
	if err != nil {
		return nil, err
	}
	if _, ok := q.Rule["condition"].(map[string]any); q.Rule != nil && !ok {
		return nil, errors.New("A rule must have a condition.")
	}
	for row := p.row; row < p.endRow; row++ {
		for col := p.col; col < p.endCol; col++ {
			m := p.tab.markAt(row, col)
			m.Validation = q.Rule
			p.tab.setMark(row, col, m)
		}
	}
	return nil, nil
}

func (u *update) addNamedRange(q struct {
	NamedRange struct {
		NamedRangeID, Name string
		Range              *gridRange
	}
}) (any, error) {
	n := q.NamedRange
	if n.Name == "" || n.Range == nil {
		return nil, errors.New("A named range must have a name and a range.")
	}
	at, err := u.atGrid(*n.Range)
	if err != nil {
		return nil, err
	}
	if _, taken := u.byName(n.Name); taken {
		return nil, fmt.Errorf("A named range with the name %q already exists.", n.Name)
	}
	made := Named{ID: n.NamedRangeID, Name: n.Name, GID: at.tab.GID, Range: areaOf(at.block)}
	if made.ID == "" {
		made.ID = fmt.Sprint("nr", len(u.Named)+1, "-", n.Name)
	}
	u.Named = append(u.Named, made)
	return map[string]any{"namedRange": made.json()}, nil
}

func (u *update) updateNamedRange(q struct {
	NamedRange struct {
		NamedRangeID, Name string
		Range              *gridRange
	}
	Fields string
}) (any, error) {
	m, err := fieldsNamed(q.Fields)
	if err != nil {
		return nil, err
	}
	for i := range u.Named {
		n := &u.Named[i]
		if n.ID != q.NamedRange.NamedRangeID {
			continue
		}
		if m.has("name") {
			n.Name = q.NamedRange.Name
		}
		if m.has("range") && q.NamedRange.Range != nil {
			at, err := u.atGrid(*q.NamedRange.Range)
			if err != nil {
				return nil, err
			}
			n.GID, n.Range = at.tab.GID, areaOf(at.block)
		}
		return nil, nil
	}
	return nil, errors.New("No named range with ID: " + q.NamedRange.NamedRangeID)
}

func (u *update) deleteNamedRange(q struct{ NamedRangeID string }) (any, error) {
	left := slices.DeleteFunc(slices.Clone(u.Named), func(n Named) bool { return n.ID == q.NamedRangeID })
	if len(left) == len(u.Named) {
		return nil, errors.New("No named range with ID: " + q.NamedRangeID)
	}
	u.Named = left
	return nil, nil
}

func (u *update) createDeveloperMetadata(q struct{ DeveloperMetadata metadataJSON }) (any, error) {
	m, err := u.createMetadata(q.DeveloperMetadata)
	if err != nil {
		return nil, err
	}
	return map[string]any{"developerMetadata": m.json()}, nil
}

func (u *update) updateDeveloperMetadata(q struct {
	DataFilters       []dataFilter
	DeveloperMetadata metadataJSON
	Fields            string
}) (any, error) {
	m, err := fieldsNamed(q.Fields)
	if err != nil {
		return nil, err
	}
	changed := []any{}
	for _, f := range q.DataFilters {
		found, err := u.metadataBy(f)
		if err != nil {
			return nil, err
		}
		for i := range u.Metadata {
			at := &u.Metadata[i]
			if !slices.ContainsFunc(found, func(one Metadata) bool { return one.ID == at.ID }) {
				continue
			}
			if m.has("metadataKey") {
				at.Key = q.DeveloperMetadata.MetadataKey
			}
			if m.has("metadataValue") {
				at.Value = q.DeveloperMetadata.MetadataValue
			}
			if m.has("visibility") {
				at.Visibility = q.DeveloperMetadata.Visibility
			}
			if m.has("location") {
				to, err := u.locate(q.DeveloperMetadata.Location)
				if err != nil {
					return nil, err
				}
				at.Type, at.GID, at.Index = to.Type, to.GID, to.Index
			}
			if at.Key == "" || at.Visibility == "" {
				return nil, errors.New("Developer metadata must have a key and a visibility.")
			}
			if err := u.metadataFits(*at); err != nil {
				return nil, err
			}
			changed = append(changed, at.json())
		}
	}
	if len(changed) == 0 {
		return nil, errors.New("No developer metadata matches the data filters.")
	}
	return map[string]any{"developerMetadata": changed}, nil
}

func (u *update) deleteDeveloperMetadata(q struct{ DataFilter *dataFilter }) (any, error) {
	if q.DataFilter == nil {
		return nil, errors.New("A data filter must be specified.")
	}
	found, err := u.metadataBy(*q.DataFilter)
	if err != nil {
		return nil, err
	}
	gone := []any{}
	for _, m := range found {
		gone = append(gone, m.json())
		u.Metadata = slices.DeleteFunc(slices.Clone(u.Metadata), func(other Metadata) bool { return other.ID == m.ID })
	}
	return map[string]any{"deletedDeveloperMetadata": gone}, nil
}

func (u *update) setBasicFilter(q struct{ Filter struct{ Range *gridRange } }) (any, error) {
	if q.Filter.Range == nil {
		return nil, errors.New("A filter must have a range.")
	}
	p, err := u.atGrid(*q.Filter.Range)
	if err != nil {
		return nil, err
	}
	a := areaOf(p.block)
	p.tab.Filtered = &a
	return nil, nil
}

func (u *update) clearBasicFilter(q struct{ SheetID *int64 }) (any, error) {
	t, err := u.tab(q.SheetID)
	if err != nil {
		return nil, err
	}
	t.Filtered = nil
	return nil, nil
}

// addConditionalFormatRule is taken, and changes nothing that anybody reads.
func (u *update) addConditionalFormatRule(q struct {
	Rule struct{ Ranges []gridRange }
}) (any, error) {
	if len(q.Rule.Ranges) == 0 {
		return nil, errors.New("A rule must have at least one range.")
	}
	for _, r := range q.Rule.Ranges {
		if _, err := u.atGrid(r); err != nil {
			return nil, err
		}
	}
	return nil, nil
}
