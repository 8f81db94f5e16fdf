-- The first schema. The names are those of the documents in MongoDB, and of the
-- reference, so that this still works from the sqlite3 shell:
--   INSERT INTO messages("to", content) VALUES ('+905551234570', 'Test mesajı 9');
-- Times are integers, milliseconds since 1970 UTC. What a person inserts may have
-- ISO 8601 text, or nothing, in created_at; adopting it makes it an integer.

-- +goose Up

-- Tells our files from others, before anything is written. "AMSG".
PRAGMA application_id = 1095586631;
-- The version of the schema: the number of the last migration.
PRAGMA user_version = 1;

-- The columns that every step needs come first: reading a row stops at the last
-- column asked for, and what stands behind the long texts costs most.
CREATE TABLE messages (
    id              TEXT NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
    -- A chain of ORs, not IN: SQLite would build the list anew for every message.
    status          TEXT NOT NULL DEFAULT 'pending' CHECK (
                        status = 'sending' OR status = 'sent' OR status = 'pending' OR status = 'failed' OR
                        status = 'scheduled' OR status = 'canceled' OR status = 'expired'),
    priority        INTEGER NOT NULL DEFAULT 1,  -- 0 high, 1 normal, 2 low
    drawn           INTEGER,                     -- 1: its first attempt was drawn from a window; NULL: not yet adopted
    next_attempt_at INTEGER,                     -- NULL: final, or not yet adopted
    attempt_count   INTEGER NOT NULL DEFAULT 0,  -- attempts begun
    retry_count     INTEGER NOT NULL DEFAULT 0,  -- attempts failed
    claim_id        TEXT,                        -- the fence; kept until the next claim
    claim_owner     TEXT,
    claim_lease_ms  INTEGER,
    claim_at        INTEGER,
    claim_window    INTEGER,                     -- the window drawn from, 0: none
    created_at      INTEGER,
    updated_at      INTEGER,
    sent_at         INTEGER,
    failed_at       INTEGER,
    message_id      TEXT,                        -- the provider's
    error           TEXT,
    error_code      TEXT,
    "to"            TEXT,
    content         TEXT,
    attempts        TEXT                         -- one JSON object a line
);

-- What may be claimed, in the order of claiming; drawn tells retries from first attempts.
CREATE INDEX messages_due ON messages (drawn, priority, next_attempt_at) WHERE status = 'pending';
-- What somebody inserted by hand and nobody has inspected yet, or changed so that
-- messages_due does not find it. Adopting looks for it in these very words.
CREATE INDEX messages_to_adopt ON messages (next_attempt_at) WHERE status = 'pending' AND (
    typeof(next_attempt_at) <> 'integer' OR (drawn IS NOT 0 AND drawn IS NOT 1) OR
    (priority <> 0 AND priority <> 1 AND priority <> 2));
-- Claims, for rescue.
CREATE INDEX messages_sending ON messages (claim_at) WHERE status = 'sending';
-- The list of sent messages.
CREATE INDEX messages_sent ON messages (sent_at) WHERE status = 'sent';

-- The number of messages by status, kept exact by every write of the service.
CREATE TABLE counts (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    recounts  INTEGER NOT NULL DEFAULT 0,  -- guards against two corrections of one error
    scheduled INTEGER NOT NULL DEFAULT 0,
    pending   INTEGER NOT NULL DEFAULT 0,
    sending   INTEGER NOT NULL DEFAULT 0,
    sent      INTEGER NOT NULL DEFAULT 0,
    failed    INTEGER NOT NULL DEFAULT 0,
    canceled  INTEGER NOT NULL DEFAULT 0,
    expired   INTEGER NOT NULL DEFAULT 0
);
INSERT INTO counts (id) VALUES (1);

-- The one record of the pace.
CREATE TABLE scheduler (
    id                INTEGER PRIMARY KEY CHECK (id = 1),
    running           INTEGER NOT NULL DEFAULT 0,
    start_id          TEXT NOT NULL DEFAULT '',
    started_at        INTEGER,
    stopped_at        INTEGER,
    interval_ms       INTEGER NOT NULL DEFAULT 0,
    per_window        INTEGER NOT NULL DEFAULT 0,
    window_seq        INTEGER NOT NULL DEFAULT 0,
    window_remaining  INTEGER NOT NULL DEFAULT 0,
    next_window_at    INTEGER,
    -- The pace as the environment last gave it: it wins again only when it changes.
    environment_interval_ms INTEGER,
    environment_per_window  INTEGER
);
INSERT INTO scheduler (id) VALUES (1);

-- The audit trail.
CREATE TABLE scheduler_logs (
    id         TEXT NOT NULL PRIMARY KEY,
    action     TEXT NOT NULL CHECK (action IN ('start', 'stop')),
    start_id   TEXT NOT NULL DEFAULT '',  -- of a stop: the matching start
    timestamp  INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    actor      TEXT NOT NULL DEFAULT '',
    replica    TEXT NOT NULL DEFAULT '',
    reason     TEXT NOT NULL DEFAULT ''
);
CREATE INDEX scheduler_logs_newest ON scheduler_logs (timestamp);
