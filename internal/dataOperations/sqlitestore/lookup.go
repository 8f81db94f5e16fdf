package sqlitestore

import (
	"context"
	"slices"
)

// lookup is how messages are found by what few of them have in common, mostly.
type lookup struct {
	kind
	text string // the condition
	tail string // finds those that are not filed yet
}

// lookups returns the three, the best first.
func lookups() []lookup {
	return []lookup{
		{byMessageID, `message_id = ?`, `SELECT seq FROM messages INDEXED BY messages_sent
			WHERE status = 'sent' AND sent_at >= (SELECT sent_at FROM filed WHERE id = 1) AND message_id = ?`},
		{byReference, `reference = ?`, `SELECT seq FROM messages WHERE seq > (SELECT seq FROM filed WHERE id = 1) AND reference = ?`},
		{byRecipient, `"to" = ?`, `SELECT seq FROM messages WHERE seq > (SELECT seq FROM filed WHERE id = 1) AND "to" = ?`},
	}
}

// countLookup counts what is filed under a hash, up to a limit.
const countLookup = `SELECT count(*) FROM (SELECT 1 FROM lookup WHERE bucket IN ` + buckets + ` AND hash = ? LIMIT ?)`

// byLookup chooses a lookup where the filter has one. Where that finds many messages
// all the same, as with a webhook that always answers one id, the list's own order is
// walked.
func (s *Store) byLookup(ctx context.Context, w *walk) (bool, error) {
	for _, one := range lookups() {
		i := slices.IndexFunc(w.others, func(c condition) bool { return c.text == one.text })
		if i < 0 {
			continue
		}
		value, _ := w.others[i].args[0].(string)
		hash, found := one.hash(value), 0
		err := s.read(ctx, "list messages", countLookup, func(values row) error {
			found = int(asInt(values[0]))
			return nil
		}, hash, examined+1)
		if err != nil {
			return false, err
		}
		if found <= examined {
			w.sorts = true
			w.served = append(w.served, condition{`seq IN (SELECT seq FROM lookup WHERE bucket IN ` + buckets + ` AND hash = ? UNION ALL ` + one.tail + `)`, []any{hash, value}})
			return true, nil
		}
	}
	return false, nil
}
