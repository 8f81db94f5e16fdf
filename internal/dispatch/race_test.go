//go:build race

package dispatch_test

// raced says that the race detector slows these tests down, some fifteen times.
const raced = true
