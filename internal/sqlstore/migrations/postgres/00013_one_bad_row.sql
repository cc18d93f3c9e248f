-- One bad row stays one: what else is to be said of a change, which row is in another's
-- way, and which rows without an id matched nothing.

-- +goose Up
ALTER TABLE reverse_sync_logs ADD COLUMN note TEXT NOT NULL DEFAULT ''; -- a sentence
ALTER TABLE reverse_sync_logs ADD COLUMN twin_of BIGINT NOT NULL DEFAULT 0; -- the record, or the key, of the row whose second row it would be
CREATE INDEX reverse_sync_logs_twin ON reverse_sync_logs (config_id, twin_of) WHERE twin_of <> 0;
ALTER TABLE left_rows ADD COLUMN unmatched BOOLEAN NOT NULL DEFAULT FALSE; -- no record was found for it, and none was to be made

-- +goose Down
ALTER TABLE left_rows DROP COLUMN unmatched;
DROP INDEX reverse_sync_logs_twin;
ALTER TABLE reverse_sync_logs DROP COLUMN twin_of;
ALTER TABLE reverse_sync_logs DROP COLUMN note;
