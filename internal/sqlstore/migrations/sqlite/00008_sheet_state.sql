-- What a table's sheet is like, and what is wrong with it.

-- +goose Up
ALTER TABLE sheet_sync_config ADD COLUMN locale TEXT NOT NULL DEFAULT '';
ALTER TABLE sheet_sync_config ADD COLUMN problem TEXT NOT NULL DEFAULT ''; -- code of the error that keeps it from being read
ALTER TABLE sheet_sync_config ADD COLUMN status_problem TEXT NOT NULL DEFAULT ''; -- code of the error that keeps the status from being written
CREATE INDEX row_snapshots_row ON row_snapshots (config_id, sheet_row);

-- +goose Down
DROP INDEX row_snapshots_row;
ALTER TABLE sheet_sync_config DROP COLUMN status_problem;
ALTER TABLE sheet_sync_config DROP COLUMN problem;
ALTER TABLE sheet_sync_config DROP COLUMN locale;
