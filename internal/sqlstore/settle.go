package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"sheet24"
	"sheet24/internal/change"
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

		all := settling{Store: s, tx: tx, now: s.now(), routine: map[bool][]int64{}, known: map[int64]map[int64]sheet24.Known{}, synced: map[int64]bool{}}
		if err := all.load(ctx, changes); err != nil {
			return err
		}
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
	tx      *sql.Tx
	now     time.Time
	open    map[int64]map[int64][]sheet24.RowChange // by table and row, as far as settling has to do with it
	routine map[bool][]int64                        // changes of which no more is to be stored; true: nor told
	known   map[int64]map[int64]sheet24.Known       // by table and record, what the CRM holds
	synced  map[int64]bool                          // tables of which something is completed
}

// load reads what waits for the rows of changes; and all that is open of those that became
// records, or wait again.
func (s *settling) load(ctx context.Context, changes []sheet24.RowChange) (err error) {
	some, all := map[int64][]int64{}, map[int64][]int64{} // by table
	for _, c := range changes {
		switch {
		case change.SettlesAlone(c):
		case c.Key != 0 || c.Status == sheet24.Pending:
			all[c.TableID] = append(all[c.TableID], c.EntityID, c.Key)
		default:
			some[c.TableID] = append(some[c.TableID], c.EntityID)
		}
	}

	s.open = map[int64]map[int64][]sheet24.RowChange{}
	for _, table := range slices.Sorted(maps.Keys(some)) {
		if s.open[table], err = s.waitingOf(ctx, s.tx, table, some[table]...); err != nil {
			return err
		}
	}
	for _, table := range slices.Sorted(maps.Keys(all)) {
		open, err := s.openOf(ctx, s.tx, table, all[table]...)
		if err != nil {
			return err
		}
		if s.open[table] == nil {
			s.open[table] = map[int64][]sheet24.RowChange{}
		}
		maps.Copy(s.open[table], open)
	}
	return nil
}

// settle stores how one change ended.
func (s *settling) settle(ctx context.Context, c sheet24.RowChange) error {
	s.knowOf(c)
	if change.Routine(c) {
		s.routine[c.Quiet] = append(s.routine[c.Quiet], c.ID)
		s.synced[c.TableID] = true
		return nil
	}
	if c.Key != 0 {
		if err := s.handOn(ctx, c); err != nil {
			return err
		}
	}

	stored, waiting := s.row(c)
	done := change.Settle(stored, c, waiting, s.now)
	if err := s.restore(ctx, c, waiting); err != nil {
		return err
	}
	if err := s.addCellWrites(ctx, s.tx, c.TableID, done.Cells); err != nil {
		return err
	}
	if err := s.storeWaiting(ctx, c, waiting, done.Waiting); err != nil {
		return err
	}
	if done.Discard {
		return s.deleteChanges(ctx, s.tx, c.ID)
	}
	if done.Ignore {
		if err := s.ignore(ctx, s.tx, c); err != nil {
			return err
		}
	}
	if err := s.storeSettled(ctx, s.tx, done.Change, done.Notify); err != nil {
		return err
	}
	if done.Change.Status != sheet24.Completed {
		return nil
	}
	s.synced[c.TableID] = true
	return s.deleted(ctx, done.Change)
}

// row is a change as it is stored, and what waits for its row beside it.
func (s *settling) row(c sheet24.RowChange) (stored sheet24.RowChange, waiting *sheet24.RowChange) {
	var beside []sheet24.RowChange
	for _, o := range s.open[c.TableID][c.EntityID] {
		if o.ID == c.ID {
			stored = o
		} else {
			beside = append(beside, o)
		}
	}
	return stored, change.Waiting(beside)
}

// handOn makes the row of a change that created a record that record's.
func (s *settling) handOn(ctx context.Context, c sheet24.RowChange) error {
	w, err := s.wayTo(ctx, s.tx, c.TableID, c.Key, c.EntityID)
	if err != nil || w.linked {
		return err
	}
	open := s.open[c.TableID]
	waiting := change.Waiting(slices.DeleteFunc(slices.Clone(open[c.Key]), func(o sheet24.RowChange) bool { return o.ID == c.ID }))
	next, ended := change.HandOn(c, waiting, open[c.EntityID], s.now)
	if err := s.deleteChanges(ctx, s.tx, ended...); err != nil {
		return err
	}
	if err := s.becomeRecord(ctx, s.tx, w, c.TableID, c.Key, c.EntityID); err != nil {
		return err
	}

	open[c.EntityID] = slices.DeleteFunc(open[c.Key], func(o sheet24.RowChange) bool { return waiting != nil && o.ID == waiting.ID })
	delete(open, c.Key)
	return s.storeWaiting(ctx, c, waiting, next)
}

// storeWaiting stores what waits for the row of a change, if that is another than before.
func (s *settling) storeWaiting(ctx context.Context, c sheet24.RowChange, before, now *sheet24.RowChange) (err error) {
	if before == now {
		return nil
	}

	rows := s.open[c.TableID]
	if before != nil {
		gone := before.ID
		rows[c.EntityID] = slices.DeleteFunc(rows[c.EntityID], func(o sheet24.RowChange) bool { return o.ID == gone })
		if now == nil || now.ID != gone {
			err = s.deleteChanges(ctx, s.tx, gone)
		}
	}
	if now == nil || err != nil {
		return err
	}
	next := *now
	if next.ID == 0 {
		next.ID, err = s.insertChange(ctx, s.tx, next, "")
	} else {
		err = s.updateOpen(ctx, s.tx, next)
	}
	rows[c.EntityID] = append(rows[c.EntityID], next)
	return err
}

// storeSettled stores the last word on a change, or that it waits again.
func (s *Store) storeSettled(ctx context.Context, q querier, c sheet24.RowChange, notify bool) error {
	fields, err := json.Marshal(c.Fields)
	if err != nil {
		return err
	}
	told := "reported_at"
	if notify {
		told = "NULL"
	}
	_, err = q.ExecContext(ctx, `
		UPDATE reverse_sync_logs SET status = $2, error_message = $3, synced_at = $4, changed_fields = $5, action = $6, note = $7, twin_of = $8, not_before = $9, tried_since = $10,
			reported_at = `+told+` WHERE id = $1`,
		c.ID, string(c.Status), c.Error, nullable(c.SyncedAt), string(fields), string(c.Action), c.Note, c.TwinOf, moment(c.NotBefore), nullable(c.TriedSince))
	return err
}

// deleted stores what follows if a change has deleted its record: its row is followed no more.
func (s *settling) deleted(ctx context.Context, c sheet24.RowChange) error {
	if c.Action != sheet24.Delete {
		return nil
	}
	if err := s.forgetSnapshot(ctx, s.tx, c.TableID, c.EntityID); err != nil {
		return err
	}
	return s.freeTwins(ctx, s.tx, c.TableID, []int64{c.EntityID})
}

// knowOf notes what the CRM holds by now of a change's record.
func (s *settling) knowOf(c sheet24.RowChange) {
	if len(c.Known) == 0 {
		return
	}
	records := s.known[c.TableID]
	if records == nil {
		records = map[int64]sheet24.Known{}
		s.known[c.TableID] = records
	}
	if records[c.EntityID] == nil {
		records[c.EntityID] = sheet24.Known{}
	}
	maps.Copy(records[c.EntityID], c.Known)
}

// finish stores what is the same for many changes.
func (s *settling) finish(ctx context.Context) error {
	for table, records := range s.known {
		if err := s.know(ctx, s.tx, table, records); err != nil {
			return err
		}
	}
	for quiet, ids := range s.routine {
		told := "NULL"
		if quiet {
			told = "$1"
		}
		if _, err := s.tx.ExecContext(ctx, `UPDATE reverse_sync_logs SET status = 'completed', error_message = '', synced_at = $1, reported_at = `+told+`
			WHERE id IN `+s.dialect.numbers("$2"), s.now, listed(ids)); err != nil {
			return err
		}
	}

	_, err := s.tx.ExecContext(ctx, `UPDATE sheet_sync_config SET last_sync_at = $1 WHERE id IN `+s.dialect.numbers("$2"), s.now, listed(slices.Sorted(maps.Keys(s.synced))))
	return err
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
