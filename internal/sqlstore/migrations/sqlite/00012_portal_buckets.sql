-- How full portals' leaky buckets are, whichever process calls them. It went along with
-- the leases until now, which did not count what others asked in between.

-- +goose Up
CREATE TABLE portal_buckets (
    host  TEXT PRIMARY KEY,
    level REAL NOT NULL, -- requests
    at    REAL NOT NULL -- when that was, in Unix seconds
);
ALTER TABLE stage_leases DROP COLUMN note;
ALTER TABLE stage_leases DROP COLUMN dirty;

-- +goose Down
ALTER TABLE stage_leases ADD COLUMN dirty BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE stage_leases ADD COLUMN note TEXT NOT NULL DEFAULT '';
DROP TABLE portal_buckets;
