package sqlstore

import (
	"context"
	"encoding/json"
	"time"

	"sheet24"
)

// eventPayload is what a change keeps of the event that led to it: which rows it named, when it
// came, and the trace that began with it.
type eventPayload struct {
	Event   sheet24.EventType `json:"event,omitempty"`
	RowID   json.Number       `json:"row_id,omitempty"`
	LastRow json.Number       `json:"last_row_id,omitempty"`
	Trace   string            `json:"trace,omitempty"`
	At      time.Time         `json:"at,omitzero"`
}

// payloads finds the event behind each row that a scan tells of: the last that named it, or
// else the last of all.
func payloads(events []sheet24.Event) func(row int) string {
	texts := make([]string, len(events))
	text := func(i int) string {
		if texts[i] == "" {
			e := events[i]
			p := eventPayload{}
			_ = json.Unmarshal(e.Data, &p) // what it does not say is not kept
			p.At = e.ReceivedAt
			data, _ := json.Marshal(p) // numbers and texts
			texts[i] = string(data)
		}
		return texts[i]
	}

	return func(row int) string {
		for i := len(events) - 1; i >= 0; i-- {
			if r := events[i].Rows; r.FirstRow > 0 && r.FirstRow <= row && (row <= r.LastRow || r.LastRow == 0) {
				return text(i)
			}
		}
		if len(events) > 0 {
			return text(len(events) - 1)
		}
		return ""
	}
}

// Origins tells what led to changes.
func (s *Store) Origins(ctx context.Context, changes []int64) (map[int64]sheet24.Origin, error) {
	origins := map[int64]sheet24.Origin{}
	rows, err := s.db.QueryContext(ctx, `SELECT id, webhook_payload, created_at FROM reverse_sync_logs WHERE id IN `+s.dialect.numbers("$1"), listed(changes))
	_, err = collect(rows, err, func(row scanner) (_ struct{}, err error) {
		var id int64
		var text string
		var o sheet24.Origin
		if err := row.Scan(&id, &text, &o.At); err != nil {
			return struct{}{}, err
		}
		var p eventPayload
		if json.Unmarshal([]byte(text), &p) == nil && !p.At.IsZero() {
			o.At, o.Trace, o.Told = p.At, p.Trace, p.Event == sheet24.RowEdited
		}
		origins[id] = o
		return struct{}{}, nil
	})
	return origins, err
}
