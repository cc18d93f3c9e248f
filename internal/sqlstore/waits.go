package sqlstore

import (
	"context"
	"time"

	"sheet24"
)

// callOf is the kind of call that a change l needs.
const callOf = `CASE WHEN l.action = 'delete' THEN 'delete' WHEN l.entity_id < 0 THEN 'create' ELSE 'update' END`

// Hold has the due changes of a portal wait until a time, and their sheets told why, in
// each table's language: all of them, or those that need a kind of call ("": any).
func (s *Store) Hold(ctx context.Context, portalID int64, call sheet24.Call, until time.Time, why func(language string) string) error {
	return s.eachLanguage(ctx, portalID, func(language string) error {
		_, err := s.exec(ctx, s.quick, `
			UPDATE reverse_sync_logs SET not_before = $5, error_message = $4, reported_at = CASE WHEN error_message <> '' THEN reported_at END
			WHERE id IN (SELECT l.id FROM reverse_sync_logs l WHERE `+due+` AND ($6 = '' OR $6 = `+callOf+`)
			AND l.config_id IN (SELECT id FROM sheet_sync_config WHERE portal_id = $1 AND enabled AND language = $3))`,
			portalID, s.now(), language, why(language), moment(until), string(call))
		return err
	})
}

// Delayed has the sheets of a portal told why changes that are due, or under way, wait,
// where they do not say so already.
func (s *Store) Delayed(ctx context.Context, portalID int64, why func(language string) string) error {
	return s.eachLanguage(ctx, portalID, func(language string) error {
		_, err := s.exec(ctx, s.quick, `
			UPDATE reverse_sync_logs SET error_message = $4, reported_at = NULL
			WHERE status IN ('pending', 'syncing') AND not_before <= $2 AND error_message = ''
			AND config_id IN (SELECT id FROM sheet_sync_config WHERE portal_id = $1 AND enabled AND language = $3)`,
			portalID, s.now(), language, why(language))
		return err
	})
}

// eachLanguage does something for each language of a portal's tables.
func (s *Store) eachLanguage(ctx context.Context, portalID int64, do func(language string) error) error {
	rows, err := s.db.QueryContext(ctx, `SELECT DISTINCT language FROM sheet_sync_config WHERE portal_id = $1 AND enabled`, portalID)
	languages, err := collect(rows, err, func(row scanner) (l string, err error) { return l, row.Scan(&l) })
	if err != nil {
		return err
	}

	for _, language := range languages {
		if err := do(language); err != nil {
			return err
		}
	}
	return nil
}
