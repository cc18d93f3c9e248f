package scan

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/isolate"
	"sheet24/internal/tab"
)

// eachRow scans the rows of a page. Should our own code break down on some of them, these
// fail, and the page goes on without them.
func (s *scanning) eachRow(ctx context.Context, sheet *tab.Tab, rows sheet24.Range) error {
	read := maps.Clone(sheet.Rows)
	err := isolate.Guard(func() error { return s.page(ctx, sheet, rows) })
	if !isolate.Fault(err) {
		return err
	}

	for number, cells := range read { // what was being read once more when it broke down
		if sheet.Rows[number] == nil {
			sheet.Rows[number] = cells
		}
	}

	bad := map[int]error{}
	other := isolate.Each(sheet.Numbers(), func(numbers []int) error {
		some := sheet.Only(numbers)
		defer sheet.Take(some) // keys that were given are given
		_, err := s.find(ctx, some)
		return err
	}, func(number int, err error) error {
		bad[number] = err
		return nil
	})

	if other != nil || len(bad) == 0 {
		return cmp.Or(other, err)
	}

	// Those fail, and the page is scanned without them.
	for _, number := range slices.Sorted(maps.Keys(bad)) {
		if err := s.failRow(ctx, sheet, number, bad[number]); err != nil {
			return err
		}
	}

	return s.page(ctx, sheet.Only(slices.DeleteFunc(sheet.Numbers(), func(number int) bool { return bad[number] != nil })), rows)
}

// failRow fails a row at which a scan broke down. Of one without an id a look at the whole
// tab says nothing: nobody asked about it.
func (s *scanning) failRow(ctx context.Context, sheet *tab.Tab, number int, err error) error {
	c := sheet24.RowChange{TableID: s.t.ID, EntityID: sheet.IDAt[number], Row: number}
	if c.EntityID == 0 && s.whole {
		_ = s.scanner.Rows.Broken(sheet24.ScanStage, c, err)
		return nil
	}
	s.report = true
	return s.scanner.Rows.Fail(ctx, sheet24.ScanStage, s.t, c, err)
}
