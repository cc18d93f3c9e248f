-- What people chose for a column where the mapping page had proposed something else: it is
-- proposed the next time.

-- +goose Up
CREATE TABLE bitrix.header_corrections (
    portal_id  BIGINT NOT NULL REFERENCES bitrix.portals (id) ON DELETE CASCADE,
    entity     TEXT NOT NULL,
    header     TEXT NOT NULL, -- normalised: "musteritel"
    field      TEXT NOT NULL, -- '': none
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (portal_id, entity, header)
);

-- +goose Down
DROP TABLE bitrix.header_corrections;
