package sqlitestore

import (
	"context"
	"maps"
	"slices"
)

const (
	readFiled = `SELECT seq FROM filed WHERE id = 1`
	noteFiled = `UPDATE filed SET seq = ?1 WHERE id = 1 AND seq < ?1`
	// findUnfiled walks the table by the order of storing, in which nothing is ever put
	// in between.
	findUnfiled = `SELECT seq, "to", reference FROM messages WHERE seq > ? ORDER BY seq LIMIT ?`
	// listNow finds what is to be filed of the same by now.
	listNow = `SELECT seq, "to", reference FROM messages WHERE seq > ? AND seq <= ?`
)

// fileAccepted files recipients and references of the next messages, and reports
// whether there may be more.
func (s *Store) fileAccepted(ctx context.Context, atLeast int) (more bool, err error) {
	from, to, found, entries, err := s.readUnfiled(ctx)
	if err != nil || found < atLeast {
		return false, err
	}
	if err := s.enter(ctx, entries); err != nil {
		return false, err
	}
	err = s.noteFiled(ctx, from, to, entries)
	return err == nil && found == filedAtOnce, err
}

// readUnfiled returns what is to be filed of the next messages, how many they are, and
// between which places.
func (s *Store) readUnfiled(ctx context.Context) (from, to int64, found int, entries []lookupEntry, err error) {
	err = s.read(ctx, "file lookups", readFiled, func(values row) error {
		from = asInt(values[0])
		return nil
	})
	if err != nil {
		return 0, 0, 0, nil, err
	}
	err = s.read(ctx, "file lookups", findUnfiled, func(values row) error {
		found++
		to = asInt(values[0])
		entries = append(entries, entriesOf(to, asText(values[1]), asText(values[2]), "")...)
		return nil
	}, from, filedAtOnce)
	return from, to, found, entries, err
}

// noteFiled notes the place up to which is filed, once what was entered is right.
func (s *Store) noteFiled(ctx context.Context, from, to int64, entered []lookupEntry) error {
	return s.write(ctx, "file lookups", func(ctx context.Context, tx *transaction) error {
		if err := setRight(ctx, tx, from, to, entered); err != nil {
			return err
		}
		_, err := tx.exec(ctx, noteFiled, to)
		return err
	})
}

// setRight makes the entries say what the messages say by now: since they were read,
// some may have been erased or deleted, and some adopted, with a number that the
// adoption has changed. Whoever did that found nothing entered, or the place not yet
// noted, and left it to this.
func setRight(ctx context.Context, tx *transaction, from, to int64, entered []lookupEntry) error {
	known := make(map[lookupEntry]bool, len(entered))
	for _, one := range entered {
		known[one] = true
	}
	var lacking []lookupEntry
	err := tx.query(ctx, listNow, func(values row) error {
		for _, one := range entriesOf(asInt(values[0]), asText(values[1]), asText(values[2]), "") {
			if !known[one] {
				lacking = append(lacking, one)
			}
			delete(known, one)
		}
		return nil
	}, from, to)
	if err != nil {
		return err
	}
	// What is still known is no longer so.
	if err := tx.each(ctx, dropOne, slices.Collect(maps.Keys(known))); err != nil {
		return err
	}
	return tx.each(ctx, fileOne, lacking)
}
