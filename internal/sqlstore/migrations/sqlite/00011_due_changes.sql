-- What is due, and what a sheet is yet to be told, is found by its table, however much
-- there is of others, and of what is done.

-- +goose Up
DROP INDEX reverse_sync_logs_work;
DROP INDEX reverse_sync_logs_waiting;
DROP INDEX reverse_sync_logs_unreported;
CREATE INDEX reverse_sync_logs_due ON reverse_sync_logs (config_id, id) WHERE status IN ('pending', 'syncing');
CREATE INDEX reverse_sync_logs_unreported ON reverse_sync_logs (config_id, id) WHERE reported_at IS NULL;

-- +goose Down
DROP INDEX reverse_sync_logs_unreported;
DROP INDEX reverse_sync_logs_due;
CREATE INDEX reverse_sync_logs_unreported ON reverse_sync_logs (config_id)
    WHERE reported_at IS NULL AND status IN ('completed', 'failed', 'asked');
CREATE INDEX reverse_sync_logs_waiting ON reverse_sync_logs (config_id)
    WHERE reported_at IS NULL AND status = 'pending' AND error_message <> '';
CREATE INDEX reverse_sync_logs_work ON reverse_sync_logs (not_before) WHERE status IN ('pending', 'syncing');
