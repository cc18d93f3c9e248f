package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"

	"sheet24"
)

// leave ends that a row without an id is looked for, or waits to become a record: its key
// means nothing any more, and as long as the row holds what it does it is left alone. One
// that was edited meanwhile is not left: what came of it goes on.
func (s *Store) leave(ctx context.Context, tx *sql.Tx, c *sheet24.RowChange) error {
	newer, err := s.waitingOf(ctx, tx, c.TableID, c.EntityID)
	if err != nil {
		return err
	}
	if newer != nil {
		c.Forget = true
		return nil
	}

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
		{`INSERT INTO left_rows (config_id, row_hash, unmatched) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, []any{c.TableID, hash(string(values)), !declined(*c)}},
		{`INSERT INTO row_keys (config_id, row_key, entity_id) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING`, []any{c.TableID, c.EntityID}},
		{`DELETE FROM row_snapshots WHERE config_id = $1 AND entity_id = $2`, []any{c.TableID, c.EntityID}},
	} {
		if _, err := tx.ExecContext(ctx, n.statement, n.args...); err != nil {
			return err
		}
	}
	return s.freeTwins(ctx, tx, c.TableID, []int64{c.EntityID})
}

// declined reports whether a row's owner wants no record of it.
func declined(c sheet24.RowChange) bool {
	for _, change := range c.Fields {
		if change.Kept == sheet24.CRMWins {
			return true
		}
	}
	return false
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

// unsee has a row's snapshot hold the former values of fields that are not sent any more:
// should their columns come back, what the cells hold then is looked at anew.
func (s *Store) unsee(ctx context.Context, tx *sql.Tx, c sheet24.RowChange) error {
	if len(c.Dropped) == 0 {
		return nil
	}
	newer, err := s.waitingOf(ctx, tx, c.TableID, c.EntityID)
	if err != nil {
		return err
	}
	held, err := s.snapshots(ctx, tx, c.TableID, []int64{c.EntityID})
	if err != nil {
		return err
	}
	snapshot, ok := held[c.EntityID]
	if !ok {
		return nil
	}

	for field, change := range c.Dropped {
		if newer != nil {
			if _, edited := newer.Fields[field]; edited {
				continue
			}
		}
		if snapshot.Values[field] = change.Old; change.Old == nil {
			delete(snapshot.Values, field)
		}
	}
	text, err := json.Marshal(snapshot.Values)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE row_snapshots SET row_values = $3 WHERE config_id = $1 AND entity_id = $2`, c.TableID, c.EntityID, string(text))
	return err
}
