-- A portal may be connected by an OAuth application, has a plan and an account
-- that the connection acts for, and may be left alone for a while; a table may
-- follow a smart process, which has a name of its own.

-- +goose Up
ALTER TABLE portals ADD COLUMN app_grant TEXT NOT NULL DEFAULT ''; -- sealed; empty: webhook_url
ALTER TABLE portals ADD COLUMN member_id TEXT NOT NULL DEFAULT ''; -- of the grant: the portal, whatever its host
ALTER TABLE portals ADD COLUMN account TEXT NOT NULL DEFAULT '{}';
ALTER TABLE portals ADD COLUMN plan_rate DOUBLE PRECISION NOT NULL DEFAULT 0; -- requests a second; 0: not known
ALTER TABLE portals ADD COLUMN plan_burst DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE portals ADD COLUMN paused_code TEXT NOT NULL DEFAULT ''; -- of the error that paused it
ALTER TABLE portals ADD COLUMN paused_until TIMESTAMP;
ALTER TABLE sheet_sync_config ADD COLUMN entity_title TEXT NOT NULL DEFAULT ''; -- of a smart process

-- +goose Down
ALTER TABLE sheet_sync_config DROP COLUMN entity_title;
ALTER TABLE portals DROP COLUMN paused_until;
ALTER TABLE portals DROP COLUMN paused_code;
ALTER TABLE portals DROP COLUMN plan_burst;
ALTER TABLE portals DROP COLUMN plan_rate;
ALTER TABLE portals DROP COLUMN account;
ALTER TABLE portals DROP COLUMN member_id;
ALTER TABLE portals DROP COLUMN app_grant;
