-- How full the leaky buckets are by which limits of other services are kept, whichever
-- process calls those. A portal's went along with the leases until now, which did not
-- count what others asked in between.

-- +goose Up
CREATE TABLE bitrix.request_buckets (
    subject TEXT PRIMARY KEY, -- "bitrix24 firma.bitrix24.com.tr"
    level   DOUBLE PRECISION NOT NULL, -- requests
    at      DOUBLE PRECISION NOT NULL -- when that was, in Unix seconds
);
ALTER TABLE bitrix.stage_leases DROP COLUMN note;
ALTER TABLE bitrix.stage_leases DROP COLUMN dirty;

-- +goose Down
ALTER TABLE bitrix.stage_leases ADD COLUMN dirty BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE bitrix.stage_leases ADD COLUMN note TEXT NOT NULL DEFAULT '';
DROP TABLE bitrix.request_buckets;
