-- Writes that were sent to a portal and not answered: a portal goes on with a request
-- whose sender is gone. Each is stored before it is sent.

-- +goose Up
CREATE TABLE begun_writes (
    config_id  INTEGER NOT NULL REFERENCES sheet_sync_config (id) ON DELETE CASCADE,
    entity_id  INTEGER NOT NULL, -- the record; less than 0: the key of the row that is to be one
    begun_at   INTEGER NOT NULL, -- when it was sent, in Unix microseconds
    together   INTEGER NOT NULL, -- how many writes its request carried
    blind      BOOLEAN NOT NULL, -- that it was carried out does not show
    item_write TEXT NOT NULL, -- JSON
    PRIMARY KEY (config_id, entity_id)
);

-- +goose Down
DROP TABLE begun_writes;
