-- Who runs: the last sign of life of each replica.

-- +goose Up

PRAGMA user_version = 4;

CREATE TABLE replicas (
    id               TEXT NOT NULL PRIMARY KEY,
    version          TEXT NOT NULL,
    started_at       INTEGER NOT NULL,  -- all times: milliseconds
    seen_at          INTEGER NOT NULL,
    in_flight        INTEGER NOT NULL,
    max_in_flight    INTEGER NOT NULL,
    -- The webhook, by the answers that the replica got.
    webhook_state    TEXT NOT NULL,
    webhook_since    INTEGER,           -- NULL: by no answer yet
    webhook_retry_at INTEGER,           -- NULL: not paused, not open
    webhook_reason   TEXT NOT NULL
) WITHOUT ROWID;
