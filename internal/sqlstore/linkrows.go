package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"

	"sheet24"
	"sheet24/internal/change"
)

// LinkRows makes rows that wait under keys the records that they were found to be, all in
// one transaction. One record is one row: where another row is the record already, which
// may be one of the same call, its number comes back and nothing is done. A record whose
// row was gone has this one from then on: its deletion ends, and its other open changes
// are joined with the row's. Which of what comes back is which is told by the order. If
// the table has been exchanged since the rows were found, that is a Conflict.
func (s *Store) LinkRows(ctx context.Context, tableID int64, links []sheet24.RowLink) ([]sheet24.Linked, error) {
	linked := make([]sheet24.Linked, len(links))
	err := s.tx(ctx, func(tx *sql.Tx) error {
		var rows []int64
		for _, link := range links {
			rows = append(rows, link.Change.EntityID, link.EntityID)
		}
		if err := s.lockRows(ctx, tx, tableID, rows); err != nil {
			return err
		}

		for i, link := range links {
			err := s.checkBinding(ctx, tx, &sheet24.Table{ID: tableID, Binding: link.Change.Binding})
			if err != nil {
				return err
			}
			if linked[i], err = s.linkRow(ctx, tx, tableID, link); err != nil {
				return err
			}
		}
		return nil
	})
	return linked, err
}

func (s *Store) linkRow(ctx context.Context, tx *sql.Tx, tableID int64, link sheet24.RowLink) (sheet24.Linked, error) {
	done := sheet24.Linked{Change: link.Change}
	row, err := s.rowOf(ctx, tx, tableID, link.EntityID)
	if err != nil || row > 0 {
		done.Row = row
		return done, err
	}

	key := link.Change.EntityID
	open, err := s.openOf(ctx, tx, tableID, key, link.EntityID)
	if err != nil {
		return done, err
	}

	sent, err := s.creationsSent(ctx, tx, tableID, key)
	if err != nil {
		return done, err
	}
	done.Change, done.Joined = change.Link(link.Change, link.EntityID, open[link.EntityID], sent[key], link.Note)
	if err := s.deleteChanges(ctx, tx, done.Joined...); err != nil {
		return done, err
	}

	way, err := s.wayTo(ctx, tx, tableID, key, link.EntityID)
	if err != nil {
		return done, err
	}
	if err := s.linkKey(ctx, tx, way, tableID, key, link.EntityID); err != nil {
		return done, err
	}

	if next, _ := change.HandOn(done.Change, change.Waiting(open[key]), nil, s.now()); next != nil {
		if err := s.updateOpen(ctx, tx, *next); err != nil {
			return done, err
		}
	}

	return done, s.saveLinked(ctx, tx, done.Change)
}

// saveLinked stores a change whose row was found to be a record's.
func (s *Store) saveLinked(ctx context.Context, tx *sql.Tx, c sheet24.RowChange) error {
	fields, err := json.Marshal(c.Fields)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET changed_fields = $2, action = $3, note = $4 WHERE id = $1`,
		c.ID, string(fields), string(c.Action), c.Note)
	return err
}

// creationsSent are the keys of rows for which a creation was sent whose answer was lost: then
// what it set is known of the key.
func (s *Store) creationsSent(ctx context.Context, q querier, tableID int64, keys ...int64) (map[int64]bool, error) {
	sent := map[int64]bool{}
	if len(keys) == 0 {
		return sent, nil
	}

	rows, err := q.QueryContext(ctx, `SELECT entity_id FROM row_snapshots WHERE config_id = $1 AND entity_id IN `+s.dialect.numbers("$2")+` AND CAST(crm_values AS TEXT) <> '{}'`,
		tableID, listed(keys))
	_, err = collect(rows, err, func(row scanner) (key int64, err error) {
		err = row.Scan(&key)
		sent[key] = true
		return key, err
	})
	return sent, err
}

// rowOf is the number of the row that a record was last seen in; 0 if it was gone, or
// never seen.
func (s *Store) rowOf(ctx context.Context, q querier, tableID, entityID int64) (row int, err error) {
	err = q.QueryRowContext(ctx, `SELECT COALESCE(MAX(sheet_row), 0) FROM row_snapshots WHERE config_id = $1 AND entity_id = $2`, tableID, entityID).Scan(&row)
	return row, err
}

// way is what stands in the way of a row that becomes a record.
type way struct {
	linked bool // nothing: it is that record already
	seen   bool // the record has, or had, a row
	twins  bool // rows wait for what becomes of this one
}

func (s *Store) wayTo(ctx context.Context, tx *sql.Tx, tableID, key, entityID int64) (w way, err error) {
	err = tx.QueryRowContext(ctx, `SELECT
		EXISTS (SELECT 1 FROM row_keys WHERE config_id = $1 AND row_key = $2 AND entity_id = $3),
		EXISTS (SELECT 1 FROM row_snapshots WHERE config_id = $1 AND entity_id = $3),
		EXISTS (SELECT 1 FROM reverse_sync_logs WHERE config_id = $1 AND twin_of = $2 AND twin_of <> 0)`,
		tableID, key, entityID).Scan(&w.linked, &w.seen, &w.twins)
	return w, err
}

// linkKey makes the row that waited under a key a record's, whose open changes are
// out of the way: its snapshot, its changes and its history.
func (s *Store) linkKey(ctx context.Context, tx *sql.Tx, w way, tableID, key, entityID int64) error {
	statements := []string{`INSERT INTO row_keys (config_id, row_key, entity_id) VALUES ($1, $2, $3) ON CONFLICT (config_id, row_key) DO UPDATE SET entity_id = excluded.entity_id`}

	// A snapshot of the record takes in the row's, unless it is another row by now; what
	// the CRM was known to hold stays known.
	if w.seen {
		const beside = ` FROM row_snapshots AS k WHERE k.config_id = $1 AND k.entity_id = $2 AND row_snapshots.config_id = $1 AND row_snapshots.entity_id = $3`
		statements = append(statements,
			`UPDATE row_snapshots SET sheet_row = k.sheet_row, row_values = k.row_values, updated_at = k.updated_at`+beside+` AND row_snapshots.sheet_row = 0`,
			`UPDATE row_snapshots SET crm_values = `+s.dialect.merged("row_snapshots.crm_values", "k.crm_values")+beside,
			`DELETE FROM row_snapshots WHERE config_id = $1 AND entity_id = $2 AND entity_id <> $3`)
	} else {
		statements = append(statements, `UPDATE row_snapshots SET entity_id = $3 WHERE config_id = $1 AND entity_id = $2`)
	}

	statements = append(statements, `UPDATE reverse_sync_logs SET entity_id = $3 WHERE config_id = $1 AND entity_id = $2
		AND binding = (SELECT b.binding FROM sheet_sync_config b WHERE b.id = $1)`)
	if w.twins {
		statements = append(statements, `UPDATE reverse_sync_logs SET twin_of = $3 WHERE config_id = $1 AND twin_of = $2 AND twin_of <> 0`)
	}
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement, tableID, key, entityID); err != nil {
			return err
		}
	}
	return nil
}
