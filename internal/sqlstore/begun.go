package sqlstore

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"sheet24"
)

// Begin stores that the writes of changes, their Begun, are about to be sent. What must
// not be sent twice is on disk before it returns; for the others the end of the process
// is survived, and that of the machine need not be.
func (s *Store) Begin(ctx context.Context, changes []sheet24.RowChange) error {
	if !slices.ContainsFunc(changes, func(c sheet24.RowChange) bool { return c.Begun.Write.Adds() }) {
		return s.saveBegun(ctx, s.quick, changes)
	}

	defer s.write()()
	return s.saveBegun(ctx, s.db, changes)
}

// saveBegun stores the begun writes of changes, in place of what was stored of their rows.
func (s *Store) saveBegun(ctx context.Context, q querier, changes []sheet24.RowChange) error {
	if len(changes) == 0 {
		return nil
	}

	rows := make([][6]any, len(changes))
	for i, c := range changes {
		write, err := json.Marshal(c.Begun.Write)
		if err != nil {
			return err
		}
		rows[i] = [...]any{c.TableID, c.EntityID, c.Begun.At.UnixMicro(), c.Begun.Together, c.Begun.Blind, string(write)}
	}
	list, err := json.Marshal(rows)
	if err != nil {
		return err
	}

	// All rows are one parameter, so that the statement is always the same.
	_, err = q.ExecContext(ctx, `
		INSERT INTO begun_writes (config_id, entity_id, begun_at, together, blind, item_write)
		SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT), CAST(value ->> 3 AS BIGINT), CAST(value ->> 4 AS BOOLEAN), value ->> 5
		FROM `+s.dialect.each("$1")+` WHERE TRUE
		ON CONFLICT (config_id, entity_id) DO UPDATE SET begun_at = excluded.begun_at, together = excluded.together, blind = excluded.blind, item_write = excluded.item_write`,
		string(list))
	return err
}

// Begun returns the writes that were sent to a portal and not answered, by whichever of
// its users' tables. Those that were sent before a time, and whose rows nobody waits for
// any more, are forgotten.
func (s *Store) Begun(ctx context.Context, portalID int64, before time.Time) ([]sheet24.BegunWrite, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT b.config_id, c.entity_type, b.entity_id, b.begun_at, b.together, b.blind, b.item_write
		FROM portals mine JOIN portals p ON p.host = mine.host JOIN sheet_sync_config c ON c.portal_id = p.id JOIN begun_writes b ON b.config_id = c.id
		WHERE mine.id = $1`, portalID)
	all, err := collect(rows, err, scanBegun)
	if err != nil {
		return nil, err
	}

	for _, b := range all {
		if !b.At.Before(before) {
			continue
		}
		if _, err := s.quick.ExecContext(ctx, `DELETE FROM begun_writes WHERE begun_at < $1 AND NOT EXISTS (SELECT 1 FROM reverse_sync_logs l
			WHERE l.config_id = begun_writes.config_id AND l.entity_id = begun_writes.entity_id AND l.status IN ('pending', 'syncing'))`,
			before.UnixMicro()); err != nil {
			return nil, err
		}
		break
	}
	return all, nil
}

func scanBegun(row scanner) (b sheet24.BegunWrite, err error) {
	var at int64
	var write string
	if err := row.Scan(&b.TableID, &b.Entity, &b.EntityID, &at, &b.Together, &b.Blind, &write); err != nil {
		return b, err
	}

	b.At = time.UnixMicro(at).UTC()
	return b, json.Unmarshal([]byte(write), &b.Write)
}

// answered stores what is known of the begun writes of changes that settle: most were
// answered, and of the others they say so.
func (s *Store) answered(ctx context.Context, q querier, changes []sheet24.RowChange) error {
	ended := map[int64][]int64{} // rows by table
	var open []sheet24.RowChange
	for _, c := range changes {
		if c.Begun != nil {
			open = append(open, c)
		} else {
			ended[c.TableID] = append(ended[c.TableID], c.EntityID)
		}

		if c.Key != 0 { // it was sent under the row's key
			ended[c.TableID] = append(ended[c.TableID], c.Key)
		}
	}

	for table, records := range ended {
		if _, err := q.ExecContext(ctx, `DELETE FROM begun_writes WHERE config_id = $1 AND entity_id IN `+s.dialect.numbers("$2"), table, listed(records)); err != nil {
			return err
		}
	}
	return s.saveBegun(ctx, q, open)
}
