-- A portal that does not answer is paused (paused_code is portal_silent), and asked again
-- from time to time, the less often the longer it is silent.

-- +goose Up
ALTER TABLE bitrix.portals ADD COLUMN silent_since TIMESTAMPTZ;
ALTER TABLE bitrix.portals ADD COLUMN ask_at TIMESTAMPTZ; -- when it is asked next

-- +goose Down
ALTER TABLE bitrix.portals DROP COLUMN ask_at;
ALTER TABLE bitrix.portals DROP COLUMN silent_since;
