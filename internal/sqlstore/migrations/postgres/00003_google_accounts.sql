-- A grant at Google may end; what waits for it then waits for its user.

-- +goose Up
ALTER TABLE auth.user_sheets_tokens ADD COLUMN ended_at TIMESTAMPTZ; -- when Google refused it; NULL: it is good

-- +goose Down
ALTER TABLE auth.user_sheets_tokens DROP COLUMN ended_at;
