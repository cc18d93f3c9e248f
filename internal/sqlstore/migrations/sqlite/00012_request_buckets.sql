-- How full the leaky buckets are by which limits of other services are kept, whichever
-- process calls those. A portal's went along with the leases until now, which did not
-- count what others asked in between.

-- +goose Up
CREATE TABLE request_buckets (
    subject TEXT PRIMARY KEY, -- "bitrix24 firma.bitrix24.com.tr"
    level   REAL NOT NULL, -- requests
    at      REAL NOT NULL -- when that was, in Unix seconds
);
ALTER TABLE stage_leases DROP COLUMN note;
ALTER TABLE stage_leases DROP COLUMN dirty;

-- +goose Down
ALTER TABLE stage_leases ADD COLUMN dirty BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE stage_leases ADD COLUMN note TEXT NOT NULL DEFAULT '';
DROP TABLE request_buckets;
