//go:build race

package browsertest_test

// underRace builds the binary under the race detector when the tests run under it.
const underRace = true
