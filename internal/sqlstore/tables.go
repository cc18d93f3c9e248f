package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"sheet24"
)

const tableColumns = `SELECT id, user_id, portal_id, sheet_id, sheet_gid, sheet_name, spreadsheet_title, entity_type, entity_title,
	is_custom_view, color_scheme, header_row, status_column_index, status_column_name, language, time_zone,
	webhook_url, webhook_key, webhook_registered, script_id, deployment_id, web_app_url, script_version, script_wide, last_sync_at, look_at, edited_at, unannounced, lost_columns, locale, problem, status_problem, policies, second_look, enabled, created_at
	FROM sheet_sync_config `

// SaveTable stores a table with its mappings and the snapshots of its rows, all
// at once, and sets t.ID. A tab that its user set up before is set up anew; what
// is logged of it stays.
func (s *Store) SaveTable(ctx context.Context, t *sheet24.Table, baseline []sheet24.Snapshot) error {
	colors, err := json.Marshal(t.Colors)
	if err != nil {
		return err
	}
	policies, err := json.Marshal(t.Policies)
	if err != nil {
		return err
	}
	key, err := s.box.Seal(string(t.Key), t.UserID)
	if err != nil {
		return err
	}
	return s.tx(ctx, func(tx *sql.Tx) error {
		now := s.now()
		err := tx.QueryRowContext(ctx, `
			INSERT INTO sheet_sync_config (user_id, portal_id, sheet_id, sheet_gid, sheet_name, spreadsheet_title, entity_type, entity_title,
				is_custom_view, color_scheme, header_row, status_column_index, status_column_name, language, time_zone,
				webhook_url, webhook_key, locale, enabled, policies, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $21)
			ON CONFLICT (user_id, sheet_id, sheet_gid) DO UPDATE SET
				portal_id = excluded.portal_id, sheet_name = excluded.sheet_name, spreadsheet_title = excluded.spreadsheet_title,
				entity_type = excluded.entity_type, entity_title = excluded.entity_title, is_custom_view = excluded.is_custom_view, color_scheme = excluded.color_scheme,
				header_row = excluded.header_row, status_column_index = excluded.status_column_index,
				status_column_name = excluded.status_column_name, language = excluded.language, time_zone = excluded.time_zone,
				webhook_url = excluded.webhook_url, webhook_key = excluded.webhook_key, webhook_registered = FALSE,
				enabled = excluded.enabled, look_at = NULL, unannounced = 0, lost_columns = '[]',
				locale = excluded.locale, policies = excluded.policies, problem = '', status_problem = '', second_look = '{}', updated_at = excluded.updated_at
			RETURNING id, created_at`,
			t.UserID, t.PortalID, t.SpreadsheetID, t.GID, t.Tab, t.SpreadsheetTitle, string(t.Entity), t.EntityTitle,
			t.CustomView, string(colors), t.HeaderRow, t.StatusColumn.Index, t.StatusColumn.Name, t.Language, t.TimeZone,
			t.WebhookURL, key, t.Locale, t.Enabled, string(policies), now).Scan(&t.ID, &t.CreatedAt)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM field_mappings WHERE config_id = $1`, t.ID); err != nil {
			return err
		}
		for _, m := range t.Mappings {
			if _, err := tx.ExecContext(ctx, `
				INSERT INTO field_mappings (config_id, sheet_column_index, sheet_column_name, bitrix_field, data_type, is_updatable, created_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7)`,
				t.ID, m.Column.Index, m.Column.Name, m.Field, m.Type, m.Updatable, now); err != nil {
				return err
			}
		}
		for _, kept := range []string{"row_snapshots", "left_rows", "cell_writes", "comparisons", "comparison_rows", "unidentified_rows", "begun_writes"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+kept+` WHERE config_id = $1`, t.ID); err != nil {
				return err
			}
		}
		return s.saveSnapshots(ctx, tx, t.ID, baseline)
	})
}

// Table returns a table with its mappings.
func (s *Store) Table(ctx context.Context, id int64) (*sheet24.Table, error) {
	tables, err := s.tables(ctx, `WHERE id = $1`, id)
	return one(tables, err, "table_unknown")
}

// TablesOf lists a user's tables, newest first.
func (s *Store) TablesOf(ctx context.Context, userID string) ([]*sheet24.Table, error) {
	return s.tables(ctx, `WHERE user_id = $1 ORDER BY id DESC`, userID)
}

// ActiveTables lists the enabled tables whose webhook is installed.
func (s *Store) ActiveTables(ctx context.Context) ([]*sheet24.Table, error) {
	return s.tables(ctx, `WHERE enabled AND webhook_registered ORDER BY id`)
}

// TablesOfTab lists the tables that follow one tab: each user who set it up has
// one of their own.
func (s *Store) TablesOfTab(ctx context.Context, spreadsheetID string, gid int64) ([]*sheet24.Table, error) {
	return s.tables(ctx, `WHERE sheet_id = $1 AND sheet_gid = $2 ORDER BY id`, spreadsheetID, gid)
}

// ScriptOf returns the script that a user's other tables of a spreadsheet have
// installed there already; zero if there is none.
func (s *Store) ScriptOf(ctx context.Context, userID, spreadsheetID string) (sheet24.Script, error) {
	var sc sheet24.Script
	err := s.db.QueryRowContext(ctx, `
		SELECT script_id, deployment_id, web_app_url, script_version, script_wide FROM sheet_sync_config
		WHERE user_id = $1 AND sheet_id = $2 AND script_id <> '' ORDER BY updated_at DESC LIMIT 1`,
		userID, spreadsheetID).Scan(&sc.ProjectID, &sc.DeploymentID, &sc.WebAppURL, &sc.Version, &sc.Wide)
	if err == sql.ErrNoRows {
		return sc, nil
	}
	return sc, err
}

// SetScript records what was installed for a table, and the one-time token with
// which the script will ask for the table's key. Only the token's hash is kept.
func (s *Store) SetScript(ctx context.Context, tableID int64, sc sheet24.Script, activationToken string) error {
	_, err := s.db.ExecContext(ctx, `UPDATE sheet_sync_config SET script_id = $2, activation_hash = $3, updated_at = $4 WHERE id = $1`,
		tableID, sc.ProjectID, hash(activationToken), s.now())
	if err != nil {
		return err
	}
	return s.UpdateScript(ctx, sc)
}

// UpdateScript records what a script is by now, for all tables that share it.
func (s *Store) UpdateScript(ctx context.Context, sc sheet24.Script) error {
	_, err := s.db.ExecContext(ctx, `
		UPDATE sheet_sync_config SET deployment_id = $2, web_app_url = $3, script_version = $4, script_wide = $5, updated_at = $6
		WHERE script_id = $1 AND script_id <> ''`,
		sc.ProjectID, sc.DeploymentID, sc.WebAppURL, sc.Version, sc.Wide, s.now())
	return err
}

// RemoveScript records that a script is no longer in its spreadsheet; its tables are
// followed without.
func (s *Store) RemoveScript(ctx context.Context, projectID string) error {
	_, err := s.db.ExecContext(ctx, `
		UPDATE sheet_sync_config SET deployment_id = '', web_app_url = '', script_version = '', activation_hash = '', webhook_registered = FALSE,
			unannounced = 0, look_at = NULL, updated_at = $2
		WHERE script_id = $1 AND script_id <> ''`, projectID, s.now())
	return err
}

// TableByToken returns the table that a one-time token was made for, and leaves it
// good.
func (s *Store) TableByToken(ctx context.Context, token string) (*sheet24.Table, error) {
	tables, err := s.tables(ctx, `WHERE activation_hash = $1 AND activation_hash <> ''`, hash(token))
	return one(tables, err, "activation_token")
}

// Activate spends a one-time token and returns the table that it was made for.
func (s *Store) Activate(ctx context.Context, token string) (*sheet24.Table, error) {
	var id int64
	err := s.db.QueryRowContext(ctx, `
		UPDATE sheet_sync_config SET activation_hash = '', updated_at = $2
		WHERE activation_hash = $1 AND activation_hash <> '' RETURNING id`, hash(token), s.now()).Scan(&id)
	if err != nil {
		return nil, found(err, "activation_token")
	}
	return s.Table(ctx, id)
}

// SetRegistered marks that a table's script reached us with a valid signature.
func (s *Store) SetRegistered(ctx context.Context, tableID int64) error {
	_, err := s.db.ExecContext(ctx,
		`UPDATE sheet_sync_config SET webhook_registered = TRUE, updated_at = $2 WHERE id = $1`, tableID, s.now())
	return err
}

func (s *Store) tables(ctx context.Context, where string, args ...any) ([]*sheet24.Table, error) {
	rows, err := s.db.QueryContext(ctx, tableColumns+where, args...)
	tables, err := collect(rows, err, s.scanTable)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		rows, err := s.db.QueryContext(ctx, `
			SELECT sheet_column_index, sheet_column_name, bitrix_field, data_type, is_updatable
			FROM field_mappings WHERE config_id = $1 ORDER BY sheet_column_index`, t.ID)
		t.Mappings, err = collect(rows, err, func(row scanner) (m sheet24.FieldMapping, err error) {
			return m, row.Scan(&m.Column.Index, &m.Column.Name, &m.Field, &m.Type, &m.Updatable)
		})
		if err != nil {
			return nil, err
		}
	}
	return tables, nil
}

func (s *Store) scanTable(row scanner) (*sheet24.Table, error) {
	var t sheet24.Table
	var colors, key, lost, policies, secondLook string
	var lastSync, look, edited sql.NullTime
	err := row.Scan(&t.ID, &t.UserID, &t.PortalID, &t.SpreadsheetID, &t.GID, &t.Tab, &t.SpreadsheetTitle, &t.Entity, &t.EntityTitle,
		&t.CustomView, &colors, &t.HeaderRow, &t.StatusColumn.Index, &t.StatusColumn.Name, &t.Language, &t.TimeZone,
		&t.WebhookURL, &key, &t.WebhookRegistered, &t.Script.ProjectID, &t.Script.DeploymentID, &t.Script.WebAppURL, &t.Script.Version, &t.Script.Wide,
		&lastSync, &look, &edited, &t.Look.Unannounced, &lost, &t.Locale, &t.Problem, &t.StatusProblem, &policies, &secondLook, &t.Enabled, &t.CreatedAt)
	if err != nil {
		return nil, err
	}
	t.LastSyncAt, t.Look.At, t.Look.EditedAt = lastSync.Time, look.Time, edited.Time

	for _, column := range []struct {
		text string
		into any
	}{{colors, &t.Colors}, {lost, &t.Lost}, {policies, &t.Policies}, {secondLook, &t.SecondLook}} {
		if err := json.Unmarshal([]byte(column.text), column.into); err != nil {
			return nil, asData(err)
		}
	}
	plain, err := s.box.Open(key, t.UserID)
	if err != nil {
		return nil, fmt.Errorf("%w: the table's key: %w", sheet24.ErrData, err)
	}
	t.Key = []byte(plain)
	return &t, nil
}

// SetLook keeps when a table is looked at next, and what the last look found.
func (s *Store) SetLook(ctx context.Context, tableID int64, l sheet24.Look) error {
	var edited any
	if !l.EditedAt.IsZero() {
		edited = moment(l.EditedAt)
	}
	_, err := s.db.ExecContext(ctx, `UPDATE sheet_sync_config SET look_at = $2, edited_at = $3, unannounced = $4 WHERE id = $1`,
		tableID, moment(l.At), edited, l.Unannounced)
	return err
}

// SetColumns keeps where a table's columns stand by now, and under which names, and
// which of them are not to be found. A column that is lost has a place of its own below 0.
func (s *Store) SetColumns(ctx context.Context, tableID int64, found []sheet24.FieldMapping, lost []sheet24.FieldMapping) error {
	names := []string{}
	return s.tx(ctx, func(tx *sql.Tx) error {
		place := func(m sheet24.FieldMapping, index int) error {
			_, err := tx.ExecContext(ctx, `UPDATE field_mappings SET sheet_column_index = $3, sheet_column_name = $4 WHERE config_id = $1 AND bitrix_field = $2`,
				tableID, m.Field, index, m.Column.Name)
			return err
		}
		// No two may stand in one place, not even on the way: all go below 0 first.
		for i, m := range append(append([]sheet24.FieldMapping{}, found...), lost...) {
			if err := place(m, -1000-i); err != nil {
				return err
			}
		}
		for _, m := range found {
			if err := place(m, m.Column.Index); err != nil {
				return err
			}
		}
		for i, m := range lost {
			names = append(names, m.Column.Name)
			if err := place(m, -1-i); err != nil {
				return err
			}
		}
		text, err := json.Marshal(names)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE sheet_sync_config SET lost_columns = $2, updated_at = $3 WHERE id = $1`, tableID, string(text), s.now()); err != nil {
			return err
		}
		return s.retryWithout(ctx, tx, tableID, lost)
	})
}

// SetSheet keeps what a table's sheet is like by now.
func (s *Store) SetSheet(ctx context.Context, t *sheet24.Table) error {
	_, err := s.db.ExecContext(ctx, `UPDATE sheet_sync_config SET spreadsheet_title = $2, sheet_name = $3, locale = $4, time_zone = $5, updated_at = $6 WHERE id = $1`,
		t.ID, t.SpreadsheetTitle, t.Tab, t.Locale, t.TimeZone, s.now())
	return err
}

// SetProblem keeps the code of the error that keeps a table's sheet from being read;
// empty: nothing does.
func (s *Store) SetProblem(ctx context.Context, tableID int64, code string) error {
	_, err := s.db.ExecContext(ctx, `UPDATE sheet_sync_config SET problem = $2, updated_at = $3 WHERE id = $1`, tableID, code, s.now())
	return err
}

// SetStatusProblem keeps the code of the error that keeps a table's status from being
// written; empty: nothing does.
func (s *Store) SetStatusProblem(ctx context.Context, tableID int64, code string) error {
	_, err := s.db.ExecContext(ctx, `UPDATE sheet_sync_config SET status_problem = $2, updated_at = $3 WHERE id = $1`, tableID, code, s.now())
	return err
}

// SetPolicies keeps what a table does where more than one thing would be right. Rows
// without an id for which there was no record are looked into again by the next scan of
// the whole tab, where something else may become of them now.
func (s *Store) SetPolicies(ctx context.Context, tableID int64, p sheet24.Policies) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return s.tx(ctx, func(tx *sql.Tx) error {
		var before sheet24.Policies
		var old string
		if err := tx.QueryRowContext(ctx, `SELECT policies FROM sheet_sync_config WHERE id = $1`, tableID).Scan(&old); err != nil {
			return found(err, "table_unknown")
		}
		if err := json.Unmarshal([]byte(old), &before); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE sheet_sync_config SET policies = $2, updated_at = $3 WHERE id = $1`, tableID, string(text), s.now()); err != nil {
			return err
		}
		if !p.SeeksOtherwise(before) {
			return nil
		}
		return s.unleave(ctx, tx, tableID)
	})
}

// CountTables tells how many tables of a user are looked at.
func (s *Store) CountTables(ctx context.Context, userID string) (int, error) {
	var n int
	err := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM sheet_sync_config WHERE user_id = $1 AND enabled`, userID).Scan(&n)
	return n, err
}

func one[T any](all []*T, err error, code string) (*T, error) {
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, sheet24.Errorf(sheet24.NotFound, code)
	}
	return all[0], nil
}

func hash(token string) string {
	if token == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
