package match

import (
	"sheet24"
)

// EqualFields counts the fields that hold the same.
func EqualFields(now, before map[string]any) (same int) {
	for field, v := range before {
		if now[field] == v {
			same++
		}
	}
	return same
}

// Alike reports whether a row holds at least half of what it held.
func Alike(now, before map[string]any) bool {
	same := EqualFields(now, before)
	return same > 0 && same*2 >= len(before)
}

// SameKeys reports whether a row holds what it held in all of its table's key columns,
// and something in one of them.
func SameKeys(t *sheet24.Table, now, before map[string]any) bool {
	holds := false
	for _, key := range t.Policies.Keys {
		if now[key] != before[key] {
			return false
		}
		holds = holds || now[key] != nil
	}
	return holds
}

// MostlyAlike reports whether a row holds what another held but for an edit or so.
func MostlyAlike(now, before map[string]any) bool {
	same := EqualFields(now, before)
	return same >= 3 && same*3 >= 2*len(before)
}
