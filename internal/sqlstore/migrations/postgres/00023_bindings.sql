-- What a change was made under: the portal, the entity and the mapping that its table had.
-- A table counts how often one of these was exchanged.

-- +goose Up
ALTER TABLE sheet_sync_config ADD COLUMN binding BIGINT NOT NULL DEFAULT 1;
ALTER TABLE reverse_sync_logs ADD COLUMN binding BIGINT NOT NULL DEFAULT 1; -- its table's, when it was found
ALTER TABLE comparisons ADD COLUMN binding BIGINT NOT NULL DEFAULT 1; -- its table's, when it was begun

-- +goose Down
ALTER TABLE comparisons DROP COLUMN binding;
ALTER TABLE reverse_sync_logs DROP COLUMN binding;
ALTER TABLE sheet_sync_config DROP COLUMN binding;
