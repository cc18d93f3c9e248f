-- Tables are looked at as a whole from time to time, whether or not anybody tells
-- of an edit.

-- +goose Up
ALTER TABLE sheet_sync_config ADD COLUMN look_at TIMESTAMP; -- when next; NULL: now
ALTER TABLE sheet_sync_config ADD COLUMN edited_at TIMESTAMP; -- when the last edit was found
ALTER TABLE sheet_sync_config ADD COLUMN unannounced INTEGER NOT NULL DEFAULT 0; -- edits found since the script last told of one

-- +goose Down
ALTER TABLE sheet_sync_config DROP COLUMN unannounced;
ALTER TABLE sheet_sync_config DROP COLUMN edited_at;
ALTER TABLE sheet_sync_config DROP COLUMN look_at;
