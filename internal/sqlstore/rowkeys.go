package sqlstore

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"sheet24"
)

// RecordsOf tells which records rows have become, by the keys under which they waited; 0:
// none, and none is to be made, so that the key means nothing any more.
func (s *Store) RecordsOf(ctx context.Context, tableID int64, keys []int64) (map[int64]int64, error) {
	return s.recordsOf(ctx, s.db, tableID, keys)
}

func (s *Store) recordsOf(ctx context.Context, q querier, tableID int64, keys []int64) (map[int64]int64, error) {
	records := map[int64]int64{}
	keys = slices.DeleteFunc(slices.Clone(keys), func(k int64) bool { return k >= 0 })
	if len(keys) == 0 {
		return records, nil
	}

	rows, err := q.QueryContext(ctx, `SELECT row_key, entity_id FROM row_keys WHERE config_id = $1 AND row_key IN `+s.dialect.numbers("$2"), tableID, listed(keys))
	_, err = collect(rows, err, func(row scanner) (key int64, err error) {
		var id int64
		err = row.Scan(&key, &id)
		records[key] = id
		return key, err
	})
	return records, err
}

// KeysOf tells under which keys rows waited that are records by now.
func (s *Store) KeysOf(ctx context.Context, tableID int64, records []int64) (map[int64]int64, error) {
	keys := map[int64]int64{}
	rows, err := s.db.QueryContext(ctx, `SELECT row_key, entity_id FROM row_keys WHERE config_id = $1 AND entity_id IN `+s.dialect.numbers("$2"), tableID, listed(records))
	_, err = collect(rows, err, func(row scanner) (key int64, err error) {
		var id int64
		err = row.Scan(&key, &id)
		keys[key] = id
		return key, err
	})
	return keys, err
}

// IgnoredRows returns which rows without an id, by what they hold, are to be left alone: they
// were there before anything was to become of such rows.
func (s *Store) IgnoredRows(ctx context.Context, tableID int64, rows []map[string]any) (map[int]bool, error) {
	at := map[string][]int{}
	for i, values := range rows {
		text, err := json.Marshal(values)
		if err != nil {
			return nil, err
		}
		h := hash(string(text))
		at[h] = append(at[h], i)
	}

	left := map[int]bool{}
	if len(at) == 0 {
		return left, nil
	}

	found, err := s.db.QueryContext(ctx, `SELECT row_hash FROM left_rows WHERE config_id = $1 AND row_hash IN `+s.dialect.texts("$2"),
		tableID, listed(slices.Collect(maps.Keys(at))))
	hashes, err := collect(found, err, func(row scanner) (h string, err error) { return h, row.Scan(&h) })

	for _, h := range hashes {
		for _, i := range at[h] {
			left[i] = true
		}
	}
	return left, err
}

// UnignoreAll has rows without an id looked at again that were to be left alone, unless the
// table has been exchanged since it was read.
func (s *Store) UnignoreAll(ctx context.Context, t *sheet24.Table) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM left_rows WHERE config_id = $1 AND EXISTS (SELECT 1 FROM sheet_sync_config WHERE id = $1 AND binding = $2)`,
		t.ID, t.Binding)
	return err
}

// LastKnown returns what the CRM was last known to hold of records.
func (s *Store) LastKnown(ctx context.Context, tableID int64, entityIDs []int64) (map[int64]sheet24.LastKnown, error) {
	all := map[int64]sheet24.LastKnown{}
	rows, err := s.db.QueryContext(ctx, `SELECT entity_id, crm_values FROM row_snapshots WHERE config_id = $1 AND entity_id IN `+s.dialect.numbers("$2"), tableID, listed(entityIDs))
	_, err = collect(rows, err, func(row scanner) (id int64, err error) {
		var text string
		if err = row.Scan(&id, &text); err != nil {
			return id, err
		}
		var known sheet24.LastKnown
		err = asData(json.Unmarshal([]byte(text), &known))
		all[id] = known
		return id, err
	})
	return all, err
}

// CountRecordRows tells how many rows RecordRows returns.
func (s *Store) CountRecordRows(ctx context.Context, tableID int64) (n int, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM row_snapshots WHERE config_id = $1 AND sheet_row > 0`, tableID).Scan(&n)
	return n, err
}

// RecordRows returns the records that a table's rows were last seen to be, or the keys of
// those that are yet to be some, with their rows.
func (s *Store) RecordRows(ctx context.Context, tableID int64) (map[int64]int, error) {
	all := map[int64]int{}
	rows, err := s.db.QueryContext(ctx, `SELECT entity_id, sheet_row FROM row_snapshots WHERE config_id = $1 AND sheet_row > 0`, tableID)
	_, err = collect(rows, err, func(row scanner) (struct{}, error) {
		var id int64
		var number int
		err := row.Scan(&id, &number)
		all[id] = number
		return struct{}{}, err
	})
	return all, err
}
