//go:build !race

package browsertest_test

const underRace = false
