-- Writes of cells by their rows, stored before they are sent: until somebody has seen where
-- they went, another row may have got what was meant for one.

-- +goose Up
CREATE TABLE begun_sheet_writes (
    id         INTEGER PRIMARY KEY,
    config_id  INTEGER NOT NULL REFERENCES sheet_sync_config (id) ON DELETE CASCADE,
    stage      TEXT NOT NULL,
    cells      TEXT NOT NULL, -- JSON: [{row, id, column, value, held}]
    begun_at   TIMESTAMP NOT NULL
);
CREATE INDEX begun_sheet_writes_table ON begun_sheet_writes (config_id);

-- +goose Down
DROP TABLE begun_sheet_writes;
