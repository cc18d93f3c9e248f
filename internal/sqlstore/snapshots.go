package sqlstore

import (
	"context"
	"encoding/json"

	"sheet24"
)

// Snapshots returns what rows held when they were last scanned, by the ids of
// their records.
func (s *Store) Snapshots(ctx context.Context, tableID int64, entityIDs []int64) (map[int64]sheet24.Snapshot, error) {
	return s.snapshots(ctx, s.db, tableID, entityIDs)
}

func (s *Store) snapshots(ctx context.Context, q querier, tableID int64, entityIDs []int64) (map[int64]sheet24.Snapshot, error) {
	all := make(map[int64]sheet24.Snapshot, len(entityIDs))
	rows, err := q.QueryContext(ctx, `SELECT entity_id, sheet_row, row_values FROM row_snapshots WHERE config_id = $1 AND entity_id IN `+s.dialect.numbers("$2"), tableID, listed(entityIDs))
	snapshots, err := collect(rows, err, scanSnapshot)
	for _, n := range snapshots {
		all[n.EntityID] = n
	}
	return all, err
}

func scanSnapshot(row scanner) (n sheet24.Snapshot, err error) {
	var values string
	if err := row.Scan(&n.EntityID, &n.Row, &values); err != nil {
		return n, err
	}
	return n, asData(json.Unmarshal([]byte(values), &n.Values))
}

// SnapshotsAt returns the snapshots that were last seen in a row, by row.
func (s *Store) SnapshotsAt(ctx context.Context, tableID int64, numbers []int) (map[int][]sheet24.Snapshot, error) {
	all := map[int][]sheet24.Snapshot{}
	rows, err := s.db.QueryContext(ctx, `SELECT entity_id, sheet_row, row_values FROM row_snapshots WHERE config_id = $1 AND sheet_row IN `+s.dialect.numbers("$2"), tableID, listed(numbers))
	snapshots, err := collect(rows, err, scanSnapshot)
	for _, n := range snapshots {
		all[n.Row] = append(all[n.Row], n)
	}
	return all, err
}

// SnapshotsHolding returns the snapshots of records that hold exactly what one of some rows
// does.
func (s *Store) SnapshotsHolding(ctx context.Context, tableID int64, held []map[string]any) ([]sheet24.Snapshot, error) {
	if len(held) == 0 {
		return nil, nil
	}

	list, err := json.Marshal(held)
	if err != nil {
		return nil, err
	}

	rows, err := s.db.QueryContext(ctx, `SELECT entity_id, sheet_row, row_values FROM row_snapshots
		WHERE config_id = $1 AND entity_id > 0 AND row_values IN (SELECT value FROM `+s.dialect.each("$2")+`)`, tableID, string(list))
	return collect(rows, err, scanSnapshot)
}
