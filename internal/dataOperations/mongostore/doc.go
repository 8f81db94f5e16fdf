// Package mongostore keeps the promises of dataoperations.Store in MongoDB, for
// any number of equal replicas, on a replica set or a sharded cluster.
//
// Nothing here needs a lock or, but for accepting several messages at once, a
// transaction. Every change is one conditional write to one document, which
// MongoDB makes atomic, and the condition is the fence. The way of a message, one
// file per step:
//
//	accept.go    a new message is stored, pending and due, or scheduled;
//	             acceptnew.go: of many, those that are new
//	adopt.go     a document inserted by hand is validated and filled in
//	window.go    the next window opens; first attempts draw from it
//	due.go       which messages are due, by index
//	claim.go     they become this replica's: status, claim and attempt in one write
//	readback.go  which of them it got
//	record.go    the outcome, only where the claim still stands
//	giveback.go  a claim whose attempt has not begun is undone
//	rescue.go    a claim whose replica is gone is ended
//	waiting.go   the time of a message comes, or its validity is over
//
// What people and the provider do to it: cancel.go, retry.go, erase.go, deliver.go;
// and what becomes of it in the end: prune.go. Where a command that changes many has
// to tell which, it leaves a mark behind: see mark.go. What they look at: list.go,
// queue.go, counts.go, activity.go. reserve.go keeps the keys of requests,
// replicas.go who runs.
//
// The scheduler is one document, {_id: "scheduler"}; scheduler.go reads and
// configures it, startstop.go and pace.go change it, by change.go, and audit.go
// carries the audit entry inside it over to scheduler_logs.
//
// A crash, or a reply that is lost, at each arrow:
//
//	find due ──▶ draw    Nothing has happened.
//	draw ──▶ claim       What was drawn is spent; the window sends fewer.
//	claim ──▶ read back  The messages are sending under a claim that nobody holds.
//	                     Their leases run out, and they are rescued.
//	send ──▶ record      Likewise. A record whose reply was lost is repeated; it
//	                     matches nothing then, and is read back: own claim, own
//	                     attempt in the list of attempts, so it applied.
//	start ──▶ audit      The entry stands in the scheduler document. Whoever reads
//	                     that next adds it to scheduler_logs, at the latest before
//	                     the next change.
//	reserve ──▶ accept   Who repeats the request gets the id that was reserved, and
//	                     accepts the message under it, once.
//
// Reads and writes have the concerns of the database given to Open: majority and
// journal, so that a claim that was acknowledged is never rolled back. Where the
// server is a replica set or a cluster, the driver repeats single writes whose reply
// was lost, and MongoDB applies them once; updateMany is not repeated, so after an
// error a claim is read back first.
//
// The names of collections and fields are those of the reference; see document.go.
// indexes.go lists every query with the index that serves it.
package mongostore
