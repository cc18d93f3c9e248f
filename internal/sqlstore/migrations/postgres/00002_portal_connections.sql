-- A portal may be connected by an OAuth application, has a plan and an account
-- that the connection acts for, and may be left alone for a while; a table may
-- follow a smart process, which has a name of its own.

-- +goose Up
ALTER TABLE bitrix.portals ADD COLUMN app_grant TEXT NOT NULL DEFAULT ''; -- sealed; empty: webhook_url
ALTER TABLE bitrix.portals ADD COLUMN member_id TEXT NOT NULL DEFAULT ''; -- of the grant: the portal, whatever its host
ALTER TABLE bitrix.portals ADD COLUMN account TEXT NOT NULL DEFAULT '{}';
ALTER TABLE bitrix.portals ADD COLUMN plan_rate DOUBLE PRECISION NOT NULL DEFAULT 0; -- requests a second; 0: not known
ALTER TABLE bitrix.portals ADD COLUMN plan_burst DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE bitrix.portals ADD COLUMN paused_code TEXT NOT NULL DEFAULT ''; -- of the error that paused it
ALTER TABLE bitrix.portals ADD COLUMN paused_until TIMESTAMPTZ;
ALTER TABLE bitrix.sheet_sync_config ADD COLUMN entity_title TEXT NOT NULL DEFAULT ''; -- of a smart process

-- +goose Down
ALTER TABLE bitrix.sheet_sync_config DROP COLUMN entity_title;
ALTER TABLE bitrix.portals DROP COLUMN paused_until;
ALTER TABLE bitrix.portals DROP COLUMN paused_code;
ALTER TABLE bitrix.portals DROP COLUMN plan_burst;
ALTER TABLE bitrix.portals DROP COLUMN plan_rate;
ALTER TABLE bitrix.portals DROP COLUMN account;
ALTER TABLE bitrix.portals DROP COLUMN member_id;
ALTER TABLE bitrix.portals DROP COLUMN app_grant;
