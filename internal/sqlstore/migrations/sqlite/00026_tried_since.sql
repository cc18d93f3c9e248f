-- Since when a change has been tried in vain: how long it waited for its turn, or for a portal
-- that was paused, is no reason to give it up.

-- +goose Up
ALTER TABLE reverse_sync_logs ADD COLUMN tried_since TIMESTAMP;

-- +goose Down
ALTER TABLE reverse_sync_logs DROP COLUMN tried_since;
