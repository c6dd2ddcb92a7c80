package embedded

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
)

//go:embed all:bin
var programs embed.FS

// Dir is where the programs lie, from the root of the repository.
const Dir = "internal/verify/embedded/bin"

// Name is the file of the probe for an architecture, as Go names it, packed by gzip.
func Name(arch string) string { return "probe-linux-" + arch + ".gz" }

// Pack is a program as Probe unpacks it: the same bytes for the same program.
func Pack(program []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(program); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}

// Probe returns the probe for an architecture.
func Probe(arch string) ([]byte, error) {
	packed, err := programs.ReadFile("bin/" + Name(arch))
	if err != nil {
		return nil, fmt.Errorf(`this hermes-verify carries no probe for %q; "go tool mage build:verify" makes one that carries it for amd64 and arm64`, arch)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("cannot unpack the probe for %q: %w", arch, err)
	}
	return io.ReadAll(r)
}
