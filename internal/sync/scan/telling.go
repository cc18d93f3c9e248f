package scan

import (
	"context"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/match"
	"sheet24/internal/tab"
)

// A value that many rows hold in one column, as a stage, a currency or a round amount, does
// not tell whose a row is.

// tellingSample is of how many records' rows it is counted how often a value occurs.
const tellingSample = 500

// occurrences counts the values of some snapshots, and of a sample of the records of a
// tab's rows.
func (s *scanning) occurrences(ctx context.Context, sheet *tab.Tab, snapshots map[int64]sheet24.Snapshot) (match.Occurrences, error) {
	records := slices.DeleteFunc(slices.Sorted(maps.Keys(sheet.ByID)), func(id int64) bool { return id < 0 })
	sample, err := s.scanner.Base.Snapshots(ctx, s.t.ID, records[:min(len(records), tellingSample)])
	if err != nil {
		return nil, err
	}
	maps.Copy(sample, snapshots)

	counts := match.Occurrences{}
	for _, n := range sample {
		for field, v := range n.Values {
			if counts[field] == nil {
				counts[field] = map[any]int{}
			}
			counts[field][v]++
		}
	}
	return counts, nil
}
