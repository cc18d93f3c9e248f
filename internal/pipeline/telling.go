package pipeline

import (
	"context"
	"maps"
	"math"
	"slices"

	"sheet24"
)

// A value that many rows hold in one column, as a stage, a currency or a round amount, does
// not tell whose a row is.

// tellingSample is of how many records' rows it is counted how often a value occurs.
const tellingSample = 500

// tellingNumber is from where on a number is rather a telephone's or a document's than an
// amount.
const tellingNumber = 1e6

// occurrences is how many records' rows hold a value in a field.
type occurrences map[string]map[any]int

// occurrences counts the values of some snapshots, and of a sample of the records of a
// tab's rows.
func (s *scanning) occurrences(ctx context.Context, tab *tab, snapshots map[int64]sheet24.Snapshot) (occurrences, error) {
	records := slices.DeleteFunc(slices.Sorted(maps.Keys(tab.byID)), func(id int64) bool { return id < 0 })
	sample, err := s.Store.Snapshots(ctx, s.t.ID, records[:min(len(records), tellingSample)])
	if err != nil {
		return nil, err
	}
	maps.Copy(sample, snapshots)

	counts := occurrences{}
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

// tells reports whether a row and what a record's row held have a value in common that no
// other record's row holds, and that is no number such as rows share by chance.
func (o occurrences) tells(now, before map[string]any) bool {
	for field, v := range before {
		n, number := v.(float64)
		if now[field] == v && o[field][v] < 2 && (!number || math.Abs(n) >= tellingNumber) {
			return true
		}
	}
	return false
}
