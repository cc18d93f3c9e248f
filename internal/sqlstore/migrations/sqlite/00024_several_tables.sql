-- A tab may feed several tables, each with columns of its own; a portal's address may be
-- another portal's by now.

-- +goose Up
-- What was unique of a user was the tab; it becomes the portal and the entity that the tab
-- feeds. A constraint of SQLite cannot be dropped: its column becomes another.
DROP INDEX sheet_sync_config_sheet;
ALTER TABLE sheet_sync_config RENAME COLUMN sheet_gid TO table_number; -- counts a user's tables of a spreadsheet
ALTER TABLE sheet_sync_config ADD COLUMN sheet_gid BIGINT NOT NULL DEFAULT 0; -- the tab
UPDATE sheet_sync_config SET sheet_gid = table_number;
CREATE INDEX sheet_sync_config_sheet ON sheet_sync_config (sheet_id, sheet_gid);
CREATE UNIQUE INDEX sheet_sync_config_tab ON sheet_sync_config (user_id, sheet_id, sheet_gid, portal_id, entity_type);

-- Columns that had the ids of one portal's records of one entity, for tables that have
-- others by now. Those of tables as they are stand in field_mappings.
CREATE TABLE former_id_columns (
    id           INTEGER PRIMARY KEY,
    sheet_id     TEXT NOT NULL,
    sheet_gid    INTEGER NOT NULL,
    column_index INTEGER NOT NULL, -- when it was last seen
    column_name  TEXT NOT NULL,
    portal_id    INTEGER NOT NULL REFERENCES portals (id) ON DELETE CASCADE,
    entity_type  TEXT NOT NULL,
    entity_title TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL
);
CREATE INDEX former_id_columns_tab ON former_id_columns (sheet_id, sheet_gid);

ALTER TABLE portals ADD COLUMN deleted_at TIMESTAMP; -- when Bitrix24 said that it is
ALTER TABLE portals ADD COLUMN replaced_at TIMESTAMP; -- when another portal was found at its host; that has #id after it then

-- Of tables that use one ID column for records of different portals or entities, the first
-- one keeps it; the others stop until they are set up anew.
UPDATE sheet_sync_config SET enabled = FALSE, problem = 'id_column_shared' WHERE EXISTS (
    SELECT 1 FROM sheet_sync_config f
    JOIN portals fp ON fp.id = f.portal_id JOIN portals p ON p.id = sheet_sync_config.portal_id
    JOIN field_mappings fm ON fm.config_id = f.id AND fm.bitrix_field = 'ID'
    JOIN field_mappings m ON m.config_id = sheet_sync_config.id AND m.bitrix_field = 'ID'
    WHERE f.sheet_id = sheet_sync_config.sheet_id AND f.sheet_gid = sheet_sync_config.sheet_gid AND f.id < sheet_sync_config.id
    AND (fp.host <> p.host OR f.entity_type <> sheet_sync_config.entity_type)
    AND fm.sheet_column_index = m.sheet_column_index AND fm.sheet_column_name = m.sheet_column_name);

-- +goose Down
ALTER TABLE portals DROP COLUMN replaced_at;
ALTER TABLE portals DROP COLUMN deleted_at;
DROP TABLE former_id_columns;
-- Of several tables that one tab feeds, the first one stays.
DELETE FROM sheet_sync_config WHERE EXISTS (SELECT 1 FROM sheet_sync_config f
    WHERE f.user_id = sheet_sync_config.user_id AND f.sheet_id = sheet_sync_config.sheet_id AND f.sheet_gid = sheet_sync_config.sheet_gid AND f.id < sheet_sync_config.id);
DROP INDEX sheet_sync_config_tab;
DROP INDEX sheet_sync_config_sheet;
UPDATE sheet_sync_config SET table_number = -1 - id;
UPDATE sheet_sync_config SET table_number = sheet_gid;
ALTER TABLE sheet_sync_config DROP COLUMN sheet_gid;
ALTER TABLE sheet_sync_config RENAME COLUMN table_number TO sheet_gid;
CREATE INDEX sheet_sync_config_sheet ON sheet_sync_config (sheet_id, sheet_gid);
