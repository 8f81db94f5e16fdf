package migrate

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/bits"

	dataoperations "auto-message-sender/internal/dataOperations"
)

// collectionScheduler is the one record of the pace, which is not walked.
const collectionScheduler = "scheduler"

// Names lists what a census counts, in the order in which it is shown.
func Names() []string {
	return []string{
		string(dataoperations.CollectionMessages), string(dataoperations.CollectionLogs),
		string(dataoperations.CollectionReservations), collectionScheduler,
	}
}

// Sum is how many records there are, and the sum of their hashes modulo 2²⁵⁶: equal for
// equal records in any order, and, unlike an exclusive or, not blind to pairs.
type Sum struct {
	Count int64
	words [4]uint64 // the least significant first
}

// add adds a record, by the hash of its canonical form.
func (s *Sum) add(form any) error {
	text, err := canonical(form)
	if err != nil {
		return err
	}
	hash, carry := sha256.Sum256(text), uint64(0)
	for i := range s.words {
		s.words[i], carry = bits.Add64(s.words[i], binary.LittleEndian.Uint64(hash[8*i:]), carry)
	}
	s.Count++
	return nil
}

// Checksum returns the sum in hexadecimal digits.
func (s *Sum) Checksum() string {
	var bytes []byte
	for _, word := range s.words {
		bytes = binary.LittleEndian.AppendUint64(bytes, word)
	}
	return hex.EncodeToString(bytes)
}

// Census is the sums of everything in a store, by the names of Names.
type Census map[string]*Sum

func newCensus() Census {
	census := Census{}
	for _, name := range Names() {
		census[name] = new(Sum)
	}
	return census
}

// add adds a batch. Entries of the audit trail that the migration itself makes are
// passed by.
func (c Census) add(batch dataoperations.ArchivedBatch, migrationID string) error {
	var failures []error
	for _, one := range batch.Messages {
		failures = append(failures, c[string(dataoperations.CollectionMessages)].add(message(one)))
	}
	for _, one := range batch.Logs {
		if !isOwn(one.ID, migrationID) {
			failures = append(failures, c[string(dataoperations.CollectionLogs)].add(log(one)))
		}
	}
	for _, one := range batch.Reservations {
		failures = append(failures, c[string(dataoperations.CollectionReservations)].add(reservation(one)))
	}
	return errors.Join(failures...)
}

// Fingerprint is the hash of all sums: what a source is known by.
func (c Census) Fingerprint() string {
	hash := sha256.New()
	for _, name := range Names() {
		_, _ = hash.Write([]byte(name + " " + c[name].Checksum() + "\n"))
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// differences names what is not the same in both.
func (c Census) differences(other Census) []string {
	var names []string
	for _, name := range Names() {
		if *c[name] != *other[name] {
			names = append(names, name)
		}
	}
	return names
}
