-- A portal that does not answer is paused (paused_code is portal_silent), and asked again
-- from time to time, the less often the longer it is silent.

-- +goose Up
ALTER TABLE portals ADD COLUMN silent_since TIMESTAMP;
ALTER TABLE portals ADD COLUMN ask_at TIMESTAMP; -- when it is asked next

-- +goose Down
ALTER TABLE portals DROP COLUMN ask_at;
ALTER TABLE portals DROP COLUMN silent_since;
