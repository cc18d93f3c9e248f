package setup

import (
	"context"
	"slices"

	"sheet24"
	"sheet24/internal/mapping"
)

// Matched is what became of the rows of a tab whose records were looked for.
type Matched struct {
	Rows      int // that hold anything
	Found     int // with one record
	Ambiguous int // with several, or that share theirs with another row
}

// findRecords finds the record that each row stands for: the one at its e-mail
// address or telephone number, or the one of its title where records have none of
// these. 0 is a row whose record is not to be told.
func (s *Setup) findRecords(ctx context.Context, d *Draft, t *sheet24.Table, rows [][]any) ([]int64, Matched, error) {
	ctx = sheet24.Interactive(ctx)
	candidates := make([][]int64, len(rows))
	asked := false
	for _, key := range []string{"EMAIL", "PHONE", "TITLE"} {
		m, mapped := t.Mapping(key)
		if !mapped || key == "TITLE" && asked {
			continue
		}

		values := d.keys(key, m.Column.Index, rows, t.Locale)
		found, err := s.find(ctx, d, key, values, t.Locale)
		if err != nil {
			return nil, Matched{}, err
		}

		asked = asked || found != nil
		for i, row := range values {
			var ids []int64
			for _, v := range row {
				ids = append(ids, found[v]...)
			}
			slices.Sort(ids)
			candidates[i] = narrowed(candidates[i], slices.Compact(ids))
		}
	}

	ids, matched := settled(candidates, rows)
	return ids, matched, nil
}

// keys are what rows hold in the column of a key, several where a cell holds several: none
// where that is no value for it.
func (d *Draft) keys(field string, column int, rows [][]any, locale string) [][]string {
	keys := make([][]string, len(rows))
	for _, f := range d.Fields {
		if f.Name != field {
			continue
		}

		for i, row := range rows {
			if column < len(row) {
				keys[i] = mapping.Keys(f, row[column], mapping.Context{Locale: locale})
			}
		}
	}

	return keys
}

// find finds the records of values, each looked for once; nil where the entity has no
// such key.
func (s *Setup) find(ctx context.Context, d *Draft, key string, rows [][]string, locale string) (map[string][]int64, error) {
	seen := map[string]bool{"": true}
	var once []string
	for _, values := range rows {
		for _, v := range values {
			if !seen[v] {
				seen[v] = true
				once = append(once, v)
			}
		}
	}

	if key != "TITLE" {
		return s.CRM.Find(ctx, d.Portal, d.Entity, key, once, locale)
	}

	links := make([]sheet24.Link, len(once))
	for i, v := range once {
		links[i] = sheet24.Link{Entity: d.Entity, Text: v}
	}

	ids, failed := s.CRM.Resolve(ctx, d.Portal, links)
	found := map[string][]int64{}
	for _, l := range links {
		if err := failed[l]; err != nil {
			return nil, err
		}
		found[l.Text] = ids[l]
	}

	return found, nil
}

// narrowed are the records that two keys agree on; a key that finds nothing says
// nothing.
func narrowed(a, b []int64) []int64 {
	if len(a) == 0 {
		return b
	}

	if len(b) == 0 {
		return a
	}

	var both []int64
	for _, id := range a {
		for _, other := range b {
			if id == other {
				both = append(both, id)
			}
		}
	}

	if len(both) == 0 {
		return append(append(both, a...), b...) // they contradict each other
	}

	return both
}

// settled are the records of rows that have one each, and no other row the same.
func settled(candidates [][]int64, rows [][]any) ([]int64, Matched) {
	uses := map[int64]int{}
	for _, c := range candidates {
		if len(c) == 1 {
			uses[c[0]]++
		}
	}

	ids := make([]int64, len(rows))
	var m Matched
	for i, c := range candidates {
		if len(rows[i]) > 0 {
			m.Rows++
		}

		switch {
		case len(c) == 1 && uses[c[0]] == 1:
			ids[i] = c[0]
			m.Found++
		case len(c) > 0:
			m.Ambiguous++
		}
	}

	return ids, m
}
