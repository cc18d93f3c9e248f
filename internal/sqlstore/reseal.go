package sqlstore

import (
	"context"
	"fmt"
)

// sealed are the columns that hold secrets, with their table's key and owner.
var sealedColumns = []struct{ table, column, key string }{
	{"user_sheets_tokens", "access_token", "user_id"}, {"user_sheets_tokens", "refresh_token", "user_id"},
	{"portals", "webhook_url", "id"}, {"portals", "app_grant", "id"},
	{"sheet_sync_config", "webhook_key", "id"}, {"drive_channels", "token", "id"},
}

// Sealed counts secrets: all, those that a former key sealed, and those that no key opens.
type Sealed struct{ All, Former, Closed int }

// Reseal seals what a former key sealed with the first one, unless it is only to be
// counted. It may run beside the service: a secret that is exchanged meanwhile stays as it
// was exchanged, and is sealed by whichever key that process knows as its first.
func (s *Store) Reseal(ctx context.Context, count bool) (total Sealed, err error) {
	for _, c := range sealedColumns {
		if err := s.resealColumn(ctx, c.table, c.column, c.key, count, &total); err != nil {
			return total, fmt.Errorf("%s.%s: %w", c.table, c.column, err)
		}
	}
	return total, nil
}

type sealedSecret struct{ key, owner, text string }

func (s *Store) resealColumn(ctx context.Context, table, column, key string, count bool, total *Sealed) error {
	rows, err := s.db.QueryContext(ctx, `SELECT CAST(`+key+` AS TEXT), user_id, `+column+` FROM `+table+` WHERE `+column+` <> ''`)
	all, err := collect(rows, err, func(row scanner) (v sealedSecret, err error) { return v, row.Scan(&v.key, &v.owner, &v.text) })
	if err != nil {
		return err
	}

	for _, v := range all {
		total.All++
		plain, err := s.box.Open(v.text, v.owner)
		if err != nil {
			total.Closed++
			continue
		}
		if s.box.Newest(v.text) {
			continue
		}
		total.Former++
		if count {
			continue
		}
		text, err := s.box.Seal(plain, v.owner)
		if err != nil {
			return err
		}
		if err := s.exchangeSecret(ctx, table, column, key, v, text); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) exchangeSecret(ctx context.Context, table, column, key string, was sealedSecret, text string) error {
	defer s.write()()
	_, err := s.exec(ctx, s.db, `UPDATE `+table+` SET `+column+` = $3 WHERE CAST(`+key+` AS TEXT) = $1 AND `+column+` = $2`, was.key, was.text, text)
	return err
}
