// Package faults lets a test end, freeze or misdate the real program at a place
// that it names, where a signal from outside comes too early or too late: between
// a claim and its first byte, between the 2xx and its record, before and after a
// commit.
//
// The program as it is released has none of it: Reached does nothing there, Clock
// returns what it was given, and the compiler drops the calls. Built with
// `-tags faults`, three variables of the environment give orders:
//
//	AMS_CRASH_AT=recorded      SIGKILL to itself where the point is reached
//	AMS_CRASH_AT=commit:7      where it is reached for the 7th time
//	AMS_FREEZE_AT=claimed      SIGSTOP instead: whoever gave the order sends SIGCONT
//	AMS_CLOCK_SKEW=-10m        this process's clock is wrong by so much
//
// The points are the constants below, in the order of a message's way.
package faults

// The points of a message's way that a test can name.
const (
	Reserved  = "reserved"  // a client's key is reserved, its message not yet stored
	Claimed   = "claimed"   // the claim is in the store and its answer here; nothing is handed over
	Begin     = "begin"     // about to ask whether the first byte may leave
	Answered  = "answered"  // the webhook's answer is here, the recorder does not have it
	Recording = "recording" // the outcome is about to be written
	Recorded  = "recorded"  // the outcome is written, its slot not yet free
	Commit    = "commit"    // the embedded store is about to commit changes
	Committed = "committed" // it has, and nobody has been told
)
