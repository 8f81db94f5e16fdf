// Package chaos proves the promises about faults on real processes: it runs the
// real binary against a webhook with a ledger, kills, freezes and ends processes,
// and afterwards reconciles the ledger with the store.
//
// Reconcile is the judge: a function of what was seen (Facts), with no part in the
// run. Its own tests plant every violation that it must find. What it holds:
//
//   - every message that was answered 201 is sent in the end, or failed for a reason
//     that its answers explain, or was canceled or expired, or waits for a send_at that
//     has not come; none is lost, none comes from nowhere;
//   - every answer under a key is about the same message, which is stored once, and
//     each key that is reserved has its message;
//   - what was canceled or erased has no attempt that began after that was answered,
//     and calls after it only of attempts that had begun before with no outcome; what
//     was erased has nothing left; nothing is changed that nobody asked for;
//   - nothing goes out before its send_at, or after its validity;
//   - what the API tells by the minute is what the messages say;
//   - sent means that the ledger has a 2xx, whose messageId is the one recorded;
//   - every call in the ledger belongs to an attempt in the message's journal, and an
//     attempt without an answer has a reason: its replica was killed or frozen after
//     it began, or the webhook kept it waiting past its time. So a duplicate without
//     such a reason is found, and so is a claim that was rescued from the living;
//   - all calls of a message have one Idempotency-Key and the bytes of what was posted;
//   - there are no more duplicates than deaths × MAX_IN_FLIGHT, and time-outs;
//   - no window gave more than its cap, windows opened no faster than the intervals and
//     the starts allow, and no span of time in the ledger has more first calls;
//   - starts and stops alternate, each stop names its start, and the trail has every
//     one that was answered, once; so it has every change of pace, the last of which
//     stands, every erasure, and every change of many messages, with its count;
//   - a retry of everything that had failed leaves nothing out.
//
// The scenarios, and the promise that each proves:
//
//	storm_test.go       kill -9 at random, three processes on one embedded store, clients
//	                    posting – one by one, under keys, in batches, for later, for a
//	                    short time –, people canceling, erasing and retrying, also in bulk, operators
//	                    starting, stopping and changing the pace meanwhile: a 201 is
//	                    durable, also in mid-commit and mid-checkpoint; nothing lost,
//	                    nothing twice; duplicates explained; exact counts; the file whole.
//	                    Once without a cap, once with one: the pace.
//	replicas_test.go    the same over MongoDB and Redis, and with clocks that differ by
//	                    ten minutes: no clock decides about a claim or a window.
//	freeze_test.go      SIGSTOP past the lease, then SIGCONT: a process frozen between
//	                    claim and first byte sends nothing any more, one frozen in mid-send
//	                    changes nothing any more.
//	term_test.go        SIGTERM in flight: no duplicate, exit 0, nothing left sending.
//	crashpoint_test.go  a crash at each arrow of the way, and at each commit of a short
//	                    life: before the first byte exactly one call, between 2xx and
//	                    record a repeat with the same key, after the record none.
//	crashkey_test.go    a crash between a key and its message, and in a batch: the repeat
//	                    completes it, and stores nothing twice.
//	soak_test.go        a process whose neighbours die once a minute takes up no more
//	                    memory, threads, descriptors or goroutines than at first.
//
// The same tests run in CI with small sizes, and by `make chaos` and `make soak`
// with large ones. CHAOS_SEED replays the decisions of a run: who is killed when,
// what the webhook does, what each message is and what people want with it, who calls
// start, stop and pace. What the processes make of it
// still depends on the machine.
package chaos
