package sqlstore

import (
	"context"
	"time"

	"sheet24"
)

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

// Changes returns changes of a table by their ids.
func (s *Store) Changes(ctx context.Context, tableID int64, ids []int64) ([]sheet24.RowChange, error) {
	return s.changesWhere(ctx, `id IN `+s.dialect.numbers("$2"), tableID, listed(ids))
}

// ChangesSince returns the changes of records from a change on.
func (s *Store) ChangesSince(ctx context.Context, tableID, first int64, records []int64) ([]sheet24.RowChange, error) {
	return s.changesWhere(ctx, `id >= $2 AND entity_id IN `+s.dialect.numbers("$3"), tableID, first, listed(records))
}

// PendingChanges returns the changes of records that have yet to reach the CRM: those that are not
// settled, and those that failed and are unsent.
func (s *Store) PendingChanges(ctx context.Context, tableID int64, records []int64) ([]sheet24.RowChange, error) {
	open, err := s.changesWhere(ctx, `status IN ('pending', 'syncing', 'asked') AND entity_id IN `+s.dialect.numbers("$2"), tableID, listed(records))
	if err != nil {
		return nil, err
	}
	rows, err := s.db.QueryContext(ctx, changeColumns+`l WHERE l.config_id = $1 AND `+lastFailed, tableID)
	failed, err := collect(rows, err, scanChange)
	return append(open, failed...), err
}

// SettledSince tells when the last changes of records were settled, of those for which
// that was after a time.
func (s *Store) SettledSince(ctx context.Context, tableID int64, since time.Time, records []int64) (map[int64]time.Time, error) {
	settled := map[int64]time.Time{}
	changes, err := s.changesWhere(ctx, `synced_at > $2 AND entity_id IN `+s.dialect.numbers("$3"), tableID, moment(since), listed(records))
	for _, c := range changes {
		if c.Status == sheet24.Completed {
			settled[c.EntityID] = c.SyncedAt
		}
	}
	return settled, err
}

// changesWhere returns the changes of a table, $1, that meet a condition, the oldest first.
func (s *Store) changesWhere(ctx context.Context, condition string, args ...any) ([]sheet24.RowChange, error) {
	rows, err := s.db.QueryContext(ctx, changeColumns+`WHERE config_id = $1 AND `+condition+` ORDER BY id`, args...)
	return collect(rows, err, scanChange)
}

// ChangesBetween returns the changes of a table that were made in a span of time, the
// newest first, up to a limit.
func (s *Store) ChangesBetween(ctx context.Context, tableID int64, from, to time.Time, limit int) ([]sheet24.RowChange, error) {
	rows, err := s.db.QueryContext(ctx, changeColumns+`WHERE config_id = $1 AND created_at >= $2 AND created_at <= $3 ORDER BY id DESC LIMIT $4`,
		tableID, moment(from), moment(to), limit)
	return collect(rows, err, scanChange)
}
