package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"time"

	"sheet24"
)

// SettleChanges stores how claimed changes ended: completed, failed, asked, or
// pending again from NotBefore on, then joined with what came for the row meanwhile.
// Of those that a former binding of their table was about, it is only noted.
func (s *Store) SettleChanges(ctx context.Context, changes []sheet24.RowChange) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		changes, err := s.settleFormer(ctx, tx, changes)
		if err != nil {
			return err
		}
		if err := s.lockChanged(ctx, tx, changes); err != nil {
			return err
		}
		if err := s.answered(ctx, tx, changes); err != nil {
			return err
		}
		all := settling{Store: s, tx: tx, now: s.now(), synced: map[int64]bool{}, done: map[bool][]int64{}}
		for _, c := range changes {
			if err := all.settle(ctx, c); err != nil {
				return err
			}
		}
		return all.finish(ctx)
	})
}

// lockChanged locks the rows that changes are of.
func (s *Store) lockChanged(ctx context.Context, tx *sql.Tx, changes []sheet24.RowChange) error {
	rows := map[int64][]int64{} // by table
	for _, c := range changes {
		rows[c.TableID] = append(rows[c.TableID], c.EntityID, c.Key)
	}
	for _, table := range slices.Sorted(maps.Keys(rows)) {
		if err := s.lockRows(ctx, tx, table, rows[table]); err != nil {
			return err
		}
	}
	return nil
}

// settling is changes that are settled in one transaction.
type settling struct {
	*Store
	tx     *sql.Tx
	now    time.Time
	synced map[int64]bool   // tables
	done   map[bool][]int64 // changes that are completed, and no more is to be noted of them; true: nor told
}

func (s settling) settle(ctx context.Context, c sheet24.RowChange) error {
	if err := s.around(ctx, &c); err != nil {
		return err
	}

	switch {
	case c.Forget:
		_, err := s.tx.ExecContext(ctx, `DELETE FROM reverse_sync_logs WHERE id = $1`, c.ID)
		return err
	case c.Status == sheet24.Asked:
		if newer, err := s.waitingOf(ctx, s.tx, c.TableID, c.EntityID); err != nil {
			return err
		} else if newer != nil { // the row was edited meanwhile: that is to be looked at first
			c.Status, c.NotBefore, c.Error = sheet24.Pending, s.now, ""
		}
	case c.Status == sheet24.Failed:
		if err := s.handOn(ctx, s.tx, c); err != nil {
			return err
		}
	}

	switch {
	case c.Status == sheet24.Pending:
		return s.postpone(ctx, s.tx, c)
	case c.Status == sheet24.Completed && c.Action == sheet24.Update && !noted(c):
		s.done[c.Quiet] = append(s.done[c.Quiet], c.ID)
		s.synced[c.TableID] = true
		return nil
	}
	return s.end(ctx, c)
}

// around does what settling a change does to what stands around it: the row it is of, what
// the CRM is known to hold, questions, and cells.
func (s settling) around(ctx context.Context, c *sheet24.RowChange) error {
	if c.Key != 0 {
		if err := s.created(ctx, s.tx, *c); err != nil {
			return err
		}
		if err := s.createdWith(ctx, s.tx, *c); err != nil {
			return err
		}
	}
	if err := s.know(ctx, s.tx, c.TableID, c.EntityID, c.Known); err != nil {
		return err
	}
	if err := s.takeBack(ctx, s.tx, *c); err != nil {
		return err
	}
	if err := s.ask(ctx, s.tx, *c); err != nil {
		return err
	}
	if err := s.unsee(ctx, s.tx, *c); err != nil {
		return err
	}
	if !c.Left {
		return nil
	}
	return s.leave(ctx, s.tx, c)
}

// end stores the last word on a change.
func (s settling) end(ctx context.Context, c sheet24.RowChange) error {
	fields, err := json.Marshal(c.Fields)
	if err != nil {
		return err
	}
	if _, err := s.tx.ExecContext(ctx, `
		UPDATE reverse_sync_logs SET status = $2, error_message = $3, synced_at = $4, changed_fields = $5, action = $6, note = $7, twin_of = $8, reported_at = NULL WHERE id = $1`,
		c.ID, string(c.Status), c.Error, s.now, string(fields), string(c.Action), c.Note, c.TwinOf); err != nil {
		return err
	}
	if c.Status != sheet24.Completed {
		return nil
	}

	s.synced[c.TableID] = true
	if c.Action != sheet24.Delete {
		return nil
	}
	if err := s.forgetSnapshot(ctx, s.tx, c.TableID, c.EntityID); err != nil {
		return err
	}
	return s.freeTwins(ctx, s.tx, c.TableID, []int64{c.EntityID})
}

// finish stores what is the same for many changes.
func (s settling) finish(ctx context.Context) error {
	for quiet, ids := range s.done {
		told := "NULL"
		if quiet {
			told = "$1"
		}
		if _, err := s.tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET status = 'completed', error_message = '', synced_at = $1, reported_at = `+told+`
			WHERE id IN `+s.dialect.numbers("$2"), s.now, listed(ids)); err != nil {
			return err
		}
	}
	for id := range s.synced {
		if _, err := s.tx.ExecContext(ctx, `UPDATE sheet_sync_config SET last_sync_at = $2 WHERE id = $1`, id, s.now); err != nil {
			return err
		}
	}
	return nil
}

// noted tells whether pushing a change found something to be kept with it.
func noted(c sheet24.RowChange) bool {
	for _, change := range c.Fields {
		if change.Conflict || change.Kept != "" || change.Tried || len(change.Earlier) > 0 {
			return true
		}
	}
	return len(c.Asks) > 0 || len(c.Dropped) > 0 || c.Key != 0 || c.Note != ""
}

// NoteFields stores what is known by now of the fields of changes that are under way.
func (s *Store) NoteFields(ctx context.Context, changes []sheet24.RowChange) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		for _, c := range changes {
			fields, err := json.Marshal(c.Fields)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET changed_fields = $2 WHERE id = $1`, c.ID, string(fields)); err != nil {
				return err
			}
		}
		return nil
	})
}

// createdWith takes from what came for a row, while its record was created, what the
// record was created with.
func (s *Store) createdWith(ctx context.Context, tx *sql.Tx, c sheet24.RowChange) error {
	newer, err := s.waitingOf(ctx, tx, c.TableID, c.EntityID)
	if err != nil || newer == nil || newer.ID == c.ID || c.Status != sheet24.Completed {
		return err
	}
	for field, change := range newer.Fields {
		made, ok := c.Fields[field]
		if change.Old = made.New; ok && reflect.DeepEqual(made.New, change.New) {
			delete(newer.Fields, field)
		} else if ok {
			newer.Fields[field] = change
		}
	}
	if len(newer.Fields) == 0 {
		_, err = tx.ExecContext(ctx, `DELETE FROM reverse_sync_logs WHERE id = $1`, newer.ID)
		return err
	}
	fields, err := json.Marshal(newer.Fields)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET changed_fields = $2 WHERE id = $1`, newer.ID, string(fields))
	return err
}

// handOn gives what a failed change did not send to the one that came for its row
// meanwhile.
func (s *Store) handOn(ctx context.Context, tx *sql.Tx, c sheet24.RowChange) error {
	newer, err := s.waitingOf(ctx, tx, c.TableID, c.EntityID)
	if err != nil || newer == nil || c.Action == sheet24.Delete || newer.Action == sheet24.Delete {
		return err
	}
	fields, err := json.Marshal(coalesce(c.Fields, newer.Fields))
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET changed_fields = $2 WHERE id = $1`, newer.ID, string(fields))
	return err
}

// ask leaves the fields of a change that are asked about to a change of their own.
func (s *Store) ask(ctx context.Context, tx *sql.Tx, c sheet24.RowChange) error {
	if len(c.Asks) == 0 {
		return nil
	}
	fields, err := json.Marshal(c.Asks)
	if err != nil {
		return err
	}
	newer, err := s.waitingOf(ctx, tx, c.TableID, c.EntityID)
	if err != nil {
		return err
	}
	if newer != nil {
		if fields, err = json.Marshal(coalesce(c.Asks, newer.Fields)); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET changed_fields = $2 WHERE id = $1`, newer.ID, string(fields))
		return err
	}
	action := sheet24.Update
	if c.Action == sheet24.Match { // there was no former value in the row, which could be taken back
		action = c.Action
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO reverse_sync_logs (config_id, user_id, entity_id, action, sheet_row_id, changed_fields, status, not_before, created_at, binding)
		VALUES ($1, $2, $3, $7, $4, $5, 'asked', $6, $6, $8)`, c.TableID, c.UserID, c.EntityID, c.Row, string(fields), s.now(), string(action), c.Binding)
	return err
}

// takeBack has the sheet show what the CRM holds, where that is to stay and the cell has
// not been edited since.
func (s *Store) takeBack(ctx context.Context, tx *sql.Tx, c sheet24.RowChange) error {
	kept := false
	for _, change := range c.Fields {
		kept = kept || change.Kept == sheet24.CRMWins
	}
	if !kept || c.Status != sheet24.Completed || c.EntityID <= 0 || c.Action == sheet24.Delete {
		return nil
	}
	newer, err := s.waitingOf(ctx, tx, c.TableID, c.EntityID)
	if err != nil {
		return err
	}
	var cells []sheet24.CellWrite
	for field, change := range c.Fields {
		edited := false // since
		if newer != nil {
			_, edited = newer.Fields[field]
		}
		if change.Kept == sheet24.CRMWins && !edited {
			cells = append(cells, sheet24.CellWrite{EntityID: c.EntityID, Field: field, Value: change.CRM, Seen: change.Seen})
		}
	}
	return s.addCellWrites(ctx, tx, c.TableID, cells)
}

func (s *Store) postpone(ctx context.Context, tx *sql.Tx, c sheet24.RowChange) error {
	newer, err := s.waitingOf(ctx, tx, c.TableID, c.EntityID)
	if err != nil {
		return err
	}
	fields := c.Fields
	if newer != nil && newer.ID != c.ID {
		fields = coalesce(c.Fields, newer.Fields)
		if newer.Action == sheet24.Delete {
			c.Action, fields, c.NotBefore = newer.Action, newer.Fields, newer.NotBefore
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM reverse_sync_logs WHERE id = $1`, newer.ID); err != nil {
			return err
		}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	// The sheet is told once that a row waits.
	_, err = tx.ExecContext(ctx, `
		UPDATE reverse_sync_logs SET status = 'pending', action = $5, changed_fields = $2, error_message = $3, not_before = $4, note = $6, twin_of = 0,
			reported_at = CASE WHEN error_message <> '' AND $3 <> '' THEN reported_at END WHERE id = $1`,
		c.ID, string(text), c.Error, moment(c.NotBefore), string(c.Action), c.Note)
	return err
}
