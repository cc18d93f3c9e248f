package sqlstore

import (
	"context"
	"database/sql"

	"sheet24"
)

// AddEvent stores an event durably and sets e.ID. A message id that the table
// has seen is refused as a Conflict: the same nudge was sent twice.
func (s *Store) AddEvent(ctx context.Context, e *sheet24.Event) error {
	e.ReceivedAt = s.now()
	err := s.db.QueryRowContext(ctx, `
		INSERT INTO webhook_events (config_id, event_type, message_id, first_row, last_row, event_data, received_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (config_id, message_id) DO NOTHING RETURNING id`,
		e.TableID, string(e.Type), e.MessageID, e.Rows.FirstRow, e.Rows.LastRow, string(e.Data), e.ReceivedAt).Scan(&e.ID)
	if err == sql.ErrNoRows {
		return sheet24.Errorf(sheet24.Conflict, "webhook_replayed")
	}
	return err
}

// UnprocessedEvents returns a table's oldest events that no scan has seen.
func (s *Store) UnprocessedEvents(ctx context.Context, tableID int64, limit int) ([]sheet24.Event, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT id, event_type, message_id, first_row, last_row, event_data, received_at FROM webhook_events
		WHERE config_id = $1 AND NOT processed ORDER BY id LIMIT $2`, tableID, limit)
	return collect(rows, err, func(row scanner) (sheet24.Event, error) {
		e := sheet24.Event{TableID: tableID}
		var data string
		err := row.Scan(&e.ID, &e.Type, &e.MessageID, &e.Rows.FirstRow, &e.Rows.LastRow, &data, &e.ReceivedAt)
		e.Data = []byte(data)
		return e, err
	})
}

// markProcessed settles events within the transaction that holds their outcome.
func (s *Store) markProcessed(ctx context.Context, tx *sql.Tx, events []sheet24.Event) error {
	for _, e := range events {
		if _, err := tx.ExecContext(ctx,
			`UPDATE webhook_events SET processed = TRUE, processed_at = $2 WHERE id = $1`, e.ID, s.now()); err != nil {
			return err
		}
	}
	return nil
}
