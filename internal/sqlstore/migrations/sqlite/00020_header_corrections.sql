-- What people chose for a column where the mapping page had proposed something else: it is
-- proposed the next time.

-- +goose Up
CREATE TABLE header_corrections (
    portal_id  INTEGER NOT NULL REFERENCES portals (id) ON DELETE CASCADE,
    entity     TEXT NOT NULL,
    header     TEXT NOT NULL, -- normalised: "musteritel"
    field      TEXT NOT NULL, -- '': none
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (portal_id, entity, header)
);

-- +goose Down
DROP TABLE header_corrections;
