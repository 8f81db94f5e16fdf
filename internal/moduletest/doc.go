// Package moduletest has the tests of those of the page's modules that need no page: how
// many SMS a text makes, what a file says and by which key each of its lines is known,
// the command that is copied, the way of a message. A real Chromium runs them as they
// stand in internal/dashboard/assets, and what they come to is held against the Go code
// that does the same, so that the page and the service, or the command line, never say
// different things.
//
// Where no Chromium is, the tests are skipped and say so; with CI=true they fail.
package moduletest
