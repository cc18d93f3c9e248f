package mapping

import (
	"slices"

	"sheet24"
)

// PlanMulti says what to change so that the values that a cell held become those
// it holds now. A value that changed keeps its id in the CRM, since a value sent
// without one is added as a second; what the cell never showed is left alone.
// typeID is EMAIL, PHONE …; the plan is empty if there is nothing to do.
func PlanMulti(typeID string, current []sheet24.MultiValue, before, after []string) []sheet24.MultiValue {
	var shown, others []sheet24.MultiValue // values of the type that the cell showed, and the rest
	for _, m := range current {
		if m.Type != typeID {
			continue
		}
		if slices.Contains(before, m.Value) || slices.Contains(after, m.Value) {
			shown = append(shown, m)
		} else {
			others = append(others, m)
		}
	}
	var wanted []string // values of the cell that the CRM lacks
	for _, v := range after {
		if !slices.ContainsFunc(shown, func(m sheet24.MultiValue) bool { return m.Value == v }) && !slices.Contains(wanted, v) {
			wanted = append(wanted, v)
		}
	}
	var plan []sheet24.MultiValue
	reuse := func(m sheet24.MultiValue) {
		m.Value = "" // an empty value removes it
		if len(wanted) > 0 {
			m.Value, wanted = wanted[0], wanted[1:]
		}
		plan = append(plan, m)
	}
	for _, m := range shown {
		if !slices.Contains(after, m.Value) {
			reuse(m)
		}
	}
	// The CRM holds something else than the cell did: one value stands for one.
	if len(shown) == 0 && len(others) > 0 && len(wanted) > 0 {
		reuse(others[0])
	}
	for _, v := range wanted {
		plan = append(plan, sheet24.MultiValue{Type: typeID, Kind: "WORK", Value: v})
	}
	return plan
}
