-- A grant at Google may end; what waits for it then waits for its user.

-- +goose Up
ALTER TABLE user_sheets_tokens ADD COLUMN ended_at TIMESTAMP; -- when Google refused it; NULL: it is good

-- +goose Down
ALTER TABLE user_sheets_tokens DROP COLUMN ended_at;
