-- What is due is found by its table, however much waits of others.

-- +goose Up
DROP INDEX reverse_sync_logs_work;
CREATE INDEX reverse_sync_logs_due ON reverse_sync_logs (config_id, id) WHERE status IN ('pending', 'syncing');

-- +goose Down
DROP INDEX reverse_sync_logs_due;
CREATE INDEX reverse_sync_logs_work ON reverse_sync_logs (not_before) WHERE status IN ('pending', 'syncing');
