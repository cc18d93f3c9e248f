-- Where Google Drive tells of a user's changes, until each expires.

-- +goose Up
CREATE TABLE drive_channels (
    id          TEXT PRIMARY KEY,
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    resource_id TEXT NOT NULL,
    token       TEXT NOT NULL, -- sealed
    page_token  TEXT NOT NULL, -- from where changes are yet to be read
    expires_at  TIMESTAMP NOT NULL,
    created_at  TIMESTAMP NOT NULL
);
CREATE INDEX drive_channels_user ON drive_channels (user_id);

-- +goose Down
DROP TABLE drive_channels;
