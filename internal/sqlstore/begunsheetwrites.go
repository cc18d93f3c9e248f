package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"sheet24"
)

// begunCells are the cells of a write as they are stored.
type begunCells struct {
	Cells   []sheet24.BegunCell   `json:"cells"`
	Stood   []sheet24.StoodCell   `json:"stood,omitempty"`
	Columns []sheet24.BegunColumn `json:"columns,omitempty"`
}

// BeginSheetWrite stores a write of cells of a table before it is sent, and returns its
// number. If the table has been exchanged since it was read, that is a Conflict.
func (s *Store) BeginSheetWrite(ctx context.Context, t *sheet24.Table, w sheet24.BegunSheetWrite) (id int64, err error) {
	cells, err := json.Marshal(begunCells{w.Cells, w.Stood, w.Columns})
	if err != nil {
		return 0, err
	}
	err = s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.checkBinding(ctx, tx, t); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `INSERT INTO begun_sheet_writes (config_id, stage, cells, begun_at) VALUES ($1, $2, $3, $4) RETURNING id`,
			t.ID, string(w.Stage), string(cells), s.now()).Scan(&id)
	})
	return id, err
}

// writtenFor is how long a table that can be read waits for its begun writes before it may be
// exchanged: whoever works on it next looks where they went.
const writtenFor = time.Hour

// CheckWritten returns a Conflict as long as cells of a table are being written of which
// nobody has seen where they went: until then it is not exchanged, since they were meant for
// what it is.
func (s *Store) CheckWritten(ctx context.Context, t *sheet24.Table) error {
	return s.checkWritten(ctx, s.db, t)
}

func (s *Store) checkWritten(ctx context.Context, q querier, t *sheet24.Table) error {
	if !t.Enabled || t.Problem != "" { // nobody looks
		return nil
	}
	var open bool
	err := q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM begun_sheet_writes WHERE config_id = $1 AND begun_at > $2)`, t.ID, s.now().Add(-writtenFor)).Scan(&open)
	if err == nil && open {
		return sheet24.Errorf(sheet24.Conflict, sheet24.CodeTableWritten)
	}
	return err
}

// BegunSheetWrites returns the writes of a stage to a table of which nobody has seen where they
// went, the oldest first. Of one that cannot be read the cells are missing.
func (s *Store) BegunSheetWrites(ctx context.Context, tableID int64, stage sheet24.Stage) ([]sheet24.BegunSheetWrite, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT id, cells, begun_at FROM begun_sheet_writes WHERE config_id = $1 AND stage = $2 ORDER BY id`, tableID, string(stage))
	return collect(rows, err, func(row scanner) (sheet24.BegunSheetWrite, error) {
		w := sheet24.BegunSheetWrite{Stage: stage}
		var cells string
		if err := row.Scan(&w.ID, &cells, &w.At); err != nil {
			return w, err
		}
		var read begunCells
		if json.Unmarshal([]byte(cells), &read) == nil {
			w.Cells, w.Stood, w.Columns = read.Cells, read.Stood, read.Columns
		}
		return w, nil
	})
}

// EndSheetWrites forgets writes that were seen to be where they were meant to go. Lost, they
// would be looked at once more.
func (s *Store) EndSheetWrites(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := s.quick.ExecContext(ctx, `DELETE FROM begun_sheet_writes WHERE id IN `+s.dialect.numbers("$1"), listed(ids))
	return err
}

// TellAgain has the rows of records say once more what became of their last changes, and
// returns the records that have any.
func (s *Store) TellAgain(ctx context.Context, tableID int64, records []int64) (told []int64, err error) {
	_, err = s.db.ExecContext(ctx, `UPDATE reverse_sync_logs SET reported_at = NULL WHERE status IN ('completed', 'failed', 'asked') AND id IN (
		SELECT MAX(id) FROM reverse_sync_logs WHERE config_id = $1 AND entity_id <> 0 AND entity_id IN `+s.dialect.numbers("$2")+` GROUP BY entity_id)`, tableID, listed(records))
	if err != nil {
		return nil, err
	}
	return s.ids(ctx, `SELECT DISTINCT entity_id FROM reverse_sync_logs WHERE config_id = $1 AND entity_id <> 0 AND entity_id IN `+s.dialect.numbers("$2")+` ORDER BY entity_id`, tableID, listed(records))
}
