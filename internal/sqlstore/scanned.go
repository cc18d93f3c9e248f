package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"sheet24"
)

// CommitScan stores what a scan found in one transaction: the changes, coalesced
// with those still pending for the same rows, the rows' new snapshots, and that
// the events behind them have been seen. If the table has been exchanged since it was
// read, nothing is stored, and that is a Conflict.
func (s *Store) CommitScan(ctx context.Context, t *sheet24.Table, found sheet24.Scanned) error {
	payload := ""
	if n := len(found.Events); n > 0 {
		payload = string(found.Events[n-1].Data)
	}
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.checkBinding(ctx, tx, t); err != nil {
			return err
		}
		if err := s.lockRows(ctx, tx, t.ID, scannedRows(found)); err != nil {
			return err
		}
		if err := s.becomeRecords(ctx, tx, t.ID, &found); err != nil {
			return err
		}
		if err := s.cancelDeletions(ctx, tx, t.ID, found.Returned); err != nil {
			return err
		}
		for _, c := range found.Changes {
			if err := s.addChange(ctx, tx, t, c, payload); err != nil {
				return err
			}
		}
		if err := s.saveSnapshots(ctx, tx, t.ID, found.Snapshots); err != nil {
			return err
		}
		if err := s.noteUnidentified(ctx, tx, t, found, payload); err != nil {
			return err
		}
		if len(found.Changes) > 0 {
			if _, err := tx.ExecContext(ctx, `UPDATE sheet_sync_config SET edited_at = $2 WHERE id = $1`, t.ID, s.now()); err != nil {
				return err
			}
		}
		for id, known := range found.Known {
			if err := s.know(ctx, tx, t.ID, id, known); err != nil {
				return err
			}
		}
		if err := s.drop(ctx, tx, t.ID, found.Dropped); err != nil {
			return err
		}
		if err := s.freeTwins(ctx, tx, t.ID, goneRows(found)); err != nil {
			return err
		}
		if err := s.written(ctx, tx, t.ID, found.Written); err != nil {
			return err
		}
		return s.markProcessed(ctx, tx, found.Events)
	})
}

// scannedRows are the records, and the keys, that a scan tells of.
func scannedRows(found sheet24.Scanned) []int64 {
	rows := slices.Concat(found.Dropped, found.Returned, slices.Collect(maps.Keys(found.Known)))
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

// becomeRecords gives rows their records that were created since a scan read them.
func (s *Store) becomeRecords(ctx context.Context, q querier, tableID int64, found *sheet24.Scanned) error {
	var keys []int64
	for _, c := range found.Changes {
		keys = append(keys, c.EntityID)
	}
	for _, n := range found.Snapshots {
		keys = append(keys, n.EntityID)
	}
	records, err := s.recordsOf(ctx, q, tableID, keys)
	if err != nil || len(records) == 0 {
		return err
	}
	withoutLeft(found, records)
	known, err := s.snapshots(ctx, q, tableID, slices.Collect(maps.Values(records)))
	if err != nil {
		return err
	}
	held := map[int64]map[string]any{}
	for i, n := range found.Snapshots {
		if id, ok := records[n.EntityID]; ok {
			found.Snapshots[i].EntityID, held[id] = id, n.Values
		}
	}
	// What the record was created with is no change any more.
	found.Changes = slices.DeleteFunc(found.Changes, func(c sheet24.RowChange) bool {
		id, ok := records[c.EntityID]
		for field, change := range c.Fields {
			if change.Old = known[id].Values[field]; ok && change.Old == held[id][field] {
				delete(c.Fields, field)
			} else if ok {
				c.Fields[field] = change
			}
		}
		return ok && len(c.Fields) == 0
	})
	for i, c := range found.Changes {
		if id, ok := records[c.EntityID]; ok {
			found.Changes[i].EntityID, found.Changes[i].Action = id, sheet24.Update
		}
	}
	return nil
}

// withoutLeft takes out of what a scan found the rows that were left alone since it read
// them: their keys mean nothing any more. What it was told of is looked at once more.
func withoutLeft(found *sheet24.Scanned, records map[int64]int64) {
	left := func(key int64) bool {
		id, known := records[key]
		return known && id == 0
	}
	n := len(found.Changes)
	found.Changes = slices.DeleteFunc(found.Changes, func(c sheet24.RowChange) bool { return left(c.EntityID) })
	found.Snapshots = slices.DeleteFunc(found.Snapshots, func(n sheet24.Snapshot) bool { return left(n.EntityID) })
	if len(found.Changes) < n {
		found.Events = nil
	}
	maps.DeleteFunc(records, func(_, id int64) bool { return id == 0 })
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
	for _, id := range records {
		if _, err := tx.ExecContext(ctx, `DELETE FROM reverse_sync_logs
			WHERE config_id = $1 AND entity_id = $2 AND action = 'delete' AND status IN ('pending', 'asked')`, tableID, id); err != nil {
			return err
		}
	}
	return nil
}

// drop ends what was to become of rows that are gone before they became records. A row
// whose record is being created, or may have been, becomes that first: what is then done
// about it is what is done about all records whose rows are gone.
func (s *Store) drop(ctx context.Context, tx *sql.Tx, tableID int64, keys []int64) error {
	for _, key := range keys {
		tried, err := s.triedToCreate(ctx, tx, tableID, key)
		if err != nil {
			return err
		}
		open, err := s.openOf(ctx, tx, tableID, key)
		if err != nil {
			return err
		}
		if len(open) > 0 && (tried || slices.ContainsFunc(open, func(c sheet24.RowChange) bool { return c.Status == sheet24.Syncing })) {
			continue
		}

		for _, statement := range []string{
			`DELETE FROM reverse_sync_logs WHERE config_id = $1 AND entity_id = $2 AND status IN ('pending', 'asked')`,
			`DELETE FROM row_snapshots WHERE config_id = $1 AND entity_id = $2`,
		} {
			if _, err := tx.ExecContext(ctx, statement, tableID, key); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) addChange(ctx context.Context, tx *sql.Tx, t *sheet24.Table, c sheet24.RowChange, payload string) error {
	if err := s.editedSince(ctx, tx, t.ID, c); err != nil {
		return err
	}
	if c.NotBefore.IsZero() {
		c.NotBefore = s.now()
	}
	if c.Status != sheet24.Failed {
		waiting, err := s.waitingOf(ctx, tx, t.ID, c.EntityID)
		if err != nil {
			return err
		}
		if waiting != nil {
			return s.joinWaiting(ctx, tx, *waiting, c, payload)
		}
		if c.Fields, err = s.withUnsent(ctx, tx, t, c); err != nil {
			return err
		}
	}
	fields, err := json.Marshal(c.Fields)
	if err != nil {
		return err
	}
	now := s.now()
	var settled any
	if c.Status == sheet24.Failed {
		settled = now
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO reverse_sync_logs (config_id, user_id, entity_id, action, sheet_row_id, changed_fields, status, error_message,
			webhook_payload, not_before, created_at, synced_at, binding)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		t.ID, t.UserID, c.EntityID, string(c.Action), c.Row, string(fields), string(c.Status), c.Error, payload, moment(c.NotBefore), now, settled, t.Binding)
	return err
}

// editedSince drops what was to be written into the cells that a change is about.
func (s *Store) editedSince(ctx context.Context, tx *sql.Tx, tableID int64, c sheet24.RowChange) error {
	if c.EntityID <= 0 {
		return nil
	}
	for field := range c.Fields {
		if _, err := tx.ExecContext(ctx, `DELETE FROM cell_writes WHERE config_id = $1 AND entity_id = $2 AND field = $3`, tableID, c.EntityID, field); err != nil {
			return err
		}
	}
	return nil
}

// joinWaiting coalesces a change with one that waits for the same row. An edit of a row
// that its owner was asked about is a new question, or none.
func (s *Store) joinWaiting(ctx context.Context, tx *sql.Tx, waiting, c sheet24.RowChange, payload string) error {
	status, action, due := sheet24.Pending, waiting.Action, waiting.NotBefore
	switch {
	case c.Action == sheet24.Delete:
		status, action, due = c.Status, c.Action, c.NotBefore
	case waiting.Action == sheet24.Delete:
		action, due = c.Action, c.NotBefore
	case c.EntityID < 0 && c.NotBefore.After(due): // it is being typed
		due = c.NotBefore
	case waiting.Status == sheet24.Asked:
		due = c.NotBefore
	}
	if waiting.Status == sheet24.Asked && waiting.Action == sheet24.Create {
		action = c.Action
	}
	merged, err := json.Marshal(coalesce(waiting.Fields, c.Fields))
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE reverse_sync_logs SET changed_fields = $2, sheet_row_id = $3, webhook_payload = $4, status = $5, action = $6, not_before = $7, error_message = $8
		WHERE id = $1`,
		waiting.ID, string(merged), c.Row, payload, string(status), string(action), moment(due), c.Error)
	return err
}

// withUnsent adds to a row's change what its last one failed to send: the user
// mends the cell that was refused, and the others must not be forgotten.
func (s *Store) withUnsent(ctx context.Context, q querier, t *sheet24.Table, c sheet24.RowChange) (map[string]sheet24.Change, error) {
	if c.EntityID == 0 || c.Action == sheet24.Delete {
		return c.Fields, nil
	}
	last, err := scanChange(q.QueryRowContext(ctx,
		changeColumns+`WHERE config_id = $1 AND entity_id = $2 AND binding = $3 ORDER BY id DESC LIMIT 1`, t.ID, c.EntityID, t.Binding))
	if errors.Is(err, sql.ErrNoRows) || err == nil && (last.Status != sheet24.Failed || last.Action == sheet24.Delete) {
		return c.Fields, nil
	}
	return coalesce(last.Fields, c.Fields), err
}

// waitingOf returns the change that waits for a row, to be pushed or to be decided
// about; nil if none does.
func (s *Store) waitingOf(ctx context.Context, q querier, tableID, entityID int64) (*sheet24.RowChange, error) {
	c, err := scanChange(q.QueryRowContext(ctx, changeColumns+`
		WHERE config_id = $1 AND entity_id = $2 AND entity_id <> 0 AND status IN ('pending', 'asked') ORDER BY status DESC LIMIT 1`+s.dialect.forUpdate, tableID, entityID))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &c, err
}

// coalesce joins two changes of one row: the oldest old and the newest new.
func coalesce(older, newer map[string]sheet24.Change) map[string]sheet24.Change {
	merged := make(map[string]sheet24.Change, len(older)+len(newer))
	for field, c := range older {
		merged[field] = c
	}
	for field, c := range newer {
		if before, ok := merged[field]; ok {
			c.Old = before.Old
			if !c.Conflict { // who wins is another question
				c.Conflict, c.CRM, c.Seen, c.Tried = before.Conflict, before.CRM, before.Seen, before.Tried
			} else if before.Tried {
				c.Earlier = append(c.Earlier, before.CRM)
			}
			c.Earlier = append(c.Earlier, before.Earlier...)
		}
		merged[field] = c
	}
	return merged
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
	for _, w := range cells {
		if _, err := tx.ExecContext(ctx, `DELETE FROM cell_writes WHERE id = $1`, w.ID); err != nil {
			return err
		}
		if w.Seen == nil || w.Undo {
			continue
		}
		if err := s.know(ctx, tx, tableID, w.EntityID, sheet24.Known{w.Field: {w.Seen}}); err != nil {
			return err
		}
	}
	return nil
}

// know keeps what the CRM was last known to hold of a record's fields.
func (s *Store) know(ctx context.Context, q querier, tableID, entityID int64, known sheet24.Known) error {
	if len(known) == 0 {
		return nil
	}
	text, err := json.Marshal(known)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `UPDATE row_snapshots SET crm_values = `+s.dialect.merged("crm_values", "$3")+` WHERE config_id = $1 AND entity_id = $2`,
		tableID, entityID, string(text))
	return err
}

// forgetSnapshot ends that a record's row is followed.
func (s *Store) forgetSnapshot(ctx context.Context, q querier, tableID, entityID int64) error {
	_, err := q.ExecContext(ctx, `DELETE FROM row_snapshots WHERE config_id = $1 AND entity_id = $2`, tableID, entityID)
	return err
}
