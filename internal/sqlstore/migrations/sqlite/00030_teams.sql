-- Who belongs together, who may do what, who did what, and who is signed in where.

-- +goose Up
CREATE TABLE teams (
    id         TEXT PRIMARY KEY,
    created_at TIMESTAMP NOT NULL
);

-- Each who is there has a team of their own.
ALTER TABLE users ADD COLUMN team_id TEXT NOT NULL DEFAULT ''; -- teams.id
ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'owner'; -- owner, member, viewer
ALTER TABLE users ADD COLUMN signed_out_at TIMESTAMP; -- everywhere
INSERT INTO teams (id, created_at) SELECT id, created_at FROM users;
UPDATE users SET team_id = id;
CREATE INDEX users_team ON users (team_id);
CREATE INDEX portals_user ON portals (user_id);

CREATE TABLE invitations (
    token_hash TEXT PRIMARY KEY, -- SHA-256 of what is in the link
    team_id    TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    role       TEXT NOT NULL,
    invited_by TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at TIMESTAMP NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE audit_log (
    id         INTEGER PRIMARY KEY,
    team_id    TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    user_id    TEXT NOT NULL, -- who may be gone by now
    user_email TEXT NOT NULL,
    action     TEXT NOT NULL,
    subject    TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX audit_log_team ON audit_log (team_id, id DESC);

-- Beside what a session holds, what its user is shown of it.
ALTER TABLE sessions ADD COLUMN user_id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN began_at TIMESTAMP;
ALTER TABLE sessions ADD COLUMN seen_at TIMESTAMP;
CREATE INDEX sessions_user ON sessions (user_id);

-- +goose Down
DROP INDEX sessions_user;
ALTER TABLE sessions DROP COLUMN seen_at;
ALTER TABLE sessions DROP COLUMN began_at;
ALTER TABLE sessions DROP COLUMN agent;
ALTER TABLE sessions DROP COLUMN user_id;
DROP TABLE audit_log;
DROP TABLE invitations;
DROP INDEX portals_user;
DROP INDEX users_team;
ALTER TABLE users DROP COLUMN signed_out_at;
ALTER TABLE users DROP COLUMN role;
ALTER TABLE users DROP COLUMN team_id;
DROP TABLE teams;
