-- What a table does where more than one thing would be right; what the CRM was last
-- known to hold, so that nobody's change there is overwritten unseen; rows that are yet
-- to become records; what is to be written into a sheet; a tab compared with the CRM.

-- +goose Up
ALTER TABLE sheet_sync_config ADD COLUMN policies TEXT NOT NULL DEFAULT '{}';
ALTER TABLE row_snapshots ADD COLUMN crm_values TEXT NOT NULL DEFAULT '{}'; -- {field: [what the CRM may hold through us]}

CREATE TABLE reverse_sync_logs_new (
    id              INTEGER PRIMARY KEY,
    config_id       INTEGER NOT NULL REFERENCES sheet_sync_config (id) ON DELETE CASCADE,
    user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    entity_id       INTEGER NOT NULL,
    action          TEXT NOT NULL DEFAULT '', -- create, match, delete; empty: update
    sheet_row_id    INTEGER NOT NULL,
    changed_fields  TEXT NOT NULL, -- {field: {old, new}}
    status          TEXT NOT NULL CHECK (status IN ('pending', 'syncing', 'completed', 'failed', 'asked')),
    error_message   TEXT NOT NULL DEFAULT '',
    webhook_payload TEXT NOT NULL DEFAULT '', -- of the nudge that led to it
    attempts        INTEGER NOT NULL DEFAULT 0,
    not_before      TIMESTAMP NOT NULL,
    created_at      TIMESTAMP NOT NULL,
    synced_at       TIMESTAMP, -- when it was settled
    reported_at     TIMESTAMP -- when the sheet was told
);
INSERT INTO reverse_sync_logs_new (id, config_id, user_id, entity_id, sheet_row_id, changed_fields, status, error_message, webhook_payload, attempts, not_before, created_at, synced_at, reported_at)
SELECT id, config_id, user_id, entity_id, sheet_row_id, changed_fields, status, error_message, webhook_payload, attempts, not_before, created_at, synced_at, reported_at FROM reverse_sync_logs;
DROP TABLE reverse_sync_logs;
ALTER TABLE reverse_sync_logs_new RENAME TO reverse_sync_logs;
CREATE INDEX reverse_sync_logs_history ON reverse_sync_logs (config_id, id DESC);
CREATE INDEX reverse_sync_logs_record ON reverse_sync_logs (config_id, entity_id, id DESC);
-- A row of a sheet has at most one change of each open state.
CREATE UNIQUE INDEX reverse_sync_logs_open ON reverse_sync_logs (config_id, entity_id, status)
    WHERE status IN ('pending', 'syncing', 'asked') AND entity_id <> 0;
CREATE INDEX reverse_sync_logs_work ON reverse_sync_logs (not_before) WHERE status IN ('pending', 'syncing');
CREATE INDEX reverse_sync_logs_unreported ON reverse_sync_logs (config_id)
    WHERE reported_at IS NULL AND status IN ('completed', 'failed', 'asked');
CREATE INDEX reverse_sync_logs_waiting ON reverse_sync_logs (config_id)
    WHERE reported_at IS NULL AND status = 'pending' AND error_message <> '';
CREATE INDEX reverse_sync_logs_unsent ON reverse_sync_logs (config_id, id) WHERE status IN ('failed', 'asked');

CREATE TABLE row_keys (
    config_id  INTEGER NOT NULL REFERENCES sheet_sync_config (id) ON DELETE CASCADE,
    row_key    INTEGER NOT NULL, -- less than 0: what stood in the ID cell until the record was there
    entity_id  INTEGER NOT NULL,
    PRIMARY KEY (config_id, row_key)
);

-- Rows without an id that were there when the table was set up: they are left alone
-- as long as they stay as they are.
CREATE TABLE left_rows (
    config_id  INTEGER NOT NULL REFERENCES sheet_sync_config (id) ON DELETE CASCADE,
    row_hash   TEXT NOT NULL,
    PRIMARY KEY (config_id, row_hash)
);

CREATE TABLE cell_writes (
    id         INTEGER PRIMARY KEY,
    config_id  INTEGER NOT NULL REFERENCES sheet_sync_config (id) ON DELETE CASCADE,
    entity_id  INTEGER NOT NULL,
    field      TEXT NOT NULL,
    cell_value TEXT NOT NULL, -- JSON
    seen       TEXT NOT NULL DEFAULT 'null', -- what the CRM holds, in its own words; JSON
    undo       BOOLEAN NOT NULL DEFAULT FALSE, -- the CRM is to follow; else it holds the value already
    UNIQUE (config_id, entity_id, field)
);

CREATE TABLE comparisons (
    config_id  INTEGER PRIMARY KEY REFERENCES sheet_sync_config (id) ON DELETE CASCADE,
    state      TEXT NOT NULL,
    paused     BOOLEAN NOT NULL DEFAULT FALSE,
    done_rows  INTEGER NOT NULL DEFAULT 0, -- the last row that was gone through
    last_row   INTEGER NOT NULL DEFAULT 0, -- the tab's last row, once it is known
    counts     TEXT NOT NULL DEFAULT '{}',
    problem    TEXT NOT NULL DEFAULT '', -- code of the error that it waits for
    started_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE TABLE comparison_rows (
    config_id  INTEGER NOT NULL REFERENCES sheet_sync_config (id) ON DELETE CASCADE,
    sheet_row  INTEGER NOT NULL,
    entity_id  INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    fields     TEXT NOT NULL, -- {field: {old: the CRM's, new: the sheet's}}
    message    TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (config_id, sheet_row)
);

-- +goose Down
DROP TABLE comparison_rows;
DROP TABLE comparisons;
DROP TABLE cell_writes;
DROP TABLE left_rows;
DROP TABLE row_keys;
CREATE TABLE reverse_sync_logs_old (
    id              INTEGER PRIMARY KEY,
    config_id       INTEGER NOT NULL REFERENCES sheet_sync_config (id) ON DELETE CASCADE,
    user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    entity_id       INTEGER NOT NULL,
    sheet_row_id    INTEGER NOT NULL,
    changed_fields  TEXT NOT NULL, -- {field: {old, new}}
    status          TEXT NOT NULL CHECK (status IN ('pending', 'syncing', 'completed', 'failed')),
    error_message   TEXT NOT NULL DEFAULT '',
    webhook_payload TEXT NOT NULL DEFAULT '', -- of the nudge that led to it
    attempts        INTEGER NOT NULL DEFAULT 0,
    not_before      TIMESTAMP NOT NULL,
    created_at      TIMESTAMP NOT NULL,
    synced_at       TIMESTAMP, -- when it was settled
    reported_at     TIMESTAMP -- when the sheet was told
);
INSERT INTO reverse_sync_logs_old (id, config_id, user_id, entity_id, sheet_row_id, changed_fields, status, error_message, webhook_payload, attempts, not_before, created_at, synced_at, reported_at)
SELECT id, config_id, user_id, entity_id, sheet_row_id, changed_fields, CASE status WHEN 'asked' THEN 'failed' ELSE status END, error_message, webhook_payload, attempts, not_before, created_at, synced_at, reported_at FROM reverse_sync_logs;
DROP TABLE reverse_sync_logs;
ALTER TABLE reverse_sync_logs_old RENAME TO reverse_sync_logs;
CREATE INDEX reverse_sync_logs_history ON reverse_sync_logs (config_id, id DESC);
CREATE INDEX reverse_sync_logs_record ON reverse_sync_logs (config_id, entity_id, id DESC);
CREATE UNIQUE INDEX reverse_sync_logs_open ON reverse_sync_logs (config_id, entity_id, status)
    WHERE status IN ('pending', 'syncing') AND entity_id > 0;
CREATE INDEX reverse_sync_logs_work ON reverse_sync_logs (not_before) WHERE status IN ('pending', 'syncing');
CREATE INDEX reverse_sync_logs_unreported ON reverse_sync_logs (config_id)
    WHERE reported_at IS NULL AND status IN ('completed', 'failed');

ALTER TABLE row_snapshots DROP COLUMN crm_values;
ALTER TABLE sheet_sync_config DROP COLUMN policies;
