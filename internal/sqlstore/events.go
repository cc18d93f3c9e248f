package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"runtime"
	"slices"
	"sync"
	"time"

	"sheet24"
)

// So many events, and bytes, may wait for their commit before more are refused.
const (
	maxArriving      = 4096
	maxArrivingBytes = 32 << 20
)

// arrivals are events that wait to be stored. Those that come while a transaction is
// under way share the next one: a commit, which waits for the disk, takes as long for
// a hundred as for one.
type arrivals struct {
	mu         sync.Mutex
	waiting    []*arrival
	bytes      int // of those
	committing int // transactions under way
}

type arrival struct {
	event *sheet24.Event
	done  chan error
}

// AddEvent stores an event durably and sets e.ID. A message id that the table
// has seen is refused as a Conflict: the same notification was sent twice.
func (s *Store) AddEvent(ctx context.Context, e *sheet24.Event) error {
	a := &arrival{e, make(chan error, 1)}

	s.arrivals.mu.Lock()
	if len(s.arrivals.waiting) >= maxArriving || s.arrivals.bytes+len(e.Data) > maxArrivingBytes {
		s.arrivals.mu.Unlock()
		return sheet24.Errorf(sheet24.Unavailable, sheet24.CodeWebhookBusy)
	}

	// Whoever finds nobody committing does so, for those who come meanwhile too.
	s.arrivals.waiting = append(s.arrivals.waiting, a)
	s.arrivals.bytes += len(e.Data)
	commit := s.arrivals.begin(s.dialect.server())
	s.arrivals.mu.Unlock()

	if commit {
		go s.commitArrivals()
	}

	select {
	case err := <-a.done:
		return err
	case <-ctx.Done():
		return ctx.Err() // it may be stored all the same; whoever sends it again hears so
	}
}

// On a server so many transactions store events side by side: one would have whoever sends
// wait for it while the processors have nothing to do. Each but the first is worth so many
// events.
const (
	commitsAtOnce = 3
	worthACommit  = 12
)

// begin reports whether who just added an event is to begin a transaction.
func (q *arrivals) begin(server bool) bool {
	first := q.committing == 0
	beside := server && q.committing < commitsAtOnce && len(q.waiting) >= worthACommit
	if first || beside {
		q.committing++
		return true
	}
	return false
}

// eventKey is what a message is known by.
type eventKey struct {
	table   int64
	message string
}

// commitTime is how long a transaction of events may take.
const commitTime = 15 * time.Second

// maxCommit is how many events one transaction stores.
const maxCommit = 500

// commitArrivals stores what waits, until nothing does.
func (s *Store) commitArrivals() {
	for {
		batch := s.nextArrivals()
		if batch == nil {
			return
		}

		ctx, cancel := context.WithTimeout(context.Background(), commitTime)
		refused, err := s.addEvents(ctx, batch)
		if err != nil && len(batch) > 1 && ctx.Err() == nil {
			// One that cannot be stored, as of a table that was deleted, must not take
			// the others along.
			for _, a := range batch {
				refused, err := s.addEvents(ctx, []*arrival{a})
				a.done <- cmp.Or(err, refused[a])
			}
			cancel()
			continue
		}

		cancel()
		for _, a := range batch {
			a.done <- cmp.Or(err, refused[a])
		}
	}
}

// nextArrivals takes the oldest of what waits, nil if nothing does: then nobody commits
// any longer.
func (s *Store) nextArrivals() []*arrival {
	q := &s.arrivals
	q.mu.Lock()
	defer q.mu.Unlock()

	// Messages that are being handled at this moment go along: on a busy machine commits
	// would otherwise be many and small. On an idle one this takes no time.
	for before := -1; before < len(q.waiting); {
		before = len(q.waiting)
		q.mu.Unlock()
		runtime.Gosched()
		q.mu.Lock()
	}

	if len(q.waiting) == 0 {
		q.committing--
		return nil
	}

	batch := q.waiting[:min(len(q.waiting), maxCommit)]
	q.waiting = q.waiting[len(batch):]
	for _, a := range batch {
		q.bytes -= len(a.event.Data)
	}
	return batch
}

// addEvents stores events in one transaction, as a statement is one by itself, and tells
// which it refuses.
func (s *Store) addEvents(ctx context.Context, batch []*arrival) (refused map[*arrival]error, err error) {
	if batch, err = s.coalesce(ctx, batch); err != nil || len(batch) == 0 {
		return nil, err
	}
	now := s.now()
	// Two transactions with the same messages must not wait for each other.
	slices.SortFunc(batch, func(a, b *arrival) int {
		return cmp.Or(cmp.Compare(a.event.TableID, b.event.TableID), cmp.Compare(a.event.MessageID, b.event.MessageID))
	})
	rows := make([][6]any, len(batch))
	for i, a := range batch {
		e := a.event
		e.ReceivedAt = now
		rows[i] = [...]any{e.TableID, e.Type, e.MessageID, e.Rows.FirstRow, e.Rows.LastRow, string(e.Data)}
	}

	// All rows are one parameter, so that the statement is always the same.
	list, err := json.Marshal(rows)
	if err != nil {
		return nil, err
	}

	defer s.write()()
	found, err := s.db.QueryContext(ctx, `
		INSERT INTO webhook_events (config_id, event_type, message_id, first_row, last_row, event_data, received_at)
		SELECT CAST(value->>0 AS BIGINT), value->>1, value->>2, CAST(value->>3 AS BIGINT), CAST(value->>4 AS BIGINT), value->>5, $2
		FROM `+s.dialect.each("$1")+` WHERE TRUE
		ON CONFLICT (config_id, message_id) DO NOTHING RETURNING id, config_id, message_id`, string(list), now)

	ids := map[eventKey]int64{}
	_, err = collect(found, err, func(row scanner) (k eventKey, err error) {
		var id int64
		err = row.Scan(&id, &k.table, &k.message)
		ids[k] = id
		return k, err
	})
	if err != nil {
		return nil, err
	}

	refused = map[*arrival]error{}
	for _, a := range batch {
		k := eventKey{a.event.TableID, a.event.MessageID}
		id, ok := ids[k]
		if !ok {
			refused[a] = sheet24.Errorf(sheet24.Conflict, sheet24.CodeWebhookReplayed)
			continue
		}
		a.event.ID = id
		delete(ids, k) // the same message twice: one of them
	}
	return refused, nil
}

// UnprocessedEvents returns a table's oldest events that no scan has seen.
func (s *Store) UnprocessedEvents(ctx context.Context, tableID int64, limit int) ([]sheet24.Event, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT id, event_type, message_id, first_row, last_row, event_data, received_at, joined FROM webhook_events
		WHERE config_id = $1 AND NOT processed ORDER BY id LIMIT $2`, tableID, limit)
	return collect(rows, err, func(row scanner) (sheet24.Event, error) {
		e := sheet24.Event{TableID: tableID}
		var data string
		err := row.Scan(&e.ID, &e.Type, &e.MessageID, &e.Rows.FirstRow, &e.Rows.LastRow, &data, &e.ReceivedAt, &e.Joined)

		e.Data = []byte(data)
		return e, err
	})
}

// markProcessed settles events within the transaction that holds their outcome, but for one
// that others were joined with since it was read.
func (s *Store) markProcessed(ctx context.Context, tx *sql.Tx, events []sheet24.Event) error {
	for _, e := range events {
		s.crowds.set(e.TableID, 0) // whoever joins counts anew
		if _, err := tx.ExecContext(ctx,
			`UPDATE webhook_events SET processed = TRUE, processed_at = $2 WHERE id = $1 AND joined = $3`, e.ID, s.now(), e.Joined); err != nil {
			return err
		}
	}
	return nil
}

// ReplayEvents has the events of a table looked into again that were received in a span
// of time, and tells how many.
func (s *Store) ReplayEvents(ctx context.Context, tableID int64, from, to time.Time) (int, error) {
	done, err := s.db.ExecContext(ctx, `UPDATE webhook_events SET processed = FALSE, processed_at = NULL
		WHERE config_id = $1 AND processed AND received_at >= $2 AND received_at <= $3`, tableID, moment(from), moment(to))
	if err != nil {
		return 0, err
	}
	n, err := done.RowsAffected()
	return int(n), err
}
