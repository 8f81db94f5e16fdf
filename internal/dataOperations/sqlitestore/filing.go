package sqlitestore

import (
	"cmp"
	"context"
	"hash/fnv"
	"slices"
	"time"
)

// Recipients, references and the provider's ids are in no order: an index on them
// would change a page of its own for every message, and cost as much as all the rest
// of storing or recording it. Storing and recording therefore do nothing about them.
// In the background, filing enters them into the table lookup, some 10,000 at once, by
// a hash and in its order, up to the places that the table filed notes. What is after
// those places is looked through.
//
// Several processes may file the same: entering twice is entering once, and the places
// only grow. A crash half way leaves the places where they were.

const (
	// filedAtOnce is how many messages are read, sorted, and entered, writtenAtOnce how
	// many in one transaction. Fewer than leftUnfiled are left to be looked through, but
	// not for longer than fileEvery: the more at once, the fewer pages for each.
	filedAtOnce   = 10_000
	writtenAtOnce = 2000
	leftUnfiled   = 10_000
	fileEvery     = 5 * time.Second

	// bucketBits is how many messages share a bucket, as a power of two.
	bucketBits = 18

	fileOne = `INSERT INTO lookup (bucket, hash, seq) VALUES (?2 >> 18, ?1, ?2) ON CONFLICT DO NOTHING`
	dropOne = `DELETE FROM lookup WHERE bucket = ?2 >> 18 AND hash = ?1 AND seq = ?2`
	// buckets are all that there may be: four for a million messages.
	buckets = `(WITH RECURSIVE buckets(n) AS (SELECT (SELECT min(seq) FROM messages) >> 18
		UNION ALL SELECT n + 1 FROM buckets WHERE n < (SELECT max(seq) FROM messages) >> 18) SELECT n FROM buckets)`
)

// kind is what a message is looked up by.
type kind string

// The three kinds, as they go into the hash.
const (
	byRecipient kind = "to"
	byReference kind = "reference"
	byMessageID kind = "message_id" // the provider's
)

// hash returns what a value is filed under: 4 bytes in the file. Others may have the
// same; whoever looks up compares the value itself.
func (k kind) hash(value string) int64 {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(k))
	_, _ = sum.Write([]byte{0})
	_, _ = sum.Write([]byte(value))
	return int64(int32(sum.Sum32())) //nolint:gosec // any bits do
}

// lookupEntry is one row of the table lookup.
type lookupEntry struct {
	hash, seq int64
	kind      kind
}

// keepFiling files once after the opening, then whenever enough has come, and twice
// after the last of it: the first time, what was just sent is still left out.
func (s *Store) keepFiling(ctx context.Context) {
	ticker := time.NewTicker(fileEvery)
	defer ticker.Stop()
	for atLeast := 1; ; {
		for _, file := range []func(context.Context, int) (bool, error){s.fileAccepted, s.fileSent} {
			for more := s.undamaged() == nil; more && ctx.Err() == nil; {
				var err error
				if more, err = file(ctx, atLeast); err != nil && ctx.Err() == nil {
					s.options.Log.WithError(err).Warn("the store's lookups could not be filed; all is found, but more slowly")
				}
			}
		}
		for atLeast = 0; atLeast == 0; {
			select {
			case <-s.toFile:
				atLeast = leftUnfiled
			case <-ticker.C:
				if s.looks.Add(-1) >= 0 {
					atLeast = 1
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

// noteUnfiled wakes the filing when enough was stored or recorded.
func (s *Store) noteUnfiled(n int) {
	s.looks.Store(2)
	if s.unfiled.Add(int64(n)) < leftUnfiled {
		return
	}
	s.unfiled.Store(0)
	select {
	case s.toFile <- struct{}{}:
	default: // it is woken already
	}
}

// enter writes entries, sorted, in transactions that hold up nobody for long.
func (s *Store) enter(ctx context.Context, entries []lookupEntry) error {
	slices.SortFunc(entries, func(a, b lookupEntry) int {
		return cmp.Or(cmp.Compare(a.seq>>bucketBits, b.seq>>bucketBits), cmp.Compare(a.hash, b.hash))
	})
	for chunk := range slices.Chunk(entries, writtenAtOnce) {
		err := s.write(ctx, "file lookups", func(ctx context.Context, tx *transaction) error {
			return tx.each(ctx, fileOne, chunk)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// each runs a statement for each of the entries.
func (t *transaction) each(ctx context.Context, statement string, entries []lookupEntry) error {
	for _, one := range entries {
		if _, err := t.exec(ctx, statement, one.hash, one.seq); err != nil {
			return err
		}
	}
	return nil
}

const refile = `INSERT INTO lookup (bucket, hash, seq) SELECT ?2 >> 18, ?1, ?2
	WHERE ?2 <= (SELECT seq FROM filed WHERE id = 1) ON CONFLICT DO NOTHING`

// refile files what an adopted message says now, where the place noted is past it, and
// takes out the number as it was written: it may be filed, or entered just now by
// whoever notes the place next, and is then filed anew (setRight).
func (t *transaction) refile(ctx context.Context, adopted finding) error {
	if was := asText(adopted.to); was != adopted.accepted.To {
		if err := t.each(ctx, dropOne, entriesOf(adopted.seq, was, "", "")); err != nil {
			return err
		}
	}
	return t.each(ctx, refile, entriesOf(adopted.seq, adopted.accepted.To, adopted.reference, ""))
}

// entriesOf returns what a message is filed under.
func entriesOf(seq int64, to, reference, messageID string) []lookupEntry {
	var entries []lookupEntry
	for _, one := range []struct {
		kind  kind
		value string
	}{{byRecipient, to}, {byReference, reference}, {byMessageID, messageID}} {
		if one.value != "" {
			entries = append(entries, lookupEntry{one.kind.hash(one.value), seq, one.kind})
		}
	}
	return entries
}
