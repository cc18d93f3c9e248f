package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"

	"sheet24"
	"sheet24/internal/change"
)

// ignore ends that a row without an id is looked for, or waits to become a record: its key
// means nothing any more, and as long as the row holds what it does it is left alone.
func (s *Store) ignore(ctx context.Context, tx *sql.Tx, c sheet24.RowChange) error {
	held, err := s.snapshots(ctx, tx, c.TableID, []int64{c.EntityID})
	if err != nil {
		return err
	}
	values, err := json.Marshal(held[c.EntityID].Values)
	if err != nil {
		return err
	}

	for _, n := range []struct {
		statement string
		args      []any
	}{
		{`INSERT INTO left_rows (config_id, row_hash, unmatched) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, []any{c.TableID, hash(string(values)), !change.Declined(c)}},
		{`INSERT INTO row_keys (config_id, row_key, entity_id) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING`, []any{c.TableID, c.EntityID}},
		{`DELETE FROM row_snapshots WHERE config_id = $1 AND entity_id = $2`, []any{c.TableID, c.EntityID}},
	} {
		if _, err := tx.ExecContext(ctx, n.statement, n.args...); err != nil {
			return err
		}
	}

	return s.freeTwins(ctx, tx, c.TableID, []int64{c.EntityID})
}

// unleave has rows looked into again for which there was no record: those that are left
// alone for that, and those of earlier versions that kept their keys.
func (s *Store) unleave(ctx context.Context, tx *sql.Tx, tableID int64) error {
	for _, statement := range []string{
		`DELETE FROM left_rows WHERE config_id = $1 AND unmatched`,
		`DELETE FROM row_snapshots WHERE config_id = $1 AND entity_id < 0 AND NOT EXISTS (SELECT 1 FROM reverse_sync_logs l
			WHERE l.config_id = row_snapshots.config_id AND l.entity_id = row_snapshots.entity_id)`,
	} {
		if _, err := tx.ExecContext(ctx, statement, tableID); err != nil {
			return err
		}
	}

	return nil
}

// restore has a row's snapshot hold the former values of fields that are not sent any more.
func (s *settling) restore(ctx context.Context, c sheet24.RowChange, waiting *sheet24.RowChange) error {
	if len(c.Dropped) == 0 {
		return nil
	}

	held, err := s.snapshots(ctx, s.tx, c.TableID, []int64{c.EntityID})
	if err != nil {
		return err
	}
	snapshot, ok := held[c.EntityID]
	if !ok {
		return nil
	}

	text, err := json.Marshal(change.Restored(snapshot.Values, c.Dropped, waiting))
	if err != nil {
		return err
	}
	_, err = s.tx.ExecContext(ctx, `UPDATE row_snapshots SET row_values = $3 WHERE config_id = $1 AND entity_id = $2`, c.TableID, c.EntityID, string(text))
	return err
}
