package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"

	"sheet24"
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
	c := &done.Change
	row, err := s.rowOf(ctx, tx, tableID, link.EntityID)
	if err != nil || row > 0 {
		done.Row = row
		return done, err
	}

	// What the record's former row left: a deletion ends, all else goes on with this one.
	open, err := s.openOf(ctx, tx, tableID, link.EntityID)
	if err != nil {
		return done, err
	}
	for _, other := range open {
		if other.Action == sheet24.Delete {
			c.Note = link.Note
		} else {
			c.Fields = coalesce(other.Fields, c.Fields)
		}
		done.Joined = append(done.Joined, other.ID)
		if _, err := tx.ExecContext(ctx, `DELETE FROM reverse_sync_logs WHERE id = $1`, other.ID); err != nil {
			return done, err
		}
	}

	// One that was to be created, and may have been, though we did not hear of it, is that.
	tried, err := s.triedToCreate(ctx, tx, tableID, c.EntityID)
	if err != nil {
		return done, err
	}
	if !tried {
		c.Action = sheet24.Match
	}

	way, err := s.wayTo(ctx, tx, tableID, c.EntityID, link.EntityID)
	if err != nil {
		return done, err
	}
	if err := s.becomeRecord(ctx, tx, way, tableID, c.EntityID, link.EntityID); err != nil {
		return done, err
	}
	c.Key, c.EntityID = c.EntityID, link.EntityID
	fields, err := json.Marshal(c.Fields)
	if err != nil {
		return done, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET changed_fields = $2, action = $3, note = $4 WHERE id = $1`,
		c.ID, string(fields), string(c.Action), c.Note)
	return done, err
}

// triedToCreate reports whether a creation for a row was sent whose answer was lost: then
// what it set is known of its key.
func (s *Store) triedToCreate(ctx context.Context, q querier, tableID, key int64) (tried bool, err error) {
	err = q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM row_snapshots WHERE config_id = $1 AND entity_id = $2 AND CAST(crm_values AS TEXT) <> '{}')`, tableID, key).Scan(&tried)
	return tried, err
}

// rowOf is the number of the row that a record was last seen in; 0 if it was gone, or
// never seen.
func (s *Store) rowOf(ctx context.Context, q querier, tableID, entityID int64) (row int, err error) {
	err = q.QueryRowContext(ctx, `SELECT COALESCE(MAX(sheet_row), 0) FROM row_snapshots WHERE config_id = $1 AND entity_id = $2`, tableID, entityID).Scan(&row)
	return row, err
}

// openOf returns the open changes of a record, the oldest first.
func (s *Store) openOf(ctx context.Context, q querier, tableID, entityID int64) ([]sheet24.RowChange, error) {
	rows, err := q.QueryContext(ctx, changeColumns+`
		WHERE config_id = $1 AND entity_id = $2 AND entity_id <> 0 AND status IN ('pending', 'syncing', 'asked') ORDER BY id`+s.dialect.forUpdate, tableID, entityID)
	return collect(rows, err, scanChange)
}

// way is what stands in the way of a row that becomes a record.
type way struct {
	linked bool // nothing: it is that record already
	seen   bool // the record has, or had, a row
	open   bool // it has open changes
	twins  bool // rows wait for what becomes of this one
}

func (s *Store) wayTo(ctx context.Context, tx *sql.Tx, tableID, key, entityID int64) (w way, err error) {
	err = tx.QueryRowContext(ctx, `SELECT
		EXISTS (SELECT 1 FROM row_keys WHERE config_id = $1 AND row_key = $2 AND entity_id = $3),
		EXISTS (SELECT 1 FROM row_snapshots WHERE config_id = $1 AND entity_id = $3),
		EXISTS (SELECT 1 FROM reverse_sync_logs WHERE config_id = $1 AND entity_id = $3 AND status IN ('pending', 'syncing', 'asked') AND entity_id <> 0),
		EXISTS (SELECT 1 FROM reverse_sync_logs WHERE config_id = $1 AND twin_of = $2 AND twin_of <> 0)`,
		tableID, key, entityID).Scan(&w.linked, &w.seen, &w.open, &w.twins)
	return w, err
}

// becomeRecord makes the row that waited under a key a record's, whose open changes are
// out of the way: its snapshot, its changes and its history.
func (s *Store) becomeRecord(ctx context.Context, tx *sql.Tx, w way, tableID, key, entityID int64) error {
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

	statements = append(statements, `UPDATE reverse_sync_logs SET entity_id = $3, action = CASE WHEN status = 'pending' THEN '' ELSE action END WHERE config_id = $1 AND entity_id = $2
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

// created makes the row of a change that created a record that record's. Somebody may
// have written its id into a row of their own before we heard of it: then what is open of
// that row is joined with what came for this one meanwhile.
func (s *Store) created(ctx context.Context, tx *sql.Tx, c sheet24.RowChange) error {
	w, err := s.wayTo(ctx, tx, c.TableID, c.Key, c.EntityID)
	if err != nil || w.linked {
		return err
	}
	if w.open {
		if err := s.joinOpen(ctx, tx, c); err != nil {
			return err
		}
	}
	return s.becomeRecord(ctx, tx, w, c.TableID, c.Key, c.EntityID)
}

// joinOpen takes the open changes of a record out of the way of a row that becomes it:
// they are part of what waits for that row.
func (s *Store) joinOpen(ctx context.Context, tx *sql.Tx, c sheet24.RowChange) error {
	open, err := s.openOf(ctx, tx, c.TableID, c.EntityID)
	if err != nil {
		return err
	}
	fields := map[string]sheet24.Change{}
	for _, other := range open {
		if other.Action != sheet24.Delete {
			fields = coalesce(fields, other.Fields)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM reverse_sync_logs WHERE id = $1`, other.ID); err != nil {
			return err
		}
	}
	if len(fields) == 0 {
		return nil
	}

	waiting, err := s.waitingOf(ctx, tx, c.TableID, c.Key)
	if err != nil {
		return err
	}
	if waiting != nil {
		return s.setFields(ctx, tx, waiting.ID, coalesce(fields, waiting.Fields))
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO reverse_sync_logs (config_id, user_id, entity_id, sheet_row_id, changed_fields, status, not_before, created_at, binding)
		VALUES ($1, $2, $3, $4, $5, 'pending', $6, $6, $7)`, c.TableID, c.UserID, c.Key, c.Row, string(text), s.now(), c.Binding)
	return err
}

// setFields replaces what a change holds.
func (s *Store) setFields(ctx context.Context, tx *sql.Tx, id int64, fields map[string]sheet24.Change) error {
	text, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET changed_fields = $2 WHERE id = $1`, id, string(text))
	return err
}
