package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"sheet24"
)

const (
	// due are the changes l that wait to be pushed at $2. What was made under a former
	// binding of its table is nobody's.
	due = `l.status IN ('pending', 'syncing') AND l.status = 'pending' AND l.not_before <= $2 AND ` + bound

	// claimable are those of them whose row has no earlier change under way.
	claimable = due + ` AND NOT EXISTS (SELECT 1 FROM reverse_sync_logs o
		WHERE o.config_id = l.config_id AND o.entity_id = l.entity_id AND o.status = 'syncing')`

	// served are the tables c of a portal $1 that may be pushed to it at $2.
	served = `sheet_sync_config c JOIN portals p ON p.id = c.portal_id
		WHERE c.portal_id = $1 AND c.enabled AND (p.paused_until IS NULL OR p.paused_until <= $2)`

	claiming = `UPDATE reverse_sync_logs SET status = 'syncing', attempts = attempts + 1 `
)

// ClaimChanges takes up to limit due changes of a portal's enabled tables and marks them
// syncing, unless the portal is paused: of each table its oldest, the tables in turn,
// those with few first, so that a paste into one does not hold up the edits of another.
// A row whose earlier change is under way waits. One push at a time may run for a portal.
func (s *Store) ClaimChanges(ctx context.Context, portalID int64, limit int) ([]sheet24.RowChange, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT c.id FROM `+served, portalID, s.now())
	tables, err := collect(rows, err, scanID)
	if err != nil {
		return nil, err
	}

	var waiting [][]int64 // of each table no more than could be taken, however much waits
	for _, table := range tables {
		ids, err := s.claimable(ctx, table, limit+1)
		if err != nil {
			return nil, err
		}
		waiting = append(waiting, ids)
	}

	return s.claim(ctx, inTurn(waiting, limit))
}

// ClaimOf is ClaimChanges for one of the portal's tables.
func (s *Store) ClaimOf(ctx context.Context, portalID, tableID int64, limit int) ([]sheet24.RowChange, error) {
	var serves bool
	if err := s.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM `+served+` AND c.id = $3)`, portalID, s.now(), tableID).Scan(&serves); err != nil || !serves {
		return nil, err
	}

	ids, err := s.claimable(ctx, tableID, limit)
	if err != nil {
		return nil, err
	}
	return s.claim(ctx, ids)
}

// claimable are a table's oldest changes that may be claimed.
func (s *Store) claimable(ctx context.Context, tableID int64, limit int) ([]int64, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT l.id FROM reverse_sync_logs l WHERE l.config_id = $1 AND `+claimable+` ORDER BY l.id LIMIT $3`, tableID, s.now(), limit)
	return collect(rows, err, scanID)
}

// inTurn takes up to limit ids from lists: the first of each, then the second, and so on,
// of short lists before long ones.
func inTurn(lists [][]int64, limit int) []int64 {
	slices.SortStableFunc(lists, func(a, b []int64) int { return len(a) - len(b) })

	var taken []int64
	for turn := 0; ; turn++ {
		before := len(taken)
		for _, list := range lists {
			if len(taken) == limit {
				return taken
			}
			if turn < len(list) {
				taken = append(taken, list[turn])
			}
		}
		if len(taken) == before {
			return taken
		}
	}
}

// claim marks changes as syncing that still wait.
func (s *Store) claim(ctx context.Context, ids []int64) ([]sheet24.RowChange, error) {
	if len(ids) == 0 {
		return nil, nil
	}

	// One that somebody has in hand at this moment, a scan perhaps, waits for the next claim.
	rows, err := s.quick.QueryContext(ctx, claiming+`WHERE status = 'pending' AND id IN (
		SELECT l.id FROM reverse_sync_logs l WHERE l.status = 'pending' AND l.id IN `+s.dialect.numbers("$1")+s.dialect.forClaim+`) RETURNING `+changeFields, listed(ids))
	return claimed(rows, err)
}

// Interrupted takes again what an earlier push of a portal left as syncing: one at a time
// runs, so that it has ended.
func (s *Store) Interrupted(ctx context.Context, portalID int64) ([]sheet24.RowChange, error) {
	// Mostly there are none, and nobody has to wait for the database to write.
	var some bool
	if err := s.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM reverse_sync_logs l WHERE l.status = 'syncing' AND l.config_id IN (SELECT c.id FROM `+served+`))`,
		portalID, s.now()).Scan(&some); err != nil || !some {
		return nil, err
	}

	var changes []sheet24.RowChange
	err := again(ctx, func() error {
		rows, err := s.quick.QueryContext(ctx, claiming+`WHERE status = 'syncing'
			AND config_id IN (SELECT c.id FROM `+served+`)
			RETURNING `+changeFields, portalID, s.now())
		changes, err = claimed(rows, err)
		return err
	})
	return changes, err
}

func scanID(row scanner) (id int64, err error) { return id, row.Scan(&id) }

// claimed are changes in the order in which they came.
func claimed(rows *sql.Rows, err error) ([]sheet24.RowChange, error) {
	changes, err := collect(rows, err, scanChange)
	slices.SortFunc(changes, func(a, b sheet24.RowChange) int { return cmp.Compare(a.ID, b.ID) })
	return changes, err
}

// Due reports whether changes wait to be pushed to a portal now.
func (s *Store) Due(ctx context.Context, portalID int64) (waits bool, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM `+served+` AND EXISTS (SELECT 1 FROM reverse_sync_logs l WHERE l.config_id = c.id AND `+claimable+`))`,
		portalID, s.now()).Scan(&waits)
	return waits, err
}

// DueElsewhere reports whether changes wait for the same portal as another user connected
// it.
func (s *Store) DueElsewhere(ctx context.Context, portalID int64) (waits bool, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM portals mine JOIN portals p ON p.host = mine.host AND p.id <> mine.id
		JOIN sheet_sync_config c ON c.portal_id = p.id
		WHERE mine.id = $1 AND c.enabled AND (p.paused_until IS NULL OR p.paused_until <= $2)
		AND EXISTS (SELECT 1 FROM reverse_sync_logs l WHERE l.config_id = c.id AND `+due+`))`, portalID, s.now()).Scan(&waits)
	return waits, err
}

// mostDebounced is how many edits are counted at most.
const mostDebounced = 2000 // of interest is whether they are more than one push gathers

// Debouncing says how many edits wait for a portal that nobody has tried to push yet (some
// thousands count as many), since when the oldest of them does, and when an edit was last
// found.
func (s *Store) Debouncing(ctx context.Context, portalID int64) (rows int, oldest, latest time.Time, err error) {
	var first, last sql.NullTime
	err = s.db.QueryRowContext(ctx, `SELECT rows, (SELECT created_at FROM reverse_sync_logs WHERE id = first),
			(SELECT edited_at FROM sheet_sync_config WHERE portal_id = $1 AND edited_at IS NOT NULL ORDER BY edited_at DESC LIMIT 1) FROM (
		SELECT COUNT(*) AS rows, MIN(id) AS first FROM (
			SELECT l.id FROM sheet_sync_config c JOIN reverse_sync_logs l ON l.config_id = c.id
			WHERE c.portal_id = $1 AND c.enabled AND l.attempts = 0 AND `+due+` LIMIT $3) AS counted) AS waiting`,
		portalID, s.now(), mostDebounced).Scan(&rows, &first, &last)
	return rows, first.Time, last.Time, err
}
