-- Messages that somebody inserts by hand as scheduled are adopted like pending ones,
-- and what was canceled or expired is pruned in the order of its end.

-- +goose Up

PRAGMA user_version = 3;

-- What somebody inserted by hand and nobody has inspected yet, or changed so that
-- neither messages_due nor messages_scheduled finds it. Adopting looks for it in
-- these very words.
DROP INDEX messages_to_adopt;
CREATE INDEX messages_to_adopt ON messages (next_attempt_at) WHERE (status = 'pending' OR status = 'scheduled') AND (
    typeof(next_attempt_at) <> 'integer' OR (drawn IS NOT 0 AND drawn IS NOT 1) OR
    (priority <> 0 AND priority <> 1 AND priority <> 2));

-- What ended without an attempt, by when it was changed last.
CREATE INDEX messages_ended ON messages (status, updated_at) WHERE status = 'canceled' OR status = 'expired';
