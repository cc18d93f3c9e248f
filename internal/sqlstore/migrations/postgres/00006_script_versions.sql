-- What was pushed into a spreadsheet, so that an old script is brought up to date.

-- +goose Up
ALTER TABLE bitrix.sheet_sync_config ADD COLUMN script_version TEXT NOT NULL DEFAULT '';
ALTER TABLE bitrix.sheet_sync_config ADD COLUMN script_wide BOOLEAN NOT NULL DEFAULT FALSE; -- it asks for all spreadsheets

-- +goose Down
ALTER TABLE bitrix.sheet_sync_config DROP COLUMN script_wide;
ALTER TABLE bitrix.sheet_sync_config DROP COLUMN script_version;
