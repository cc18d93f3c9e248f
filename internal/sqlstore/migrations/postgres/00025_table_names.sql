-- What its owner calls a table.

-- +goose Up
ALTER TABLE sheet_sync_config ADD COLUMN name TEXT NOT NULL DEFAULT ''; -- empty: as its spreadsheet and tab

-- +goose Down
ALTER TABLE sheet_sync_config DROP COLUMN name;
