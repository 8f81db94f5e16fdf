// Package e2e holds the tests that run the real binary as processes, as its
// users do: over signals, HTTP and files, with nothing of the program linked in.
package e2e
