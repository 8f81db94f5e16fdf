// Package events tells whoever listens what happens to messages and to the
// scheduler: what, to which id, and when; nothing of what a message says.
//
// # The way of an event
//
//	dispatch, handlers ── Publish ──▶ ring ──▶ Reader ──▶ one HTTP response each
//	                          │         ▲
//	            with Redis:   └▶ stream ┘   every replica reads it
//	            without:      poller ───▶   what other processes did, seen in the store
//
// Publish never blocks and never fails: events are told beside the way of a
// message, and whoever sends does not wait for whoever looks. The ring keeps the
// last few thousand. A reader takes from it at its own pace; one that falls so far
// behind that the ring has moved on, or that asks for a place which nobody knows any
// more, is told so (Batch.Reset) and goes on with what happens now. It must then
// ask the API how things stand.
//
// Events are no record. Nothing of them survives a restart, but what the stream in
// Redis holds; the store has the truth.
package events

import "auto-message-sender/internal/models"

// Entry is an event with its place.
type Entry struct {
	// Place tells where a reader has got to: Subscribe goes on after it.
	Place string
	models.Event
}

// Batch is what a reader gets at once.
type Batch struct {
	// Reset: what happened before these entries may be missing.
	Reset   bool
	Entries []Entry
}
