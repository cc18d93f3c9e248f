-- Changes that are under way are few, and asked for often.

-- +goose Up
CREATE INDEX reverse_sync_logs_under_way ON reverse_sync_logs (config_id, entity_id) WHERE status = 'syncing';

-- +goose Down
DROP INDEX reverse_sync_logs_under_way;
