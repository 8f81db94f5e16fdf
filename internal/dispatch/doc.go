// Package dispatch takes due messages from the store at the set pace, sends
// each to the webhook, and records what became of it.
//
// The way of a message, one file per step:
//
//	adopt.go      a document inserted by hand is validated and made due
//	promote.go    a scheduled message whose time has come is due
//	expire.go     a message whose validity is over is not sent any more
//	claim.go      due messages become this replica's, under a lease
//	send.go       one attempt at the webhook, as many at once as claims are held
//	record.go     the outcome is written, fenced by the claim, until the store answers
//	rescue.go     claims whose replica is gone are ended
//
// breaker.go stands before claim and behind send: while the webhook fails as a
// whole (an outage, a revoked key), or has asked for a pause (pause.go), nothing is
// claimed but a probe now and then, and what was under way is postponed instead of
// failed.
//
// scheduler.go holds the loop that drives adopt, promote, expire and claim, and
// follows the store's one scheduler record, which all replicas share; control.go is
// how people change that record. upkeep.go keeps the store from growing for ever,
// presence.go tells it that this replica lives, and tell.go tells whoever listens;
// observe.go whoever counts, and follow.go whoever follows single messages.
//
// A crash at each arrow:
//
//	claim ──▶ send    The claim is in the store, no byte has left. Its lease runs
//	                  out, another replica rescues it, and the message is sent again.
//	send ──▶ answer   Nobody knows whether it arrived. Rescued and sent again with the
//	                  same idempotency key, or held for a person (UNKNOWN_OUTCOME).
//	answer ──▶ record Likewise: the receiver has it and the store does not know. The
//	                  same key tells the receiver.
//	record ──▶ …      Done; only the receipt, a cache, may be missing.
//
// Nothing in here decides by the local clock what another replica may do: due
// times and windows are the store's, and a claim is rescued only after this
// replica has itself watched it for the whole length of its lease.
package dispatch
