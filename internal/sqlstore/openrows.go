package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"sheet24"
	"sheet24/internal/change"
)

// openOf returns the open changes of rows by the ids of their records, or their keys, the
// oldest first. Until the transaction ends nobody else changes them.
func (s *Store) openOf(ctx context.Context, q querier, tableID int64, rows ...int64) (map[int64][]sheet24.RowChange, error) {
	return s.openIn(ctx, q, tableID, rows, `TRUE`)
}

// waitingOf returns those of them that wait, to be pushed or for review.
func (s *Store) waitingOf(ctx context.Context, q querier, tableID int64, rows ...int64) (map[int64][]sheet24.RowChange, error) {
	return s.openIn(ctx, q, tableID, rows, `status <> 'syncing'`)
}

func (s *Store) openIn(ctx context.Context, q querier, tableID int64, rows []int64, condition string) (map[int64][]sheet24.RowChange, error) {
	open := map[int64][]sheet24.RowChange{}
	if len(rows) == 0 {
		return open, nil
	}
	found, err := q.QueryContext(ctx, changeColumns+`
		WHERE config_id = $1 AND entity_id IN `+s.dialect.numbers("$2")+` AND entity_id <> 0 AND status IN ('pending', 'syncing', 'asked') AND `+condition+` ORDER BY id`+s.dialect.forUpdate,
		tableID, listed(rows))
	changes, err := collect(found, err, scanChange)
	for _, c := range changes {
		open[c.EntityID] = append(open[c.EntityID], c)
	}
	return open, err
}

// waitingBeside returns the change that waits for a row beside one of it; nil if none does.
func (s *Store) waitingBeside(ctx context.Context, q querier, c sheet24.RowChange) (*sheet24.RowChange, error) {
	open, err := s.openOf(ctx, q, c.TableID, c.EntityID)
	return change.Waiting(slices.DeleteFunc(open[c.EntityID], func(o sheet24.RowChange) bool { return o.ID == c.ID })), err
}

// rowsOf returns what is stored of the rows that changes are of, by the ids of their records,
// or their keys: of the last changes those that failed, where nothing waits.
func (s *Store) rowsOf(ctx context.Context, q querier, t *sheet24.Table, changes []sheet24.RowChange) (map[int64]change.Row, error) {
	var ids []int64
	for _, c := range changes {
		if c.EntityID != 0 {
			ids = append(ids, c.EntityID)
		}
	}
	open, err := s.waitingOf(ctx, q, t.ID, ids...)
	if err != nil {
		return nil, err
	}

	rows := map[int64]change.Row{}
	var without []int64
	for _, id := range ids {
		if waiting := change.Waiting(open[id]); waiting != nil {
			rows[id] = change.Row{Waiting: waiting}
		} else {
			without = append(without, id)
		}
	}
	failed, err := s.lastFailedOf(ctx, q, t, without)
	for i := range failed {
		rows[failed[i].EntityID] = change.Row{Last: &failed[i]}
	}
	return rows, err
}

// lastFailedOf returns the newest changes of rows under the table's binding that failed.
func (s *Store) lastFailedOf(ctx context.Context, q querier, t *sheet24.Table, ids []int64) ([]sheet24.RowChange, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := q.QueryContext(ctx, changeColumns+`WHERE status = 'failed' AND id IN (
		SELECT (SELECT l.id FROM reverse_sync_logs l WHERE l.config_id = $1 AND l.entity_id = r.entity_id AND l.binding = $2 ORDER BY l.id DESC LIMIT 1)
		FROM (SELECT CAST(value AS BIGINT) AS entity_id FROM `+s.dialect.eachText("$3")+`) AS r)`, t.ID, t.Binding, listed(ids))
	return collect(rows, err, scanChange)
}

// insertChange stores a new change, and returns its id. payload is the event's that led to it.
func (s *Store) insertChange(ctx context.Context, q querier, c sheet24.RowChange, payload string) (id int64, err error) {
	fields, err := json.Marshal(c.Fields)
	if err != nil {
		return 0, err
	}
	err = q.QueryRowContext(ctx, `
		INSERT INTO reverse_sync_logs (config_id, user_id, binding, entity_id, action, sheet_row_id, changed_fields, status, error_message,
			webhook_payload, not_before, created_at, synced_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id`,
		c.TableID, c.UserID, c.Binding, c.EntityID, string(c.Action), c.Row, string(fields), string(c.Status), c.Error,
		payload, moment(c.NotBefore), s.now(), nullable(c.SyncedAt)).Scan(&id)
	return id, err
}

// updateOpen stores an open change that was joined with others.
func (s *Store) updateOpen(ctx context.Context, q querier, c sheet24.RowChange) error {
	fields, err := json.Marshal(c.Fields)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `
		UPDATE reverse_sync_logs SET changed_fields = $2, sheet_row_id = $3, status = $4, action = $5, not_before = $6, error_message = $7, note = $8, tried_since = $9 WHERE id = $1`,
		c.ID, string(fields), c.Row, string(c.Status), string(c.Action), moment(c.NotBefore), c.Error, c.Note, nullable(c.TriedSince))
	return err
}

// deleteChanges deletes changes that are part of others by now.
func (s *Store) deleteChanges(ctx context.Context, q querier, ids ...int64) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := q.ExecContext(ctx, `DELETE FROM reverse_sync_logs WHERE id IN `+s.dialect.numbers("$1"), listed(ids))
	return err
}

// nullable is a time as it is stored, NULL if it is zero.
func nullable(t time.Time) sql.NullTime {
	return sql.NullTime{Time: moment(t), Valid: !t.IsZero()}
}

// know keeps what the CRM was last known to hold of records' fields. (One statement for all
// records is slower by far: SQLite goes through the table, and for each row through the list.)
func (s *Store) know(ctx context.Context, q querier, tableID int64, records map[int64]sheet24.Known) error {
	for _, id := range slices.Sorted(maps.Keys(records)) {
		if len(records[id]) == 0 {
			continue
		}
		text, err := json.Marshal(records[id])
		if err != nil {
			return err
		}
		if _, err := q.ExecContext(ctx, `UPDATE row_snapshots SET crm_values = `+s.dialect.merged("crm_values", "$3")+` WHERE config_id = $1 AND entity_id = $2`,
			tableID, id, string(text)); err != nil {
			return err
		}
	}
	return nil
}
