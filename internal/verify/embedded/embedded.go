package embedded

import (
	"embed"
	"fmt"
)

//go:embed all:bin
var programs embed.FS //nolint:gochecknoglobals // embed needs a variable

// Name is the file of the probe for an architecture, as Go names it.
func Name(arch string) string { return "probe-linux-" + arch }

// Probe returns the probe for an architecture.
func Probe(arch string) ([]byte, error) {
	program, err := programs.ReadFile("bin/" + Name(arch))
	if err != nil {
		return nil, fmt.Errorf(`this hermes-verify carries no probe for %q; "go tool mage build:verify" makes one that carries it for amd64 and arm64`, arch)
	}
	return program, nil
}
