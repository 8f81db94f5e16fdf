-- What moving to MongoDB and back needs: the types of ids, fields of others, and the
-- note of the migration that has filled this store.

-- +goose Up

PRAGMA user_version = 5;

ALTER TABLE messages ADD COLUMN object_id INTEGER;        -- 1: in MongoDB its _id is an ObjectID
ALTER TABLE messages ADD COLUMN extra TEXT;               -- fields that are not ours, as extended JSON
ALTER TABLE scheduler_logs ADD COLUMN object_id INTEGER;  -- likewise
ALTER TABLE scheduler_logs ADD COLUMN start_object_id INTEGER;
ALTER TABLE scheduler_logs ADD COLUMN extra TEXT;

CREATE TABLE migration (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    migration_id TEXT NOT NULL,
    source       TEXT NOT NULL,     -- for people to read
    fingerprint  TEXT NOT NULL,     -- of all that the source held
    begun_at     INTEGER NOT NULL,
    completed_at INTEGER            -- NULL: half of it is here, and no service opens the store
);
