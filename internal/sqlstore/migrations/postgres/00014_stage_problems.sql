-- Stages that fail again and again say so on the pages of their tables, whichever process
-- runs them.

-- +goose Up
CREATE TABLE bitrix.stage_problems (
    stage      TEXT NOT NULL, -- scan, push, report, compare
    subject_id BIGINT NOT NULL, -- the portal of a push, the table of the others
    times      BIGINT NOT NULL, -- in a row
    code       TEXT NOT NULL, -- of the last error
    args       TEXT NOT NULL, -- what its sentence names; JSON
    since      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (stage, subject_id)
);

-- +goose Down
DROP TABLE bitrix.stage_problems;
