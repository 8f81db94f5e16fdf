//go:build race

package e2e_test

// buildFlags builds the binary under the race detector when the tests run under it.
func buildFlags() []string { return []string{"-race"} }
