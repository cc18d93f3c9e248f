package sqlstore

import (
	"context"
	"sync"

	"sheet24"
)

// mostUnprocessed is how many notifications of one table wait to be looked into as rows of
// their own. What comes beyond widens one that waits: it says where to look, and is no data.
const mostUnprocessed = 1000

// crowds counts what waits by table, as far as this process knows.
type crowds struct {
	mu sync.Mutex
	by map[int64]int
}

// add counts one more of a table and reports whether there may be too many.
func (c *crowds) add(table int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[int64]int{}
	}
	c.by[table]++
	return c.by[table] > mostUnprocessed
}

// set says how many of a table wait.
func (c *crowds) set(table int64, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n == 0 {
		delete(c.by, table)
	} else {
		c.by[table] = n
	}
}

// coalesce joins those of arriving notifications whose tables have too many waiting with one
// that waits, and returns the others. Their ids are not kept: to hear of the same rows twice
// does no harm. A scan that has read the joined one already leaves it for the next.
func (s *Store) coalesce(ctx context.Context, batch []*arrival) (rest []*arrival, err error) {
	joined := map[int64]sheet24.Range{}
	counts := map[int64]int64{}
	var crowded []*arrival
	for _, a := range batch {
		e := a.event
		if e.Type != sheet24.RowEdited || !s.crowds.add(e.TableID) {
			rest = append(rest, a)
			continue
		}
		rows, again := joined[e.TableID]
		if !again {
			rows = e.Rows
		}
		joined[e.TableID] = sheet24.Rows(min(rows.FirstRow, e.Rows.FirstRow), max(rows.LastRow, e.Rows.LastRow))
		counts[e.TableID]++
		crowded = append(crowded, a)
	}

	for table, rows := range joined {
		id, err := s.widen(ctx, table, rows, counts[table])
		if err != nil {
			return nil, err
		}
		for _, a := range crowded {
			if a.event.TableID != table {
				continue
			}
			if id == 0 { // all of them were looked into meanwhile
				rest = append(rest, a)
			}
			a.event.ID = id
		}
	}
	return rest, nil
}

// widen has a notification that waits name more rows, if a table has too many that wait. It
// returns its id, 0 if it has not.
func (s *Store) widen(ctx context.Context, table int64, rows sheet24.Range, n int64) (id int64, err error) {
	var waiting int
	if err := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM webhook_events WHERE config_id = $1 AND NOT processed`, table).Scan(&waiting); err != nil {
		return 0, err
	}
	s.crowds.set(table, waiting)
	if waiting < mostUnprocessed {
		return 0, nil
	}

	defer s.write()()
	err = s.db.QueryRowContext(ctx, `
		UPDATE webhook_events SET joined = joined + $4,
			first_row = CASE WHEN first_row < $2 THEN first_row ELSE $2 END, last_row = CASE WHEN last_row > $3 THEN last_row ELSE $3 END
		WHERE NOT processed AND id = (SELECT MAX(id) FROM webhook_events WHERE config_id = $1 AND NOT processed AND event_type = 'row_edited')
		RETURNING id`, table, rows.FirstRow, rows.LastRow, n).Scan(&id)
	return id, sheet24.IgnoreNotFound(found(err, sheet24.CodeTableUnknown))
}
