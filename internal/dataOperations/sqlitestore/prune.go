package sqlitestore

import (
	"context"
	"math"
	"slices"
	"strconv"
	"time"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// prunable is how the messages of one final status are gone through: along an index,
// oldest first. What was canceled or expired ended when it was changed last.
type prunable struct {
	status models.Status
	ended  string // the column of the end, which the index is by
	index  string
}

func prunables() []prunable {
	return []prunable{
		{models.StatusSent, "sent_at", "messages_sent"},
		{models.StatusFailed, "failed_at", "messages_failed"},
		{models.StatusCanceled, "updated_at", "messages_ended"},
		{models.StatusExpired, "updated_at", "messages_ended"},
	}
}

// prunedAtOnce is how many messages one step looks at, and so how many it may change.
const prunedAtOnce = 1000

// find looks for messages from a place on; those that are erased already, where
// erasing is asked for, are found as well, marked as passed by.
func (p prunable) find() string {
	return `SELECT seq, ` + p.ended + `, ? AND erased_at IS NOT NULL FROM messages INDEXED BY ` + p.index + `
		WHERE status = '` + string(p.status) + `' AND (` + p.ended + `, seq) > (?, ?) AND ` + p.ended + ` < ?
		ORDER BY ` + p.ended + `, seq LIMIT ?`
}

// remove deletes those of some messages that are still as they were found.
func (p prunable) remove() string {
	return `DELETE FROM messages WHERE seq IN (SELECT value FROM json_each(?)) AND status = '` + string(p.status) + `' AND ` + p.ended + ` < ?`
}

// findFiled reads what the same may be filed under.
func (p prunable) findFiled() string {
	return `SELECT seq, "to", reference, message_id FROM messages
		WHERE seq IN (SELECT value FROM json_each(?)) AND status = '` + string(p.status) + `' AND ` + p.ended + ` < ?`
}

// findErasable reads what erasing needs, of the same.
func (p prunable) findErasable() string {
	return `SELECT ` + erasableColumns + ` FROM messages
		WHERE seq IN (SELECT value FROM json_each(?)) AND status = '` + string(p.status) + `' AND ` + p.ended + ` < ? AND erased_at IS NULL`
}

// Prune deletes or erases final messages. Looking for them needs no write.
func (s *Store) Prune(ctx context.Context, request dataoperations.PruneRequest) (changed int, next dataoperations.PruneCursor, err error) {
	all := prunables()
	first := max(0, slices.IndexFunc(all, func(p prunable) bool { return p.status == request.After.Status }))
	for i, one := range all[first:] {
		from := s.pruneFrom(one.status, request.Erase)
		if i == 0 && !request.After.IsZero() {
			if from, err = placeOf(request.After.Cursor); err != nil {
				return 0, next, err
			}
		}
		found, last, more, err := s.findPrunable(ctx, one, request, from)
		if err != nil {
			return 0, next, err
		}
		if len(found) > 0 {
			changed, err = s.prune(ctx, one, request, found)
		}
		if err == nil && request.Erase {
			s.erasedUpTo.note(one.status, last.at)
		}
		switch {
		case err != nil:
			return 0, next, err
		case more:
			return changed, dataoperations.PruneCursor{Status: one.status, Cursor: last.cursor()}, nil
		case first+i+1 == len(all):
			return changed, dataoperations.PruneCursor{}, nil
		case changed > 0:
			return changed, dataoperations.PruneCursor{Status: all[first+i+1].status}, nil
		}
	}
	return changed, dataoperations.PruneCursor{}, nil
}

// pruneFrom returns where a walk of a status begins.
func (s *Store) pruneFrom(status models.Status, erase bool) place {
	if !erase {
		return endOfList()
	}
	return place{s.erasedUpTo.since(status), math.MinInt64}
}

// findPrunable returns the seqs of messages to change, at most as many as are asked
// for, the last place looked at, and whether there may be more after it.
func (s *Store) findPrunable(
	ctx context.Context, p prunable, request dataoperations.PruneRequest, from place,
) (found []int64, last place, more bool, err error) {
	seen, before := 0, ceilMillis(request.Before)
	last = from
	err = s.read(ctx, "look for old messages", p.find(), func(values row) error {
		if len(found) == request.Limit {
			return nil
		}
		if seen++; asInt(values[2]) == 0 {
			found = append(found, asInt(values[0]))
		}
		last = place{asInt(values[1]), asInt(values[0])}
		return nil
	}, asFlag(request.Erase), from.at, from.seq, before, prunedAtOnce)
	return found, last, seen == prunedAtOnce || len(found) == request.Limit, err
}

// prune deletes or erases messages that were found, where they are still as they were.
func (s *Store) prune(ctx context.Context, p prunable, request dataoperations.PruneRequest, found []int64) (changed int, err error) {
	before := ceilMillis(request.Before)
	seqs := []byte{'['}
	for _, seq := range found {
		seqs = append(strconv.AppendInt(seqs, seq, 10), ',')
	}
	seqs[len(seqs)-1] = ']'
	err = s.write(ctx, "prune old messages", func(ctx context.Context, tx *transaction) error {
		if request.Erase {
			changed, err = eraseAll(ctx, tx, p.findErasable(), s.Now(), string(seqs), before)
			return err
		}
		if err := dropFiled(ctx, tx, p.findFiled(), string(seqs), before); err != nil {
			return err
		}
		removed, err := tx.exec(ctx, p.remove(), string(seqs), before)
		changed = int(removed)
		tx.move(removed, p.status, "")
		return err
	})
	if err != nil {
		return 0, err
	}
	return changed, nil
}

// dropFiled takes what the query finds out of the table lookup.
func dropFiled(ctx context.Context, tx *transaction, find string, args ...any) error {
	var entries []lookupEntry
	err := tx.query(ctx, find, func(values row) error {
		entries = append(entries, entriesOf(asInt(values[0]), asText(values[1]), asText(values[2]), asText(values[3]))...)
		return nil
	}, args...)
	if err != nil {
		return err
	}
	return tx.each(ctx, dropOne, entries)
}

// eraseAll erases what the query finds, and returns how many.
func eraseAll(ctx context.Context, tx *transaction, find string, now time.Time, args ...any) (int, error) {
	var found []erasable
	err := tx.query(ctx, find, func(values row) error {
		found = append(found, toErasable(values))
		return nil
	}, args...)
	if err != nil {
		return 0, err
	}
	for _, one := range found {
		if err := one.erase(ctx, tx, now); err != nil {
			return 0, err
		}
	}
	return len(found), nil
}
