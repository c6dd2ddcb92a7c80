//go:build !race

package boot_test

func buildFlags() []string { return nil }
