-- The five tables of the mission, under its names, and what the design adds.
-- Sealed columns hold AES-256-GCM text that only its owner's id opens.

-- +goose Up
CREATE TABLE users (
    id         TEXT PRIMARY KEY,
    email      TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL DEFAULT '',
    language   TEXT NOT NULL DEFAULT 'tr',
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE user_sheets_tokens (
    user_id          TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    user_email       TEXT NOT NULL,
    access_token     TEXT NOT NULL, -- sealed
    refresh_token    TEXT NOT NULL, -- sealed
    token_expires_at TIMESTAMP NOT NULL,
    scopes           TEXT NOT NULL DEFAULT '', -- space separated, as granted
    created_at       TIMESTAMP NOT NULL,
    updated_at       TIMESTAMP NOT NULL
);

CREATE TABLE portals (
    id          INTEGER PRIMARY KEY,
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    host        TEXT NOT NULL,
    webhook_url TEXT NOT NULL, -- sealed
    created_at  TIMESTAMP NOT NULL,
    updated_at  TIMESTAMP NOT NULL,
    UNIQUE (user_id, host)
);

CREATE TABLE sheet_sync_config (
    id                  INTEGER PRIMARY KEY,
    user_id             TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    portal_id           INTEGER NOT NULL REFERENCES portals (id),
    sheet_id            TEXT NOT NULL, -- the spreadsheet
    sheet_gid           INTEGER NOT NULL, -- the tab
    sheet_name          TEXT NOT NULL, -- the tab's title when last seen
    spreadsheet_title   TEXT NOT NULL DEFAULT '',
    entity_type         TEXT NOT NULL,
    is_custom_view      BOOLEAN NOT NULL DEFAULT FALSE,
    color_scheme        TEXT NOT NULL DEFAULT '{}',
    header_row          INTEGER NOT NULL DEFAULT 1,
    status_column_index INTEGER NOT NULL DEFAULT 0,
    status_column_name  TEXT NOT NULL DEFAULT '',
    language            TEXT NOT NULL DEFAULT 'tr',
    time_zone           TEXT NOT NULL DEFAULT '',
    webhook_url         TEXT NOT NULL DEFAULT '',
    webhook_key         TEXT NOT NULL DEFAULT '', -- sealed
    webhook_registered  BOOLEAN NOT NULL DEFAULT FALSE,
    activation_hash     TEXT NOT NULL DEFAULT '', -- SHA-256 of the one-time token
    script_id           TEXT NOT NULL DEFAULT '',
    deployment_id       TEXT NOT NULL DEFAULT '',
    web_app_url         TEXT NOT NULL DEFAULT '',
    last_sync_at        TIMESTAMP,
    enabled             BOOLEAN NOT NULL DEFAULT TRUE,
    created_at          TIMESTAMP NOT NULL,
    updated_at          TIMESTAMP NOT NULL,
    UNIQUE (user_id, sheet_id, sheet_gid)
);
CREATE INDEX sheet_sync_config_sheet ON sheet_sync_config (sheet_id, sheet_gid);
CREATE INDEX sheet_sync_config_portal ON sheet_sync_config (portal_id);

CREATE TABLE field_mappings (
    id                 INTEGER PRIMARY KEY,
    config_id          INTEGER NOT NULL REFERENCES sheet_sync_config (id) ON DELETE CASCADE,
    sheet_column_index INTEGER NOT NULL, -- 0-based
    sheet_column_name  TEXT NOT NULL,
    bitrix_field       TEXT NOT NULL,
    data_type          TEXT NOT NULL,
    is_updatable       BOOLEAN NOT NULL DEFAULT TRUE,
    created_at         TIMESTAMP NOT NULL,
    UNIQUE (config_id, sheet_column_index),
    UNIQUE (config_id, bitrix_field)
);

CREATE TABLE row_snapshots (
    config_id  INTEGER NOT NULL REFERENCES sheet_sync_config (id) ON DELETE CASCADE,
    entity_id  INTEGER NOT NULL, -- the CRM record: a row's identity
    sheet_row  INTEGER NOT NULL, -- where it was last seen
    row_values TEXT NOT NULL, -- {field: value}
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (config_id, entity_id)
);

CREATE TABLE reverse_sync_logs (
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
CREATE INDEX reverse_sync_logs_history ON reverse_sync_logs (config_id, id DESC);
CREATE INDEX reverse_sync_logs_record ON reverse_sync_logs (config_id, entity_id, id DESC);
-- One row of a sheet has at most one change waiting and one under way.
CREATE UNIQUE INDEX reverse_sync_logs_open ON reverse_sync_logs (config_id, entity_id, status)
    WHERE status IN ('pending', 'syncing') AND entity_id > 0;
CREATE INDEX reverse_sync_logs_work ON reverse_sync_logs (not_before) WHERE status IN ('pending', 'syncing');
CREATE INDEX reverse_sync_logs_unreported ON reverse_sync_logs (config_id)
    WHERE reported_at IS NULL AND status IN ('completed', 'failed');

CREATE TABLE webhook_events (
    id           INTEGER PRIMARY KEY,
    config_id    INTEGER NOT NULL REFERENCES sheet_sync_config (id) ON DELETE CASCADE,
    event_type   TEXT NOT NULL,
    message_id   TEXT NOT NULL,
    first_row    INTEGER NOT NULL DEFAULT 0,
    last_row     INTEGER NOT NULL DEFAULT 0,
    event_data   TEXT NOT NULL,
    processed    BOOLEAN NOT NULL DEFAULT FALSE,
    processed_at TIMESTAMP,
    received_at  TIMESTAMP NOT NULL,
    UNIQUE (config_id, message_id)
);
CREATE INDEX webhook_events_work ON webhook_events (config_id, id) WHERE NOT processed;

CREATE TABLE sessions (
    token      TEXT PRIMARY KEY, -- SHA-256 of the cookie
    data       BLOB NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- +goose Down
DROP TABLE sessions;
DROP TABLE webhook_events;
DROP TABLE reverse_sync_logs;
DROP TABLE row_snapshots;
DROP TABLE field_mappings;
DROP TABLE sheet_sync_config;
DROP TABLE portals;
DROP TABLE user_sheets_tokens;
DROP TABLE users;
