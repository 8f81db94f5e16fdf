package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"auto-message-sender/internal/models"
)

const (
	// filingLag keeps off the end of the list of what was sent, where replicas record.
	filingLag = 2 * time.Second

	readFiledSent   = `SELECT sent_at, sent_seq FROM filed WHERE id = 1`
	noteFiledSent   = `UPDATE filed SET sent_at = ?1, sent_seq = ?2 WHERE id = 1 AND (sent_at, sent_seq) < (?1, ?2)`
	findUnfiledSent = `SELECT sent_at, seq, message_id FROM messages INDEXED BY messages_sent
		WHERE status = 'sent' AND (sent_at, seq) > (?, ?) AND sent_at < ? ORDER BY sent_at, seq LIMIT ?`
	listUnfiledSent = `SELECT seq FROM messages INDEXED BY messages_sent
		WHERE status = 'sent' AND (sent_at, seq) > (?, ?) AND (sent_at, seq) <= (?, ?)`
	findMessageID = `SELECT message_id FROM messages WHERE seq = ?`
	findSeq       = `SELECT seq FROM messages WHERE id = ?`
)

// fileSent files the provider's ids of the next messages in the order of sending, and
// reports whether there may be more.
func (s *Store) fileSent(ctx context.Context, atLeast int) (more bool, err error) {
	var from, to place
	if err := s.read(ctx, "file lookups", readFiledSent, into(&from)); err != nil {
		return false, err
	}
	known := map[int64]bool{}
	var entries []lookupEntry
	err = s.read(ctx, "file lookups", findUnfiledSent, func(values row) error {
		to = place{asInt(values[0]), asInt(values[1])}
		known[to.seq] = true
		entries = append(entries, entriesOf(to.seq, "", "", asText(values[2]))...)
		return nil
	}, from.at, from.seq, millis(s.Now().Add(-filingLag)), filedAtOnce)
	if err != nil || len(known) < atLeast {
		return false, err
	}
	if err := s.enter(ctx, entries); err != nil {
		return false, err
	}
	err = s.write(ctx, "file lookups", func(ctx context.Context, tx *transaction) error {
		if err := fileBetween(ctx, tx, from, to, known); err != nil {
			return err
		}
		_, err := tx.exec(ctx, noteFiledSent, to.at, to.seq)
		return err
	})
	return err == nil && len(known) == filedAtOnce, err
}

// fileBetween files what was recorded between two places since they were read: an
// outcome that was held up, as having come when it came.
func fileBetween(ctx context.Context, tx *transaction, from, to place, known map[int64]bool) error {
	var late []int64
	err := tx.query(ctx, listUnfiledSent, func(values row) error {
		if seq := asInt(values[0]); !known[seq] {
			late = append(late, seq)
		}
		return nil
	}, from.at, from.seq, to.at, to.seq)
	for _, seq := range late {
		var id string
		err = errors.Join(err, tx.query(ctx, findMessageID, func(values row) error {
			id = asText(values[0])
			return nil
		}, seq))
		err = errors.Join(err, tx.each(ctx, fileOne, entriesOf(seq, "", "", id)))
	}
	return err
}

// fileLate files the id of an outcome at once that was held up for so long that the
// place noted is past it.
func (t *transaction) fileLate(ctx context.Context, outcome models.Outcome) error {
	if outcome.Result != models.ResultSent || outcome.MessageID == "" {
		return nil
	}
	if !t.filedKnown {
		var filed place
		if err := t.query(ctx, readFiledSent, into(&filed)); err != nil {
			return fmt.Errorf("read up to where ids are filed: %w", err)
		}
		t.filedUntil, t.filedKnown = filed.at, true
	}
	if millis(outcome.At) > t.filedUntil {
		return nil
	}
	var seq int64
	err := t.query(ctx, findSeq, func(values row) error {
		seq = asInt(values[0])
		return nil
	}, outcome.ID.Text)
	if err == nil {
		err = t.each(ctx, fileOne, entriesOf(seq, "", "", outcome.MessageID))
	}
	if err != nil {
		return fmt.Errorf("file the provider's id: %w", err)
	}
	return nil
}

// into reads a row of a time and a seq.
func into(read *place) func(row) error {
	return func(values row) error {
		*read = place{asInt(values[0]), asInt(values[1])}
		return nil
	}
}
