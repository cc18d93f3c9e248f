-- Of a table of which too much waits, notifications are joined with one that does.

-- +goose Up
ALTER TABLE webhook_events ADD COLUMN joined BIGINT NOT NULL DEFAULT 0; -- how many others became part of it

-- +goose Down
ALTER TABLE webhook_events DROP COLUMN joined;
