package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"sheet24"
)

const (
	changeFields  = `id, config_id, user_id, entity_id, sheet_row_id, changed_fields, status, error_message, attempts, not_before, created_at, synced_at`
	changeColumns = `SELECT ` + changeFields + ` FROM reverse_sync_logs `
)

// CommitScan stores what a scan found in one transaction: the changes, coalesced
// with those still pending for the same rows, the rows' new snapshots, and that
// the events behind them have been seen.
func (s *Store) CommitScan(ctx context.Context, t *sheet24.Table, events []sheet24.Event, changes []sheet24.RowChange, snapshots []sheet24.Snapshot) error {
	payload := ""
	if len(events) > 0 {
		payload = string(events[len(events)-1].Data)
	}
	return s.tx(ctx, func(tx *sql.Tx) error {
		for _, c := range changes {
			if err := s.addChange(ctx, tx, t, c, payload); err != nil {
				return err
			}
		}
		if err := s.saveSnapshots(ctx, tx, t.ID, snapshots); err != nil {
			return err
		}
		return s.markProcessed(ctx, tx, events)
	})
}

func (s *Store) addChange(ctx context.Context, tx *sql.Tx, t *sheet24.Table, c sheet24.RowChange, payload string) error {
	if c.Status == sheet24.Pending {
		waiting, err := s.pendingOf(ctx, tx, t.ID, c.EntityID)
		if err != nil {
			return err
		}
		if waiting != nil {
			merged, err := json.Marshal(coalesce(waiting.Fields, c.Fields))
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, `
				UPDATE reverse_sync_logs SET changed_fields = $2, sheet_row_id = $3, webhook_payload = $4 WHERE id = $1`,
				waiting.ID, string(merged), c.Row, payload)
			return err
		}
		if c.Fields, err = s.withUnsent(ctx, tx, t.ID, c); err != nil {
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
		INSERT INTO reverse_sync_logs (config_id, user_id, entity_id, sheet_row_id, changed_fields, status, error_message,
			webhook_payload, not_before, created_at, synced_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)`,
		t.ID, t.UserID, c.EntityID, c.Row, string(fields), string(c.Status), c.Error, payload, now, settled)
	return err
}

// withUnsent adds to a row's change what its last one failed to send: the user
// mends the cell that was refused, and the others must not be forgotten.
func (s *Store) withUnsent(ctx context.Context, q querier, tableID int64, c sheet24.RowChange) (map[string]sheet24.Change, error) {
	last, err := scanChange(q.QueryRowContext(ctx,
		changeColumns+`WHERE config_id = $1 AND entity_id = $2 ORDER BY id DESC LIMIT 1`, tableID, c.EntityID))
	if errors.Is(err, sql.ErrNoRows) || err == nil && last.Status != sheet24.Failed {
		return c.Fields, nil
	}
	return coalesce(last.Fields, c.Fields), err
}

// pendingOf returns the change that waits for a row, nil if none does.
func (s *Store) pendingOf(ctx context.Context, q querier, tableID, entityID int64) (*sheet24.RowChange, error) {
	c, err := scanChange(q.QueryRowContext(ctx,
		changeColumns+`WHERE config_id = $1 AND entity_id = $2 AND entity_id > 0 AND status = 'pending'`, tableID, entityID))
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
		}
		merged[field] = c
	}
	return merged
}

// ClaimChanges takes up to limit due changes of a portal's enabled tables and marks
// them syncing, unless the portal is paused: of each table its oldest, the tables in
// turn, so that a paste into one does not hold up the edits of another. What an
// interrupted push left as syncing is taken again; so one push at a time may run for a
// portal. A row whose earlier change is under way waits.
func (s *Store) ClaimChanges(ctx context.Context, portalID int64, limit int) ([]sheet24.RowChange, error) {
	rows, err := s.db.QueryContext(ctx, `
		UPDATE reverse_sync_logs SET status = 'syncing', attempts = attempts + 1 WHERE id IN (
			SELECT id FROM (
				SELECT id, ROW_NUMBER() OVER (PARTITION BY config_id ORDER BY id) AS turn
				FROM reverse_sync_logs l WHERE status IN ('pending', 'syncing') AND not_before <= $2
				AND config_id IN (SELECT c.id FROM sheet_sync_config c JOIN portals p ON p.id = c.portal_id
					WHERE c.portal_id = $1 AND c.enabled AND (p.paused_until IS NULL OR p.paused_until <= $2))
				AND NOT (status = 'pending' AND EXISTS (SELECT 1 FROM reverse_sync_logs o
					WHERE o.config_id = l.config_id AND o.entity_id = l.entity_id AND o.status = 'syncing'))
			) AS due ORDER BY turn, id LIMIT $3)
		RETURNING `+changeFields, portalID, s.now(), limit)
	claimed, err := collect(rows, err, scanChange)
	slices.SortFunc(claimed, func(a, b sheet24.RowChange) int { return cmp.Compare(a.ID, b.ID) })
	return claimed, err
}

// WaitingBeside tells whether changes wait for a portal that are of none of the tables
// named.
func (s *Store) WaitingBeside(ctx context.Context, portalID int64, tableIDs []int64) (bool, error) {
	args := []any{portalID, s.now()}
	for _, id := range tableIDs {
		args = append(args, id)
	}
	var waits bool
	err := s.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM reverse_sync_logs l JOIN sheet_sync_config c ON c.id = l.config_id
		WHERE l.status = 'pending' AND l.not_before <= $2 AND c.portal_id = $1 AND c.enabled AND c.id NOT IN (`+placeholders(3, len(tableIDs))+`))`, args...).Scan(&waits)
	return waits, err
}

// SettleChanges stores how claimed changes ended: completed, failed, or pending
// again from NotBefore on, then joined with what came for the row meanwhile.
func (s *Store) SettleChanges(ctx context.Context, changes []sheet24.RowChange) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		now := s.now()
		settle, err := tx.PrepareContext(ctx, `
			UPDATE reverse_sync_logs SET status = $2, error_message = $3, synced_at = $4, reported_at = NULL WHERE id = $1`)
		if err != nil {
			return err
		}
		defer settle.Close()
		synced := map[int64]bool{} // tables
		for _, c := range changes {
			if c.Status == sheet24.Pending {
				if err := s.postpone(ctx, tx, c); err != nil {
					return err
				}
				continue
			}
			if _, err := settle.ExecContext(ctx, c.ID, string(c.Status), c.Error, now); err != nil {
				return err
			}
			synced[c.TableID] = synced[c.TableID] || c.Status == sheet24.Completed
		}
		for id, some := range synced {
			if !some {
				continue
			}
			if _, err := tx.ExecContext(ctx, `UPDATE sheet_sync_config SET last_sync_at = $2 WHERE id = $1`, id, now); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) postpone(ctx context.Context, tx *sql.Tx, c sheet24.RowChange) error {
	newer, err := s.pendingOf(ctx, tx, c.TableID, c.EntityID)
	if err != nil {
		return err
	}
	fields := c.Fields
	if newer != nil {
		fields = coalesce(c.Fields, newer.Fields)
		if _, err := tx.ExecContext(ctx, `DELETE FROM reverse_sync_logs WHERE id = $1`, newer.ID); err != nil {
			return err
		}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE reverse_sync_logs SET status = 'pending', changed_fields = $2, error_message = $3, not_before = $4 WHERE id = $1`,
		c.ID, string(text), c.Error, moment(c.NotBefore))
	return err
}

// lastFailed are the failed changes of a table l after which nothing came for their
// rows: what they hold is still unsent.
const lastFailed = `l.status = 'failed' AND l.entity_id > 0 AND NOT EXISTS (SELECT 1 FROM reverse_sync_logs n
	WHERE n.config_id = l.config_id AND n.entity_id = l.entity_id AND n.id > l.id)`

// CountFailed tells how many rows of a table have changes that failed and are unsent.
func (s *Store) CountFailed(ctx context.Context, tableID int64) (n int, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM reverse_sync_logs l WHERE l.config_id = $1 AND `+lastFailed, tableID).Scan(&n)
	return n, err
}

// RetryFailed puts all failed changes of a table back to work that are unsent, and
// tells how many.
func (s *Store) RetryFailed(ctx context.Context, tableID int64) (int, error) {
	done, err := s.db.ExecContext(ctx, `UPDATE reverse_sync_logs SET status = 'pending', error_message = '', not_before = $2
		WHERE id IN (SELECT l.id FROM reverse_sync_logs l WHERE l.config_id = $1 AND `+lastFailed+`)`, tableID, s.now())
	if err != nil {
		return 0, err
	}
	n, err := done.RowsAffected()
	return int(n), err
}

// forgetRows is how many rows one statement forgets, so that none holds others up.
const forgetRows = 1000

// Forget deletes what was done before a time: events that were processed, and changes
// that are settled and told of. What is unsent stays.
func (s *Store) Forget(ctx context.Context, before time.Time) error {
	for _, statement := range []string{
		`DELETE FROM webhook_events WHERE id IN (SELECT id FROM webhook_events WHERE processed AND received_at < $1 ORDER BY id LIMIT $2)`,
		`DELETE FROM reverse_sync_logs WHERE id IN (SELECT l.id FROM reverse_sync_logs l
			WHERE l.created_at < $1 AND l.status IN ('completed', 'failed') AND l.reported_at IS NOT NULL AND NOT (` + lastFailed + `) ORDER BY l.id LIMIT $2)`,
	} {
		for {
			done, err := s.db.ExecContext(ctx, statement, moment(before), forgetRows)
			if err != nil {
				return err
			}
			if n, err := done.RowsAffected(); err != nil || n < forgetRows {
				if err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}

// RetryChange puts a failed change back to work.
func (s *Store) RetryChange(ctx context.Context, tableID, id int64) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		c, err := scanChange(tx.QueryRowContext(ctx,
			changeColumns+`WHERE id = $1 AND config_id = $2 AND status = 'failed' AND entity_id > 0`, id, tableID))
		if err != nil {
			return found(err, "change_not_retriable")
		}
		c.Error, c.NotBefore = "", s.now()
		return s.postpone(ctx, tx, c)
	})
}

// Unreported returns settled changes that the sheet has not been told of.
func (s *Store) Unreported(ctx context.Context, tableID int64, limit int) ([]sheet24.RowChange, error) {
	rows, err := s.db.QueryContext(ctx, changeColumns+`
		WHERE config_id = $1 AND reported_at IS NULL AND status IN ('completed', 'failed') ORDER BY id LIMIT $2`, tableID, limit)
	return collect(rows, err, scanChange)
}

// MarkReported records that the sheet shows how changes ended.
func (s *Store) MarkReported(ctx context.Context, changes []sheet24.RowChange) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		for _, c := range changes {
			if _, err := tx.ExecContext(ctx,
				`UPDATE reverse_sync_logs SET reported_at = $2 WHERE id = $1`, c.ID, s.now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// History returns a page of a table's changes, newest first, those before an id;
// 0 starts at the newest.
func (s *Store) History(ctx context.Context, tableID, before int64, limit int) ([]sheet24.RowChange, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	rows, err := s.db.QueryContext(ctx,
		changeColumns+`WHERE config_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, tableID, before, limit)
	return collect(rows, err, scanChange)
}

// Work says where work waits.
type Work struct {
	Scan   []int64 // tables with events that no scan has seen
	Look   []int64 // tables that are to be looked at as a whole by now
	Push   []int64 // portals with changes that are due
	Report []int64 // tables with results that their sheet has not been told of
}

// granted tells of a table c that its user's grant at Google is good: without it
// its sheet can be neither read nor told anything, and waits.
const granted = ` AND EXISTS (SELECT 1 FROM user_sheets_tokens k WHERE k.user_id = c.user_id AND k.ended_at IS NULL)`

// Waiting lists all work that waits. The sweeper wakes it, so that a lost
// wake-up loses nothing.
func (s *Store) Waiting(ctx context.Context) (Work, error) {
	var w Work
	id := func(row scanner) (id int64, err error) { return id, row.Scan(&id) }
	rows, err := s.db.QueryContext(ctx, `SELECT DISTINCT e.config_id FROM webhook_events e
		JOIN sheet_sync_config c ON c.id = e.config_id WHERE NOT e.processed AND c.enabled`+granted)
	if w.Scan, err = collect(rows, err, id); err != nil {
		return w, err
	}
	rows, err = s.db.QueryContext(ctx, `SELECT c.id FROM sheet_sync_config c WHERE c.enabled AND (c.look_at IS NULL OR c.look_at <= $1)`+granted, s.now())
	if w.Look, err = collect(rows, err, id); err != nil {
		return w, err
	}
	rows, err = s.db.QueryContext(ctx, `SELECT DISTINCT c.portal_id FROM reverse_sync_logs l
		JOIN sheet_sync_config c ON c.id = l.config_id JOIN portals p ON p.id = c.portal_id
		WHERE l.status IN ('pending', 'syncing') AND l.not_before <= $1 AND c.enabled
		AND (p.paused_until IS NULL OR p.paused_until <= $1)`, s.now())
	if w.Push, err = collect(rows, err, id); err != nil {
		return w, err
	}
	rows, err = s.db.QueryContext(ctx, `SELECT DISTINCT l.config_id FROM reverse_sync_logs l
		JOIN sheet_sync_config c ON c.id = l.config_id
		WHERE l.reported_at IS NULL AND l.status IN ('completed', 'failed') AND c.enabled`+granted)
	w.Report, err = collect(rows, err, id)
	return w, err
}

func scanChange(row scanner) (sheet24.RowChange, error) {
	var c sheet24.RowChange
	var fields string
	var synced sql.NullTime
	err := row.Scan(&c.ID, &c.TableID, &c.UserID, &c.EntityID, &c.Row, &fields, &c.Status, &c.Error,
		&c.Attempts, &c.NotBefore, &c.CreatedAt, &synced)
	if err != nil {
		return c, err
	}
	c.SyncedAt = synced.Time
	return c, json.Unmarshal([]byte(fields), &c.Fields)
}
