// Package importing puts the messages of a file into a running server, once each.
//
//	file ─▶ source ─▶ row ─▶ key ─▶ batch ─▶ POST /messages/batch ─▶ tally
//	        csv, ndjson,      │              several in flight,         │
//	        mongo             ▼              again where it may help    ▼
//	                       refusals ◀─── what the server refuses ───────┘
//
// A source reads a file as a stream and gives one Item for each message in it, good
// or bad: a million lines take no more memory than a thousand, but for the counting
// of equal lines (16 bytes and a little for each).
//
// Every line gets an idempotency key made of the campaign, what the line says, and
// how many equal lines came before it. So nothing here needs to remember how far it
// got: whatever ends an import half way – Ctrl-C, a server that is gone, kill -9 –,
// the same command goes on, and the server answers what it has already with
// "duplicate". A corrected file sends the corrected lines alone. The keys belong to
// whoever sends them: another API key, or another campaign, sends all of it again.
//
// Lines that are refused, here or by the server, go into a file with their number
// and the reason, in the form that they came in: corrected, it can be imported.
package importing
