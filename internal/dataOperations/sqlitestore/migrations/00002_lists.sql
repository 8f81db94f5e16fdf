-- What people ask for and do: send times and validity, lists by filters, canceling,
-- retrying, erasing, delivery reports, keys of requests, and what happened by the
-- minute. The table is made anew so that the columns that claiming needs come
-- before the long texts. This still works, in the sqlite3 shell, with or without
-- send_at, validity_s, expires_at and reference:
--   INSERT INTO messages("to", content) VALUES ('+905551234570', 'Test mesajı 9');

-- +goose Up

PRAGMA user_version = 2;

CREATE TABLE messages_2 (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of storing; never used twice
    id              TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))),
    -- A chain of ORs, not IN: SQLite would build the list anew for every message.
    status          TEXT NOT NULL DEFAULT 'pending' CHECK (
                        status = 'sending' OR status = 'sent' OR status = 'pending' OR status = 'failed' OR
                        status = 'scheduled' OR status = 'canceled' OR status = 'expired'),
    priority        INTEGER NOT NULL DEFAULT 1,  -- 0 high, 1 normal, 2 low
    -- 0: has to draw from a window; 1: has drawn; NULL: not yet adopted, or erased.
    -- -1: canceled, -2: expired; made pending by hand, these are adopted anew, and
    -- counted for what they were.
    drawn           INTEGER,
    next_attempt_at INTEGER,                     -- NULL: final, or not yet adopted
    expires_at      INTEGER,                     -- no attempt begins then or later
    attempt_count   INTEGER NOT NULL DEFAULT 0,  -- attempts begun
    prior_attempts  INTEGER NOT NULL DEFAULT 0,  -- of them, those before the last retry by a person
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
    send_at         INTEGER,
    validity_s      INTEGER,                     -- whole seconds
    num_segments    INTEGER,
    encoding        TEXT,
    delivery_status TEXT,
    delivered_at    INTEGER,
    delivery_error  TEXT,
    erased_at       INTEGER,
    reference       TEXT,                        -- the caller's own id
    error           TEXT,
    error_code      TEXT,
    "to"            TEXT,                        -- NULL: erased
    content         TEXT,                        -- NULL: erased
    attempts        TEXT                         -- one JSON object a line
);
INSERT INTO messages_2 (seq, id, status, priority, drawn, next_attempt_at, attempt_count, retry_count,
        claim_id, claim_owner, claim_lease_ms, claim_at, claim_window, created_at, updated_at, sent_at, failed_at,
        message_id, error, error_code, "to", content, attempts)
    SELECT rowid, id, status, priority, CASE status WHEN 'canceled' THEN -1 WHEN 'expired' THEN -2 ELSE drawn END,
        next_attempt_at, attempt_count, retry_count,
        claim_id, claim_owner, claim_lease_ms, claim_at, claim_window, created_at, updated_at, sent_at, failed_at,
        message_id, error, error_code, "to", content, attempts
    FROM messages ORDER BY rowid;
DROP TABLE messages;
ALTER TABLE messages_2 RENAME TO messages;

-- The queue.

-- What may be claimed, in the order of claiming; drawn tells retries from first attempts.
CREATE INDEX messages_due ON messages (drawn, priority, next_attempt_at) WHERE status = 'pending';
-- What somebody inserted by hand and nobody has inspected yet, or changed so that
-- messages_due does not find it. Adopting looks for it in these very words.
CREATE INDEX messages_to_adopt ON messages (next_attempt_at) WHERE status = 'pending' AND (
    typeof(next_attempt_at) <> 'integer' OR (drawn IS NOT 0 AND drawn IS NOT 1) OR
    (priority <> 0 AND priority <> 1 AND priority <> 2));
-- Claims, for rescue.
CREATE INDEX messages_sending ON messages (claim_at) WHERE status = 'sending';
-- What is to be promoted.
CREATE INDEX messages_scheduled ON messages (next_attempt_at) WHERE status = 'scheduled';
-- What is to expire.
CREATE INDEX messages_expiring ON messages (expires_at)
    WHERE expires_at IS NOT NULL AND (status = 'pending' OR status = 'scheduled');

-- The lists. Those over all rows have columns that no claim and no outcome changes.

CREATE INDEX messages_created ON messages (created_at);
CREATE INDEX messages_waiting ON messages (created_at) WHERE status = 'pending' AND (drawn = 0 OR drawn = 1);
CREATE INDEX messages_sent ON messages (sent_at) WHERE status = 'sent';
CREATE INDEX messages_failed ON messages (failed_at) WHERE status = 'failed';
CREATE INDEX messages_aside ON messages (status, created_at)
    WHERE status = 'scheduled' OR status = 'canceled' OR status = 'expired';

-- By recipient, reference, and the provider's id. Indexes on these would each cost
-- as much as all the rest of storing or recording a message: they are in no order,
-- and each message would change another page. So they are filed in the background,
-- many at once and sorted, by a short hash, up to the places that are noted. The
-- buckets keep what is filed together on few pages, however much was filed before.
CREATE TABLE lookup (
    bucket INTEGER NOT NULL,  -- seq >> 18
    hash   INTEGER NOT NULL,  -- 4 bytes
    seq    INTEGER NOT NULL,  -- the message
    PRIMARY KEY (bucket, hash, seq)
) WITHOUT ROWID;
CREATE TABLE filed (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    seq     INTEGER NOT NULL,  -- recipients and references: of the messages up to this
    -- The provider's ids: up to this place in messages_sent.
    sent_at INTEGER NOT NULL,
    sent_seq INTEGER NOT NULL
);
INSERT INTO filed (id, seq, sent_at, sent_seq) VALUES (1, 0, -9223372036854775808, -9223372036854775808);

-- Keys of requests, and the messages that they stand for.
CREATE TABLE reservations (
    key         TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    message_id  TEXT NOT NULL,  -- the id of the message
    at          INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX reservations_oldest ON reservations (at);

-- What happened by the minute, for a day.
CREATE TABLE minutes (
    minute INTEGER PRIMARY KEY,  -- its beginning, milliseconds
    sent   INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0
);

-- The audit trail, with more kinds of entries.
CREATE TABLE scheduler_logs_2 (
    id         TEXT NOT NULL PRIMARY KEY,
    action     TEXT NOT NULL CHECK (action IN ('start', 'stop', 'pace', 'cancel', 'retry', 'erase')),
    start_id   TEXT NOT NULL DEFAULT '',  -- of a stop: the matching start
    timestamp  INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    actor      TEXT NOT NULL DEFAULT '',
    replica    TEXT NOT NULL DEFAULT '',
    reason     TEXT NOT NULL DEFAULT ''
);
INSERT INTO scheduler_logs_2 (rowid, id, action, start_id, timestamp, created_at, actor, replica, reason)
    SELECT rowid, id, action, start_id, timestamp, created_at, actor, replica, reason FROM scheduler_logs ORDER BY rowid;
DROP TABLE scheduler_logs;
ALTER TABLE scheduler_logs_2 RENAME TO scheduler_logs;
CREATE INDEX scheduler_logs_newest ON scheduler_logs (timestamp);
