-- Who works on what: of all processes, one at a time, for as long as it says so.

-- +goose Up
CREATE TABLE bitrix.stage_leases (
    subject TEXT PRIMARY KEY, -- "scan 7", "push firma.bitrix24.com.tr"
    owner   TEXT NOT NULL, -- empty: released
    until   TIMESTAMPTZ NOT NULL,
    dirty   BOOLEAN NOT NULL, -- the owner before did not release it
    note    TEXT NOT NULL -- what the last owner that released it left to the next
);

-- +goose Down
DROP TABLE bitrix.stage_leases;
