//go:build race

package boot_test

// buildFlags make /init report its own data races, too.
func buildFlags() []string { return []string{"-race"} }
