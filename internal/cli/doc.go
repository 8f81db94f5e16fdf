// Package cli is the command line for people and scripts who use a running server:
// send, import, export, list, show, cancel, retry, erase, scheduler, stats and keys.
//
// A command is a file of its name: flags → one or a few calls of package client →
// a table for people, or the API's own JSON with --json. What a person reads on the
// way – questions, progress, hints, warnings – goes to standard error, so that
// standard output can be piped.
//
// A command that ends half way leaves nothing behind that repeating it would not put
// right: send makes an idempotency key for its message, import one for each line,
// and a change of many messages goes on where it stopped.
//
// Errors name what to do about them; exit.go gives each its exit code.
package cli
