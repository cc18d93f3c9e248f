package setup

import (
	"cmp"
	"context"

	"sheet24"
	"sheet24/internal/match"
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
	asked := false
	var failed error
	found := match.Records(ctx, len(rows), d.keys(t, rows, "EMAIL", "PHONE"), func(ctx context.Context, key string, values []string) (map[string][]int64, map[string]error) {
		ids, err := s.CRM.Find(ctx, d.Portal, d.Entity, key, values, t.Locale)
		asked, failed = asked || ids != nil, cmp.Or(failed, err)
		return ids, nil
	})
	if failed == nil && !asked {
		found = match.Records(ctx, len(rows), d.keys(t, rows, "TITLE"), func(ctx context.Context, _ string, values []string) (map[string][]int64, map[string]error) {
			return s.byTitle(ctx, d, values)
		})
	}

	candidates := make([][]int64, len(rows))
	for i, f := range found {
		candidates[i], failed = f.Records, cmp.Or(failed, f.Err)
	}
	if failed != nil {
		return nil, Matched{}, failed
	}

	ids, matched := settled(candidates, rows)
	return ids, matched, nil
}

// keys are the columns of a table that feed some key fields, with what rows hold in them.
func (d *Draft) keys(t *sheet24.Table, rows [][]any, fields ...string) (keys []match.Key) {
	for _, field := range fields {
		m, mapped := t.Mapping(field)
		if !mapped {
			continue
		}
		key := match.Key{Field: field, Values: make([][]string, len(rows))}
		for _, f := range d.Fields {
			for i, row := range rows {
				if f.Name == field && m.Column.Index < len(row) {
					key.Values[i] = match.Values(t, f, row[m.Column.Index])
				}
			}
		}
		keys = append(keys, key)
	}

	return keys
}

// byTitle finds the records of an entity that has no better key.
func (s *Setup) byTitle(ctx context.Context, d *Draft, titles []string) (found map[string][]int64, unfound map[string]error) {
	links := make([]sheet24.Link, len(titles))
	for i, title := range titles {
		links[i] = sheet24.Link{Entity: d.Entity, Text: title}
	}

	ids, failed := s.CRM.Resolve(ctx, d.Portal, links)

	found, unfound = map[string][]int64{}, map[string]error{}
	for _, l := range links {
		found[l.Text], unfound[l.Text] = ids[l], failed[l]
	}
	return found, unfound
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
