-- Columns whose place cannot be told for certain are left alone, and named.

-- +goose Up
ALTER TABLE bitrix.sheet_sync_config ADD COLUMN lost_columns TEXT NOT NULL DEFAULT '[]'; -- their names

-- +goose Down
ALTER TABLE bitrix.sheet_sync_config DROP COLUMN lost_columns;
