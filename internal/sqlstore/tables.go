package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"sheet24"
)

const tableColumns = `SELECT id, user_id, portal_id, sheet_id, sheet_gid, sheet_name, spreadsheet_title, entity_type, entity_title,
	is_custom_view, color_scheme, header_row, status_column_index, status_column_name, language, time_zone,
	webhook_url, webhook_key, webhook_registered, script_id, deployment_id, web_app_url, script_version, script_wide, last_sync_at, look_at, edited_at, unannounced, lost_columns, locale, problem, status_problem, policies, second_look, enabled, created_at, binding, name
	FROM sheet_sync_config `

// SaveTable stores a table with its mappings and the snapshots of its rows, all
// at once, and sets t.ID and t.Binding. A tab that its user set up before is set up
// anew: what is logged of it stays. If its portal, entity and mapping do, what waits and
// what is known of its rows stays too; else all that belongs to the former ones is
// closed, see closeFormer, which is a Conflict as long as CheckWritten is. Of several tables of the tab it is t.ID, or that of the same
// portal and entity, or the oldest.
func (s *Store) SaveTable(ctx context.Context, t *sheet24.Table, baseline []sheet24.Snapshot) error {
	return s.saveTable(ctx, t, baseline, func(was *sheet24.Table) bool { return was.ID == t.ID }, sameTarget(t), func(*sheet24.Table) bool { return true })
}

// AddTable stores a table beside those that its tab feeds already. One of the same portal
// and entity is set up anew, as by SaveTable.
func (s *Store) AddTable(ctx context.Context, t *sheet24.Table, baseline []sheet24.Snapshot) error {
	return s.saveTable(ctx, t, baseline, sameTarget(t))
}

// sameTarget is true of tables that a table's tab feeds the same entity of the same portal
// with.
func sameTarget(t *sheet24.Table) func(*sheet24.Table) bool {
	return func(was *sheet24.Table) bool { return was.PortalID == t.PortalID && was.Entity == t.Entity }
}

// saveTable stores a table in place of the first one of its user and tab of which one of
// the conditions is true, the first condition first; or else as a new one.
func (s *Store) saveTable(ctx context.Context, t *sheet24.Table, baseline []sheet24.Snapshot, replaces ...func(*sheet24.Table) bool) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		was, err := s.former(ctx, tx, t, replaces)
		switch {
		case err != nil:
			return err
		case was == nil:
			return s.saveRows(ctx, tx, t, 0, baseline)
		case t.SameBinding(was):
			return s.saveAgain(ctx, tx, t, was, baseline)
		}

		if err := s.checkWritten(ctx, tx, was); err != nil {
			return err
		}
		if err := s.exchange(ctx, tx, t, was); err != nil {
			return err
		}
		return s.saveRows(ctx, tx, t, was.ID, withoutKeys(baseline))
	})
}

// former is the table that is set up anew; nil if it is a new one.
func (s *Store) former(ctx context.Context, tx *sql.Tx, t *sheet24.Table, replaces []func(*sheet24.Table) bool) (*sheet24.Table, error) {
	found, err := s.tablesOf(ctx, tx, `WHERE user_id = $1 AND sheet_id = $2 AND sheet_gid = $3 ORDER BY id`+s.dialect.held, t.UserID, t.SpreadsheetID, t.GID)
	if err != nil {
		return nil, err
	}
	for _, is := range replaces {
		if i := slices.IndexFunc(found, is); i >= 0 {
			return found[i], nil
		}
	}
	return nil, nil
}

// saveRows stores a table, a new one or that of an id, with its mappings and the snapshots
// of its rows.
func (s *Store) saveRows(ctx context.Context, tx *sql.Tx, t *sheet24.Table, id int64, baseline []sheet24.Snapshot) error {
	if err := s.saveConfig(ctx, tx, t, id); err != nil {
		return err
	}
	if err := s.saveMappings(ctx, tx, t); err != nil {
		return err
	}
	return s.saveSnapshots(ctx, tx, t.ID, baseline)
}

// saveAgain stores a table whose rows are known already: only those that its policies
// looked for nothing in, and now do, are left alone as they are.
func (s *Store) saveAgain(ctx context.Context, tx *sql.Tx, t, was *sheet24.Table, baseline []sheet24.Snapshot) error {
	if err := s.saveConfig(ctx, tx, t, was.ID); err != nil {
		return err
	}
	if err := s.keepPlaces(ctx, tx, t, was); err != nil {
		return err
	}
	if err := s.forgetRows(ctx, tx, t.ID, "comparisons", "comparison_rows", "unidentified_rows"); err != nil {
		return err
	}
	if was.Policies.Seeks() {
		return nil
	}
	known := func(n sheet24.Snapshot) bool { return n.EntityID != 0 }
	return s.saveSnapshots(ctx, tx, t.ID, slices.DeleteFunc(slices.Clone(baseline), known))
}

// keepPlaces keeps where a table's columns were last seen, if they moved since: a scan proves
// that they are the same ones by what they hold.
func (s *Store) keepPlaces(ctx context.Context, tx *sql.Tx, t, was *sheet24.Table) error {
	same := true
	for i, m := range t.Mappings {
		before, _ := was.Mapping(m.Field)
		same = same && before.Column == m.Column
		t.Mappings[i].Column = before.Column
	}
	if same {
		return nil
	}
	return s.saveMappings(ctx, tx, t)
}

// exchange closes what belongs to a table as it was, and gives it another binding.
func (s *Store) exchange(ctx context.Context, tx *sql.Tx, t, was *sheet24.Table) error {
	if err := s.closeFormer(ctx, tx, was, t.Language); err != nil {
		return err
	}

	// The keys and ids of one entity of one portal are good for nothing else.
	before, _ := was.Mapping(sheet24.IDField)
	now, _ := t.Mapping(sheet24.IDField)
	other := t.PortalID != was.PortalID || t.Entity != was.Entity
	if other {
		if err := s.forgetRows(ctx, tx, was.ID, "row_keys"); err != nil {
			return err
		}
	}
	if other || before.Column.Name != now.Column.Name {
		return s.leaveIDColumn(ctx, tx, was)
	}
	return nil
}

// RetireTable ends that a table is followed, with the code of the error that says why:
// what waits for it is closed. Set up anew, it is followed again.
func (s *Store) RetireTable(ctx context.Context, t *sheet24.Table, code string) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.checkBinding(ctx, tx, t); err != nil {
			return err
		}
		if err := s.closeFormer(ctx, tx, t, t.Language); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE sheet_sync_config SET enabled = FALSE, problem = $2, updated_at = $3 WHERE id = $1`, t.ID, code, s.now())
		return err
	})
}

// withoutKeys are snapshots in which rows that wait under a key are to be left alone, as
// those without an id are: what was to become of them is closed.
func withoutKeys(snapshots []sheet24.Snapshot) []sheet24.Snapshot {
	left := slices.Clone(snapshots)
	for i := range left {
		left[i].EntityID = max(left[i].EntityID, 0)
	}
	return left
}

// saveConfig stores a table without its mappings, a new one or that of an id, and sets
// t.ID, t.CreatedAt and t.Binding.
func (s *Store) saveConfig(ctx context.Context, tx *sql.Tx, t *sheet24.Table, id int64) error {
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

	// The same parameters, whether it is a new table or one that is set up anew.
	parameters := []any{t.UserID, t.SpreadsheetID, t.GID, t.PortalID, t.Tab, t.SpreadsheetTitle, string(t.Entity), t.EntityTitle,
		t.CustomView, string(colors), t.HeaderRow, t.StatusColumn.Index, t.StatusColumn.Name, t.Language, t.TimeZone,
		t.WebhookURL, key, t.Locale, t.Enabled, string(policies), s.now()}
	statement := `
		INSERT INTO sheet_sync_config (user_id, sheet_id, sheet_gid, portal_id, sheet_name, spreadsheet_title, entity_type, entity_title,
			is_custom_view, color_scheme, header_row, status_column_index, status_column_name, language, time_zone,
			webhook_url, webhook_key, locale, enabled, policies, created_at, updated_at, table_number)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $21,
			(SELECT COALESCE(MAX(table_number), 0) + 1 FROM sheet_sync_config WHERE user_id = $1 AND sheet_id = $2))`
	if id != 0 {
		parameters = append(parameters, id)
		statement = `
		UPDATE sheet_sync_config SET portal_id = $4, sheet_name = $5, spreadsheet_title = $6, entity_type = $7, entity_title = $8,
			is_custom_view = $9, color_scheme = $10, header_row = $11, status_column_index = $12, status_column_name = $13, language = $14, time_zone = $15,
			webhook_url = $16, webhook_key = $17, locale = $18, enabled = $19, policies = $20, updated_at = $21,
			webhook_registered = FALSE, look_at = NULL, unannounced = 0, lost_columns = '[]', problem = '', status_problem = '', second_look = '{}'
		WHERE user_id = $1 AND sheet_id = $2 AND sheet_gid = $3 AND id = $22`
	}
	return tx.QueryRowContext(ctx, statement+` RETURNING id, created_at, binding`, parameters...).Scan(&t.ID, &t.CreatedAt, &t.Binding)
}

// saveMappings replaces the mappings of a table, whose ID column is its own from then on.
func (s *Store) saveMappings(ctx context.Context, tx *sql.Tx, t *sheet24.Table) error {
	if err := s.forgetRows(ctx, tx, t.ID, "field_mappings"); err != nil {
		return err
	}
	for _, m := range t.Mappings {
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO field_mappings (config_id, sheet_column_index, sheet_column_name, bitrix_field, data_type, is_updatable, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			t.ID, m.Column.Index, m.Column.Name, m.Field, m.Type, m.Updatable, s.now()); err != nil {
			return err
		}
	}
	return s.takeIDColumn(ctx, tx, t)
}

// Table returns a table with its mappings.
func (s *Store) Table(ctx context.Context, id int64) (*sheet24.Table, error) {
	tables, err := s.tables(ctx, `WHERE id = $1`, id)
	return one(tables, err, sheet24.CodeTableUnknown)
}

// TablesOf lists a user's tables, newest first.
func (s *Store) TablesOf(ctx context.Context, userID string) ([]*sheet24.Table, error) {
	return s.tables(ctx, `WHERE user_id = $1 ORDER BY id DESC`, userID)
}

// ActiveTables lists the enabled tables whose webhook is installed.
func (s *Store) ActiveTables(ctx context.Context) ([]*sheet24.Table, error) {
	return s.tables(ctx, `WHERE enabled AND webhook_registered ORDER BY id`)
}

// TablesOfTab lists the tables that one tab feeds, of all users, the oldest first.
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
	return one(tables, err, sheet24.CodeActivationToken)
}

// Activate spends a one-time token and returns the table that it was made for.
func (s *Store) Activate(ctx context.Context, token string) (*sheet24.Table, error) {
	var id int64
	err := s.db.QueryRowContext(ctx, `
		UPDATE sheet_sync_config SET activation_hash = '', updated_at = $2
		WHERE activation_hash = $1 AND activation_hash <> '' RETURNING id`, hash(token), s.now()).Scan(&id)
	if err != nil {
		return nil, found(err, sheet24.CodeActivationToken)
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
	return s.tablesOf(ctx, s.db, where, args...)
}

func (s *Store) tablesOf(ctx context.Context, q querier, where string, args ...any) ([]*sheet24.Table, error) {
	rows, err := q.QueryContext(ctx, tableColumns+where, args...)
	tables, err := collect(rows, err, s.scanTable)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		rows, err := q.QueryContext(ctx, `
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
		&lastSync, &look, &edited, &t.Look.Unannounced, &lost, &t.Locale, &t.Problem, &t.StatusProblem, &policies, &secondLook, &t.Enabled, &t.CreatedAt, &t.Binding, &t.Name)
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
// If the table has been exchanged since it was read, that is a Conflict.
func (s *Store) SetColumns(ctx context.Context, t *sheet24.Table, found []sheet24.FieldMapping, lost []sheet24.FieldMapping) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.checkBinding(ctx, tx, t); err != nil {
			return err
		}

		names := []string{}
		place := func(m sheet24.FieldMapping, index int) error {
			_, err := tx.ExecContext(ctx, `UPDATE field_mappings SET sheet_column_index = $3, sheet_column_name = $4 WHERE config_id = $1 AND bitrix_field = $2`,
				t.ID, m.Field, index, m.Column.Name)
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
		if _, err := tx.ExecContext(ctx, `UPDATE sheet_sync_config SET lost_columns = $2, updated_at = $3 WHERE id = $1`, t.ID, string(text), s.now()); err != nil {
			return err
		}
		return s.retryWithout(ctx, tx, t.ID, lost)
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
func (s *Store) SetProblem(ctx context.Context, tableID int64, code sheet24.Code) error {
	_, err := s.db.ExecContext(ctx, `UPDATE sheet_sync_config SET problem = $2, updated_at = $3 WHERE id = $1`, tableID, code, s.now())
	return err
}

// SetStatusProblem keeps the code of the error that keeps a table's status from being
// written; empty: nothing does.
func (s *Store) SetStatusProblem(ctx context.Context, tableID int64, code sheet24.Code) error {
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
			return found(err, sheet24.CodeTableUnknown)
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

func one[T any](all []*T, err error, code sheet24.Code) (*T, error) {
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
