-- What changes a table as a whole is looked at twice; rows of which it is not certain
-- which record they are, so that each is told of once.

-- +goose Up
ALTER TABLE sheet_sync_config ADD COLUMN second_look TEXT NOT NULL DEFAULT '{}'; -- JSON: what, digest, at, since

CREATE TABLE unidentified_rows (
    config_id  INTEGER NOT NULL REFERENCES sheet_sync_config (id) ON DELETE CASCADE,
    sheet_row  INTEGER NOT NULL,
    shown_id   TEXT NOT NULL, -- what its ID cell showed
    error      TEXT NOT NULL, -- why, as it was told
    PRIMARY KEY (config_id, sheet_row)
);

CREATE INDEX row_keys_record ON row_keys (config_id, entity_id);
CREATE INDEX webhook_events_structure ON webhook_events (config_id, received_at) WHERE event_type = 'structure_changed';

-- +goose Down
DROP INDEX webhook_events_structure;
DROP INDEX row_keys_record;
DROP TABLE unidentified_rows;
ALTER TABLE sheet_sync_config DROP COLUMN second_look;
