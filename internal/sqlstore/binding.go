package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"math"
	"slices"

	"sheet24"
	"sheet24/internal/change"
	"sheet24/internal/locale"
)

// bound is true of a change l whose table is still what it was made under.
const bound = `l.binding = (SELECT b.binding FROM sheet_sync_config b WHERE b.id = l.config_id)`

// Bindings returns the bindings of those tables that exist.
func (s *Store) Bindings(ctx context.Context, tableIDs []int64) (map[int64]int64, error) {
	return s.bindings(ctx, s.db, tableIDs, "")
}

func (s *Store) bindings(ctx context.Context, q querier, tableIDs []int64, held string) (map[int64]int64, error) {
	bindings := map[int64]int64{}
	rows, err := q.QueryContext(ctx, `SELECT id, binding FROM sheet_sync_config WHERE id IN `+s.dialect.numbers("$1")+` ORDER BY id`+held, listed(tableIDs))
	_, err = collect(rows, err, func(row scanner) (id int64, err error) {
		var binding int64
		err = row.Scan(&id, &binding)
		bindings[id] = binding
		return id, err
	})
	return bindings, err
}

// checkBinding returns a Conflict if a table has been exchanged since it was read. Until
// the transaction ends it is not.
func (s *Store) checkBinding(ctx context.Context, tx *sql.Tx, t *sheet24.Table) error {
	now, err := s.bindings(ctx, tx, []int64{t.ID}, s.dialect.held)
	if err != nil {
		return err
	}
	if now[t.ID] != t.Binding {
		return sheet24.Errorf(sheet24.Conflict, sheet24.CodeTableExchanged)
	}
	return nil
}

// formerOr returns what is said of a change that belongs to a former binding of its
// table, or else err.
func (s *Store) formerOr(ctx context.Context, q querier, tableID, id int64, err error) error {
	var former bool
	found := q.QueryRowContext(ctx, `SELECT NOT (`+bound+`) FROM reverse_sync_logs l WHERE l.id = $1 AND l.config_id = $2`, id, tableID).Scan(&former)
	if found == nil && former {
		return sheet24.Errorf(sheet24.Conflict, sheet24.CodeChangeFormer)
	}
	return err
}

// closeFormer ends all that belongs to a table as it was: what waits, is asked about or
// is unsent is never sent, and says so in the history, in the language of the table as it
// will be, which has another binding. Its sheet is told nothing of it: it may have other
// rows by then.
func (s *Store) closeFormer(ctx context.Context, tx *sql.Tx, was *sheet24.Table, language string) error {
	unsent, sending, err := s.farewell(ctx, tx, was, language)
	if err != nil {
		return err
	}
	now := s.now()

	// What failed unsent keeps its own sentence beside that one.
	if _, err := tx.ExecContext(ctx, `UPDATE reverse_sync_logs AS l SET error_message = l.error_message || ' ' || $2 WHERE l.config_id = $1 AND `+lastFailed,
		was.ID, unsent); err != nil {
		return err
	}
	for status, says := range map[sheet24.Status]string{sheet24.Syncing: sending, sheet24.Pending: unsent, sheet24.Asked: unsent} {
		if _, err := tx.ExecContext(ctx, `
			UPDATE reverse_sync_logs SET status = 'failed', error_message = $2, synced_at = $3
			WHERE config_id = $1 AND status IN ('pending', 'syncing', 'asked') AND status = $4`, was.ID, says, now, string(status)); err != nil {
			return err
		}
	}
	if err := s.closeUndoing(ctx, tx, was, unsent); err != nil {
		return err
	}

	if _, err := tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET reported_at = $2 WHERE config_id = $1 AND reported_at IS NULL`, was.ID, now); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET twin_of = 0 WHERE config_id = $1 AND twin_of <> 0`, was.ID); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE sheet_sync_config SET binding = binding + 1 WHERE id = $1`, was.ID); err != nil {
		return err
	}
	return s.forgetRows(ctx, tx, was.ID, "row_snapshots", "left_rows", "unidentified_rows", "begun_writes", "begun_sheet_writes", "cell_writes", "comparisons", "comparison_rows")
}

// farewell is what the history says of changes of a table as it was: of those that were
// not sent, and of those that are under way somewhere.
func (s *Store) farewell(ctx context.Context, q querier, was *sheet24.Table, language string) (unsent, sending string, err error) {
	var host string
	if err := q.QueryRowContext(ctx, `SELECT host FROM portals WHERE id = $1`, was.PortalID).Scan(&host); err != nil {
		return "", "", err
	}
	entity := locale.Entity(language, was.Entity, was.EntityTitle)
	return locale.T(language, "former_unsent", host, entity), locale.T(language, "former_sending", host, entity), nil
}

// closeUndoing notes in the history what was to be taken back, and has not been.
func (s *Store) closeUndoing(ctx context.Context, tx *sql.Tx, was *sheet24.Table, unsent string) error {
	writes, err := s.cellWrites(ctx, tx, was.ID, math.MaxInt32)
	if err != nil {
		return err
	}
	var records []int64
	for _, w := range writes {
		records = append(records, w.EntityID)
	}
	snapshots, err := s.snapshots(ctx, tx, was.ID, records)
	if err != nil {
		return err
	}

	for _, line := range change.NotTakenBack(writes, snapshots) {
		line.Error, line.NotBefore, line.SyncedAt = unsent, s.now(), s.now()
		if _, err := s.saveJoined(ctx, tx, was, line, ""); err != nil {
			return err
		}
	}
	return nil
}

// forgetRows deletes what some of the database's tables hold of a table.
func (s *Store) forgetRows(ctx context.Context, tx *sql.Tx, tableID int64, names ...string) error {
	for _, name := range names {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+name+` WHERE config_id = $1`, tableID); err != nil {
			return err
		}
	}
	return nil
}

// settleFormer notes how changes ended that belong to former bindings of their tables,
// and returns the others. One that was being sent when its table was exchanged may have
// reached what it was made for; nothing else follows from it.
func (s *Store) settleFormer(ctx context.Context, tx *sql.Tx, changes []sheet24.RowChange) (present []sheet24.RowChange, err error) {
	tables := map[int64]bool{}
	for _, c := range changes {
		tables[c.TableID] = true
	}
	now, err := s.bindings(ctx, tx, slices.Sorted(maps.Keys(tables)), s.dialect.held)
	if err != nil {
		return nil, err
	}

	for _, c := range changes {
		if now[c.TableID] == c.Binding {
			present = append(present, c)
		} else if err := s.noteFormer(ctx, tx, c); err != nil {
			return nil, err
		}
	}
	return present, nil
}

// noteFormer keeps what became of a change of a former binding.
func (s *Store) noteFormer(ctx context.Context, tx *sql.Tx, c sheet24.RowChange) error {
	switch change.SettleFormer(c) {
	case change.FormerMade:
		fields, err := json.Marshal(c.Fields)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET status = 'completed', error_message = '', entity_id = $2, changed_fields = $3, synced_at = $4, reported_at = $4 WHERE id = $1`,
			c.ID, c.EntityID, string(fields), s.now())
		return err
	case change.FormerReason:
		_, err := tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET error_message = $2 WHERE id = $1`, c.ID, c.Error)
		return err
	}
	return nil
}
