package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"sheet24"
)

const (
	changeFields  = `id, config_id, user_id, binding, entity_id, action, sheet_row_id, changed_fields, status, error_message, attempts, not_before, created_at, synced_at, note, twin_of, tried_since`
	changeColumns = `SELECT ` + changeFields + ` FROM reverse_sync_logs `
)

// forgetRows is how many rows one statement forgets, so that none holds others up.
const forgetRows = 1000

// Forget deletes what was done before a time: events that were processed, changes that are
// settled and told of, and who did what. What is unsent stays.
func (s *Store) Forget(ctx context.Context, before time.Time) error {
	for _, statement := range []string{
		`DELETE FROM webhook_events WHERE id IN (SELECT id FROM webhook_events WHERE processed AND received_at < $1 ORDER BY id LIMIT $2)`,
		`DELETE FROM reverse_sync_logs WHERE id IN (SELECT l.id FROM reverse_sync_logs l
			WHERE l.created_at < $1 AND l.status IN ('completed', 'failed') AND l.reported_at IS NOT NULL AND NOT (` + lastFailed + `) ORDER BY l.id LIMIT $2)`,
		`DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE created_at < $1 ORDER BY id LIMIT $2)`,
	} {
		for {
			done, err := s.exec(ctx, s.db, statement, moment(before), forgetRows)
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

// tellable are the changes of which there is something to tell.
const tellable = `(status IN ('completed', 'failed', 'asked') OR status IN ('pending', 'syncing') AND error_message <> '')`

// Unreported returns changes that the sheet has not been told of: those settled, those
// that are asked about, and those that wait for a fault to pass.
func (s *Store) Unreported(ctx context.Context, tableID int64, limit int) ([]sheet24.RowChange, error) {
	rows, err := s.db.QueryContext(ctx, changeColumns+`
		WHERE config_id = $1 AND reported_at IS NULL AND `+tellable+`
		ORDER BY id LIMIT $2`, tableID, limit)
	return collect(rows, err, scanChange)
}

// MarkReported records that the sheet shows how changes stand, unless they went on
// meanwhile. Lost, it would be shown once more.
func (s *Store) MarkReported(ctx context.Context, changes []sheet24.RowChange) error {
	type told struct{ status, text string }
	ids := map[told][]int64{}
	for _, c := range changes {
		key := told{string(c.Status), c.Error}
		ids[key] = append(ids[key], c.ID)
	}
	for key, all := range ids {
		if _, err := s.exec(ctx, s.quick, `UPDATE reverse_sync_logs SET reported_at = $1 WHERE status = $2 AND error_message = $3 AND id IN `+s.dialect.numbers("$4"),
			s.now(), key.status, key.text, listed(all)); err != nil {
			return asData(err)
		}
	}
	return nil
}

// granted tells of a table c that its user's grant at Google is good: without it
// its sheet can be neither read nor told anything, and waits.
const granted = ` AND EXISTS (SELECT 1 FROM user_sheets_tokens k WHERE k.user_id = c.user_id AND k.ended_at IS NULL)`

// Waiting lists all work that waits. The sweeper wakes it, so that a lost
// wake-up loses nothing. What takes too long to find out of one stage keeps the others'
// from being found no more than a moment: what there is comes with the error.
func (s *Store) Waiting(ctx context.Context) (sheet24.Work, error) {
	var w sheet24.Work
	var failed []error
	find := func(into *[]int64, query string, args ...any) {
		ids, err := s.ids(ctx, query, args...)
		*into = ids
		failed = append(failed, err)
	}

	find(&w.Scan, `SELECT DISTINCT e.config_id FROM webhook_events e
		JOIN sheet_sync_config c ON c.id = e.config_id WHERE NOT e.processed AND c.enabled`+granted+`
		UNION SELECT w.config_id FROM cell_writes w JOIN sheet_sync_config c ON c.id = w.config_id WHERE c.enabled`+granted)
	find(&w.Look, `SELECT c.id FROM sheet_sync_config c WHERE c.enabled AND (c.look_at IS NULL OR c.look_at <= $1)`+granted, s.now())
	find(&w.Push, `SELECT DISTINCT c.portal_id FROM reverse_sync_logs l
		JOIN sheet_sync_config c ON c.id = l.config_id JOIN portals p ON p.id = c.portal_id
		WHERE l.status IN ('pending', 'syncing') AND l.not_before <= $1 AND c.enabled
		AND (p.paused_until IS NULL OR p.paused_until <= $1)`, s.now())
	find(&w.Report, `SELECT DISTINCT l.config_id FROM reverse_sync_logs l
		JOIN sheet_sync_config c ON c.id = l.config_id
		WHERE l.reported_at IS NULL AND `+tellable+` AND c.enabled`+granted)
	find(&w.Compare, `SELECT k.config_id FROM comparisons k JOIN sheet_sync_config c ON c.id = k.config_id JOIN portals p ON p.id = c.portal_id
		WHERE k.state IN ('comparing', 'pushing', 'taking') AND NOT k.paused AND c.enabled
		AND (p.paused_until IS NULL OR p.paused_until <= $1)`+granted, s.now())
	return w, errors.Join(failed...)
}

func scanChange(row scanner) (sheet24.RowChange, error) {
	var c sheet24.RowChange
	var fields string
	var synced, tried sql.NullTime
	err := row.Scan(&c.ID, &c.TableID, &c.UserID, &c.Binding, &c.EntityID, &c.Action, &c.Row, &fields, &c.Status, &c.Error,
		&c.Attempts, &c.NotBefore, &c.CreatedAt, &synced, &c.Note, &c.TwinOf, &tried)
	if err != nil {
		return c, err
	}
	c.SyncedAt, c.TriedSince = synced.Time, tried.Time
	if json.Unmarshal([]byte(fields), &c.Fields) != nil { // one such row must not hide the others
		c.Fields, c.Unreadable = map[string]sheet24.Change{}, true
	}
	return c, nil
}
