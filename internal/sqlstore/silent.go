package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"sheet24"
)

// Silent pauses all portals of a host, which does not answer, unless something else
// paused them that takes longer; they are to be asked at askAt.
func (s *Store) Silent(ctx context.Context, host string, until, askAt time.Time) error {
	_, err := s.db.ExecContext(ctx, `
		UPDATE portals SET paused_code = $2, paused_until = $3, ask_at = $4, updated_at = $5,
			silent_since = CASE WHEN paused_code = $2 AND silent_since IS NOT NULL THEN silent_since ELSE $5 END
		WHERE host = $1 AND (paused_code IN ('', $2) OR paused_until <= $5)`,
		host, sheet24.CodePortalSilent, moment(until), moment(askAt), s.now())
	return err
}

// Answers ends what Silent did to the portals of a host.
func (s *Store) Answers(ctx context.Context, host string) error {
	_, err := s.db.ExecContext(ctx, `
		UPDATE portals SET paused_code = '', paused_until = NULL, silent_since = NULL, ask_at = NULL, updated_at = $3
		WHERE host = $1 AND paused_code = $2`, host, sheet24.CodePortalSilent, s.now())
	return err
}

// AskDue returns the silent portals that are to be asked by now, of each host one. Whoever
// gets them has until next; then they are due again.
func (s *Store) AskDue(ctx context.Context, next time.Time) ([]sheet24.Silence, error) {
	rows, err := s.db.QueryContext(ctx, `
		UPDATE portals SET ask_at = $2, silent_since = COALESCE(silent_since, $3)
		WHERE paused_code = $1 AND (ask_at IS NULL OR ask_at <= $3) RETURNING silent_since, `+portalFields,
		sheet24.CodePortalSilent, moment(next), s.now())
	all, err := collect(rows, err, func(row scanner) (sheet24.Silence, error) {
		var since sql.NullTime
		p, err := s.scanPortal(prefixed{row, &since})
		return sheet24.Silence{Portal: p, Since: since.Time}, err
	})

	seen := map[string]bool{}
	var due []sheet24.Silence
	for _, d := range all {
		if !seen[d.Portal.Host] {
			seen[d.Portal.Host] = true
			due = append(due, d)
		}
	}
	return due, err
}

// prefixed is a row whose first column is read beside the others.
type prefixed struct {
	scanner
	first any
}

func (p prefixed) Scan(dest ...any) error {
	return p.scanner.Scan(append([]any{p.first}, dest...)...)
}

// Untold lists tables with rows that wait because their portal is paused, and that nobody
// has told so.
func (s *Store) Untold(ctx context.Context) ([]int64, error) {
	return s.ids(ctx, `SELECT DISTINCT l.config_id FROM reverse_sync_logs l
		JOIN sheet_sync_config c ON c.id = l.config_id JOIN portals p ON p.id = c.portal_id
		WHERE `+untold+` AND c.enabled AND p.paused_until > $1`, s.now())
}

// untold tells of a change that it waits and does not say why. That a row is gone needs no
// word in it.
const untold = `status = 'pending' AND error_message = '' AND action <> 'delete'`

// TellWaiting has the rows of a table that wait say why.
func (s *Store) TellWaiting(ctx context.Context, tableID int64, why string) error {
	_, err := s.exec(ctx, s.db, `UPDATE reverse_sync_logs SET error_message = $2, reported_at = NULL WHERE config_id = $1 AND `+untold, tableID, why)
	return err
}

// idsWithin is how long a list of ids may take.
const idsWithin = 10 * time.Second

// ids lists what a query finds.
func (s *Store) ids(ctx context.Context, query string, args ...any) ([]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, idsWithin)
	defer cancel()
	rows, err := s.db.QueryContext(ctx, query, args...)
	return collect(rows, err, func(row scanner) (id int64, err error) { return id, row.Scan(&id) })
}
