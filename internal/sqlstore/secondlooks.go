package sqlstore

import (
	"context"
	"encoding/json"
	"time"

	"sheet24"
)

// SetSecondLook keeps what is to be looked at a second time of a table; the zero value:
// nothing is.
func (s *Store) SetSecondLook(ctx context.Context, tableID int64, l sheet24.SecondLook) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `UPDATE sheet_sync_config SET second_look = $2 WHERE id = $1`, tableID, string(text))
	return err
}

// StructureChangedAt is when rows or columns of a table's tab were last said to be moved,
// since a time; zero if nobody said so.
func (s *Store) StructureChangedAt(ctx context.Context, tableID int64, since time.Time) (time.Time, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT received_at FROM webhook_events
		WHERE config_id = $1 AND event_type = 'structure_changed' AND received_at >= $2 ORDER BY received_at DESC LIMIT 1`, tableID, moment(since))
	all, err := collect(rows, err, func(row scanner) (at time.Time, err error) { return at, row.Scan(&at) })
	if err != nil || len(all) == 0 {
		return time.Time{}, err
	}
	return all[0], nil
}

// SetStatusColumn keeps where a table's status column stands.
func (s *Store) SetStatusColumn(ctx context.Context, tableID int64, index int) error {
	_, err := s.db.ExecContext(ctx, `UPDATE sheet_sync_config SET status_column_index = $2, updated_at = $3 WHERE id = $1`, tableID, index, s.now())
	return err
}
