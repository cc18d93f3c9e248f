package sqlstore

import (
	"context"
	"encoding/json"
	"slices"

	"sheet24"
)

// Snapshots returns what rows held when they were last scanned, by the ids of
// their records.
func (s *Store) Snapshots(ctx context.Context, tableID int64, entityIDs []int64) (map[int64]sheet24.Snapshot, error) {
	return s.snapshots(ctx, s.db, tableID, entityIDs)
}

func (s *Store) snapshots(ctx context.Context, q querier, tableID int64, entityIDs []int64) (map[int64]sheet24.Snapshot, error) {
	all := make(map[int64]sheet24.Snapshot, len(entityIDs))
	const chunk = 500
	for len(entityIDs) > 0 {
		n := min(chunk, len(entityIDs))
		args := make([]any, 0, n+1)
		args = append(args, tableID)
		for _, id := range entityIDs[:n] {
			args = append(args, id)
		}
		entityIDs = entityIDs[n:]
		rows, err := q.QueryContext(ctx, `
			SELECT entity_id, sheet_row, row_values FROM row_snapshots
			WHERE config_id = $1 AND entity_id IN (`+placeholders(2, n)+`)`, args...)
		snapshots, err := collect(rows, err, scanSnapshot)
		if err != nil {
			return nil, err
		}
		for _, n := range snapshots {
			all[n.EntityID] = n
		}
	}
	return all, nil
}

func scanSnapshot(row scanner) (n sheet24.Snapshot, err error) {
	var values string
	if err := row.Scan(&n.EntityID, &n.Row, &values); err != nil {
		return n, err
	}
	return n, json.Unmarshal([]byte(values), &n.Values)
}

// SnapshotsAt returns the snapshots that were last seen in a row, by row.
func (s *Store) SnapshotsAt(ctx context.Context, tableID int64, numbers []int) (map[int][]sheet24.Snapshot, error) {
	all := map[int][]sheet24.Snapshot{}
	for chunk := range slices.Chunk(numbers, 500) {
		args := []any{tableID}
		for _, n := range chunk {
			args = append(args, n)
		}
		rows, err := s.db.QueryContext(ctx, `
			SELECT entity_id, sheet_row, row_values FROM row_snapshots
			WHERE config_id = $1 AND sheet_row IN (`+placeholders(2, len(chunk))+`)`, args...)
		snapshots, err := collect(rows, err, scanSnapshot)
		if err != nil {
			return nil, err
		}
		for _, n := range snapshots {
			all[n.Row] = append(all[n.Row], n)
		}
	}
	return all, nil
}
