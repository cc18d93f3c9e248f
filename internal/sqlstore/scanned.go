package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"

	"sheet24"
	"sheet24/internal/change"
)

// CommitScan stores what a scan found in one transaction: the changes, joined with those
// that wait for the same rows, the rows' new snapshots, and that the events behind them have
// been seen. If the table has been exchanged since it was read, nothing is stored, and that
// is a Conflict.
func (s *Store) CommitScan(ctx context.Context, t *sheet24.Table, scanned sheet24.Scanned) error {
	payload := payloads(scanned.Events)

	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.checkBinding(ctx, tx, t); err != nil {
			return err
		}
		if err := s.lockRows(ctx, tx, t.ID, scannedRows(scanned)); err != nil {
			return err
		}
		found, err := s.resolveKeys(ctx, tx, t.ID, scanned)
		if err != nil {
			return err
		}

		for _, store := range []func() error{
			func() error { return s.cancelDeletions(ctx, tx, t.ID, found.Returned) },
			func() error { return s.joinChanges(ctx, tx, t, found.Changes, payload) },
			func() error { return s.saveSnapshots(ctx, tx, t.ID, found.Snapshots) },
			func() error { return s.noteUnidentified(ctx, tx, t, found, payload) },
			func() error { return s.noteEdited(ctx, tx, t.ID, len(found.Changes)) },
			func() error { return s.know(ctx, tx, t.ID, found.LastKnown) },
			func() error { return s.drop(ctx, tx, t.ID, found.Dropped) },
			func() error { return s.freeTwins(ctx, tx, t.ID, goneRows(found)) },
			func() error { return s.written(ctx, tx, t.ID, found.Written) },
			func() error { return s.markProcessed(ctx, tx, found.Events) },
		} {
			if err := store(); err != nil {
				return err
			}
		}
		return nil
	})
}

// scannedRows are the records, and the keys, that a scan tells of.
func scannedRows(found sheet24.Scanned) []int64 {
	rows := slices.Concat(found.Dropped, found.Returned, slices.Collect(maps.Keys(found.LastKnown)))
	for _, c := range found.Changes {
		rows = append(rows, c.EntityID)
	}
	for _, n := range found.Snapshots {
		rows = append(rows, n.EntityID)
	}
	for _, w := range found.Written {
		rows = append(rows, w.EntityID)
	}
	return rows
}

// resolveKeys gives rows their records that were created since a scan read them.
func (s *Store) resolveKeys(ctx context.Context, q querier, tableID int64, found sheet24.Scanned) (sheet24.Scanned, error) {
	var keys []int64
	for _, c := range found.Changes {
		keys = append(keys, c.EntityID)
	}
	for _, n := range found.Snapshots {
		keys = append(keys, n.EntityID)
	}

	records, err := s.recordsOf(ctx, q, tableID, keys)
	if err != nil || len(records) == 0 {
		return found, err
	}

	snapshots, err := s.snapshots(ctx, q, tableID, slices.Collect(maps.Values(records)))
	return change.ResolveKeys(found, records, snapshots), err
}

// goneRows are the records, and the keys, whose rows a scan found to be gone.
func goneRows(found sheet24.Scanned) []int64 {
	ids := slices.Clone(found.Dropped)
	for _, n := range found.Snapshots {
		if n.EntityID != 0 && n.Row == 0 {
			ids = append(ids, n.EntityID)
		}
	}
	return ids
}

// cancelDeletions drops what was to be deleted, of records whose rows are back.
func (s *Store) cancelDeletions(ctx context.Context, tx *sql.Tx, tableID int64, records []int64) error {
	if len(records) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM reverse_sync_logs
		WHERE config_id = $1 AND entity_id IN `+s.dialect.numbers("$2")+` AND action = 'delete' AND status IN ('pending', 'asked') AND entity_id <> 0`, tableID, listed(records))
	return err
}

// drop ends what was to become of rows that are gone before they became records.
func (s *Store) drop(ctx context.Context, tx *sql.Tx, tableID int64, keys []int64) error {
	open, err := s.openOf(ctx, tx, tableID, keys...)
	if err != nil {
		return err
	}
	sent, err := s.creationsSent(ctx, tx, tableID, keys...)
	if err != nil {
		return err
	}

	keys = slices.DeleteFunc(slices.Clone(keys), func(key int64) bool { return !change.MayDrop(open[key], sent[key]) })
	if len(keys) == 0 {
		return nil
	}

	for _, statement := range []string{
		`DELETE FROM reverse_sync_logs WHERE config_id = $1 AND entity_id IN ` + s.dialect.numbers("$2") + ` AND status IN ('pending', 'asked') AND entity_id <> 0`,
		`DELETE FROM row_snapshots WHERE config_id = $1 AND entity_id IN ` + s.dialect.numbers("$2"),
	} {
		if _, err := tx.ExecContext(ctx, statement, tableID, listed(keys)); err != nil {
			return err
		}
	}
	return nil
}

// joinChanges stores changes that a scan found, joined with what waits for their rows.
func (s *Store) joinChanges(ctx context.Context, tx *sql.Tx, t *sheet24.Table, changes []sheet24.RowChange, payload func(row int) string) error {
	if len(changes) == 0 {
		return nil
	}
	if err := s.deleteCellWrites(ctx, tx, t.ID, change.Overtaken(changes)); err != nil {
		return err
	}

	rows, err := s.rowsOf(ctx, tx, t, changes)
	if err != nil {
		return err
	}

	for _, c := range changes {
		joined := change.Join(rows[c.EntityID], c, s.now())
		if joined.ID, err = s.saveJoined(ctx, tx, t, joined, payload(c.Row)); err != nil {
			return err
		}
		if c.EntityID != 0 { // a row may be there twice
			rows[c.EntityID] = change.Row{Waiting: change.Waiting([]sheet24.RowChange{joined}), Last: &joined}
		}
	}
	return nil
}

// saveJoined stores a change that a scan found, and returns its id.
func (s *Store) saveJoined(ctx context.Context, tx *sql.Tx, t *sheet24.Table, c sheet24.RowChange, payload string) (int64, error) {
	if c.ID == 0 {
		c.TableID, c.UserID, c.Binding = t.ID, t.UserID, t.Binding
		return s.insertChange(ctx, tx, c, payload)
	}

	if err := s.updateOpen(ctx, tx, c); err != nil {
		return 0, err
	}
	_, err := tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET webhook_payload = $2 WHERE id = $1`, c.ID, payload)
	return c.ID, err
}

// deleteCellWrites drops what was to be written into cells.
func (s *Store) deleteCellWrites(ctx context.Context, tx *sql.Tx, tableID int64, cells []change.Cell) error {
	if len(cells) == 0 {
		return nil
	}

	list := make([][2]any, len(cells))
	for i, c := range cells {
		list[i] = [2]any{c.EntityID, c.Field}
	}

	text, err := json.Marshal(list)
	if err != nil {
		return err
	}

	_, err = tx.ExecContext(ctx, `DELETE FROM cell_writes WHERE config_id = $1 AND (entity_id, field) IN (
		SELECT CAST(value ->> 0 AS BIGINT), value ->> 1 FROM `+s.dialect.each("$2")+`)`, tableID, string(text))
	return err
}

// noteEdited keeps when a table was last edited, if it was.
func (s *Store) noteEdited(ctx context.Context, tx *sql.Tx, tableID int64, changes int) error {
	if changes == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `UPDATE sheet_sync_config SET edited_at = $2 WHERE id = $1`, tableID, s.now())
	return err
}

// saveSnapshots stores what rows held. Rows that are to be left alone are known by
// what they hold.
func (s *Store) saveSnapshots(ctx context.Context, tx *sql.Tx, tableID int64, snapshots []sheet24.Snapshot) error {
	for _, n := range snapshots {
		values, err := json.Marshal(n.Values)
		if err != nil {
			return err
		}

		if n.EntityID == 0 {
			_, err = tx.ExecContext(ctx, `INSERT INTO left_rows (config_id, row_hash) VALUES ($1, $2) ON CONFLICT DO NOTHING`, tableID, hash(string(values)))
		} else {
			_, err = tx.ExecContext(ctx, `
				INSERT INTO row_snapshots (config_id, entity_id, sheet_row, row_values, updated_at) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (config_id, entity_id) DO UPDATE SET
					sheet_row = excluded.sheet_row, row_values = excluded.row_values, updated_at = excluded.updated_at`,
				tableID, n.EntityID, n.Row, string(values), s.now())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// written forgets cells that need not be written any more, and keeps what the CRM holds
// of those that now show it.
func (s *Store) written(ctx context.Context, tx *sql.Tx, tableID int64, cells []sheet24.CellWrite) error {
	if len(cells) == 0 {
		return nil
	}

	var ids []int64
	records := map[int64]sheet24.LastKnown{}
	for _, w := range cells {
		ids = append(ids, w.ID)
		if w.Seen == nil || w.Undo {
			continue
		}
		if records[w.EntityID] == nil {
			records[w.EntityID] = sheet24.LastKnown{}
		}
		records[w.EntityID][w.Field] = []any{w.Seen}
	}

	if _, err := tx.ExecContext(ctx, `DELETE FROM cell_writes WHERE id IN `+s.dialect.numbers("$1"), listed(ids)); err != nil {
		return err
	}
	return s.know(ctx, tx, tableID, records)
}

// forgetSnapshot ends that a record's row is followed.
func (s *Store) forgetSnapshot(ctx context.Context, q querier, tableID, entityID int64) error {
	_, err := q.ExecContext(ctx, `DELETE FROM row_snapshots WHERE config_id = $1 AND entity_id = $2`, tableID, entityID)
	return err
}
